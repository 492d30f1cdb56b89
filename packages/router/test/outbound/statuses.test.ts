import * as fc from 'fast-check'
import { sql } from 'kysely'
import { test } from 'tap'
import { numberStates } from '@baton/router'
import type { ActorRef, DeliveryStatus, ProviderError, StatusUpdate } from '@baton/router'
import { appendEvents } from '../../src/store/append.ts'
import { applyStatuses } from '../../src/outbound/statuses.ts'
import { drain, stage } from './stage.ts'
import type { Stage } from './stage.ts'

/** Gives the conversations that are told something. */
async function apply(s: Stage, ...statuses: StatusUpdate[]): Promise<ActorRef[]> {
  const items = statuses.map((status) => ({ numberId: 'main', status }))
  return s.transact((trx) => applyStatuses(trx, items, s.clock.now()))
}

function seen(providerId: string, name: DeliveryStatus, more: Partial<StatusUpdate> = {}): StatusUpdate {
  return { providerId, status: name, at: 1_000, ...more }
}

async function parked(s: Stage): Promise<string[]> {
  const { rows } = await sql<{ status: string }>`select status from parked_status order by status`.execute(s.db)
  return rows.map((row) => row.status)
}

void test('a status finds its message by our id or by the provider id, many in one batch', async (t) => {
  const s = await stage()
  const ids = [await s.put({ actor: 'one' }), await s.put({ actor: 'two' }), await s.put({ actor: 'three' })]
  await drain(s.sender())
  const wamids = await Promise.all(ids.map(async (id) => (await s.message(id)).provider_id as string))
  await apply(
    s,
    seen('wamid.else', 'read', { messageId: ids[0] as string }),
    seen(wamids[1] as string, 'delivered', { pricing: { category: 'utility', type: 'regular' } }),
    seen(wamids[1] as string, 'sent'),
    seen(wamids[2] as string, 'sent', { messageId: 'ms_5_00000000000070008000000000000000' }),
  )
  t.match(await s.message(ids[0] as string), { status: 'read' })
  t.match(await s.message(ids[1] as string), { status: 'delivered', category: 'utility' })
  t.match(await s.message(ids[2] as string), { status: 'sent' }, 'an id of ours that does not exist is not believed')
  t.same(await parked(s), [])
})

void test('every order of statuses, in every grouping, leaves the same line in the transcript', async (t) => {
  const s = await stage()
  const names: DeliveryStatus[] = ['sent', 'delivered', 'read', 'failed']
  const orders = fc.tuple(fc.shuffledSubarray(names, { minLength: 4 }), fc.integer({ min: 1, max: 4 }))
  const asserted = fc.asyncProperty(orders, async ([order, size]) => {
    const id = await s.put({ actor: `c${Math.random()}` })
    const updates = order.map((name) => seen(`wamid.${id}`, name, { messageId: id, at: names.indexOf(name) * 1_000 }))
    for (let from = 0; from < updates.length; from += size) await apply(s, ...updates.slice(from, from + size))
    const { rows } = await sql`select status, reason, sent_at, delivered_at, read_at, failed_at from message where id = ${id}`.execute(s.db)
    t.same(rows, [
      {
        status: 'read',
        reason: null,
        sent_at: new Date(0),
        delivered_at: new Date(1_000),
        read_at: new Date(2_000),
        failed_at: new Date(3_000),
      },
    ])
  })
  await fc.assert(asserted, { numRuns: 15 })
  await sql`truncate outbox`.execute(s.db)
})

void test('statuses that come before the response are parked and applied with it', async (t) => {
  const s = await stage()
  const id = await s.put()
  s.provider.answer(async () => {
    await apply(s, seen('wamid.fast', 'delivered'), seen('wamid.fast', 'sent'), seen('wamid.fast', 'sent'))
    t.same(await parked(s), ['delivered', 'sent'])
    return { kind: 'accepted', providerId: 'wamid.fast' }
  })
  await drain(s.sender())
  t.match(await s.message(id), { status: 'delivered', provider_id: 'wamid.fast' })
  t.same(await parked(s), [])
})

void test('a status parked while its message became known is found by the sweep', async (t) => {
  const s = await stage()
  const id = await s.put()
  await drain(s.sender())
  const wamid = (await s.message(id)).provider_id as string
  await sql`delete from provider_message`.execute(s.db)
  await apply(s, seen(wamid, 'read'))
  t.same(await parked(s), ['read'])
  await apply(s, seen(wamid, 'sent', { messageId: id }))
  await sql`insert into provider_message (slot, provider_id, message_slot, message_id, actor_id, at)
    select p.slot, p.provider_id, m.slot, m.id, m.actor_id, now() from parked_status p, message m where m.id = ${id} on conflict do nothing`.execute(
    s.db,
  )
  await s.sender().runOnce()
  t.match(await s.message(id), { status: 'read' })
  t.same(await parked(s), [])
})

