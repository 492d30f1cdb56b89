import { test } from 'tap'
import { ADA, NUMBER, OTHER_NUMBER, start } from './world-under-test.ts'
import type { UnderTest } from './world-under-test.ts'

/** Sends, and hangs up a moment after the emulator has seen the request: whether an answer had come by then. */
async function impatiently({ emulator, url }: UnderTest, callbackData: string): Promise<'answered' | 'no answer'> {
  const body = { messaging_product: 'whatsapp', to: `+${ADA}`, type: 'text', text: { body: 'x' }, biz_opaque_callback_data: callbackData }
  const patience = new AbortController()
  const answer = fetch(`${url}/v26.0/${NUMBER}/messages`, {
    method: 'POST',
    headers: { authorization: 'Bearer token-one', 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: patience.signal,
  })
  const outcome = answer.then(
    () => 'answered' as const,
    () => 'no answer' as const,
  )
  await emulator.waitFor((event) => event.kind === 'request' && event.request.callbackData === callbackData, 5000)
  setTimeout(() => patience.abort(), 50)
  return outcome
}

await test('a fault acts so many times as ordered, then no more', async (t) => {
  const { emulator, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'answer-error', code: 131048, times: 2 })
  emulator.addFault({ kind: 'answer-500' })
  t.same([(await sendText()).body.error.code, (await sendText()).body.error.code], [131048, 131048])
  t.equal((await sendText()).status, 500)
  t.equal((await sendText()).status, 200)
})

await test('a fault acts only on what it matches', async (t) => {
  const { emulator, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  emulator.say(NUMBER, '+13105550147', 'hi')
  emulator.addFault({ kind: 'answer-500', match: { customer: '+13105550147' } })
  emulator.addFault({ kind: 'answer-error', code: 131000, match: { callbackData: 'this one' } })
  emulator.addFault({ kind: 'answer-error', code: 2, match: { number: OTHER_NUMBER } })
  emulator.addFault({ kind: 'answer-error', code: 4, match: { when: (subject) => subject.type === 'image' } })
  t.equal((await sendText()).status, 200)
  t.equal((await sendText('+13105550147')).status, 500)
  t.equal((await sendText(undefined, { biz_opaque_callback_data: 'this one' })).body.error.code, 131000)
  emulator.clearFaults()
  t.equal((await sendText(undefined, { type: 'image', image: { link: 'https://a.example/x.png' } })).status, 200)
})

await test('timing out before accepting: no answer, no message, no status', async (t) => {
  const world = await start(t)
  const { emulator, statuses } = world
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'time-out-before' })
  t.equal(await impatiently(world, 'a'), 'no answer')
  await emulator.settled()
  t.equal(statuses().length, 0)
  t.equal(emulator.sends().length, 0)
  t.match(emulator.requests(), [{ callbackData: 'a', outcome: 'ignored', answered: false }])
  t.equal((await world.sendText()).status, 200)
})

await test('timing out after accepting: no answer, but the message and its statuses', async (t) => {
  const world = await start(t)
  const { emulator, statuses } = world
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'time-out-after' })
  t.equal(await impatiently(world, 'a'), 'no answer')
  await emulator.settled()
  t.match(emulator.sends(), [{ callbackData: 'a', outcome: 'accepted', answered: false }])
  t.same(
    statuses().map((status) => [status['status'], status['biz_opaque_callback_data']]),
    [
      ['sent', 'a'],
      ['delivered', 'a'],
      ['read', 'a'],
    ],
  )
})

await test('a late answer waits for the clock', async (t) => {
  const { emulator, clock, sendText } = await start(t, { speed: 1 })
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'delay-answer', ms: 30_000 })
  let answered = false
  const sent = sendText().then((answer) => {
    answered = true
    return answer
  })
  await emulator.waitFor((event) => event.kind === 'request', 5000)
  t.notOk(answered)
  clock.advance(30_000)
  t.equal((await sent).status, 200)
})

await test('failing later: accepted, then a failed status with that code', async (t) => {
  const { emulator, sendText, statuses } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'fail-later', code: 131049 })
  t.equal((await sendText()).status, 200)
  await emulator.settled()
  t.match(statuses(), [{ status: 'failed', errors: [{ code: 131049, title: /healthy ecosystem/ }] }])
  t.equal(emulator.chat(NUMBER, ADA).at(-1)?.status, 'failed')
})

