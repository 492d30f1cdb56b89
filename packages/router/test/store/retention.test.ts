import t from 'tap'
import { forgetOld } from '../../src/store/retention.ts'
import { testDatabase } from '../../testing/database.ts'

const day = 86_400_000

await t.test(
  'keys of duplicates are kept for 30 days and more, outcomes for minutes, statuses of unknown messages for a week, legs for 400 days',
  async (t) => {
    const { db } = await testDatabase(t)
    const now = Date.UTC(2026, 10, 1)
    const at = (ms: number): Date => new Date(now - ms)
    const seen = [31, 34, 36, 37, 400].map((days) => ({ slot: 1, key: `${days} days`, at: at(days * day) }))
    await db.insertInto('seen').values(seen).execute()
    const receipts = [10, 20].map((minutes) => ({ slot: 1, event_id: `${minutes} minutes`, outcome: '{}', at: at(minutes * 60_000) }))
    await db.insertInto('receipt').values(receipts).execute()
    const parked = [7, 9].map((days) => ({ slot: 1, provider_id: 'wamid.1', status: `${days} days`, update: '{}', at: at(days * day) }))
    await db.insertInto('parked_status').values(parked).execute()
    const legs = [399, 401].map((days) => ({
      slot: 1,
      session_id: `${days} days`,
      n: 1,
      actor_id: 'cv',
      began_at: at(days * day),
      ended_at: at(days * day),
      wait_ms: 0,
      handle_ms: 0,
      outcome: 'ended' as const,
      by_agent: false,
    }))
    await db.insertInto('service_leg').values(legs).execute()
    const kept = { slot: 1, agent_id: 'ana', queue_id: 'general' }
    const wrapUps = legs.map(({ session_id, began_at, ended_at }) => ({ ...kept, session_id, began_at, ended_at }))
    await db.insertInto('wrap_up').values(wrapUps).execute()
    const counts: number[] = []
    for (let n = 1; n > 0; counts.push(n)) n = await forgetOld(db, now, null, 2)
    t.strictSame(counts, [6, 1, 0])
    t.strictSame(await db.selectFrom('seen').select('key').orderBy('key').execute(), [{ key: '31 days' }, { key: '34 days' }])
    t.strictSame(await db.selectFrom('receipt').select('event_id').execute(), [{ event_id: '10 minutes' }])
    t.strictSame(await db.selectFrom('service_leg').select('session_id').execute(), [{ session_id: '399 days' }])
    t.strictSame(await db.selectFrom('wrap_up').select('session_id').execute(), [{ session_id: '399 days' }])
    t.strictSame(await db.selectFrom('parked_status').select('status').execute(), [{ status: '7 days' }])
  },
)

await t.test('what people look back at goes when the operator says so, and never what still waits', async (t) => {
  const { db } = await testDatabase(t)
  const now = Date.UTC(2026, 10, 1)
  const [old, young] = [new Date(now - 91 * day), new Date(now - 89 * day)]
  const kinds = { direction: 'out', author_kind: 'journey', session_kind: 'utility' } as const
  const message = { slot: 1, actor_id: 'cv_1_a', author_id: 'x', content: '{}', at: old, ...kinds }
  const messages = ['read', 'failed', 'maybe-sent', 'queued', 'held'].map((status) => ({ ...message, id: status, status }))
  await db
    .insertInto('message')
    .values([...messages, { ...message, id: 'young', status: 'read' }])
    .execute()
  await db.updateTable('message').set({ changed_at: old }).where('id', '<>', 'young').execute()
  await db.updateTable('message').set({ changed_at: young }).where('id', '=', 'young').execute()
  for (const at of [old, young]) {
    const id = at === old ? 'old' : 'young'
    await db
      .insertInto('provider_message')
      .values({ slot: 1, provider_id: id, message_slot: 1, message_id: id, actor_id: 'cv_1_a', at })
      .execute()
    await db.insertInto('participant_status').values({ slot: 1, message_id: id, participant: 'p', status: 'read', at }).execute()
    const said = { event_id: id, event_type: 'message.received', rule: 'default-app', owner_before: 'none', owner_after: 'none' }
    await db
      .insertInto('decision')
      .values({ slot: 1, id, actor_id: 'cv_1_a', ...said, inputs: '{}', config_version: 1, at })
      .execute()
    await db.insertInto('alarm').values({ slot: 1, id, code: 'number-halted', detail: '{}', at }).execute()
    await db
      .insertInto('quarantine')
      .values({ slot: 1, id, source: 'webhook', reason: 'not JSON', body: Buffer.from('x'), at })
      .execute()
    await db.insertInto('kept_update').values({ slot: 1, id, field: 'history', known: true, raw: '{}', at }).execute()
  }
  t.equal(await forgetOld(db, now, null), 0, 'for ever, when nobody says how long')
  t.equal(await forgetOld(db, now, 90 * day), 3 + 6)
  t.equal(await forgetOld(db, now, 90 * day), 0)
  const left = await db.selectFrom('message').select('id').orderBy('id').execute()
  t.strictSame(
    left.map(({ id }) => id),
    ['held', 'queued', 'young'],
  )
  for (const table of ['decision', 'alarm', 'quarantine', 'kept_update'] as const)
    t.strictSame(await db.selectFrom(table).select('id').execute(), [{ id: 'young' }], table)
})
