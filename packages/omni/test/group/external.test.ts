// Queues whose work a routing engine elsewhere gives out.
import { test } from 'tap'
import * as fc from 'fast-check'
import { agentBoard, workItems } from '@baton/omni'
import { asGroup } from '../../src/group/parts.ts'
import { loadOf } from '../../src/group/group.ts'
import { configOf, groupWorld } from './group-world.ts'

type Queues = Parameters<typeof configOf>[0]
type Queue = NonNullable<Queues['queues']>[number]

const AGENTS = [
  { id: 'ana', capacity: 1 },
  { id: 'ben', capacity: 2, skills: ['refunds'] },
  { id: 'cy', capacity: 1 },
]
const withQueue = (queue: Partial<Queue> = {}): Queues => ({
  queues: [{ id: 'vip', routing: 'external', members: ['agent:ana', 'agent:ben'], ...queue }],
  agents: AGENTS,
})

function world(queue: Partial<Queue> = {}) {
  const group = groupWorld(withQueue(queue))
  for (const { id } of AGENTS) group.presence(id, 'online')
  const items = () => workItems(group.stored(), group.config).map((item) => item.read(group.now))
  return {
    group,
    items,
    heard: (queueId = 'vip') => group.event('engine.heard', { queueId }),
    route: (sessionId: string, agentId: string, version = items().find(({ id }) => id === sessionId)?.version ?? 'none') =>
      group.event('work.routed', { sessionId, version, agentId }),
    engine: () => agentBoard(group.stored(), group.config).queues[0]?.engine,
  }
}

void test('work waits for the engine, which names an agent, who is offered it', async (t) => {
  const { group, items, heard, route, engine } = world()
  t.same(heard(), { kind: 'done', data: { queueId: 'vip', until: new Date(group.now + 30_000).toISOString() } })
  t.match(engine(), { since: group.now, until: group.now + 30_000 })
  const session = group.request('queue:vip', { note: 'angry', language: 'de', prefer: null, returnTo: { agentId: 'ben', waitMs: 60_000 } })
  t.match(group.item(session), { state: { kind: 'queued' } }, 'agents are free, and not asked')
  t.match(items(), [{ id: session, queueId: 'vip', offer: null, note: 'angry', language: 'de', preferredAgentId: 'ben', since: group.now }])
  const outcome = route(session, 'ana')
  const [offer] = group.offersOf('ana')
  t.match(outcome, { kind: 'done', data: { agentId: 'ana', offerId: offer?.offerId, version: items()[0]?.version } })
  t.match(items()[0]?.offer, { id: offer?.offerId, agentId: 'ana', expiresAt: group.now + 30_000 })
  group.accept('ana')
  t.match(group.told(), [{ session, name: 'agent.assigned', data: { agentId: 'ana', queueId: 'vip' } }])
  t.same(items(), [])
})

void test('where nobody is asked the agent has it at once', async (t) => {
  const { group, heard, route } = world({ autoAccept: true })
  heard()
  const session = group.request('queue:vip')
  t.match(route(session, 'ben'), { kind: 'done', data: { agentId: 'ben', offerId: null, expiresAt: null } })
  t.match(group.told(), [{ session, name: 'agent.assigned', data: { agentId: 'ben' } }])
})

void test('an engine decides about the work as it has seen it', async (t) => {
  const { group, items, heard, route } = world()
  heard()
  const session = group.request('queue:vip')
  const seen = items()[0]?.version
  t.match(route(session, 'ana', seen), { kind: 'done' })
  t.match(route(session, 'ben', seen), { kind: 'refused', code: 'work-item-changed' }, 'the same once more')
  const offered = items()[0]?.version
  group.decline('ana')
  t.match(route(session, 'ben', offered), { kind: 'refused', code: 'work-item-changed' }, 'it was declined meanwhile')
  t.match(items()[0], { passed: [{ agentId: 'ana' }], offer: null })
  t.match(route(session, 'ben'), { kind: 'done' })
  const [offer] = group.offersOf('ben')
  t.match(route(session, 'ben'), { kind: 'done' }, 'an open offer is replaced, with the same agent too')
  t.match(group.accept('ben', offer?.offerId), { kind: 'refused', code: 'offer-gone' })
  group.accept('ben')
  t.match(route(session, 'ana', items()[0]?.version), { kind: 'refused', code: 'work-item-gone' })
  group.event('work.cancelled', { sessionId: session, request: 1 })
  group.request('queue:vip', { sessionId: session, request: 2 })
  t.match(route(session, 'ben', seen), { kind: 'refused', code: 'work-item-changed' }, 'another request of the same session')
})

void test('nobody gets what they may not have, whatever the engine says', async (t) => {
  const { group, heard, route } = world({ skills: [{ skill: 'refunds', relaxAfter: '1m' }] })
  heard()
  const session = group.request('queue:vip')
  const refusal = (agentId: string) => (route(session, agentId) as { code?: string }).code
  t.equal(refusal('zoe'), 'unknown-agent')
  t.equal(refusal('cy'), 'agent-not-member')
  t.equal(refusal('ana'), 'agent-not-able')
  group.presence('ben', 'away')
  t.equal(refusal('ben'), 'agent-not-online')
  group.presence('ben', 'online')
  t.equal(route(session, 'ben').kind, 'done')
  group.decline('ben')
  t.equal(refusal('ben'), 'agent-passed')
  group.advance(25_000)
  heard()
  group.advance(25_000)
  heard()
  group.advance(10_000)
  t.equal(route(session, 'ana').kind, 'done', 'a minute later less is asked')
  const next = group.request('queue:vip', { since: group.now - 60_000 })
  t.match(route(next, 'ana'), { kind: 'refused', code: 'agent-full' })
  t.match(route('s99', 'ana', '1.1'), { kind: 'refused', code: 'work-item-gone' })
})

