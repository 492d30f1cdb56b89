import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { formatPosition } from '../../src/events/changes.ts'
import type { Change } from '../../src/events/changes.ts'
import { createFeed } from '../../src/events/feed.ts'
import { agentView } from '../../src/http/agent-schema.ts'
import {
  agentLine,
  appOf,
  as,
  CONVERSATION,
  conversationRecord,
  fakeParts,
  MESSAGE,
  messageRecord,
  pendingOffer,
  queueLine,
  supervisionRecord,
  workItem,
} from './fake-parts.ts'
import type { FakeParts } from './fake-parts.ts'

interface Got {
  id: string | undefined
  event: string | undefined
  data: Record<string, unknown>
}

/** A follower of the stream over real HTTP. */
async function follow(
  t: { teardown(end: () => unknown): void },
  url: string,
  key: string,
  lastEventId?: string,
  query = '',
  path = '/events',
) {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const headers = { ...as(key), ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) }
  const response = await fetch(`${url}/api/v1${path}${query}`, { headers, signal: abort.signal })
  const chunks = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  let over = false
  async function next(): Promise<Got | null> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end >= 0) {
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        const got = parse(block)
        if (got !== null) return got
        continue
      }
      if (over) return null
      const { value, done } = await chunks.read()
      if (done) over = true
      else text += decoder.decode(value, { stream: true })
    }
  }
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    next,
    /** The next event of this name. */
    async until(name: string): Promise<Got> {
      for (;;) {
        const got = await next()
        if (got === null) throw new Error(`the stream ended before ${name}`)
        if (got.event === name) return got
      }
    },
    leave: () => abort.abort(),
  }
}

function parse(block: string): Got | null {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const data = field('data')
  return data === undefined ? null : { id: field('id'), event: field('event'), data: JSON.parse(data) as Record<string, unknown> }
}

async function listening(t: { teardown(end: () => unknown): void }, parts: FakeParts): Promise<string> {
  const app = await appOf(t, parts)
  return app.listen({ host: '127.0.0.1', port: 0 })
}

let moment = Date.parse('2026-11-23T10:01:00Z')
function happened(parts: FakeParts, change: Change): void {
  moment += 1_000
  parts.changes.all.push({ ...change, at: { turnMs: moment, messageUs: moment * 1_000 } })
  parts.changes.hint()
}

const newMessage = (n: number, text = String(n)): Change => ({
  key: `message ${n}`,
  kind: 'message',
  created: true,
  row: messageRecord({ id: `ms_7_0199f3c2b7a07000a00000000000100${n}`, content: { kind: 'text', text } }),
})

await t.test('followers hear of messages, statuses, decisions and conversations', async (t) => {
  const parts = fakeParts()
  const stream = await follow(t, await listening(t, parts), 'look-key')
  t.equal(stream.status, 200)
  t.match(stream.type, /^text\/event-stream/)
  t.equal((await stream.next())?.event, 'stream.opened')
  await followed(parts)
  happened(parts, newMessage(1))
  t.match(await stream.next(), { event: 'message.created', data: { kind: 'text', text: '1', conversationId: CONVERSATION } })
  happened(parts, { key: 's', kind: 'message', created: false, row: messageRecord({ status: 'delivered' }) })
  t.match(await stream.next(), { event: 'message.status', data: { id: MESSAGE, status: 'delivered' } })
  const decision = {
    id: 'de_1',
    actor_id: CONVERSATION,
    event_id: 'ev_1',
    event_type: 'message.received',
    message_id: null,
    rule: 'default-app',
    owner_before: 'none',
    owner_after: 'service',
    inputs: {},
    counterfactual: null,
    config_version: 1,
    at: new Date(0),
  }
  happened(parts, { key: 'd', kind: 'decision', row: decision })
  t.match(await stream.next(), { event: 'decision.made', data: { rule: 'default-app', ownerAfter: 'service' } })
  happened(parts, { key: 'c', kind: 'conversation', row: conversationRecord(CONVERSATION) })
  t.match(await stream.next(), { event: 'conversation.updated', data: { id: CONVERSATION } })
  const inputs = { service: { queue: 'general', leg: 1, wait: 'miss' } }
  happened(parts, { key: 'l', kind: 'decision', row: { ...decision, rule: 'service-level', inputs } })
  t.match(await stream.next(), { event: 'decision.made', data: { rule: 'service-level' } })
  t.match(await stream.next(), {
    event: 'service-level.missed',
    data: { conversationId: CONVERSATION, queue: 'general', objectives: ['wait'] },
  })
})

