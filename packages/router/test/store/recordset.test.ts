import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { jsonText, recordset } from '../../src/store/recordset.ts'
import { rowType } from '../../src/store/row-type.ts'
import type { RowType } from '../../src/store/row-type.ts'
import { testDatabase } from '../../testing/database.ts'
import type { TestDatabase } from '../../testing/database.ts'

/** A database that knows one type more. */
async function databaseWith(t: { teardown(fn: () => Promise<void>): void }, { name, columns }: RowType): Promise<TestDatabase> {
  const database = await testDatabase(t)
  await database.pool.query(`create type ${name} as (${columns})`)
  return database
}

/** What PostgreSQL has no place for becomes U+FFFD; everything else stays. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\u0000', '\ufffd')
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [storable(key), storable(each)]))
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\\', 'u', '0', '\u0000', '\ud800', '\udc00', 'd', '8', '"', '😀') }),
  fc.array(fc.nat(0xffff), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
)

await t.test('jsonText is JSON that changes only what PostgreSQL refuses', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => void t.strictSame(JSON.parse(jsonText(value)), storable(value))),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(text, (value) => JSON.parse(jsonText(value)) === storable(value)),
    { numRuns: 2_000 },
  )
  t.end()
})

await t.test('every text that customers can send comes back from the database', async (t) => {
  const type = rowType('n integer, plain text, loose json, inside jsonb')
  const { db } = await databaseWith(t, type)
  const values = fc.sample(text, { numRuns: 500, seed: 20261123 })
  const rows = values.map((value, n) => ({ n, plain: value, loose: [value], inside: { [value]: [value] } }))
  const found = await sql<{ plain: string; loose: string[]; inside: object }>`
    select r.plain, r.loose, r.inside from ${recordset(type, rows)} order by r.n`.execute(db)
  t.strictSame(
    found.rows,
    values.map((value) => ({ plain: storable(value), loose: [storable(value)], inside: storable({ [value]: [value] }) })),
  )
})

await t.test('no rows and absent members are no trouble', async (t) => {
  const type = rowType('a integer, b text')
  const { db } = await databaseWith(t, type)
  t.strictSame((await sql`select * from ${recordset(type, [])}`.execute(db)).rows, [])
  const found = await sql`select * from ${recordset(type, [{ a: 1 }, { b: 'x', c: 'left out' }, { a: null }])}`.execute(db)
  t.strictSame(found.rows, [
    { a: 1, b: null },
    { a: null, b: 'x' },
    { a: null, b: null },
  ])
})

await t.test('numbers, times and booleans come back as they were, to their limits', async (t) => {
  const type = rowType('n integer, small smallint, whole integer, big bigint, at timestamptz, yes boolean')
  const { db } = await databaseWith(t, type)
  const row = fc.record(
    {
      small: fc.integer({ min: -32_768, max: 32_767 }),
      whole: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      big: fc.maxSafeInteger(),
      at: fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') }),
      yes: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  const edges = [-1, 0, 1].map((n) => ({ small: n, whole: n, big: n * Number.MAX_SAFE_INTEGER, at: Date.UTC(2000, 0, 1) + n, yes: n > 0 }))
  const rows = [...edges, ...fc.sample(row, { numRuns: 500, seed: 20261127 })]
  const input = rows.map((each, n) => ({ n, ...each }))
  const found = await sql`
    select r.small, r.whole, r.big::float8 as big, (extract(epoch from r.at) * 1000)::float8 as at, r.yes
    from ${recordset(type, input)} order by r.n`.execute(db)
  t.strictSame(found.rows, rows)
})

await t.test('arrays larger than what is kept for them are whole, and so is the next', async (t) => {
  const type = rowType('a integer, b text')
  const { db } = await databaseWith(t, type)
  for (const length of [30_000, 3_000_000, 3]) {
    const rows = ['é', '😀', 'x'].map((unit, a) => ({ a, b: unit.repeat(length) }))
    t.ok(
      (await sql`select * from ${recordset(type, rows)} order by a`.execute(db)).rows.every(
        (row, n) => (row as { b: string }).b === rows[n]?.b,
      ),
    )
  }
})

await t.test('what does not fit its column is refused before it leaves', (t) => {
  const encode = (columns: string, value: unknown) => rowType(`a ${columns}`).encode([{ a: value }])
  for (const value of [1.5, '1', Number.NaN]) t.throws(() => encode('bigint', value), TypeError, `bigint ${String(value)}`)
  t.throws(() => encode('bigint', 2 ** 53), RangeError)
  t.throws(() => encode('smallint', 32_768), RangeError)
  t.throws(() => encode('smallint', -32_769), RangeError)
  t.throws(() => encode('integer', 2 ** 31), RangeError)
  t.throws(() => encode('text', 1), TypeError)
  t.throws(() => encode('boolean', 'true'), TypeError)
  for (const value of [Number.NaN, Infinity, 8.64e15, '2026-11-27T00:00:00Z']) t.throws(() => encode('timestamptz', value), RangeError)
  t.throws(() => rowType('a money'), /not a column/)
  t.end()
})
