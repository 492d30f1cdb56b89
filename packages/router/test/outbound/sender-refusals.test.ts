import { sql } from 'kysely'
import { test } from 'tap'
import { releaseNumber } from '../../src/store/number-state.ts'
import { applyStatuses } from '../../src/outbound/statuses.ts'
import { drain, failed, stage } from './stage.ts'

const DAY = 86_400_000

void test('a refused message is failed and its conversation is told once', async (t) => {
  const s = await stage()
  const id = await s.put({ ref: 'offer', author: { kind: 'journey', id: 'coupon' } })
  const error = { class: 'final', code: 131026, title: 'Message undeliverable' } as const
  s.provider.answer(failed(error))
  let woken = 0
  await drain(s.sender({ onInbox: () => (woken += 1) }))
  t.match(await s.message(id), { status: 'failed', reason: 'provider-refused' })
  const told = {
    type: 'send.failed',
    messageId: id,
    author: { kind: 'journey', id: 'coupon' },
    ref: 'offer',
    code: 'provider-refused',
    reason: '131026 Message undeliverable',
  }
  t.same(await s.inbox(), [told])
  t.equal(woken, 1)
  const status = { providerId: 'w', messageId: id, status: 'failed', at: 1, error } as const
  await s.transact((trx) => applyStatuses(trx, [{ numberId: 'main', status }], s.clock.now()))
  t.equal((await s.inbox()).length, 1, 'the status of the same failure is no second one')
})

void test('a closed window is told as such, so that the conversation corrects its view', async (t) => {
  const s = await stage()
  await s.put()
  s.provider.answer(failed({ class: 'template', code: 131047, title: 'Re-engagement message' }))
  const triedAt = s.clock.now()
  await drain(s.sender())
  t.match(await s.inbox(), [{ type: 'send.failed', code: 'window-closed', triedAt }])
})

void test('an opt-out at the provider is recorded as the customer preference', async (t) => {
  const s = await stage()
  await s.put({ purpose: 'marketing' })
  s.provider.answer(failed({ class: 'final', code: 131050, title: 'Stopped', optOut: true }))
  await drain(s.sender())
  t.match(await s.inbox(), [
    { type: 'send.failed', code: 'customer-opted-out' },
    { type: 'preference.changed', marketing: 'out', at: s.clock.now(), source: 'provider' },
  ])
})

void test('a message whose time is over is not sent', async (t) => {
  const s = await stage()
  const id = await s.put({ expiresIn: 1_000 })
  s.clock.advance(1_000)
  await drain(s.sender())
  t.equal(s.provider.sent.length, 0)
  t.match(await s.message(id), { status: 'failed', reason: 'send-expired' })
  t.match(await s.inbox(), [{ type: 'send.failed', code: 'send-expired' }])
})

void test('a message whose customer has written since has until the reply window closes now', async (t) => {
  const s = await stage()
  const late = await s.put({ actor: 'silent', expiresIn: 60_000 })
  const id = await s.put({ actor: 'writes', expiresIn: 60_000 })
  await s.conversation('silent', { replyWindowClosesAt: s.clock.now() + 60_000 })
  await s.conversation('writes', { replyWindowClosesAt: s.clock.now() + 90_000 })
  s.provider.answer(failed({ class: 'halt', code: 190 }), failed({ class: 'halt', code: 190 }), { kind: 'accepted', providerId: 'w' })
  const sender = s.sender()
  await drain(sender)
  s.clock.advance(60_000)
  await releaseNumber(s.db, 'main', s.clock.now())
  await drain(sender)
  t.match([await s.message(late), await s.message(id)], [{ status: 'failed', reason: 'send-expired' }, { status: 'accepted' }])
})

void test('a try that fails just before the time is over is followed by another when the customer has written since', async (t) => {
  const s = await stage()
  const late = await s.put({ actor: 'silent', expiresIn: 60_000 })
  const id = await s.put({ actor: 'writes', expiresIn: 60_000 })
  await s.conversation('silent', { replyWindowClosesAt: s.clock.now() + 60_000 })
  await s.conversation('writes', { replyWindowClosesAt: s.clock.now() + DAY })
  s.clock.advance(59_900)
  const retry = failed({ class: 'retry', code: 131016 })
  s.provider.answer(retry, retry, { kind: 'accepted', providerId: 'w' })
  const sender = s.sender()
  await drain(sender)
  t.match([await s.message(late), await s.message(id)], [{ status: 'queued' }, { status: 'queued' }])
  s.clock.advance(60_000)
  await drain(sender)
  t.match([await s.message(late), await s.message(id)], [{ status: 'failed', reason: 'send-expired' }, { status: 'accepted' }])
  t.match(await s.inbox(), [{ type: 'send.failed', messageId: late }])
})