await t.test('a stream resumed by its last id misses nothing that happened meanwhile', async (t) => {
  const parts = fakeParts()
  const url = await listening(t, parts)
  const first = await follow(t, url, 'look-key')
  await first.next()
  await followed(parts)
  happened(parts, newMessage(1))
  const last = await first.until('message.created')
  first.leave()
  happened(parts, newMessage(2))
  happened(parts, newMessage(3))
  const second = await follow(t, url, 'look-key', last.id)
  const texts: unknown[] = []
  while (!texts.includes('3')) texts.push((await second.until('message.created')).data['text'])
  t.strictSame(
    texts.filter((text) => text !== '1'),
    ['2', '3'],
    'in order, and only what may have been seen just before is repeated',
  )
  happened(parts, newMessage(4))
  t.equal((await second.until('message.created')).data['text'], '4', 'what was replayed is not told again')
})

await t.test('an id that is none is taken as no id', async (t) => {
  const parts = fakeParts()
  const stream = await follow(t, await listening(t, parts), 'look-key', 'nonsense')
  t.equal((await stream.next())?.event, 'stream.opened')
  await followed(parts)
  happened(parts, newMessage(1))
  t.equal((await stream.next())?.data['text'], '1')
})

await t.test('an agent hears of its own offers and how it stands: which are open, which came, which closed', async (t) => {
  const parts = fakeParts()
  parts.offers.push(pendingOffer('of_1', 0))
  const url = await listening(t, parts)
  const ana = await follow(t, url, 'ana-key')
  t.match(await ana.until('offers.current'), { data: { items: [{ id: 'of_1' }] } })
  t.strictSame((await ana.until('agents.current')).data['items'], [agentView(agentLine('ana'))])
  const observer = await follow(t, url, 'look-key')
  t.equal((await observer.next())?.event, 'stream.opened')
  await followed(parts)
  const board = { agents: [agentLine('ana', { used: 1 }), agentLine('ben', { used: 1 })], queues: [] }
  happened(parts, { key: 'g', kind: 'group', state: { offers: [pendingOffer('of_2', 0)], board } })
  t.match(await ana.next(), { event: 'offer.closed', data: { id: 'of_1', agentId: 'ana' } })
  t.match(await ana.next(), { event: 'offer.created', data: { id: 'of_2', agentId: 'ana' } })
  t.match(await ana.next(), { event: 'agent.updated', data: { id: 'ana', capacity: { used: 1 } } })
  happened(parts, newMessage(1))
  t.equal((await observer.next())?.event, 'message.created', 'and nobody else does')
})

await t.test('a supervisor hears how all agents and queues stand, and what supervisors do; an agent does not', async (t) => {
  const parts = fakeParts()
  const url = await listening(t, parts)
  const boss = await follow(t, url, 'boss-key')
  t.same(
    ((await boss.until('agents.current')).data['items'] as { id: string }[]).map(({ id }) => id),
    ['ana', 'ben'],
  )
  t.match((await boss.next())?.data, { items: [{ id: 'general', drained: null }] })
  const ana = await follow(t, url, 'ana-key')
  await ana.until('agents.current')
  await followed(parts)
  const board = { agents: [agentLine('ana'), agentLine('ben', { used: 1 })], queues: [queueLine({ drained: { to: 'bot:faq', since: 0 } })] }
  happened(parts, { key: 'g', kind: 'group', state: { offers: [], board } })
  happened(parts, { key: 'd', kind: 'decision', row: supervisionRecord() })
  t.match(await boss.next(), { event: 'agent.updated', data: { id: 'ben', capacity: { used: 1 } } })
  t.match(await boss.next(), { event: 'queue.updated', data: { id: 'general', drained: { to: 'bot:faq' } } })
  t.match(await boss.next(), {
    event: 'supervision.acted',
    data: { action: 'queue.drained', by: { id: 'boss' }, detail: { queueId: 'general' } },
  })
  happened(parts, newMessage(1))
  t.equal((await ana.next())?.event, 'message.created')
})

