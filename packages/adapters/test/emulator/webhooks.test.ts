import { createHmac } from 'node:crypto'
import { test } from 'tap'
import { sign } from '../../src/emulator/envelope.ts'
import { ADA, at, NOON, NUMBER, OTHER_NUMBER, SECRET, start } from './world-under-test.ts'

await test('the signature is HMAC-SHA256 of the exact bytes, made with the app secret', async (t) => {
  const { emulator, received } = await start(t)
  emulator.say(NUMBER, ADA, 'äöå 👋🏽 / "quoted"')
  await emulator.settled()
  const [post] = received
  t.ok(post)
  t.equal(
    post?.signature,
    `sha256=${createHmac('sha256', SECRET)
      .update(post?.body ?? '')
      .digest('hex')}`,
  )
})

await test('numbers of two apps have each its own signature, and a body of its own, in order', async (t) => {
  const number = { businessAccountId: '1', accessToken: 'token', displayNumber: '+1 202 555 0100' }
  const numbers = [
    { ...number, phoneNumberId: NUMBER },
    { ...number, phoneNumberId: OTHER_NUMBER, businessAccountId: '2', appSecret: 'of the other app' },
  ]
  const { emulator, received } = await start(t, { numbers })
  for (const to of [NUMBER, NUMBER, OTHER_NUMBER, NUMBER]) emulator.say(to, ADA, 'hi')
  await emulator.settled()
  t.strictSame(
    received.map(({ body, signature }) => ['of the other app', SECRET].find((secret) => sign(Buffer.from(body), secret) === signature)),
    [SECRET, 'of the other app', SECRET],
  )
})

await test('bytes beyond ASCII are lower-case \\uXXXX, slashes stay as they are', async (t) => {
  const { emulator, received, messages } = await start(t)
  emulator.say(NUMBER, ADA, 'ä/👋\u007f')
  await emulator.settled()
  t.match(received[0]?.body, '"body":"\\u00e4/\\ud83d\\udc4b\\u007f"')
  t.match(received[0]?.body, /^[\x20-\x7e]+$/)
  t.match(messages(), [{ text: { body: 'ä/👋\u007f' } }])
})

await test('nothing is posted before the handshake has passed', async (t) => {
  const { emulator, received } = await start(t, { verifyToken: 'wrong', webhooks: { retryAfterMs: [] } })
  emulator.say(NUMBER, ADA, 'hi')
  await emulator.settled()
  t.equal(received.length, 0)
  t.match(emulator.webhooks(), [{ state: 'given-up', attempts: [{ status: null, reason: /handshake was answered 403/ }] }])
})

await test('a URL that fails the handshake is not taken; the old one stays', async (t) => {
  const { emulator, received, webhookUrl } = await start(t)
  t.match(await emulator.setWebhook('http://127.0.0.1:1/none'), { kind: 'refused', reason: /handshake failed/ })
  emulator.say(NUMBER, ADA, 'hi')
  await emulator.settled()
  t.equal(received.length, 1)
  t.same(await emulator.setWebhook(webhookUrl), { kind: 'verified' })
})

await test('without a URL webhooks are dropped, and listed as such', async (t) => {
  const { emulator, received, webhookUrl } = await start(t)
  await emulator.setWebhook(null)
  emulator.say(NUMBER, ADA, 'lost')
  await emulator.settled()
  await emulator.setWebhook(webhookUrl)
  emulator.say(NUMBER, ADA, 'heard')
  await emulator.settled()
  t.same(
    emulator.webhooks().map((delivery) => delivery.state),
    ['no-url', 'delivered'],
  )
  t.equal(received.length, 1)
})

await test('what is due together leaves in one body: neighbours of a number share a value, accounts an entry', async (t) => {
  const { emulator, received } = await start(t)
  emulator.say(NUMBER, ADA, 'one')
  emulator.say(NUMBER, '+13105550147', 'two')
  emulator.say(OTHER_NUMBER, ADA, 'three')
  emulator.stopMarketing(OTHER_NUMBER, ADA)
  await emulator.settled()
  t.equal(received.length, 1)
  const [first, second] = received[0]?.json.entry ?? []
  t.match(first, {
    id: '201000000000001',
    time: NOON / 1000,
    changes: [{ field: 'messages', value: { messages: [{ text: { body: 'one' } }, { text: { body: 'two' } }] } }],
  })
  t.equal(at(first, 'changes', 0, 'value', 'contacts', 'length'), 2)
  t.match(second, { id: '201000000000002', changes: [{ field: 'messages' }, { field: 'user_preferences' }] })
})

