import { sql } from 'kysely'
import { test } from 'tap'
import type { Purpose, SendOutcome } from '@baton/router'
import { withRetry } from '../../src/store/retry.ts'
import { applyStatuses } from '../../src/outbound/statuses.ts'
import { drain, stage } from './stage.ts'
import type { Stage } from './stage.ts'

const LEASE = { leaseMs: 30_000, sendTimeoutMs: 20_000, graceMs: 60_000 }

/** A sender whose provider accepts, and which dies before it records so. Its call is still open when the test ends it. */
async function dies(s: Stage): Promise<{ wakesUp(): Promise<void> }> {
  const answers: ((outcome: SendOutcome) => void)[] = []
  s.provider.answer(() => new Promise((resolve) => answers.push(resolve)))
  const before = s.provider.sent.length
  const dying = s.sender({ limits: LEASE }).runOnce()
  while (s.provider.sent.length === before) await new Promise((resolve) => setImmediate(resolve))
  s.provider.answer((request, nth) => ({ kind: 'accepted', providerId: `wamid.${request.messageId}.${nth}` }))
  return {
    async wakesUp() {
      for (const answer of answers) answer({ kind: 'accepted', providerId: 'wamid.late' })
      await dying
    },
  }
}

async function untilQuiet(s: Stage): Promise<void> {
  for (let n = 0; n < 6; n += 1) {
    await drain(s.sender({ limits: LEASE }))
    s.clock.advance(100_000)
  }
}

void test('a lease protects a send for as long as its call may take', async (t) => {
  const s = await stage()
  await s.put()
  const dead = await dies(s)
  s.clock.advance(LEASE.leaseMs + LEASE.sendTimeoutMs - 1)
  await drain(s.sender({ limits: LEASE }))
  t.match(await s.outbox(), [{ status: 'sending', tries: 1 }])
  await dead.wakesUp()
})

void test('after a crash between accept and record a service message is repeated once, after the grace', async (t) => {
  const s = await stage()
  const id = await s.put()
  const dead = await dies(s)
  s.clock.advance(50_001)
  await drain(s.sender({ limits: LEASE }))
  t.match(await s.message(id), { status: 'maybe-sent' })
  t.equal(s.provider.sent.length, 1, 'not before the grace is over')
  s.clock.advance(60_000)
  await untilQuiet(s)
  t.equal(s.provider.sent.length, 2)
  t.match(await s.message(id), { status: 'accepted', provider_id: `wamid.${id}.2` })
  await dead.wakesUp()
  t.match(await s.message(id), { provider_id: `wamid.${id}.2` }, 'the one that was given up changes nothing when it comes back')
})

void test('after a crash a one-time code is repeated at once', async (t) => {
  const s = await stage()
  await s.put({ purpose: 'authentication' })
  const dead = await dies(s)
  s.clock.advance(50_001)
  await drain(s.sender({ limits: LEASE }))
  t.equal(s.provider.sent.length, 2)
  await dead.wakesUp()
})

void test('after a crash marketing is never repeated: it stays maybe-sent, with an alarm', async (t) => {
  const s = await stage()
  const id = await s.put({ purpose: 'marketing', lane: 'bulk' })
  await s.put({ purpose: 'marketing', lane: 'bulk', text: 'next' })
  const dead = await dies(s)
  s.clock.advance(50_001)
  await drain(s.sender({ limits: LEASE }))
  t.same(s.provider.texts(), ['text 1', 'next'], 'and does not hold up the next')
  await untilQuiet(s)
  t.equal(s.provider.sent.length, 2)
  t.match(await s.message(id), { status: 'maybe-sent' })
  t.same(await s.alarms(), ['send-unconfirmed'])
  t.same(await s.outbox(), [])
  t.same(await s.inbox(), [], 'the conversation counts it as sent')
  await dead.wakesUp()
})

void test('a status that comes first settles what a dead sender left, and nothing is repeated', async (t) => {
  for (const purpose of ['service', 'marketing'] satisfies Purpose[]) {
    const s = await stage()
    const id = await s.put({ purpose })
    const dead = await dies(s)
    s.clock.advance(50_001)
    await drain(s.sender({ limits: LEASE }))
    const status = { providerId: 'wamid.x', messageId: id, status: 'sent', at: s.clock.now() } as const
    await s.transact((trx) => applyStatuses(trx, [{ numberId: 'main', status }], s.clock.now()))
    await untilQuiet(s)
    t.equal(s.provider.sent.length, 1)
    t.match(await s.message(id), { status: 'sent', provider_id: 'wamid.x' })
    t.same(await s.alarms(), [])
    await dead.wakesUp()
  }
})

void test('a status that overtakes the response settles the send, and the response changes nothing', async (t) => {
  const s = await stage()
  const id = await s.put()
  const slow = await dies(s)
  const status = { providerId: 'wamid.late', messageId: id, status: 'delivered', at: s.clock.now() } as const
  await s.transact((trx) => applyStatuses(trx, [{ numberId: 'main', status }], s.clock.now()))
  await slow.wakesUp()
  t.match(await s.message(id), { status: 'delivered', provider_id: 'wamid.late' })
  t.match(s.settled, [{ outcome: 'stale' }])
})

