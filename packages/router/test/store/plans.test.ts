// What statements of the pipeline read of an outbox that was empty when their plans were made, and whose rows nobody has counted since.
import { sql } from 'kysely'
import type { Transaction } from 'kysely'
import t from 'tap'
import type { Test } from 'tap'
import { slotOf } from '@baton/router'
import { testDatabase } from '../../testing/database.ts'
import { deleteRows, markSending, postponeRows, readdressSends, recallSends, releaseRows } from '../../src/store/outbox.ts'
import { run } from '../../src/store/statement.ts'
import { lockSendsOf } from '../../src/store/statuses.ts'
import type { Tables } from '../../src/store/tables.ts'

const NOW = Date.UTC(2026, 0, 5, 12)
const ROWS = 20_000
/** Those of conversation `one`. */
const ITS_ROWS = 20
/** Each of its rows a few times, by index entry and by row. */
const FEW = ITS_ROWS * 20

/** Tells how many rows and index entries the work reads of a full outbox after it was planned on an empty one: a new one, and one that was
 * counted while it was empty. */
async function readOf(t: Test, work: (trx: Transaction<Tables>) => Promise<unknown>, told: (read: number) => void): Promise<void> {
  const { db, transact } = await testDatabase(t)
  for (let round = 0; round < 2; round += 1) {
    await transact(async (trx) => {
      await work(trx)
      await fillOutbox(trx)
      const before = await readSoFar(trx)
      await work(trx)
      told((await readSoFar(trx)) - before)
      await sql`delete from outbox`.execute(trx)
    })
    await sql`vacuum analyze outbox`.execute(db)
  }
}

/** By this transaction. */
async function readSoFar(trx: Transaction<Tables>): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    select sum(pg_stat_get_xact_tuples_returned(r) + pg_stat_get_xact_tuples_fetched(r))::float8 as read
    from (select 'outbox'::regclass::oid union all select indexrelid from pg_index where indrelid = 'outbox'::regclass) relation (r)`.execute(
    trx,
  )
  return rows[0]?.read ?? NaN
}

async function fillOutbox(trx: Transaction<Tables>): Promise<void> {
  await sql`
    insert into outbox (slot, id, actor_id, kind, number_id, purpose, lane, payload, available_at)
    select n % 1024, 'ob_' || n, 'cv_' || n, 'message', 'main', 'marketing', 1, '{"messageId":"ms_1"}', now()
    from generate_series(1, ${ROWS}::integer) n`.execute(trx)
  await sql`
    update outbox set slot = ${slotOf('one')}, actor_id = 'one' where id in (
      select 'ob_' || n from generate_series(1, ${ITS_ROWS}::integer) n
    )`.execute(trx)
}

await t.test('a recall or another recipient reads the rows of its conversations, however full the outbox is', async (t) => {
  const words = { code: 'opted-out', reason: 'The customer opted out.', marketing_only: true }
  const recalls = ['one', 'none'].map((id) => ({ slot: slotOf(id), actor_id: id, ...words }))
  await readOf(
    t,
    async (trx) => {
      await run(trx, recallSends(recalls, NOW))
    },
    (read) => t.ok(read >= ITS_ROWS && read < FEW, `${read}`),
  )
  const readdressed = recalls.map(({ slot, actor_id }) => ({ slot, actor_id, recipient: { userId: 'US.1' } }))
  await readOf(
    t,
    async (trx) => {
      await run(trx, readdressSends(readdressed))
    },
    (read) => t.ok(read >= ITS_ROWS && read < FEW, `${read}`),
  )
})

await t.test('the send of a message is found among the rows of its conversation, however full the outbox is', async (t) => {
  const messages = ['one', 'none'].map((id) => ({ slot: slotOf(id), id: 'ms_1', actorId: id }))
  await readOf(
    t,
    (trx) => lockSendsOf(trx, messages),
    (read) => t.ok(read >= ITS_ROWS && read < FEW, `${read}`),
  )
})

await t.test('rows that are about to go out, or given back, are looked up, however full the outbox is', async (t) => {
  const held = Array.from({ length: ITS_ROWS }, (_, n) => ({ slot: slotOf('one'), id: `ob_${n + 1}`, token: 'ours' }))
  await readOf(
    t,
    async (trx) => {
      await run(trx, markSending(held.map((row) => ({ ...row, leaseUntil: NOW }))))
      await run(trx, releaseRows(held.map((row) => ({ ...row, availableAt: NOW }))))
    },
    (read) => t.ok(read >= ITS_ROWS && read < FEW, `${read}`),
  )
})

await t.test('rows that are done with, or wait for another try, are looked up, however full the outbox is', async (t) => {
  const keys = Array.from({ length: ITS_ROWS }, (_, n) => ({ slot: slotOf('one'), id: `ob_${n + 1}` }))
  const later = { status: 'ready', availableAt: NOW, uncounted: false, bulk: false } as const
  await readOf(
    t,
    async (trx) => {
      await run(trx, postponeRows(keys.map((key) => ({ ...key, ...later }))))
      await run(trx, deleteRows(keys))
    },
    (read) => t.ok(read >= ITS_ROWS && read < FEW, `${read}`),
  )
})