await test('a body takes no more updates than the batch allows, in order', async (t) => {
  const { emulator, received, messages } = await start(t, { webhooks: { batch: 2 } })
  for (const text of ['1', '2', '3', '4', '5']) emulator.say(NUMBER, ADA, text)
  await emulator.settled()
  t.equal(received.length, 3)
  t.same(
    messages().map((message) => (message['text'] as { body: string }).body),
    ['1', '2', '3', '4', '5'],
  )
})

await test('anything but 200 is retried with the same bytes until it is 200', async (t) => {
  const { emulator, received, answers } = await start(t)
  answers.push(500, 204)
  emulator.say(NUMBER, ADA, 'hi')
  await emulator.settled()
  t.equal(received.length, 3)
  t.equal(new Set(received.map((post) => post.body + post.signature)).size, 1)
  t.match(emulator.webhooks(), [{ state: 'delivered', attempts: [{ status: 500 }, { status: 204 }, { status: 200 }] }])
})

await test('retries wait longer and longer on the clock, and end', async (t) => {
  const { emulator, clock, received, answers } = await start(t, { speed: 1, webhooks: { retryAfterMs: [1000, 60_000] } })
  answers.push(500, 500, 500, 500)
  const attempts = (count: number) => emulator.waitFor((event) => event.kind === 'webhook' && event.attempts === count, 5000)
  emulator.say(NUMBER, ADA, 'hi')
  await attempts(1)
  clock.advance(1000)
  await attempts(2)
  clock.advance(60_000)
  await emulator.settled()
  t.equal(received.length, 3)
  t.match(emulator.webhooks(), [{ state: 'given-up', attempts: [{ at: NOON }, { at: NOON + 1000 }, { at: NOON + 61_000 }] }])
})

await test('a webhook that waits for its retry does not hold up the next one', async (t) => {
  const { emulator, messages, answers } = await start(t, { speed: 1, webhooks: { retryAfterMs: [3_600_000] } })
  answers.push(503)
  emulator.say(NUMBER, ADA, 'first')
  await emulator.waitFor((event) => event.kind === 'webhook' && event.attempts === 1, 5000)
  emulator.say(NUMBER, ADA, 'second')
  await emulator.waitFor((event) => event.kind === 'webhook' && event.state === 'delivered', 5000)
  t.equal(messages().length, 2)
})

await test('an answer that does not come is a failed try', async (t) => {
  const { emulator, received, answers } = await start(t, { webhooks: { timeoutMs: 50 } })
  answers.push(null)
  emulator.say(NUMBER, ADA, 'hi')
  await emulator.settled()
  t.equal(received.length, 2)
  t.match(emulator.webhooks(), [{ state: 'delivered', attempts: [{ status: null, reason: /./ }, { status: 200 }] }])
})

await test('any body can be injected, also signed with another secret', async (t) => {
  const { emulator, received } = await start(t)
  emulator.injectWebhook({ object: 'page', entry: [] }, 'not the secret')
  emulator.injectWebhook('{"object":"whatsapp_business_account","entry":[]}')
  await emulator.settled()
  t.match(received[0]?.json, { object: 'page' })
  t.not(
    received[0]?.signature,
    `sha256=${createHmac('sha256', SECRET)
      .update(received[0]?.body ?? '')
      .digest('hex')}`,
  )
  t.equal(received[1]?.signature, 'sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756')
})

await test('after close nothing is sent any more', async (t) => {
  const { emulator, received, sendText } = await start(t, { speed: 1 })
  emulator.say(NUMBER, ADA, 'hi')
  await sendText()
  await emulator.close()
  const seen = received.length
  emulator.say(NUMBER, ADA, 'too late')
  t.equal(received.length, seen)
  t.same(
    emulator.webhooks().filter((delivery) => delivery.attempts.some((attempt) => attempt.status === null)),
    [],
  )
})
