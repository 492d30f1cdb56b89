import { once } from 'node:events'
import { request as requestTo } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { appOf, fakeParts } from './fake-parts.ts'

const url = '/webhooks/whatsapp'
const post = (payload: string | Buffer, headers: Record<string, string> = {}) => ({
  method: 'POST' as const,
  url,
  payload,
  headers: { 'content-type': 'application/json', 'x-hub-signature-256': `signed ${Buffer.byteLength(payload)}`, ...headers },
})

await t.test('a signed webhook is acknowledged when it is stored', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const answer = await app.inject(post('{"object":"x"}'))
  t.equal(answer.statusCode, 200)
  t.match(parts.received, [{ kind: 'kept', raw: '{"object":"x"}' }])
})

await t.test('the exact bytes are checked, whatever the content type says', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const bytes = Buffer.from('{"a": "\\u00e9\\/"}\n')
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense/type']) {
    t.equal((await app.inject(post(bytes, { 'content-type': type }))).statusCode, 200, type)
  }
  t.match(
    parts.received.map((one) => (one as { raw: string }).raw),
    Array.from({ length: 4 }, () => bytes.toString()),
  )
})

await t.test('a webhook that is not signed is refused and nothing is stored of it', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  for (const unsigned of [
    post('{}', { 'x-hub-signature-256': 'forged' }),
    post('not json', { 'x-hub-signature-256': '' }),
    { method: 'POST' as const, url },
  ]) {
    const answer = await app.inject(unsigned)
    t.equal(answer.statusCode, 401)
    t.equal(answer.json().code, 'signature-invalid')
  }
  t.strictSame([parts.received, parts.quarantined], [[], []])
})

await t.test('a signed body that cannot be read is acknowledged and set aside', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  t.equal((await app.inject(post('not json'))).statusCode, 200)
  t.equal((await app.inject({ method: 'POST', url, headers: { 'x-hub-signature-256': 'signed 0' } })).statusCode, 200, 'even an empty one')
  t.strictSame(parts.quarantined, [
    { channel: 'whatsapp', reason: 'not JSON', bytes: 8 },
    { channel: 'whatsapp', reason: 'not JSON', bytes: 0 },
  ])
})

await t.test('more than can be stored is answered with 503 and a time to come back', async (t) => {
  const parts = fakeParts()
  parts.next.received = { kind: 'overloaded' }
  const app = await appOf(t, parts)
  const answer = await app.inject(post('{}'))
  t.equal(answer.statusCode, 503)
  t.equal(answer.json().code, 'overloaded')
  t.equal(answer.headers['retry-after'], '2')
})

await t.test('a webhook that waits too long to be stored is told to come again', async (t) => {
  const parts = fakeParts()
  parts.deps.storeMs = 1
  parts.deps.inbound.receive = () => new Promise(() => {})
  const app = await appOf(t, parts)
  const answer = await app.inject(post('{}'))
  t.strictSame([answer.statusCode, answer.headers['retry-after'], answer.json().code], [503, '2', 'database-unavailable'])
  t.match((await parts.deps.metrics.expose()).body, /baton_webhook_seconds_count\{channel="whatsapp",result="late"\} 1/)
})

await t.test('a lost database is 503 for readable and unreadable bodies alike, so that the provider repeats them', async (t) => {
  const parts = fakeParts()
  parts.next.error = new Error('gone')
  const app = await appOf(t, parts)
  for (const body of ['{}', 'not json']) {
    const answer = await app.inject(post(body))
    t.equal(answer.statusCode, 503)
    t.equal(answer.json().code, 'database-unavailable')
    t.equal(answer.headers['retry-after'], '2')
  }
  t.match((await parts.deps.metrics.expose()).body, /baton_webhook_seconds_count\{channel="whatsapp",result="failed"\} 2/)
})

await t.test('a bug is 500, never an acknowledgement', async (t) => {
  const parts = fakeParts()
  parts.next.error = new Error('oops')
  const app = await appOf(t, parts)
  const answer = await app.inject(post('{}'))
  t.equal(answer.statusCode, 500)
  t.notMatch(answer.body, /oops/)
})

await t.test('a body over four megabytes is refused', async (t) => {
  const app = await appOf(t, fakeParts())
  const answer = await app.inject(post(Buffer.alloc(4 * 1024 * 1024 + 1, 32)))
  t.equal(answer.statusCode, 413)
  t.equal(answer.json().code, 'body-too-large')
  const largest = await app.inject(post('{' + ' '.repeat(4 * 1024 * 1024 - 1)))
  t.equal(largest.statusCode, 200, 'one of exactly four is taken')
})

await t.test('nothing more than 64 KB is read of a webhook whose headers cannot vouch for it', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const forged = { 'x-hub-signature-256': 'forged' }
  for (const [headers, bytes] of [
    [{ 'content-length': String(1024 * 1024) }, ''],
    [{ 'transfer-encoding': 'chunked' }, 'x'.repeat(64 * 1024 + 1)],
  ] as const) {
    const sending = requestTo(address + url, { method: 'POST', headers: { ...headers, ...forged } })
    t.teardown(() => sending.destroy())
    sending.write(bytes === '' ? 'x' : bytes)
    const [answer] = (await once(sending, 'response')) as [IncomingMessage]
    t.equal(answer.statusCode, 401, 'before the rest has come')
  }
  t.match((await parts.deps.metrics.expose()).body, /baton_webhook_seconds_count\{channel="whatsapp",result="unsigned"\} 2/)
})

await t.test('a body that comes in the smallest pieces is the same', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const text = `{"a":"${'é'.repeat(1_500)}"}`
  const bytes = Buffer.from(text)
  const headers = { 'x-hub-signature-256': `signed ${bytes.length}` }
  const sending = requestTo(address + url, { method: 'POST', headers: { ...headers, 'transfer-encoding': 'chunked' } })
  for (const byte of bytes) sending.write(Buffer.of(byte))
  sending.end()
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  answer.resume()
  t.equal(answer.statusCode, 200)
  t.match(parts.received, [{ raw: text }])
})

await t.test('the verification request is answered with its challenge, as plain text', async (t) => {
  const app = await appOf(t, fakeParts())
  const query = (token: string) => `${url}?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=%3Cb%3E42`
  const answer = await app.inject({ url: query('verify') })
  t.equal(answer.statusCode, 200)
  t.equal(answer.body, '<b>42')
  t.match(answer.headers['content-type'], /^text\/plain/)
  const refused = await app.inject({ url: query('wrong') })
  t.equal(refused.statusCode, 403)
  t.equal(refused.json().code, 'handshake-refused')
})

await t.test('each acknowledgement is measured by what became of the webhook', async (t) => {
  const app = await appOf(t, fakeParts())
  const before = (await app.inject({ url: '/metrics' })).body
  t.match(before, 'baton_webhook_updates_total{channel="whatsapp",kind="unknown"} 0', 'what an alert counts is there before the first')
  await app.inject(post('{}'))
  await app.inject(post('not json'))
  await app.inject(post('{}', { 'x-hub-signature-256': 'forged' }))
  const { body } = await app.inject({ url: '/metrics' })
  for (const result of ['stored', 'quarantined', 'unsigned']) {
    t.match(body, new RegExp(`baton_webhook_seconds_count\\{channel="whatsapp",result="${result}"\\} 1`))
  }
})
