// The whole server on a real database, with the emulator in the customer's place.
import { fileURLToPath } from 'node:url'
import { testDatabase } from '@baton/router/testing'
import { systemClock } from '@baton/router'
import { pino } from 'pino'
import t from 'tap'
import { startBaton } from '../../src/compose.ts'
import type { Baton, BatonOptions } from '../../src/compose.ts'

const configDir = fileURLToPath(new URL('../../../../config', import.meta.url))
const KEY = 'key-of-the-test'
const CUSTOMER = '15557770001'

async function started(t: Tap, options: Pick<BatonOptions, 'database'> & Partial<BatonOptions>): Promise<Baton> {
  const result = await startBaton({
    clock: systemClock,
    log: pino({ level: 'silent' }),
    configDir,
    host: '127.0.0.1',
    port: 0,
    roles: ['web', 'worker', 'sender'],
    apiKey: KEY,
    emulator: (url) => ({
      WHATSAPP_BASE_URL: url,
      WHATSAPP_ACCESS_TOKEN: 'token',
      WHATSAPP_APP_SECRET: 'secret',
      WHATSAPP_VERIFY_TOKEN: 'verify',
      FAQ_BOT_SECRET: 'bot',
    }),
    ...options,
  })
  if (result.kind !== 'started') throw new Error(JSON.stringify(result))
  t.teardown(() => result.baton.close())
  return result.baton
}
interface Tap {
  teardown(end: () => unknown): void
}

function client({ url }: Baton) {
  return async (method: string, path: string, body?: object) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${KEY}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> & { items: Record<string, unknown>[] } }
  }
}

await t.test('a customer writes, an agent answers, and the customer reads it', async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  const { emulator } = baton
  if (emulator === null) throw new Error('no emulator')
  t.match(await call('GET', '/readyz'), { status: 200, body: { ready: true } })

  emulator.createCustomer({ phone: CUSTOMER, name: 'Kim' })
  emulator.say('100000000000001', CUSTOMER, 'hello, I need help with an order')
  const offered = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items[0]?.['owner'] === 'service',
  )
  const conversation = offered.body.items[0] as { id: string }
  t.match(conversation, {
    number: 'main',
    contact: { phone: CUSTOMER, name: 'Kim' },
    replyWindow: { open: true },
    serviceSession: { status: 'waiting' },
  })

  t.equal((await asAgent(baton, 'PUT', '/api/v1/agents/me/presence', { status: 'online' })).status, 200)
  const offers = await until(
    () => asAgent(baton, 'GET', '/api/v1/offers'),
    ({ body }) => body.items.length > 0,
  )
  t.match(offers.body.items, [{ conversationId: conversation.id, agentId: 'ana', queueId: 'general' }])
  t.equal((await asAgent(baton, 'POST', `/api/v1/offers/${String(offers.body.items[0]?.['id'])}/accept`)).status, 200)
  await until(
    () => call('GET', `/api/v1/conversations/${conversation.id}`),
    ({ body }) => (body['participant'] as { id: string } | null)?.id === 'ana',
  )

  const sent = await asAgent(baton, 'POST', `/api/v1/conversations/${conversation.id}/messages`, { text: 'Which order is it?' })
  t.match(sent, { status: 202, body: { kind: 'text', text: 'Which order is it?', author: { kind: 'agent', id: 'ana' } } })
  const read = await until(
    () => call('GET', `/api/v1/conversations/${conversation.id}/messages`),
    ({ body }) => body.items.some(({ id, status }) => id === sent.body['id'] && ['delivered', 'read'].includes(String(status))),
  )
  const spoken = read.body.items.filter(({ author }) => ['customer', 'agent'].includes((author as { kind: string }).kind))
  t.strictSame(
    spoken.map(({ direction, text }) => [direction, text]),
    [
      ['in', 'hello, I need help with an order'],
      ['out', 'Which order is it?'],
    ],
  )
  t.equal(emulator.sends().filter(({ callbackData }) => callbackData === sent.body['id']).length, 1, 'and it was sent once')
  const decisions = await call('GET', `/api/v1/conversations/${conversation.id}/decisions`)
  t.ok(decisions.body.items.some(({ rule, ownerAfter }) => rule === 'default-app' && ownerAfter === 'service'))
})

