// What is in the outbox when a turn recalls it (an opt-out takes marketing, a block takes everything), or gives it another recipient.
import { sql } from 'kysely'
import { test } from 'tap'
import { slotOf } from '@baton/router'
import type { SendOutcome } from '@baton/router'
import { claimForProvider, markedIn, markSending, readdressSends, recallSends } from '../../src/store/outbox.ts'
import type { Recalled } from '../../src/store/outbox.ts'
import { run } from '../../src/store/statement.ts'
import { drain, failed, later, stage } from './stage.ts'
import type { Stage } from './stage.ts'

const CAPPED = failed({ class: 'wait', scope: 'message', code: 131049, retryAfterMs: 86_400_000 })
const DAY = 86_400_000

/** `aheadMs`: of the clock of the host that recalls. */
async function recall(s: Stage, { aheadMs = 0, ...more }: Partial<Recalled> & { aheadMs?: number } = {}): Promise<void> {
  const words = { code: 'opted-out', reason: 'The customer opted out.', marketing_only: true, ...more }
  await s.transact((trx) => run(trx, recallSends([{ slot: slotOf('one'), actor_id: 'one', ...words }], s.clock.now() + aheadMs)))
}

async function mark(s: Stage, rows: Parameters<typeof markSending>[0]): Promise<Set<string>> {
  return markedIn(await s.transact((_trx, finish) => finish(markSending(rows))))
}

void test('marketing that waits for another try is not sent after an opt-out, and its conversation is told at once', async (t) => {
  const s = await stage()
  const offer = await s.put({ text: 'offer', purpose: 'marketing', lane: 'bulk' })
  const other = await s.put({ text: 'offer to another', purpose: 'marketing', lane: 'bulk', actor: 'two' })
  s.provider.answer(CAPPED, CAPPED, (request) => ({ kind: 'accepted', providerId: request.messageId }))
  const sender = s.sender()
  await drain(sender)
  t.equal(s.provider.sent.length, 2)
  await recall(s)
  await sender.runOnce()
  t.match(await s.message(offer), { status: 'failed', reason: 'opted-out' })
  t.match(await s.inbox(), [{ type: 'send.failed', messageId: offer, code: 'opted-out', reason: 'The customer opted out.' }])
  s.clock.advance(DAY)
  await drain(sender)
  t.match([await s.message(offer), await s.message(other)], [{ status: 'failed' }, { status: 'accepted' }])
  t.equal(s.provider.sent.length, 3, 'only the other one was tried again')
})

void test('on a halted number an opt-out takes marketing by purpose or template, and a block takes the rest', async (t) => {
  const s = await stage()
  await sql`insert into number_state (number_id, halted_at, updated_at) values ('main', now(), now())`.execute(s.db)
  const offer = await s.put({ purpose: 'marketing', lane: 'bulk' })
  const notice = await s.put({ purpose: 'utility', marketing: true })
  const answer = await s.put({ text: 'answer' })
  const sender = s.sender()
  await recall(s)
  await sender.runOnce()
  for (const id of [offer, notice]) t.match(await s.message(id), { status: 'failed', reason: 'opted-out' })
  t.match(await s.message(answer), { status: 'queued' })
  await recall(s, { code: 'contact-blocked', marketing_only: false })
  await sender.runOnce()
  t.match(await s.message(answer), { status: 'failed', reason: 'contact-blocked' })
  t.same(await s.outbox(), [])
  t.equal(s.provider.sent.length, 0)
})

void test('what was claimed and not marked as going out when it was recalled does not go out', async (t) => {
  const s = await stage()
  const id = await s.put({ purpose: 'marketing' })
  const now = s.clock.now()
  const claimed = await claimForProvider(s.db, { now, leaseMs: 30_000, limit: { interactive: 9, bulk: 9 }, quotas: {}, other: 9 })
  t.equal(claimed.length, 1)
  await recall(s)
  t.same(
    await mark(
      s,
      claimed.map((row) => ({ ...row, leaseUntil: now + 30_000 })),
    ),
    new Set(),
  )
  await drain(s.sender())
  t.match(await s.message(id), { status: 'failed', reason: 'opted-out' })
  t.equal(s.provider.sent.length, 0)
})

