import { getEventListeners } from 'node:events'
import { sql } from 'kysely'
import t from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { createNotifier, listen } from '../../src/store/notify.ts'
import { testDatabase } from '../../testing/database.ts'

const quiet = { debug() {}, warn() {} }

await t.test('every session sees the schema baton, reads committed data, and gives up after a while', async (t) => {
  const { pool } = await testDatabase(t)
  const show = async (name: string): Promise<unknown> => Object.values((await pool.query(`show ${name}`)).rows[0] as object)[0]
  t.equal(await show('search_path'), 'baton')
  t.equal(await show('transaction_isolation'), 'read committed')
  t.equal(await show('statement_timeout'), '20s')
  t.equal(await show('lock_timeout'), '10s')
  t.equal(await show('idle_in_transaction_session_timeout'), '30s')
})

await t.test('a URL is taken as it is, its own session options included', async (t) => {
  const { address } = await testDatabase(t)
  const base = address.url ?? `postgresql:///${address.database}?host=${address.host}&user=${address.user}`
  const joint = base.includes('?') ? '&' : '?'
  for (const url of [`${base}${joint}options=-c%20work_mem%3D5MB`, `${base}${joint}options=-c%20work_mem%3D5MB&application_name=x`]) {
    const database = openDatabase({ url })
    const { rows } = await database.pool.query<{ m: string; s: string }>(
      `select current_setting('work_mem') m, current_setting('search_path') s`,
    )
    t.strictSame(rows, [{ m: '5MB', s: 'baton' }])
    await database.close()
  }
})

await t.test('a wake-up call reaches other processes, also after their session was ended', async (t) => {
  const database = await testDatabase(t)
  let heard = 0
  let told = (): void => {}
  const next = (): Promise<void> => new Promise((resolve) => (told = resolve))
  const connected = next()
  const listening = listen(
    database,
    'toy',
    () => {
      heard += 1
      told()
    },
    quiet,
  )
  t.teardown(() => listening.close())
  await connected // a new connection counts as a call
  const called = next()
  await database.pool.query(`notify toy, 'somebody else'`)
  await called
  t.equal(heard, 2)
  const again = next()
  await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen toy'`)
  await again
  t.equal(heard, 3)
})

await t.test('whoever listens keeps nothing of the connections that have ended', async (t) => {
  const database = await testDatabase(t)
  const signals: AbortSignal[] = []
  const Controller = globalThis.AbortController
  globalThis.AbortController = class extends Controller {
    constructor() {
      super()
      signals.push(this.signal)
    }
  }
  let told = (): void => {}
  const next = (): Promise<void> => new Promise((resolve) => (told = resolve))
  const connected = next()
  const listening = listen(database, 'toy', () => told(), quiet)
  globalThis.AbortController = Controller
  t.teardown(() => listening.close())
  await connected
  for (let round = 0; round < 3; round += 1) {
    const again = next()
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen toy'`)
    await again
  }
  const [stopping] = signals
  t.ok(stopping)
  if (stopping !== undefined) t.equal(getEventListeners(stopping, 'abort').length, 1, 'the one that is connected')
})

await t.test('calls made while one is under way become one more', async (t) => {
  const database = await testDatabase(t)
  const queries: string[] = []
  const client = await database.pool.connect()
  const notifier = createNotifier(database, 'toy', quiet)
  await client.query('listen toy')
  client.on('notification', ({ channel }) => queries.push(channel))
  for (let n = 0; n < 100; n += 1) notifier.notify()
  await notifier.close()
  await client.query('select 1')
  client.release(true)
  t.strictSame(queries, ['toy', 'toy'])
})

await t.test('a statement with parameters is prepared once a connection, whatever its values', async (t) => {
  const { db } = await testDatabase(t, { max: 1 })
  const prepared = () =>
    sql<{ statement: string }>`select statement from pg_prepared_statements where statement like 'select%text as echoed'`.execute(db)
  for (const value of ['a', 'b', 'c']) {
    const { rows } = await sql<{ echoed: string }>`select ${value}::text as echoed`.execute(db)
    t.strictSame(rows, [{ echoed: value }])
  }
  t.strictSame((await prepared()).rows, [{ statement: 'select $1::text as echoed' }])
})

await t.test('of many different statements only so many are prepared, and all are answered', async (t) => {
  const { db } = await testDatabase(t, { max: 1 })
  for (let n = 0; n < 510; n += 1) {
    const { rows } = await sql<{ n: number }>`select ${n}::integer + ${sql.raw(String(n))} as n`.execute(db)
    if (rows[0]?.n !== n * 2) t.fail(`statement ${n} was answered with ${rows[0]?.n}`)
  }
  const { rows } = await sql<{ count: number }>`select count(*)::integer as count from pg_prepared_statements`.execute(db)
  t.strictSame(rows, [{ count: 500 }])
})
