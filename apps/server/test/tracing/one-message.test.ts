// Traces as an operator gets them: processes of different roles, and a collector.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { familyOf } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import t, { type Test } from 'tap'
import { DEMO_SECRETS } from '../../src/whatsapp/emulation.ts'
import { freePort } from '../../src/process/free-port.ts'
import { client, CONFIG_DIR, KEY, until } from '../http/running.ts'
import { collector } from './collector.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const CUSTOMER = '15557770099'

/** Starts a process; gives its address, and how to end it as an operator would. */
async function processOf(t: Test, env: Record<string, string>): Promise<{ url: string; end(): Promise<unknown> }> {
  const child = spawn(process.execPath, [MAIN, 'start'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      BATON_DRAIN_SECONDS: '0',
      BATON_CONFIG_DIR: CONFIG_DIR,
      BATON_API_KEY: KEY,
      FAQ_BOT_SECRET: 'bot',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Baton is ready at (\S+)/.exec(line)?.[1]
    if (url !== undefined) return { url, end: () => (child.kill('SIGTERM'), ended) }
  }
  throw new Error('it did not start')
}

await t.test('one message is one trace, from the webhook to its status, whichever processes see it; nothing of it is told', async (t) => {
  const { url: OTEL_EXPORTER_OTLP_ENDPOINT, spans, bodies } = await collector(t)
  const { host = '', user = '', database = '' } = (await testDatabase(t)).address
  const DATABASE_URL = `postgres://${user}@/${database}?host=${encodeURIComponent(host)}`
  const env = { DATABASE_URL, OTEL_EXPORTER_OTLP_ENDPOINT }
  const port = await freePort('127.0.0.1')
  const WHATSAPP_BASE_URL = `http://127.0.0.1:${port}/emulated`
  const [web, rest] = await Promise.all([
    processOf(t, { ...env, BATON_ROLES: 'web', PORT: String(port) }),
    processOf(t, { ...env, BATON_ROLES: 'worker,sender', BATON_EMULATOR: 'off', WHATSAPP_BASE_URL, ...DEMO_SECRETS }),
  ])

  const call = client(web)
  const say = `${WHATSAPP_BASE_URL}/emulator/numbers/100000000000001/customers/${CUSTOMER}/messages`
  const headers = { 'content-type': 'application/json' }
  await fetch(say, { method: 'POST', headers, body: JSON.stringify({ type: 'text', text: 'coupon' }) })
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items[0]?.['owner'] === 'marketing',
  )
  const conversation = `/api/v1/conversations/${String(found.body.items[0]?.['id'])}`
  const transcript = await until(
    () => call('GET', `${conversation}/messages`),
    ({ body }) => ['delivered', 'read'].includes(String(body.items.at(-1)?.['status'])),
  )
  const { body: decided } = await call('GET', `${conversation}/decisions`)
  await Promise.all([web.end(), rest.end()])

  const [{ event }] = decided.items as unknown as [{ event: { id: string } }]
  const trace = familyOf(event.id)
  const ours = spans.filter(({ traceId }) => traceId === trace)
  const [root, ...others] = ours.filter(({ parentSpanId }) => (parentSpanId ?? '') === '')
  t.match(root, { name: 'message.received', service: 'baton', attributes: { 'baton.number': 'main' } })
  t.same(others, [])
  const under = ours.filter(({ parentSpanId }) => parentSpanId === root?.spanId)
  const named = (name: string) => under.find((span) => span.name === name)
  t.match(named('webhook'), { attributes: { 'baton.channel': 'whatsapp' } })
  t.match(named('turn'), {
    attributes: { 'baton.rule': 'reserved-keyword', 'baton.owner.before': 'none', 'baton.owner.after': 'marketing' },
  })
  const reply = { 'baton.message': transcript.body.items.at(-1)?.['id'] }
  t.match(named('send'), { attributes: { ...reply, 'baton.outcome': 'accepted', 'baton.purpose': 'marketing' } })
  t.match(named('status delivered'), { attributes: reply })
  t.equal(under.length, ours.length - 1, 'nothing of it is elsewhere')
  t.same(
    [named('webhook'), named('turn'), named('send'), named('status delivered')].map((span) => span?.instance === root?.instance),
    [false, true, true, false],
    'the web process told of the webhooks, the other one of the rest',
  )
  t.notMatch(bodies.join('\n'), new RegExp(`${CUSTOMER}|wamid|10 % off|"coupon"`))
})