await t.test('a message to somebody new is refused outside the reply window, and the same person is found by it afterwards', async (t) => {
  const { address } = await testDatabase(t)
  const call = client(await started(t, { database: address }))
  const refused = await call('POST', '/api/v1/messages', { number: 'main', to: `+${CUSTOMER}`, text: 'hello' })
  t.match(refused, { status: 409, body: { code: 'window-closed' } })
  await call('POST', '/api/v1/messages', { number: 'main', to: CUSTOMER, text: 'hello' })
  const found = await call('GET', `/api/v1/conversations?contact=${CUSTOMER}&number=main`)
  t.match(found.body.items, [{ contact: { phone: CUSTOMER }, owner: 'none' }])
  t.equal(found.body.items.length, 1)
})

await t.test('a server that is closed and started again goes on where it was', async (t) => {
  const { address } = await testDatabase(t)
  const first = await started(t, { database: address })
  await client(first)('POST', '/api/v1/messages', { number: 'main', to: CUSTOMER, text: 'hello' })
  await first.close()
  await t.rejects(fetch(`${first.url}/healthz`))
  const second = await started(t, { database: address })
  const found = await client(second)('GET', `/api/v1/conversations?contact=${CUSTOMER}`)
  t.equal(found.body.items.length, 1)
})

await t.test('a customer who is blocked everywhere is blocked on every number, also where they never wrote', async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  baton.emulator?.createCustomer({ phone: CUSTOMER })
  baton.emulator?.say('100000000000001', CUSTOMER, 'you will regret this')
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items.length > 0,
  )
  const { id } = found.body.items[0] as { id: string }
  const answer = await call('POST', `/api/v1/conversations/${id}/contact/block`, { everywhere: true })
  t.match(answer, {
    status: 200,
    body: { id, blocked: true },
  })
  const all = await call('GET', `/api/v1/conversations?contact=${CUSTOMER}`)
  t.same(
    all.body.items.map(({ number, blocked }) => [number, blocked]).toSorted(([a], [b]) => String(a).localeCompare(String(b))),
    [
      ['main', true],
      ['promo', true],
    ],
  )
})

await t.test('one customer on two numbers is two conversations, and consent is per number', async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  baton.emulator?.createCustomer({ phone: CUSTOMER })
  baton.emulator?.say('100000000000001', CUSTOMER, 'stop')
  baton.emulator?.say('100000000000002', CUSTOMER, 'coupon')
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items.length === 2 && body.items.every(({ lastMessageAt }) => lastMessageAt !== null),
  )
  const consent = Object.fromEntries(found.body.items.map(({ number, consent: given }) => [String(number), given]))
  t.match(consent, { main: { marketing: 'out' }, promo: { marketing: 'unknown' } })
})

await t.test("the transcript shows marketing as the number's display mode says, unless it is asked for otherwise", async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  baton.emulator?.createCustomer({ phone: CUSTOMER })
  baton.emulator?.say('100000000000001', CUSTOMER, 'coupon')
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items[0]?.['owner'] === 'marketing',
  )
  const path = `/api/v1/conversations/${String(found.body.items[0]?.['id'])}/messages`
  const count = async (query: string) => (await call('GET', path + query)).body.items.length
  t.same([await count(''), await count('?marketing=include'), await count('?marketing=exclude')], [2, 2, 0])
  const number = baton.settings().numbers.get('main')
  if (number !== undefined) number.displayMode = 'utility-only'
  t.same([await count(''), await count('?marketing=include')], [0, 2])
})

await t.test('a process without the web role shows how it is and nothing else', async (t) => {
  const { address } = await testDatabase(t)
  const { url } = await started(t, { database: address, roles: ['worker'] })
  t.equal((await fetch(`${url}/healthz`)).status, 200)
  t.equal((await fetch(`${url}/api/v1/conversations`, { headers: { authorization: `Bearer ${KEY}` } })).status, 404)
})

function asAgent(baton: Baton, method: string, path: string, body?: object) {
  const url = baton.url + path
  const headers = {
    authorization: `Bearer ${KEY}`,
    'baton-agent': 'ana',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  return fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }).then(async (response) => ({
    status: response.status,
    body: (await response.json()) as Record<string, unknown> & { items: Record<string, unknown>[] },
  }))
}

/** Asks again until the answer is as wanted; the test's own time limit ends it. */
async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
