import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import type { Test } from 'tap'
import type { MessageRow, ParticipantAnswer, ParticipantCall } from '@baton/router'
import type { BotSettings } from '@baton/omni'
import { createHttpBot } from '@baton/omni'

const SECRET = 'a key nobody knows'

interface Seen {
  url: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

/** A bot as somebody else would write it: a plain HTTP server that answers as told. */
async function startBot(t: Test, answer: (response: ServerResponse, seen: Seen) => void): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const heard = { url: request.url, headers: request.headers, body }
      seen.push(heard)
      answer(response, heard)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function row(id: string, direction: MessageRow['direction'], text: string, status = 'received'): MessageRow {
  const content = direction === 'note' ? ({ kind: 'note', text } as const) : ({ kind: 'text', text } as const)
  const author = { kind: 'customer', id: 'c' } as const
  const session = { kind: 'service', id: null } as const
  return {
    id,
    direction,
    content,
    author,
    purpose: null,
    session,
    status,
    providerId: null,
    replyTo: null,
    at: 1,
    raw: { secret: 'payload' },
  }
}

function turn(more: Partial<ParticipantCall> = {}): ParticipantCall {
  return {
    callId: 'ca_1',
    target: 'faq',
    conversationId: 'cv_1',
    data: {
      number: 'main',
      contact: { id: 'c' },
      session: { id: 'se_1' },
      message: { providerId: 'w', at: 1, content: { kind: 'text', text: 'hello' } },
      messages: [{ providerId: 'w', at: 1, content: { kind: 'text', text: 'hello' } }],
      answers: { size: 'L' },
      note: 'n',
      journey: null,
    },
    history: [
      row('1', 'in', 'one'),
      row('2', 'note', 'secret note'),
      row('3', 'out', 'refused', 'refused'),
      row('4', 'out', 'two', 'sent'),
    ],
    timeoutMs: 5000,
    ...more,
  }
}

function call(
  t: Test,
  url: string,
  options: {
    settings?: Partial<BotSettings>
    request?: Partial<ParticipantCall>
    signal?: AbortSignal
    secret?: string | undefined
    maxAnswerBytes?: number
  } = {},
): Promise<ParticipantAnswer> {
  const settings: BotSettings = {
    id: 'faq',
    name: 'FAQ',
    url,
    secret: 'env:FAQ',
    timeoutMs: 5000,
    fallback: [],
    history: 50,
    ...options.settings,
  }
  const bot = createHttpBot({
    bots: (id) => (id === 'faq' ? settings : undefined),
    resolveSecret: (reference) => (reference === 'env:FAQ' ? ('secret' in options ? options.secret : SECRET) : undefined),
    clock: { now: () => 1_700_000_000_000 },
    ...(options.maxAnswerBytes === undefined ? {} : { maxAnswerBytes: options.maxAnswerBytes }),
  })
  t.teardown(() => bot.close())
  return bot.call(turn(options.request), options.signal ?? new AbortController().signal)
}

const json = (value: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(value))

void test('a turn is posted with everything the bot needs, and nothing of the provider', async (t) => {
  const { url, seen } = await startBot(t, json({ messages: ['Hi'] }))
  await call(t, `${url}/turn?key=1`, { settings: { history: 2 } })
  t.equal(seen[0]?.url, '/turn?key=1')
  const body = JSON.parse(seen[0]?.body ?? '{}') as Record<string, unknown>
  t.match(body, {
    version: 1,
    callId: 'ca_1',
    conversation: { id: 'cv_1', number: 'main', contact: { id: 'c' } },
    session: { id: 'se_1' },
    message: { content: { text: 'hello' } },
    answers: { size: 'L' },
    note: 'n',
  })
  t.same(
    (body['history'] as { id: string }[]).map(({ id }) => id),
    ['1', '4'],
    'notes and refused messages were never said',
  )
  t.notMatch(seen[0]?.body, 'payload')
})

void test('a turn is signed over its time and the exact bytes of its body', async (t) => {
  const { url, seen } = await startBot(t, json({}))
  await call(t, url)
  const { headers, body } = seen[0] as Seen
  const expected = createHmac('sha256', SECRET).update(`1700000000000.${body}`).digest('hex')
  t.equal(headers['x-baton-signature'], `t=1700000000000,v1=${expected}`)
  t.equal(headers['content-type'], 'application/json')
  t.equal(headers['idempotency-key'], 'ca_1')
})

void test("the bot's answer becomes what the engine is told; a plain string is a text message", async (t) => {
  const buttons = { kind: 'buttons', body: 'Which?', options: [{ id: 'a', title: 'A' }] }
  const { url } = await startBot(t, json({ messages: ['Hi', buttons], handOff: true, attributes: { lang: 'en' } }))
  t.same(await call(t, url), {
    name: 'bot.replied',
    data: { callId: 'ca_1', messages: [{ kind: 'text', text: 'Hi' }, buttons], handOff: {}, attributes: { lang: 'en' } },
    by: { kind: 'bot', id: 'faq' },
  })
})

void test('an empty answer is an answer without words', async (t) => {
  const { url } = await startBot(t, (response) => void response.writeHead(204).end())
  t.same((await call(t, url)).data, { callId: 'ca_1', messages: [] })
})

void test('whatever is wrong with an answer is a failure with a reason', async (t) => {
  const answers: Record<string, [(response: ServerResponse) => void, string]> = {
    'an error status': [(response) => void response.writeHead(500).end('{"messages":["x"]}'), 'bot-status'],
    'a client error': [(response) => void response.writeHead(404).end(), 'bot-status'],
    'no JSON': [(response) => void response.end('<html>'), 'bot-malformed'],
    'another shape': [json(['Hi']), 'bot-malformed'],
    'a misspelt member': [json({ messages: [], handoff: {} }), 'bot-malformed'],
    'a message of unknown kind': [json({ messages: [{ kind: 'poll', question: '?' }] }), 'bot-malformed'],
    'an empty message': [json({ messages: [''] }), 'bot-malformed'],
    'a link that is none': [json({ messages: [{ kind: 'image', media: { url: 'file:///etc/passwd' } }] }), 'bot-malformed'],
    'a target that is none': [json({ handOff: { targets: ['general'] } }), 'bot-malformed'],
    'too many messages': [json({ messages: Array.from({ length: 11 }, () => 'x') }), 'bot-malformed'],
    'a broken connection': [(response) => void response.destroy(), 'bot-unreachable'],
    'an answer that breaks off': [
      (response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('{"messages":', () => response.destroy())
      },
      'bot-unreachable',
    ],
  }
  for (const [title, [answer, reason]] of Object.entries(answers)) {
    const { url } = await startBot(t, answer)
    t.match(await call(t, url), { name: 'bot.failed', data: { callId: 'ca_1', reason }, by: { kind: 'bot', id: 'faq' } }, title)
  }
})

void test('an answer that could not be stored as it came is a failure that says where', async (t) => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const answers: [string, RegExp][] = [
    [`{"attributes":{"x":${nested(100_000)}}}`, /nested more than 200 levels/],
    ['{"attributes":{"x":[1,1e400]}}', /attributes\.x\.1 is too large a number/],
    ['{"attributes":{"__proto__":{"vip":true}}}', /attributes\.__proto__ is no name/],
  ]
  for (const [answer, detail] of answers) {
    const { url } = await startBot(t, (response) => void response.end(answer))
    t.match(await call(t, url), { name: 'bot.failed', data: { reason: 'bot-malformed', detail } })
  }
})