void test('a sender paused beyond its lease does not record over the one that took its place', async (t) => {
  const s = await stage()
  const id = await s.put()
  const paused = await dies(s)
  s.clock.advance(50_001)
  await untilQuiet(s)
  await paused.wakesUp()
  t.match(await s.message(id), { status: 'accepted', provider_id: `wamid.${id}.2` })
  t.same(
    s.settled.map((each) => each.outcome),
    ['accepted', 'stale'],
  )
  t.equal(s.provider.sent.length, 2, 'the one repeat that is documented')
})

void test('a sender whose place was taken changes nothing, also while the other one is still sending', async (t) => {
  const s = await stage()
  const id = await s.put()
  const paused = await dies(s)
  s.clock.advance(50_001)
  await drain(s.sender({ limits: LEASE }))
  s.clock.advance(60_000)
  const other = await dies(s)
  await paused.wakesUp()
  t.match(await s.message(id), { status: 'maybe-sent', provider_id: null })
  t.match(await s.outbox(), [{ status: 'sending', tries: 2 }], 'the row is still the other one to settle')
  await other.wakesUp()
  t.match(await s.message(id), { status: 'accepted' })
})

void test('an unknown outcome is repeated after the grace, at most so many times', async (t) => {
  const s = await stage()
  const id = await s.put()
  s.provider.answer({ kind: 'unknown', reason: 'time-out' })
  await untilQuiet(s)
  t.equal(s.provider.sent.length, 3)
  t.match(await s.message(id), { status: 'maybe-sent' })
  t.same(await s.alarms(), ['send-unconfirmed'])
  t.same(await s.outbox(), [])
})

void test('a marketing message with an unknown outcome is sent once', async (t) => {
  const s = await stage()
  await s.put({ purpose: 'marketing' })
  s.provider.answer({ kind: 'unknown', reason: 'time-out' })
  await untilQuiet(s)
  t.equal(s.provider.sent.length, 1)
})

void test('a sender that dies again while it repeats does not forget that the message may have been sent', async (t) => {
  const s = await stage()
  const id = await s.put({ expiresIn: 120_000 })
  const first = await dies(s)
  s.clock.advance(50_001)
  await drain(s.sender({ limits: LEASE }))
  s.clock.advance(60_000)
  const second = await dies(s)
  s.clock.advance(60_000)
  await untilQuiet(s)
  t.equal(s.provider.sent.length, 2, 'its window is closed meanwhile')
  t.match(await s.message(id), { status: 'maybe-sent' })
  t.same(await s.inbox(), [], 'it is not reported as failed: it may have been sent')
  await first.wakesUp()
  await second.wakesUp()
})

void test('a channel that throws, or never answers, leaves the message uncertain', async (t) => {
  for (const answer of [() => Promise.reject(new Error('broken')), () => new Promise<SendOutcome>(() => {})]) {
    const s = await stage()
    const id = await s.put()
    s.provider.answer(answer)
    await s.sender({ limits: { ...LEASE, sendTimeoutMs: 5 } }).runOnce()
    t.match(await s.message(id), { status: 'maybe-sent' })
  }
})

void test('a sender that was only slow still records what it knows, as long as nobody took its place', async (t) => {
  const s = await stage()
  const id = await s.put()
  const slow = await dies(s)
  s.clock.advance(50_001)
  await drain(s.sender({ limits: LEASE }))
  t.match(await s.message(id), { status: 'maybe-sent' })
  await slow.wakesUp()
  t.match(await s.message(id), { status: 'accepted', provider_id: 'wamid.late' })
  await untilQuiet(s)
  t.equal(s.provider.sent.length, 1)
})

void test('connections that the database cuts while a call is under way lose nothing and repeat nothing', async (t) => {
  const s = await stage()
  const id = await s.put()
  s.provider.answer(async (request) => {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(
      s.db,
    )
    return { kind: 'accepted', providerId: `wamid.${request.messageId}` }
  })
  await s.sender({ limits: LEASE }).runOnce()
  await untilQuiet(s)
  t.equal(s.provider.sent.length, 1)
  t.match(await withRetry(() => s.message(id)), { status: 'accepted' })
})

void test('a process that slept longer than its lease between marking and calling does not call', async (t) => {
  const s = await stage()
  const id = await s.put()
  let slept = 0
  const sleepy = { now: () => s.clock.now() + (slept += 60_000) } // a minute goes by between any two looks at the clock
  await s.sender({ clock: sleepy, limits: LEASE }).runOnce()
  t.equal(s.provider.sent.length, 0)
  t.match(await s.outbox(), [{ status: 'sending', tries: 1 }])
  s.clock.advance(slept + 200_000)
  await untilQuiet(s)
  t.equal(s.provider.sent.length, 1, 'and others see to it')
  t.match(await s.message(id), { status: 'accepted' })
})