void test('one sweep is followed to the end, however many messages are over', async (t) => {
  const s = await stage()
  await sql`
    insert into outbox (slot, id, actor_id, kind, number_id, purpose, payload, available_at, expires_at)
    select n % 1024, 'ob_' || n, 'cv_' || n, 'message', 'halted', 'service',
      json_build_object('messageId', 'ms_' || n, 'numberId', 'halted', 'author', json_build_object('kind', 'journey', 'id', 'x')),
      ${new Date(s.clock.now())}, ${new Date(s.clock.now())}
    from generate_series(1, 1200) n`.execute(s.db)
  for (let n = 1; n <= 1_200; n += 100) await s.conversation(`cv_${n}`, { replyWindowClosesAt: s.clock.now() + DAY }, n % 1_024)
  await sql`insert into number_state (number_id, halted_at, updated_at) values ('halted', now(), now())`.execute(s.db)
  const sender = s.sender({ limits: { sweepMs: 3_600_000 } })
  sender.start()
  while ((await s.outbox()).length > 12) await new Promise((resolve) => setTimeout(resolve, 10))
  await sender.stop()
  const { rows } = await sql`select from outbox where status = 'ready' and expires_at > ${new Date(s.clock.now())}`.execute(s.db)
  t.equal(rows.length, 12, 'whose customers have written since')
  t.equal((await s.inbox()).length, 1_188)
})

void test('a number that is not configured fails its messages with an alarm', async (t) => {
  const s = await stage()
  const id = await s.put({ number: 'unknown-number' })
  await drain(s.sender())
  t.match(await s.message(id), { status: 'failed', reason: 'number-not-configured' })
  t.same(await s.alarms(), ['number-not-configured'])
})

void test('a halted number sends nothing until it is released; other numbers go on', async (t) => {
  const s = await stage()
  const stopped = await s.put({ text: 'stopped', actor: 'one' })
  await s.put({ text: 'same number', actor: 'two' })
  await s.put({ text: 'other', actor: 'three', number: 'other' })
  const halt = failed({ class: 'halt', code: 190, title: 'Access token has expired' })
  s.provider.answer((request) => (s.provider.texts().at(-1) === 'other' ? { kind: 'accepted', providerId: request.messageId } : halt))
  const sender = s.sender()
  await drain(sender)
  s.clock.advance(3_600_000)
  await s.put({ text: 'later', actor: 'four' })
  await drain(sender)
  t.same(s.provider.texts().toSorted(), ['other', 'same number', 'stopped'])
  t.same(await s.alarms(), ['number-halted'], 'one alarm, though two messages were refused')
  t.match(await s.message(stopped), { status: 'queued' })
  t.match(await s.outbox(), [
    { status: 'ready', tries: 0 },
    { status: 'ready', tries: 0 },
    { status: 'ready', tries: 0 },
  ])

  s.provider.answer((request) => ({ kind: 'accepted', providerId: request.messageId }))
  t.equal(await releaseNumber(s.db, 'main', s.clock.now()), true)
  t.equal(await releaseNumber(s.db, 'main', s.clock.now()), false)
  await drain(sender)
  t.same(s.provider.texts().slice(3).toSorted(), ['later', 'same number', 'stopped'])
})

void test('what is wrong with the account keeps its other numbers from sending too', async (t) => {
  const s = await stage()
  await s.put({ actor: 'one' })
  s.provider.answer(failed({ class: 'halt', scope: 'account', code: 190, title: 'Access token has expired' }))
  const sender = s.sender({ numbersWith: (numberId) => (numberId === 'other' ? [numberId] : ['main', 'second']) })
  await drain(sender)
  t.same(await s.alarms(), ['number-halted', 'number-halted'])
  s.provider.answer((request) => ({ kind: 'accepted', providerId: request.messageId }))
  await s.put({ actor: 'two', number: 'second' })
  await s.put({ actor: 'three', number: 'other', text: 'of another account' })
  await drain(sender)
  t.same(s.provider.texts().slice(1), ['of another account'])
})

void test('a message whose time runs out on a halted number is told to its conversation', async (t) => {
  const s = await stage()
  const id = await s.put({ expiresIn: 60_000 })
  s.provider.answer(failed({ class: 'halt', code: 190 }))
  const sender = s.sender()
  await drain(sender)
  s.clock.advance(60_000)
  await sender.runOnce()
  t.match(await s.message(id), { status: 'failed', reason: 'send-expired' })
})

void test('a throttled number waits, and no other', async (t) => {
  const s = await stage()
  await s.put({ text: 'a', actor: 'one' })
  s.provider.answer(failed({ class: 'wait', scope: 'number', code: 130429, retryAfterMs: 8_000 }), (request) => ({
    kind: 'accepted',
    providerId: request.messageId,
  }))
  const sender = s.sender()
  await drain(sender)
  await s.put({ text: 'b', actor: 'two' })
  await s.put({ text: 'c', actor: 'three', number: 'other' })
  await drain(sender)
  t.same(s.provider.texts(), ['a', 'c'])
  s.clock.advance(10_000)
  await drain(sender)
  t.same(s.provider.texts().toSorted(), ['a', 'a', 'b', 'c'])
  t.match(s.settled.at(0), { outcome: 'later' })
})