void test('what a host recalled whose clock is ahead does not go out', async (t) => {
  const s = await stage()
  const id = await s.put({ purpose: 'marketing' })
  await recall(s, { aheadMs: 500 })
  await drain(s.sender())
  t.match(await s.message(id), { status: 'failed', reason: 'opted-out' })
  t.equal(s.provider.sent.length, 0)
})

void test('a call under way is not called back: what it says counts, but it is not tried again', async (t) => {
  for (const [outcome, line] of [
    [
      { kind: 'accepted', providerId: 'w' },
      { status: 'accepted', reason: null },
    ],
    [CAPPED, { status: 'failed', reason: 'opted-out' }],
    [failed({ class: 'halt', code: 190 }), { status: 'failed', reason: 'opted-out' }],
  ] as const) {
    const s = await stage()
    const id = await s.put({ purpose: 'marketing' })
    const answer = later<SendOutcome>()
    s.provider.answer(() => answer.promise)
    const sender = s.sender()
    const round = sender.runOnce()
    while (s.provider.sent.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await recall(s)
    answer.resolve(outcome)
    await round
    await sender.runOnce()
    s.clock.advance(DAY)
    await drain(sender)
    t.match(await s.message(id), line)
    t.equal(s.provider.sent.length, 1)
  }
})

void test('what may have been sent to somebody who is blocked is not repeated', async (t) => {
  const s = await stage()
  const id = await s.put()
  s.provider.answer({ kind: 'unknown', reason: 'no answer in time' })
  const sender = s.sender()
  await drain(sender)
  await recall(s, { code: 'contact-blocked', marketing_only: false })
  s.clock.advance(DAY)
  await drain(sender)
  t.match(await s.message(id), { status: 'maybe-sent' })
  t.same(await s.alarms(), ['send-unconfirmed'])
  t.equal(s.provider.sent.length, 1)
})

void test('no try goes to a number that was given up since, whatever stood between the row and its try', async (t) => {
  const recipient = { userId: 'US.1', name: 'Mary' }
  const readdress = (s: Stage) => s.transact((trx) => run(trx, readdressSends([{ slot: slotOf('one'), actor_id: 'one', recipient }])))
  const claim = (s: Stage) =>
    claimForProvider(s.db, { now: s.clock.now(), leaseMs: 30_000, limit: { interactive: 9, bulk: 9 }, quotas: {}, other: 9 }).then((rows) =>
      rows.map((row) => ({ ...row, leaseUntil: s.clock.now() + 30_000 })),
    )

  const waits = await stage()
  await waits.put()
  await waits.put({ actor: 'two' })
  waits.provider.answer(failed({}), failed({}), (request) => ({ kind: 'accepted', providerId: request.messageId }))
  const sender = waits.sender()
  await drain(sender)
  await readdress(waits)
  waits.clock.advance(60_000)
  await drain(sender)
  t.same(
    waits.provider.sent.slice(2).map(({ to }) => to),
    [recipient, { phone: '15550002222' }],
  )

  const claimed = await stage()
  await claimed.put()
  const rows = await claim(claimed)
  await readdress(claimed)
  t.same(await mark(claimed, rows), new Set(), 'what was claimed is claimed again')
  await drain(claimed.sender())
  t.match(claimed.provider.sent, [{ to: recipient }])
  t.notOk('phone' in (claimed.provider.sent[0]?.to ?? {}))

  const underWay = await stage()
  await underWay.put()
  const answer = later<SendOutcome>()
  underWay.provider.answer(
    () => answer.promise,
    (request) => ({ kind: 'accepted', providerId: request.messageId }),
  )
  const other = underWay.sender()
  const round = other.runOnce()
  while (underWay.provider.sent.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await readdress(underWay)
  answer.resolve(failed({}))
  await round
  underWay.clock.advance(60_000)
  await drain(other)
  t.same(underWay.provider.sent.at(-1)?.to, recipient)
})
