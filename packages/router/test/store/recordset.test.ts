import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { jsonText, recordset } from '../../src/store/recordset.ts'
import { testDatabase } from '../../testing/database.ts'

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
  const { db } = await testDatabase(t)
  const values = fc.sample(text, { numRuns: 500, seed: 20261123 })
  const rows = values.map((value, n) => ({ n, plain: value, inside: { [value]: [value] } }))
  const found = await sql<{ plain: string; inside: object }>`
    select r.plain, r.inside from ${recordset(rows, 'n integer, plain text, inside jsonb')} order by r.n`.execute(db)
  t.strictSame(
    found.rows,
    values.map((value) => ({ plain: storable(value), inside: storable({ [value]: [value] }) })),
  )
})

await t.test('no rows and absent members are no trouble', async (t) => {
  const { db } = await testDatabase(t)
  t.strictSame((await sql`select * from ${recordset([], 'a integer')}`.execute(db)).rows, [])
  const found = await sql`select * from ${recordset([{ a: 1 }, { b: 'x' }], 'a integer, b text')}`.execute(db)
  t.strictSame(found.rows, [
    { a: 1, b: null },
    { a: null, b: 'x' },
  ])
})
