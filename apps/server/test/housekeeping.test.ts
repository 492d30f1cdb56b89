import { movableClock, openDatabase } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import { pino } from 'pino'
import t from 'tap'
import { createHousekeeping } from '../src/housekeeping.ts'

const clock = movableClock({ now: () => Date.UTC(2026, 10, 23) })
const log = pino({ level: 'silent' })

await t.test('everything old is forgotten in one run, however many batches it takes; what is young stays', async (t) => {
  const { db } = await testDatabase(t)
  const old = new Date(clock.now() - 40 * 86_400_000)
  await sql`insert into seen (slot, key, at) select n % 1024, n::text, ${old}::timestamptz from generate_series(1, 12000) n`.execute(db)
  await sql`insert into seen (slot, key, at) values (1, 'young', ${new Date(clock.now())})`.execute(db)
  await createHousekeeping({ db, clock, log, historyMs: null })(new AbortController().signal)
  t.strictSame(await db.selectFrom('seen').select('key').execute(), [{ key: 'young' }])
})

await t.test('a process that ends does not wait for all of it', async (t) => {
  const { db } = await testDatabase(t)
  await sql`insert into seen (slot, key, at) values (1, 'old', ${new Date(0)})`.execute(db)
  await createHousekeeping({ db, clock, log, historyMs: null })(AbortSignal.abort())
  t.equal((await db.selectFrom('seen').select('key').execute()).length, 1)
})

await t.test('a database that does not answer is told, and fails nothing', async (t) => {
  const nowhere = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing' })
  t.teardown(() => nowhere.close())
  const lines: string[] = []
  const memory = { debug() {}, info() {}, error() {}, warn: (_fields: object, text?: string) => void lines.push(text ?? '') }
  await createHousekeeping({ db: nowhere.db, clock, log: memory, historyMs: null })(new AbortController().signal)
  t.match(lines, [/could not all be forgotten/])
})
