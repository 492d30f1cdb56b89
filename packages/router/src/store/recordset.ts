// Pure. Many rows as one bound parameter: the statement's text does not depend on how many there are.
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { RowType } from './row-type.ts'

/** A table expression with these rows: `select r.slot from ${recordset(KEY, rows)}`. */
export function recordset(type: RowType, rows: readonly object[]): RawBuilder<unknown> {
  return sql`unnest(${type.encode(rows)}::${sql.raw(type.name)}[]) as r`
}

// After an even number of backslashes: the escape of U+0000, or of half a surrogate pair. JSON.stringify escapes no others of them.
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

/** JSON as PostgreSQL takes it. It refuses U+0000 and lone surrogates, which customers do send: they become U+FFFD. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  return text.includes('\\u') ? text.replace(UNSTORABLE, '$1\\ufffd') : text
}

/** Epoch milliseconds as PostgreSQL reads a timestamptz. Throws a RangeError for what is no time. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString()
}