await test('a duplicate webhook is the same bytes, as often as told', async (t) => {
  const { emulator, received } = await start(t)
  emulator.addFault({ kind: 'duplicate-webhook', copies: 3, match: { field: 'messages' } })
  emulator.say(NUMBER, ADA, 'one')
  emulator.say(NUMBER, ADA, 'two')
  await emulator.settled()
  t.equal(received.length, 4)
  t.equal(new Set(received.slice(0, 3).map((post) => post.body)).size, 1)
  t.not(received[3]?.body, received[0]?.body)
})

await test('a dropped webhook never comes, and is listed', async (t) => {
  const { emulator, sendText, statuses } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'drop-webhook', match: { status: 'delivered' } })
  await sendText()
  await emulator.settled()
  t.same(
    statuses().map((status) => status['status']),
    ['sent', 'read'],
  )
  t.equal(emulator.webhooks().filter((delivery) => delivery.state === 'dropped').length, 1)
})

await test('a delayed webhook comes after what was said later', async (t) => {
  const { emulator, clock, messages } = await start(t, { speed: 1 })
  emulator.addFault({ kind: 'delay-webhook', ms: 5000 })
  emulator.say(NUMBER, ADA, 'first')
  emulator.say(NUMBER, ADA, 'second')
  await emulator.waitFor((event) => event.kind === 'webhook' && event.state === 'delivered', 5000)
  clock.advance(5000)
  await emulator.settled()
  t.same(
    messages().map((message) => (message['text'] as { body: string }).body),
    ['second', 'first'],
  )
})

await test('reordered statuses come last first, with their own times', async (t) => {
  const { emulator, clock, received, statuses, sendText } = await start(t, {
    speed: 1,
    delays: { sent: 0, delivered: 1000, read: 2000 },
    webhooks: { batch: 1 },
  })
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'reorder-statuses' })
  await sendText()
  for (const status of ['sent', 'delivered', 'read']) {
    await emulator.waitFor((event) => event.kind === 'status' && event.status === status, 5000)
    clock.advance(1000)
  }
  await emulator.settled()
  t.equal(received.length, 4)
  t.same(
    statuses().map((status) => status['status']),
    ['read', 'delivered', 'sent'],
  )
  const times = statuses().map((status) => Number(status['timestamp']))
  t.same(
    times,
    times.toSorted((one, two) => two - one),
  )
  t.equal(new Set(times).size, 3)
})

await test('faults are ordered, listed and cleared over HTTP; a misspelt one is refused', async (t) => {
  const { emulator, api, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  const made = await api('POST', '/emulator/faults', { kind: 'answer-error', code: 131016, times: 0 })
  t.equal(made.status, 201)
  t.match((await api('GET', '/emulator/faults')).body.items, [{ kind: 'answer-error', code: 131016 }])
  for (let count = 0; count < 3; count += 1) t.equal((await sendText()).body.error.code, 131016, 'times 0 is for ever')
  await api('DELETE', `/emulator/faults/${made.body.id}`)
  t.equal((await sendText()).status, 200)
  t.match(await api('POST', '/emulator/faults', { kind: 'answer-500', tmies: 3 }), { status: 400, body: { code: 'emulator-bad-request' } })
})

await test('closing does not wait for a late answer, nor for somebody who waits for the chat', async (t) => {
  const { emulator, sendText, api } = await start(t, { speed: 1 })
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'delay-answer', ms: 3_600_000 })
  const late = sendText().then(
    () => 'ended',
    () => 'ended',
  )
  const waiting = api('GET', `/emulator/numbers/${NUMBER}/customers/${ADA}/chat?after=999999&waitMs=60000`).then(
    () => 'ended',
    () => 'ended',
  )
  await emulator.waitFor((event) => event.kind === 'request', 5000)
  await emulator.close()
  t.same(await Promise.all([late, waiting]), ['ended', 'ended'])
})

await test('a fault may name the customer by user id where the business names the phone number', async (t) => {
  const { emulator, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  emulator.addFault({ kind: 'answer-500', match: { customer: emulator.customers()[0]?.userId ?? '' } })
  t.equal((await sendText('+13105550147')).body.error?.code, undefined)
  t.equal((await sendText()).status, 500)
})