void test('redirects are not followed: a bot cannot send a turn elsewhere', async (t) => {
  const elsewhere = await startBot(t, json({ messages: ['caught'] }))
  for (const status of [301, 302, 303, 307, 308]) {
    const { url } = await startBot(t, (response) => void response.writeHead(status, { location: elsewhere.url }).end())
    t.match(await call(t, url), { name: 'bot.failed', data: { reason: 'bot-status', detail: `HTTP ${status}` } })
  }
  t.same(elsewhere.seen, [])
})

void test('an answer over the limit is not read to its end, whatever length it announces', async (t) => {
  const { url } = await startBot(t, (response) => {
    const chunk = 'x'.repeat(1000)
    const more = () => {
      while (!response.destroyed && response.write(chunk)) continue
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  })
  t.match(await call(t, url, { maxAnswerBytes: 10_000 }), { name: 'bot.failed', data: { reason: 'bot-too-large' } })
})

void test('a bot that does not answer in time is given up, by the shorter of the two limits', async (t) => {
  const { url } = await startBot(t, () => undefined)
  t.match(await call(t, url, { request: { timeoutMs: 30 } }), { name: 'bot.failed', data: { reason: 'bot-timeout' } })
  t.match(await call(t, url, { settings: { timeoutMs: 30 } }), { name: 'bot.failed', data: { reason: 'bot-timeout' } })
})

void test('a caller whose time is up says the same as the bot’s own time-out', async (t) => {
  const { url, seen } = await startBot(t, () => undefined)
  const abort = new AbortController()
  const answer = call(t, url, { signal: abort.signal })
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  abort.abort(new DOMException('time-out', 'TimeoutError'))
  t.match(await answer, { name: 'bot.failed', data: { reason: 'bot-timeout' } })
})

void test('a call can be aborted from outside', async (t) => {
  const { url, seen } = await startBot(t, () => undefined)
  const abort = new AbortController()
  const answer = call(t, url, { signal: abort.signal })
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  abort.abort()
  t.match(await answer, { name: 'bot.failed', data: { reason: 'bot-aborted' } })
})

void test('a bot that is not configured, has no secret, or is not there fails without a call', async (t) => {
  const { url, seen } = await startBot(t, json({}))
  t.match(await call(t, url, { request: { target: 'gone' } }), { name: 'bot.failed', data: { reason: 'bot-unknown' } })
  t.match(await call(t, url, { secret: undefined }), { data: { reason: 'bot-secret-missing', detail: 'env:FAQ' } })
  t.match(await call(t, url, { secret: '' }), { data: { reason: 'bot-secret-missing' } })
  t.same(seen, [])
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  t.match(await call(t, `http://127.0.0.1:${port}`), { data: { reason: 'bot-unreachable' } })
})