void test('what waits for its queue to open is not given out before', async (t) => {
  const opening = Date.UTC(2026, 10, 23, 8)
  const group = groupWorld({ ...withQueue({ hours: 'h' }), hours: [{ id: 'h', zone: 'UTC', weekly: { mon: ['08:00-10:00'] } }] })
  group.now = opening - 60_000
  group.presence('ana', 'online')
  const session = group.request('queue:vip')
  const [item] = workItems(group.stored(), group.config).map((one) => one.read(group.now))
  t.match(item?.closed, { opensAt: opening })
  t.match(group.event('work.routed', { sessionId: session, version: item?.version, agentId: 'ana' }), { code: 'queue-not-open' })
  group.event('engine.heard', { queueId: 'vip' })
  group.advance(61_000)
  t.match(group.offersOf('ana'), [{ sessionId: session }], 'by then the engine had been silent for too long')
})

void test('when the engine is silent Baton gives the work out itself, says so, and lets go when it is back', async (t) => {
  const { group, heard, engine } = world()
  heard()
  const first = group.request('queue:vip')
  group.advance(29_999)
  t.same(group.offersOf('ana'), [])
  group.advance(1)
  t.equal(engine(), null)
  t.match(group.turn?.alarms, [{ code: 'engine-silent', detail: { queueId: 'vip', waiting: 1, otherwise: 'least-active' } }])
  t.match(group.offersOf('ana'), [{ sessionId: first }])
  heard()
  t.match(group.offersOf('ana'), [{ sessionId: first }], 'an offer stays')
  const second = group.request('queue:vip')
  t.match(group.item(second), { state: { kind: 'queued' } })
  for (let at = 0; at < 6; at += 1) {
    group.advance(10_000)
    heard()
  }
  t.match(group.item(second), { state: { kind: 'queued' } }, 'for as long as it is heard')
  group.presence('ben', 'away')
  group.presence('ben', 'online')
  t.match(group.item(second), { state: { kind: 'queued' } })
})

void test('a queue whose engine was never heard is given out by Baton, or waits where it is to', async (t) => {
  const { group } = world()
  group.request('queue:vip')
  t.equal(group.offersOf('ana').length, 1)
  const waiting = world({ engine: { otherwise: 'wait', silence: '10s' } })
  const session = waiting.group.request('queue:vip')
  t.match(waiting.group.item(session), { state: { kind: 'queued' } })
  waiting.heard()
  waiting.group.advance(10_000)
  t.match(waiting.group.item(session), { state: { kind: 'queued' } })
  t.match(waiting.route(session, 'ana'), { kind: 'done' }, 'what it says late is heard')
})

void test('heartbeats that could not be heard because nothing ran here count as heard', async (t) => {
  const { group, heard, engine } = world()
  heard()
  group.request('queue:vip')
  group.now += 3_600_000
  group.give({ type: 'timer.fired', name: 'tick', due: group.timers.get('tick') })
  t.match(engine(), { until: group.now + 30_000 })
  t.same(group.offersOf('ana'), [])
})

void test('a queue that is published without an engine is given out by Baton at once', async (t) => {
  const { group, heard, engine } = world()
  heard()
  group.request('queue:vip')
  group.config = configOf(withQueue({ routing: 'longest-idle' }))
  group.event('presence.renewed', { agentIds: [] })
  t.equal(engine(), null)
  t.equal(group.offersOf('ana').length + group.offersOf('ben').length, 1)
  t.match(heard(), { kind: 'refused', code: 'queue-not-external' })
  t.match(heard('nope'), { kind: 'refused', code: 'unknown-queue' })
})

void test('an engine that says anything at all makes nobody exceed their capacity, and loses no work', async (t) => {
  const step = fc.record({
    what: fc.constantFrom('request', 'route', 'route', 'route', 'heard', 'accept', 'decline', 'release', 'away', 'online', 'pass'),
    agent: fc.constantFrom('ana', 'ben', 'cy', 'zoe'),
    at: fc.nat(20),
    version: fc.constantFrom(null, null, '1.1', '1.2', 'x'),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
      const { group, items, heard, route } = world()
      const open = new Set<string>()
      for (const { what, agent, at, version } of steps) {
        const [waiting, sessions] = [items(), [...open]]
        if (what === 'request') open.add(group.request('queue:vip'))
        if (what === 'route') route(sessions[at % Math.max(1, sessions.length)] ?? 's0', agent, version ?? waiting[at]?.version)
        if (what === 'heard') heard()
        if (what === 'accept') group.accept(agent)
        if (what === 'decline') group.decline(agent)
        if (what === 'away' || what === 'online') group.presence(agent === 'zoe' ? 'ana' : agent, what)
        if (what === 'pass') group.advance(at * 2_000)
        if (what === 'release' && sessions[at] !== undefined) {
          group.event('work.released', { sessionId: sessions[at], request: 1 })
          open.delete(sessions[at])
        }
        const known = asGroup(group.stored())
        if (AGENTS.some(({ id, capacity }) => loadOf(known, id, group.config) > capacity)) return false
        if (group.state().items.some(({ state }) => state.kind !== 'queued' && !['ana', 'ben'].includes(state.agentId))) return false
        if (group.state().items.length !== open.size) return false
      }
      return true
    }),
    { numRuns: 100 },
  )
  t.pass()
})