void test('a pair that was too fast waits, and no other conversation', async (t) => {
  const s = await stage()
  await s.put({ text: 'a', actor: 'one' })
  await s.put({ text: 'b', actor: 'one' })
  await s.put({ text: 'c', actor: 'two' })
  const pair = failed({ class: 'wait', scope: 'pair', code: 131056 })
  let refusals = 0
  s.provider.answer((request) =>
    s.provider.texts().at(-1) === 'a' && (refusals += 1) < 3 ? pair : { kind: 'accepted', providerId: request.messageId },
  )
  const sender = s.sender()
  await drain(sender)
  t.same(s.provider.texts(), ['a', 'c'])
  s.clock.advance(999)
  await drain(sender)
  t.equal(s.provider.sent.length, 2)
  s.clock.advance(1)
  await drain(sender)
  t.same(s.provider.texts(), ['a', 'c', 'a'])
  s.clock.advance(4_000)
  await drain(sender)
  t.same(s.provider.texts(), ['a', 'c', 'a', 'a'])
  s.clock.advance(6_000)
  await drain(sender)
  t.same(s.provider.texts(), ['a', 'c', 'a', 'a', 'b'])
})

void test('no more leaves than the rate of the number and of the pair allow', async (t) => {
  const s = await stage()
  for (let n = 0; n < 40; n += 1) await s.put({ actor: `c${n}` })
  const sender = s.sender({ limits: { perSecond: 80 } })
  await drain(sender)
  t.equal(s.provider.sent.length, 10, 'an eighth of a second at once')
  s.clock.advance(125)
  await drain(sender)
  t.ok(s.provider.sent.length > 10 && s.provider.sent.length <= 20)

  const b = await stage()
  for (let n = 0; n < 60; n += 1) await b.put({ actor: `c${n}` })
  const both = [b.sender({ limits: { perSecond: 80 } }), b.sender({ limits: { perSecond: 80 } })]
  for (let ms = 0; ms < 250; ms += 25) {
    for (const each of both) await each.runOnce()
    b.clock.advance(25)
  }
  const most = 80 * (0.25 + 0.1) + 11
  t.ok(b.provider.sent.length > 20 && b.provider.sent.length <= most, `two senders share the rate: ${b.provider.sent.length} of ${most}`)

  const p = await stage()
  for (let n = 0; n < 6; n += 1) await p.put({ actor: 'one' })
  const slow = p.sender({ limits: { pair: { burst: 4, everyMs: 6_000 } } })
  await drain(slow)
  t.equal(p.provider.sent.length, 4)
  p.clock.advance(6_000)
  await drain(slow)
  t.equal(p.provider.sent.length, 5)
})

void test('a message whose pair is too fast takes nothing of the rate of its number', async (t) => {
  const s = await stage()
  for (let n = 0; n < 10; n += 1) await s.put({ actor: `c${n % 5}` })
  const sender = s.sender({ limits: { perSecond: 80, pair: { burst: 1, everyMs: 3_600_000 } } })
  await drain(sender)
  t.equal(s.provider.sent.length, 5)
  for (let n = 0; n < 5; n += 1) await s.put({ actor: `d${n}` })
  await drain(sender)
  t.equal(s.provider.sent.length, 10, 'an eighth of a second at once')
})

void test('a code that nobody knows is told once a day, whether an answer or a status brings it', async (t) => {
  const s = await stage()
  const error = { class: 'final', code: 999_999, title: 'New', undocumented: true } as const
  const tell = (messageId: string) => {
    const status = { providerId: 'w', messageId, status: 'failed', at: 1, error } as const
    return s.transact((trx) => applyStatuses(trx, [{ numberId: 'main', status }], s.clock.now()))
  }
  const first = await s.put({ actor: 'one' })
  await s.put({ actor: 'two' })
  s.provider.answer(failed(error), failed({ ...error, code: 999_998 }), (request) => ({ kind: 'accepted', providerId: request.messageId }))
  const sender = s.sender()
  await drain(sender)
  t.same(await s.alarms(), ['provider-code-unknown', 'provider-code-unknown'], 'for each code')
  t.match(await s.message(first), { status: 'failed', reason: 'provider-refused' })
  const third = await s.put({ actor: 'three' })
  await drain(sender)
  await tell(third)
  t.equal((await s.alarms()).length, 2)
  s.clock.advance(86_400_000)
  const fourth = await s.put({ actor: 'four' })
  await drain(sender)
  await tell(fourth)
  t.equal((await s.alarms()).length, 3)
})