void test('a status of a message nobody knows is kept', async (t) => {
  const s = await stage()
  await apply(s, seen('wamid.foreign', 'delivered'), seen('wamid.foreign', 'read', { messageId: 'not one of ours' }))
  t.same(await parked(s), ['delivered', 'read'])
})

void test('a failed status tells the conversation once, however often it comes', async (t) => {
  const s = await stage()
  const id = await s.put({ ref: 'prompt' })
  await drain(s.sender())
  const error = { code: 131026, class: 'final', title: 'Undeliverable', detail: 'no such user' } as const
  const update = seen('w', 'failed', { messageId: id, error })
  t.same(await apply(s, seen('w', 'sent', { messageId: id })), [])
  const told = await apply(s, update, update)
  t.same(await apply(s, update), [])
  const waiting = await s.db.selectFrom('inbox').select(['slot', 'actor_id as id']).execute()
  t.same(told, waiting, 'the worker is called to it')
  t.match(await s.inbox(), [
    { type: 'send.failed', messageId: id, ref: 'prompt', code: 'provider-refused', reason: '131026 Undeliverable: no such user' },
  ])
  t.equal((await s.inbox()).length, 1)
  t.match(await s.message(id), { status: 'failed', reason: 'provider-refused' })
})

void test('a failure after delivery is not told', async (t) => {
  const s = await stage()
  const id = await s.put()
  await drain(s.sender())
  await apply(s, seen('w', 'delivered', { messageId: id }), seen('w', 'failed', { messageId: id }))
  t.same(await s.inbox(), [])
})

void test('an opt-out that comes as a status changes the preference', async (t) => {
  const s = await stage()
  const id = await s.put({ purpose: 'marketing' })
  await drain(s.sender())
  await apply(s, seen('w', 'failed', { messageId: id, error: { code: 131050, class: 'final', title: 'Stopped', optOut: true } }))
  t.match(await s.inbox(), [
    { type: 'send.failed', code: 'customer-opted-out' },
    { type: 'preference.changed', marketing: 'out', at: 1_000, source: 'provider' },
  ])
})

void test('an error about the number that comes as a status halts it, with one alarm', async (t) => {
  const s = await stage()
  const ids = [await s.put({ actor: 'one' }), await s.put({ actor: 'two' })]
  await drain(s.sender())
  const error = { code: 131042, class: 'halt', title: 'Payment problem' } as const
  for (const id of ids) await apply(s, seen(`w${id}`, 'failed', { messageId: id, error }))
  t.same(await s.alarms(), ['number-halted'])
  await s.put({ actor: 'three' })
  await drain(s.sender())
  t.equal(s.provider.sent.length, 2)
})

void test('an error about the account halts and slows all its numbers, each with its alarm', async (t) => {
  const s = await stage()
  const numbersWith = (numberId: string): string[] => (numberId === 'other' ? [numberId] : ['main', 'second'])
  const ids = [await s.put({ actor: 'one' }), await s.put({ actor: 'two' })]
  await drain(s.sender())
  const status = (index: number, error: object): { numberId: string; status: StatusUpdate } => {
    return { numberId: 'main', status: seen(`w${index}`, 'failed', { messageId: ids[index] as string, error: error as ProviderError }) }
  }
  const slow = status(0, { code: 80007, class: 'wait', scope: 'account', title: 'Slower', retryAfterMs: 60_000 })
  await s.transact((trx) => applyStatuses(trx, [slow], s.clock.now(), numbersWith))
  t.match(await numberStates(s.db), [
    { numberId: 'main', waitUntil: s.clock.now() + 60_000 },
    { numberId: 'second', waitUntil: s.clock.now() + 60_000 },
  ])
  const halt = status(1, { code: 131042, class: 'halt', scope: 'account', title: 'Payment problem' })
  await s.transact((trx) => applyStatuses(trx, [halt], s.clock.now(), numbersWith))
  t.same(await s.alarms(), ['number-halted', 'number-halted'])
  t.match(await numberStates(s.db), [
    { numberId: 'main', halted: { reason: '131042 Payment problem' } },
    { numberId: 'second', halted: { reason: '131042 Payment problem' } },
  ])
})

void test('a throttle that comes as a status makes the number wait', async (t) => {
  const s = await stage()
  const id = await s.put({ actor: 'one' })
  await drain(s.sender())
  const error = { code: 130429, class: 'wait', scope: 'number', title: 'Too fast', retryAfterMs: 5_000 } as const
  await apply(s, seen('w', 'failed', { messageId: id, error }))
  await s.put({ actor: 'two' })
  await drain(s.sender())
  t.equal(s.provider.sent.length, 1)
  s.clock.advance(5_000)
  await drain(s.sender())
  t.equal(s.provider.sent.length, 2)
})

