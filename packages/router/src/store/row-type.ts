// What rows look like on their way into a statement: an array of a composite type, in PostgreSQL's binary form, which it reads in a
// fifth of the time that JSON takes (docs/decisions/0011-rows-in-binary.md). R1: a type's name comes from its columns, so releases that
// differ have each their own. The types that there are: row-types.ts.
import { createHash } from 'node:crypto'
import { jsonText } from './recordset.ts'

export interface RowType {
  /** Of the composite type, in the schema `baton`. */
  readonly name: string
  /** As `create type` takes them. */
  readonly columns: string
  /** The array. Members of a row that are missing or null are null, others than the columns are left out. Times are epoch milliseconds.
   * Throws a RangeError for what is no time or too large, a TypeError for what is no text, number or boolean where one is due. */
  encode(rows: readonly object[]): Buffer
}

/** The type with these columns, `name type` each. Throws for a type of column that rows cannot have. */
export function rowType(columns: string): RowType {
  const listed = columns.trim().split(/\s*,\s*/)
  const text = listed.join(', ')
  const name = `rows_${createHash('sha256').update(text).digest('hex').slice(0, 12)}` // R1
  return { name, columns: text, encode: encoder(listed.map(columnOf)) }
}

interface Column {
  key: string
  oid: number
  /** Writes the value at `at`, where there is room for eight bytes; gives how many it took. */
  write(value: unknown, at: number): number
}

const TYPES: Record<string, Omit<Column, 'key'>> = {
  boolean: { oid: 16, write: writeBoolean },
  smallint: { oid: 21, write: writeInt16 },
  integer: { oid: 23, write: writeInt32 },
  bigint: { oid: 20, write: (value, at) => writeInt64(integer(value, 2 ** 53), at) },
  text: { oid: 25, write: writeText },
  json: { oid: 114, write: (value, at) => writeUtf8(jsonText(value), at) },
  jsonb: { oid: 3802, write: writeJsonb },
  timestamptz: { oid: 1184, write: (value, at) => writeTime(time(value) - POSTGRES_EPOCH_MS, at) },
}

function columnOf(definition: string): Column {
  const [, key = '', type = ''] = /^"?(\w+)"? (\w+)$/.exec(definition) ?? []
  const found = TYPES[type]
  if (found === undefined) throw new Error(`not a column that rows can have: ${definition}`)
  return { key, ...found }
}

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
/** Any type: PostgreSQL knows better than we do what the statement's parameter is an array of. */
const UNSPECIFIED = 0
const ARRAY_HEADER = 20
const LARGEST_KEPT = 4 * 2 ** 20

// One for all: an array is written and copied out without anybody else in between.
let buffer = Buffer.allocUnsafe(2 ** 16)

function encoder(columns: readonly Column[]): RowType['encode'] {
  return (rows) => {
    put32(rows.length === 0 ? 0 : 1, 0) // dimensions
    put32(0, 4)
    put32(UNSPECIFIED, 8)
    put32(rows.length, 12)
    put32(1, 16) // the first index
    let end = rows.length === 0 ? 12 : ARRAY_HEADER
    for (const row of rows) end = writeRow(columns, row as Record<string, unknown>, end)
    const bytes = Buffer.from(buffer.subarray(0, end))
    if (buffer.length > LARGEST_KEPT) buffer = Buffer.allocUnsafe(2 ** 16)
    return bytes
  }
}

function writeRow(columns: readonly Column[], row: Record<string, unknown>, start: number): number {
  let at = start + 8
  for (const { key, oid, write } of columns) {
    const value = row[key]
    reserve(at + 16) // what is longer asks for itself
    put32(oid, at)
    const size = value === null || value === undefined ? -1 : write(value, at + 8)
    put32(size, at + 4)
    at += 8 + Math.max(size, 0)
  }
  put32(at - start - 4, start)
  put32(columns.length, start + 4)
  return at
}

/** Room for so many bytes in all. */
function reserve(bytes: number): void {
  if (bytes <= buffer.length) return
  const larger = Buffer.allocUnsafe(Math.max(bytes, buffer.length * 2))
  buffer.copy(larger)
  buffer = larger
}

function writeText(value: unknown, at: number): number {
  if (typeof value !== 'string') throw new TypeError(`a text is due, not a ${typeof value}`)
  if (value.length <= SHORT && writeAscii(value, at)) return value.length
  return writeUtf8(value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value, at)
}

/** What is shorter is written sooner than a call of the runtime's own writer begins. */
const SHORT = 64

/** False: something in it is not of one byte, or U+0000. */
function writeAscii(text: string, at: number): boolean {
  reserve(at + text.length)
  for (let n = 0; n < text.length; n += 1) {
    const code = text.charCodeAt(n)
    if (code === 0 || code > 127) return false
    buffer[at + n] = code
  }
  return true
}

/** Half a surrogate pair becomes U+FFFD, as in JSON. */
function writeUtf8(text: string, at: number): number {
  reserve(at + text.length * 3)
  return buffer.write(text, at, 'utf8')
}

/** The first byte is the version of the form. */
function writeJsonb(value: unknown, at: number): number {
  buffer[at] = 1
  return 1 + writeUtf8(jsonText(value), at + 1)
}

function writeBoolean(value: unknown, at: number): number {
  if (typeof value !== 'boolean') throw new TypeError(`a boolean is due, not a ${typeof value}`)
  buffer[at] = value ? 1 : 0
  return 1
}

/** Microseconds; those of three centuries from 2000 are integers that a number holds. */
function writeTime(ms: number, at: number): number {
  const us = ms * 1_000
  return Number.isSafeInteger(us) ? writeInt64(us, at) : buffer.writeBigInt64BE(BigInt(ms) * 1_000n, at) - at
}

function writeInt64(value: number, at: number): number {
  put32(Math.floor(value / 2 ** 32), at)
  put32(value, at + 4)
  return 8
}

function writeInt32(value: unknown, at: number): number {
  put32(integer(value, 2 ** 31), at)
  return 4
}

function writeInt16(value: unknown, at: number): number {
  const number = integer(value, 2 ** 15)
  buffer[at] = number >> 8
  buffer[at + 1] = number
  return 2
}

/** The low 32 bits, the highest first; the buffer's own writer looks at its argument again. */
function put32(value: number, at: number): void {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
}

/** From -limit up to below it. */
function integer(value: unknown, limit: number): number {
  if (!Number.isInteger(value)) throw new TypeError(`an integer is due, not ${String(value)}`)
  const number = value as number
  if (number < -limit || number >= limit) throw new RangeError(`out of range: ${number}`)
  return number
}

/** What `timestamp` writes and PostgreSQL reads: years of four digits. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** Cut to whole milliseconds. */
function time(value: unknown): number {
  const ms = typeof value === 'number' ? Math.trunc(value) : Number.NaN
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) throw new RangeError(`not a time in epoch milliseconds: ${String(value)}`)
  return ms
}
