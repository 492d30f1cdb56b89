import { sql } from 'kysely'
import t from 'tap'
import type { Test } from 'tap'
import { testDatabase } from '@baton/router/testing'
import { insertInbox } from '../../src/store/intake.ts'
import type { NewInboxRow } from '../../src/store/intake.ts'

const now = Date.parse('2026-05-04T10:00:00Z')

function row(id: string, at = now): NewInboxRow {
  return { slot: 7, id, actorId: 'a', at, wantsReceipt: false, event: { type: 'x' } }
}

async function world(t: Test) {
  const database = await testDatabase(t)
  const ids = async () => (await sql<{ id: string }>`select id from inbox order by id`.execute(database.db)).rows.map(({ id }) => id)
  return { ...database, ids }
}

await t.test('the last statements are committed with what came before, and give their results in order', async (t) => {
  const { transact, ids } = await world(t)
  const found = await transact(async (trx, finish) => {
    await Promise.all(insertInbox([row('a')], now).map((statement) => statement.execute(trx)))
    const results = await finish([...insertInbox([row('b')], now), sql`select count(*)::integer as n from inbox`])
    return results.map(({ rows }) => rows)
  })
  t.strictSame(found, [[], [{ n: 2 }]])
  t.strictSame(await ids(), ['a', 'b'])
})

await t.test('they wait for nobody: begin, statements and commit are in one write', async (t) => {
  const { pool, transact } = await world(t)
  const client = await pool.connect()
  // What the socket is told to write at once.
  const stream = client.connection.stream as unknown as Record<'_writev', (...args: unknown[]) => void>
  const { rows: before } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  client.release()
  let writes = 0
  const write = stream['_writev'].bind(stream)
  stream['_writev'] = (...args) => {
    writes += 1
    write(...args)
  }
  const [result] = await transact((_, finish) => finish([sql`select pg_backend_pid() as pid`, sql`select 1`]))
  t.strictSame(result?.rows, before, 'the connection that is watched')
  t.equal(writes, 1)
})

await t.test('a row that cannot be written takes the commit with it, and all that was sent before', async (t) => {
  const { transact, ids } = await world(t)
  const refused = transact(async (trx, finish) => {
    await Promise.all(insertInbox([row('a')], now).map((statement) => statement.execute(trx)))
    await finish([...insertInbox([row('b')], now), ...insertInbox([row('c', Number.NaN)], now)])
  })
  await t.rejects(refused, { name: 'RangeError', message: /not a time/ })
  t.strictSame(await ids(), [])
})

await t.test('of a statement that the database refuses its own error is told, and nothing is kept', async (t) => {
  const { transact, ids, db } = await world(t)
  const refused = transact((_, finish) => finish([...insertInbox([row('a')], now), sql`select 1 / 0`, ...insertInbox([row('b')], now)]))
  await t.rejects(refused, { message: 'division by zero' })
  t.strictSame(await ids(), [])
  await transact((_, finish) => finish(insertInbox([row('c')], now)))
  t.strictSame(await ids(), ['c'], 'the connection can be used again')
  t.ok(await sql`select 1`.execute(db))
})

await t.test('what is refused at the commit is not kept, and says why', async (t) => {
  const { transact, ids, db } = await world(t)
  await sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'at the commit'; end $$`.execute(db)
  await sql`create constraint trigger refuse after insert on inbox deferrable initially deferred for each row execute function refuse()`.execute(
    db,
  )
  await t.rejects(
    transact((_, finish) => finish(insertInbox([row('a')], now))),
    { message: 'at the commit' },
  )
  t.strictSame(await ids(), [])
})

await t.test('nothing is sent after the end, however it came', async (t) => {
  const { transact, ids } = await world(t)
  const late = transact(async (trx, finish) => {
    await finish(insertInbox([row('a')], now))
    await sql`select 1`.execute(trx)
  })
  await t.rejects(late, { message: 'a statement came after the end of its transaction' })
  t.strictSame(await ids(), ['a'], 'it was committed by then')
})
