// An emulator on a clock of its own, and a real server that takes its webhooks.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { movableClock } from '@baton/router'
import type { MovableClock } from '@baton/router'
import type { Test } from 'tap'
import { createEmulator } from '../../src/emulator/index.ts'
import type { Emulator, EmulatorOptions } from '../../src/emulator/index.ts'

export const NUMBER = '301000000000001'
export const OTHER_NUMBER = '301000000000002'
export const ACCOUNT = '201000000000001'
export const TOKEN = 'token-one'
export const SECRET = 'test_app_secret'
export const VERIFY = 'verify-me'
export const ADA = '12025550123'
/** 23 November 2026, noon UTC. */
export const NOON = Date.UTC(2026, 10, 23, 12)
export const HOUR = 3_600_000

type Json = Record<string, unknown>

/** The members of the answers that the tests look at. */
export interface Answer {
  error: { code: number; message: string; error_subcode?: number; error_data?: { details: string }; fbtrace_id: string; type: string }
  contacts: Json[]
  messages: Json[]
  items: Json[]
  data: Json[]
  paging: { next?: string; previous?: string; cursors: { before: string; after: string } }
  id: string
  url: string
  businessTyping: boolean
  windowOpen: boolean
  seq: number
  code: string
  status: string
}

interface Received {
  body: string
  signature: string
  json: { object: string; entry: { id: string; time: number; changes: { field: string; value: Json }[] }[] }
}

export interface UnderTest {
  emulator: Emulator
  clock: MovableClock
  url: string
  webhookUrl: string
  /** Every POST, in order. */
  received: Received[]
  /** What the next POSTs are answered; 200 when none is left. `null`: never. */
  answers: (number | null)[]
  /** All changes received, flat. */
  changes: () => { field: string; value: Json }[]
  statuses: () => Json[]
  messages: () => Json[]
  send: (body: Json, from?: { number?: string; token?: string }) => Promise<{ status: number; body: Answer; id: string }>
  sendText: (to?: string, more?: Json) => Promise<{ status: number; body: Answer; id: string }>
  api: (method: string, path: string, body?: Json, token?: string) => Promise<{ status: number; body: Answer }>
}

/** The member at the end of the path; undefined where the path breaks off. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce((from: unknown, key) => (typeof from === 'object' && from !== null ? Reflect.get(from, key) : undefined), value)
}

export async function start(t: Test, options: Partial<EmulatorOptions> = {}): Promise<UnderTest> {
  const clock = movableClock({ now: () => NOON })
  const received: Received[] = []
  const answers: (number | null)[] = []
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.method === 'GET') {
        const query = new URL(request.url ?? '', 'http://x').searchParams
        const good = query.get('hub.mode') === 'subscribe' && query.get('hub.verify_token') === VERIFY
        response.writeHead(good ? 200 : 403).end(good ? query.get('hub.challenge') : 'no')
        return
      }
      const body = Buffer.concat(chunks).toString('latin1')
      received.push({ body, signature: String(request.headers['x-hub-signature-256']), json: JSON.parse(body) })
      const answer = answers.length > 0 ? answers.shift() : 200
      if (typeof answer === 'number') response.writeHead(answer).end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  const emulator = createEmulator({
    clock,
    seed: 'test',
    appSecret: SECRET,
    verifyToken: VERIFY,
    webhookUrl,
    speed: Infinity,
    numbers: [
      { phoneNumberId: NUMBER, businessAccountId: ACCOUNT, displayNumber: '+1 202 555 0100', accessToken: TOKEN },
      { phoneNumberId: OTHER_NUMBER, businessAccountId: '201000000000002', displayNumber: '+44 20 7946 0100', accessToken: 'token-two' },
    ],
    customers: [{ phone: `+${ADA}`, name: 'Ada Example' }],
    ...options,
  })
  const url = await emulator.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    await emulator.close()
    receiver.closeAllConnections()
    await new Promise((resolve) => receiver.close(resolve))
  })

  async function api(method: string, path: string, body?: Json, token = TOKEN): Promise<{ status: number; body: Answer }> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.status, body: (await answer.json()) as Answer }
  }
  async function send(body: Json, from: { number?: string; token?: string } = {}) {
    const path = `/v26.0/${from.number ?? NUMBER}/messages`
    const answer = await api('POST', path, { messaging_product: 'whatsapp', ...body }, from.token)
    return { ...answer, id: String(answer.body.messages?.[0]?.['id']) }
  }
  function changes() {
    return received.flatMap((post) => post.json.entry.flatMap((entry) => entry.changes))
  }
  function listed(name: string): Json[] {
    return changes().flatMap((change) => (change.value[name] ?? []) as Json[])
  }
  return {
    emulator,
    clock,
    url,
    webhookUrl,
    received,
    answers,
    changes,
    statuses: () => listed('statuses'),
    messages: () => listed('messages'),
    send,
    sendText: (to = `+${ADA}`, more = {}) => send({ to, type: 'text', text: { body: 'Hello' }, ...more }),
    api,
  }
}