await t.test(
  'a routing engine hears of what waits and how agents stand, of nothing else, and nobody else hears of what waits',
  async (t) => {
    const parts = fakeParts()
    parts.workItems.push(workItem('se_1'), workItem('se_2'))
    const url = await listening(t, parts)
    const engine = await follow(t, url, 'engine-key', '1-1', '', '/work-items/events')
    t.match(await engine.until('work-items.current'), { data: { items: [{ id: 'se_1', version: '1.1' }, { id: 'se_2' }] } })
    t.match(await engine.next(), { event: 'agents.current', data: { items: [{ id: 'ana' }, { id: 'ben' }] } })
    const boss = await follow(t, url, 'boss-key')
    await boss.until('queues.current')
    await followed(parts)
    const board = { agents: [agentLine('ana', { used: 1 }), agentLine('ben')], queues: [queueLine()] }
    const offer = { id: 'of_1', agentId: 'ana', expiresAt: 0 }
    const workItems = [workItem('se_2', { version: '1.2', offer }), workItem('se_3')]
    happened(parts, newMessage(1))
    happened(parts, { key: 'g', kind: 'group', state: { offers: [], board, workItems } })
    t.match(await engine.next(), { event: 'agent.updated', data: { id: 'ana' } }, 'nothing of the message')
    t.match(await engine.next(), { event: 'work-item.closed', data: { id: 'se_1', queueId: 'general' } })
    t.match(await engine.next(), { event: 'work-item.updated', data: { id: 'se_2', version: '1.2', offer: { agentId: 'ana' } } })
    t.match(await engine.next(), { event: 'work-item.updated', data: { id: 'se_3' } })
    t.equal((await boss.next())?.event, 'message.created')
    t.equal((await boss.next())?.event, 'agent.updated')
    happened(parts, newMessage(2))
    t.equal((await boss.next())?.event, 'message.created')
    t.equal((await follow(t, url, 'boss-key', undefined, '', '/work-items/events')).status, 403)
    t.equal((await follow(t, url, 'engine-key')).status, 403)
  },
)

await t.test('what is replayed to a follower that resumes is what it would have heard', async (t) => {
  const parts = fakeParts()
  happened(parts, { key: 'd', kind: 'decision', row: supervisionRecord() })
  happened(parts, newMessage(1))
  const url = await listening(t, parts)
  const from = formatPosition({ turnMs: moment - 10_000, messageUs: (moment - 10_000) * 1_000 })
  const ana = await follow(t, url, 'ana-key', from)
  await ana.until('agents.current')
  t.equal((await ana.next())?.event, 'message.created', 'what supervisors do is not for agents')
  const boss = await follow(t, url, 'boss-key', from)
  await boss.until('queues.current')
  t.equal((await boss.next())?.event, 'supervision.acted')
})

await t.test('an open stream is a console of its agent, unless it leaves that to heartbeats', async (t) => {
  const parts = fakeParts()
  const url = await listening(t, parts)
  const ana = await follow(t, url, 'ana-key')
  await ana.until('offers.current')
  await (await follow(t, url, 'ana-key', undefined, '?lease=heartbeat')).until('offers.current')
  await (await follow(t, url, 'look-key')).next()
  t.strictSame(parts.consoles, ['+ana'])
  ana.leave()
  while (parts.consoles.length < 2) await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(parts.consoles, ['+ana', '-ana'])
  t.equal((await fetch(`${url}/api/v1/events?lease=none`, { headers: { ...as('ana-key'), accept: 'text/event-stream' } })).status, 400)
})

await t.test('nothing is read while nobody follows, and leaving is noticed', async (t) => {
  const parts = fakeParts()
  const url = await listening(t, parts)
  t.equal(parts.changes.followers(), 0)
  const stream = await follow(t, url, 'look-key')
  await stream.next()
  await followed(parts)
  t.equal(parts.changes.followers(), 1)
  stream.leave()
  while (parts.changes.followers() > 0) await new Promise((resolve) => setImmediate(resolve))
  t.equal(parts.changes.followers(), 0)
})

