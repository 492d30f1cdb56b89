import { test } from 'tap'
import { drain, failed, later, stage } from './stage.ts'

void test('an accepted message is recorded and leaves the outbox', async (t) => {
  const s = await stage()
  const id = await s.put()
  await drain(s.sender())
  t.match(await s.message(id), { status: 'accepted', provider_id: `wamid.${id}.1` })
  t.same(await s.outbox(), [])
  t.match(s.settled, [{ kind: 'message', outcome: 'accepted', lane: 'interactive' }])
  t.match(s.provider.sent[0], { messageId: id, to: { phone: '15550002222' }, purpose: 'service' })
})

void test('messages of one conversation leave in the order they were decided, with retries in between', async (t) => {
  const s = await stage()
  for (const text of ['a', 'b', 'c']) await s.put({ text })
  s.provider.answer(
    failed({}),
    failed({}),
    { kind: 'accepted', providerId: 'w1' },
    { kind: 'accepted', providerId: 'w2' },
    { kind: 'accepted', providerId: 'w3' },
  )
  const sender = s.sender()
  for (let n = 0; n < 4; n += 1) {
    await drain(sender)
    s.clock.advance(5_000)
  }
  t.same(s.provider.texts(), ['a', 'a', 'a', 'b', 'c'])
})

void test('while a message is on its way, the next one of its conversation waits and others do not', async (t) => {
  const s = await stage()
  await s.put({ text: 'one-a', actor: 'one' })
  await s.put({ text: 'one-b', actor: 'one' })
  await s.put({ text: 'two-a', actor: 'two' })
  const answer = later<{ kind: 'accepted'; providerId: string }>()
  const accepted = { kind: 'accepted', providerId: 'w' } as const
  s.provider.answer((request) => (s.provider.texts().at(-1) === 'one-a' ? answer.promise : { ...accepted, providerId: request.messageId }))
  const first = s.sender().runOnce()
  const other = s.sender()
  while (s.provider.sent.length < 2) await new Promise((resolve) => setImmediate(resolve))
  await drain(other)
  t.same(s.provider.texts().toSorted(), ['one-a', 'two-a'], 'one-b has not been sent, by nobody')
  answer.resolve(accepted)
  await first
  await drain(other)
  t.same(s.provider.texts().at(-1), 'one-b')
})

void test('many conversations through two senders: each message once, each conversation in order', async (t) => {
  const s = await stage()
  const expected = new Map<string, string[]>()
  for (let n = 0; n < 120; n += 1) {
    const actor = `c${n % 30}`
    const text = `${actor}:${n}`
    expected.set(actor, [...(expected.get(actor) ?? []), text])
    await s.put({ actor, text, lane: 'interactive' })
  }
  await Promise.all([drain(s.sender()), drain(s.sender())])
  await drain(s.sender())
  const seen = new Map<string, string[]>()
  for (const text of s.provider.texts()) {
    const actor = text.split(':')[0] as string
    seen.set(actor, [...(seen.get(actor) ?? []), text])
  }
  t.same(Object.fromEntries(seen), Object.fromEntries(expected))
})

void test('a bulk message waits for interactive ones of its conversation, and never the other way round', async (t) => {
  const s = await stage()
  await s.put({ text: 'bulk', lane: 'bulk', purpose: 'marketing' })
  await s.put({ text: 'answer', lane: 'interactive' })
  s.provider.answer((request) =>
    request.purpose === 'marketing'
      ? failed({ class: 'wait', scope: 'message', retryAfterMs: 86_400_000 })
      : { kind: 'accepted', providerId: request.messageId },
  )
  const sender = s.sender()
  await drain(sender)
  t.same(s.provider.texts().toSorted(), ['answer', 'bulk'])
})

void test('a message that has to wait for long makes way for what the conversation says meanwhile', async (t) => {
  const s = await stage()
  const marketing = await s.put({ text: 'offer', purpose: 'marketing' })
  await s.put({ text: 'answer' })
  s.provider.answer(failed({ class: 'wait', scope: 'message', code: 131049, retryAfterMs: 86_400_000 }), {
    kind: 'accepted',
    providerId: 'w',
  })
  const sender = s.sender()
  await drain(sender)
  t.same(s.provider.texts(), ['offer', 'answer'])
  t.match(await s.message(marketing), { status: 'queued' })
  s.clock.advance(86_400_000)
  await drain(sender)
  t.same(s.provider.texts(), ['offer', 'answer', 'offer'])
})

void test('a backlog of bulk leaves slots to interactive messages, and the other way round', async (t) => {
  for (const [lane, other] of [
    ['bulk', 'interactive'],
    ['interactive', 'bulk'],
  ] as const) {
    const s = await stage()
    for (let n = 0; n < 20; n += 1) await s.put({ actor: `busy${n}`, lane, text: 'busy' })
    const answer = later<void>()
    s.provider.answer(async (request) => {
      if (request.content.kind === 'text' && request.content.text === 'busy') await answer.promise
      return { kind: 'accepted', providerId: request.messageId }
    })
    const sender = s.sender({ limits: { concurrency: 6 } })
    const stuck = sender.runOnce()
    while (!s.provider.texts().includes('busy')) await new Promise((resolve) => setImmediate(resolve))
    await s.put({ actor: 'other', lane: other, text: 'other' })
    const rest = sender.runOnce()
    while (!s.provider.texts().includes('other')) await new Promise((resolve) => setImmediate(resolve))
    t.ok(s.provider.sent.length <= 6, 'and no more calls are under way than allowed')
    answer.resolve()
    await Promise.all([stuck, rest])
    await drain(sender)
    t.equal(s.provider.sent.length, 21)
  }
})

void test('a started sender sends when woken, and a stopped one lets its calls end and is silent', async (t) => {
  const s = await stage()
  const answer = later<void>()
  s.provider.answer(async (request) => {
    await answer.promise
    return { kind: 'accepted', providerId: request.messageId }
  })
  const sender = s.sender({ limits: { pollMs: 3_600_000 } })
  sender.start()
  const id = await s.put()
  sender.wake()
  while (s.provider.sent.length === 0) {
    sender.wake()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const stopped = sender.stop()
  answer.resolve()
  await stopped
  t.match(await s.message(id), { status: 'accepted' }, 'what was on its way is recorded')
  await s.put({ actor: 'two' })
  sender.wake()
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(s.provider.sent.length, 1, 'nothing more is claimed')
  t.match(await s.outbox(), [{ status: 'ready', tries: 0 }])
})