void test('a failed status ends a send that was going to be tried again', async (t) => {
  const s = await stage()
  const id = await s.put()
  s.provider.answer({ kind: 'failed', error: { code: 131000, class: 'retry', title: 'Unknown' } })
  await drain(s.sender())
  await apply(s, seen('w', 'failed', { messageId: id }))
  s.clock.advance(3_600_000)
  await drain(s.sender())
  t.equal(s.provider.sent.length, 1)
  t.equal((await s.inbox()).length, 1)
})

void test("a group participant's statuses are kept apart and earliest first", async (t) => {
  const s = await stage()
  const id = await s.put()
  await drain(s.sender())
  const of = (participant: string, name: DeliveryStatus, at: number) => seen('w', name, { messageId: id, participant, at })
  await apply(s, of('p1', 'read', 5_000), of('p1', 'read', 4_000), of('p2', 'failed', 6_000))
  await apply(s, of('p1', 'read', 3_000))
  const { rows } = await sql`select participant, status, at from participant_status order by participant`.execute(s.db)
  t.match(rows, [
    { participant: 'p1', status: 'read', at: new Date(3_000) },
    { participant: 'p2', status: 'failed' },
  ])
  t.match(await s.message(id), { status: 'accepted' })
  t.same(await s.inbox(), [])
})

void test('batches that name the same messages in opposite order do not stop each other', async (t) => {
  const s = await stage()
  const ids: string[] = []
  for (let n = 0; n < 30; n += 1) ids.push(await s.put({ actor: `c${n}` }))
  await drain(s.sender())
  const of = (list: string[], name: DeliveryStatus) => apply(s, ...list.map((id) => seen(`w${id}`, name, { messageId: id })))
  await Promise.all([of(ids, 'sent'), of(ids.toReversed(), 'delivered'), of(ids, 'read'), of(ids.toReversed(), 'sent')])
  for (const id of ids) t.match(await s.message(id), { status: 'read' })
})

void test('a status that waits for a message somebody else is changing sees what became of it', async (t) => {
  const s = await stage()
  const id = await s.put({ actor: 'one' })
  await drain(s.sender())
  const wamid = (await s.message(id)).provider_id as string
  const { promise: locked, resolve: tellLocked } = Promise.withResolvers<void>()
  const { promise: waiting, resolve: go } = Promise.withResolvers<void>()
  const first = s.transact(async (trx) => {
    await applyStatuses(trx, [{ numberId: 'main', status: seen(wamid, 'read') }], s.clock.now())
    tellLocked()
    await waiting
  })
  await locked
  const second = apply(s, seen(wamid, 'delivered'))
  for (;;) {
    const { rows } = await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(s.db)
    if (rows.length > 0) break
  }
  go()
  await Promise.all([first, second])
  const { rows } =
    await sql`select status, read_at is not null as read, delivered_at is not null as delivered from message where id = ${id}`.execute(s.db)
  t.strictSame(rows, [{ status: 'read', read: true, delivered: true }])
})

void test('an event with a key that is known, or twice in one call, goes in once', async (t) => {
  const s = await stage()
  const event = { type: 'contact.blocked' } as const
  const once = { slot: 1, actorId: 'one', event, dedupe: 'k' }
  const append = (...events: (typeof once)[]) => s.transact((trx) => appendEvents(trx, events, s.clock.now()))
  t.equal(await append(once, once, { ...once, dedupe: 'l' }), 2)
  t.equal(await append(once), 0)
  t.equal((await s.inbox()).length, 2)
})

void test('a free entry point that a status tells of reaches the conversation once', async (t) => {
  const s = await stage()
  const id = await s.put({ actor: 'one' })
  await drain(s.sender())
  await apply(s, seen('wamid.f', 'sent', { messageId: id, freeEntryUntil: 99_000 }))
  await apply(s, seen('wamid.f', 'delivered', { messageId: id, at: 2_000, freeEntryUntil: 99_000 }))
  const { rows } = await sql<{ event: unknown }>`select event from inbox where event->>'type' = 'free-entry.opened'`.execute(s.db)
  t.same(rows, [{ event: { type: 'free-entry.opened', until: 99_000 } }])
})

void test('a closed window that a status tells of is told with when the message was decided', async (t) => {
  const s = await stage()
  const triedAt = s.clock.now()
  const id = await s.put()
  await drain(s.sender())
  s.clock.advance(60_000)
  await apply(s, seen('w', 'failed', { messageId: id, error: { class: 'template', code: 131047, title: 'Re-engagement message' } }))
  t.match(await s.inbox(), [{ type: 'send.failed', messageId: id, code: 'window-closed', triedAt }])
})