await t.test('a look that fails is repeated and loses nothing', async (t) => {
  const parts = fakeParts()
  const stream = await follow(t, await listening(t, parts), 'look-key')
  await stream.next()
  await followed(parts)
  const read = parts.deps.changes.read.bind(parts.deps.changes)
  let failed = false
  parts.deps.changes.read = (...asked) => {
    if (failed) return read(...asked)
    failed = true
    parts.changes.hint()
    return Promise.reject(new Error('gone'))
  }
  happened(parts, newMessage(1))
  t.equal((await stream.until('message.created')).data['text'], '1')
  t.ok(failed)
})

await t.test('a follower that was away too long is told to load anew instead of being sent everything', async (t) => {
  const parts = fakeParts()
  const heard: string[] = []
  const feed = createFeed({ ...parts.deps, maxReplay: 2 })
  t.teardown(() => feed.close())
  for (const n of [1, 2, 3]) happened(parts, newMessage(n))
  // There is more than the newest page to those who come from long ago.
  parts.deps.changes.read = (from) => Promise.resolve({ changes: parts.changes.all, reached: from, more: from.turnMs <= 0 })
  const leave = await feed.follow(
    { agentId: null, supervises: false, routes: false, deliver: (deliveries) => void heard.push(...deliveries.map(({ event }) => event)) },
    { turnMs: 0, messageUs: 0 },
  )
  leave()
  t.strictSame(heard, ['stream.reset'])
})

await t.test('a follower that resumes is told of no more than may wait for it, however the changes are read', async (t) => {
  const parts = fakeParts()
  const heard: string[] = []
  const feed = createFeed({ ...parts.deps, maxReplay: 2 })
  t.teardown(() => feed.close())
  for (const n of [1, 2, 3]) happened(parts, newMessage(n))
  parts.deps.changes.read = (from) => Promise.resolve({ changes: parts.changes.all, reached: from, more: false })
  const deliver = (deliveries: { event: string }[]) => void heard.push(...deliveries.map(({ event }) => event))
  ;(await feed.follow({ agentId: null, supervises: false, routes: false, deliver }, { turnMs: 0, messageUs: 0 }))()
  t.strictSame(heard, ['stream.reset'])
})

await t.test('a follower that does not read is let go before what waits for it grows without bound', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const request = get(`${url}/api/v1/events`, { headers: as('look-key') })
  t.teardown(() => request.destroy())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.pause()
  await followed(parts)
  // More than the network holds for it, and then more than may wait for it.
  for (let n = 1; n <= 6_000; n += 1) happened(parts, newMessage(n, 'x'.repeat(5_000)))
  while (parts.changes.followers() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  t.pass('it was let go')
  response.on('error', () => {}) // the rest of its buffer is gone with it
  response.resume()
  await once(response, 'close')
})

await t.test('more streams than may be open are told to come again; one that ends makes room', async (t) => {
  const parts = fakeParts()
  parts.deps.streamsAtOnce = 2
  const app = await appOf(t, parts)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const [first] = await Promise.all([follow(t, url, 'look-key'), follow(t, url, 'look-key')])
  const third = await fetch(`${url}/api/v1/events`, { headers: as('look-key') })
  t.strictSame([third.status, third.headers.get('retry-after')], [503, '2'])
  t.match(await third.json(), { code: 'too-many-streams' })
  t.equal((await app.inject({ url: '/api/v1/conversations', headers: as('look-key') })).statusCode, 200, 'the rest of the API goes on')
  first.leave()
  for (let status = 503; status !== 200; await new Promise(setImmediate)) status = (await follow(t, url, 'look-key')).status
})

await t.test('a client that does not take event streams is told so, and one without a key is refused', async (t) => {
  const app = await appOf(t, fakeParts())
  t.equal((await app.inject({ url: '/api/v1/events', headers: { ...as('look-key'), accept: 'application/json' } })).statusCode, 406)
  t.equal((await app.inject({ url: '/api/v1/events' })).statusCode, 401)
})

await t.test('closing the server ends its streams', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const stream = await follow(t, await app.listen({ host: '127.0.0.1', port: 0 }), 'look-key')
  await stream.next()
  await app.close()
  t.equal(await stream.next(), null)
})

/** Until the feed has started to follow the tables. */
async function followed(parts: FakeParts): Promise<void> {
  while (parts.changes.followers() === 0) await new Promise((resolve) => setImmediate(resolve))
}
