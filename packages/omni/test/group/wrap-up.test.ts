// After the work: its capacity stays held for a while, which the agent may extend within bounds, or end.
import { test } from 'tap'
import { agentBoard } from '@baton/omni'
import { configOf, groupWorld } from './group-world.ts'

const SECOND = 1_000
const CONFIG = {
  queues: [
    { id: 'general', members: ['agent:ana'], autoAccept: true, wrapUp: { for: '30s', atMost: '2m' } },
    { id: 'short', members: ['agent:ana'], autoAccept: true, weight: 2, wrapUp: '10s' },
    { id: 'none', members: ['agent:ana'], autoAccept: true },
  ],
  agents: [{ id: 'ana', capacity: 2 }],
}

function world() {
  const group = groupWorld(CONFIG)
  group.presence('ana', 'online')
  const line = () => agentBoard(group.stored(), group.config).agents[0]
  return {
    ...group,
    at: group,
    line,
    /** One conversation of the queue is given to ana, and comes to its end. */
    done(queue = 'general', wrapUp: boolean | null = true): string {
      const sessionId = group.request(`queue:${queue}`)
      group.event('work.released', { sessionId, request: 1, agentId: 'ana', ...(wrapUp === null ? {} : { wrapUp }) })
      return sessionId
    },
    extend: (sessionId: string, seconds: number) => group.event('wrapUp.extended', { agentId: 'ana', sessionId, seconds }),
    end: (sessionId: string) => group.event('wrapUp.ended', { agentId: 'ana', sessionId }),
  }
}

void test('what a conversation took stays held for as long as its queue says, in its units, and is free then by the group’s own timer', async (t) => {
  const group = world()
  const session = group.done('short')
  t.match(group.line(), {
    used: 2,
    free: 0,
    work: [],
    wrapUps: [{ sessionId: session, queueId: 'short', since: group.at.now, until: group.at.now + 10 * SECOND }],
  })
  const waiting = group.request('queue:none')
  t.match(group.item(waiting), { state: { kind: 'queued' } })
  group.at.advance(10 * SECOND - 1)
  t.match(group.item(waiting), { state: { kind: 'queued' } })
  group.at.advance(1)
  t.match(group.item(waiting), { state: { kind: 'assigned', agentId: 'ana' } })
})

void test('a queue without wrap-up, and work the agent may come back to, hold nothing afterwards', async (t) => {
  const group = world()
  group.done('none')
  group.done('general', false)
  group.done('general', null)
  t.match(group.line(), { used: 0, wrapUps: [] })
  const queued = group.request('queue:general')
  group.presence('ana', 'away')
  group.event('work.cancelled', { sessionId: queued, request: 1 })
  t.match(group.line(), { wrapUps: [] }, 'nor does work nobody had')
})

void test('an agent may take more time, up to what the queue allows, and no more', async (t) => {
  const group = world()
  const session = group.done()
  const begun = group.at.now
  const until = (ms: number) => ({ kind: 'done', data: { sessionId: session, until: new Date(begun + ms).toISOString() } })
  group.at.now += 20 * SECOND
  t.same(group.extend(session, 60), until(90 * SECOND), 'counted from where it would have ended')
  t.same(group.extend(session, 600), until(120 * SECOND))
  t.match(group.extend(session, 1), { kind: 'refused', code: 'wrap-up-limit' })
  group.at.advance(100 * SECOND - 1)
  t.equal(group.line()?.used, 1)
  group.at.advance(1)
  t.equal(group.line()?.used, 0)
  t.match(group.extend(session, 1), { kind: 'refused', code: 'wrap-up-over' })
  t.match(group.extend(group.done('short'), 1), { kind: 'refused', code: 'wrap-up-limit' }, 'where no more is allowed')
  t.match(group.extend(session, 0), { kind: 'refused', code: 'malformed-event' })
})

void test('an agent who is done early is free at once; of somebody else’s wrap-up nobody ends anything', async (t) => {
  const group = world()
  const first = group.done()
  const second = group.done()
  const waiting = group.request('queue:none')
  t.match(group.event('wrapUp.ended', { agentId: 'ben', sessionId: first }), { kind: 'refused', code: 'wrap-up-over' })
  t.match(group.item(waiting), { state: { kind: 'queued' } })
  t.same(group.end(first), { kind: 'done' })
  t.match(group.item(waiting), { state: { kind: 'assigned' } })
  t.match(group.line()?.wrapUps, [{ sessionId: second }])
  t.match(group.end(first), { kind: 'refused', code: 'wrap-up-over' })
})

void test('who gets the same conversation again is at it, and does not wrap it up as well', async (t) => {
  const group = world()
  const sessionId = group.done()
  group.request('queue:none', { sessionId, request: 2 })
  t.match(group.line(), { used: 1, work: [{ sessionId }], wrapUps: [] })
})

void test('a lease that runs out takes an agent offline while they wrap up, and what is left of it still counts when they are back', async (t) => {
  const group = world()
  group.event('presence.renewed', { agentIds: ['ana'] })
  group.at.advance(44 * SECOND)
  const session = group.done()
  group.at.advance(SECOND)
  t.match(group.line(), { presence: 'offline', used: 1, wrapUps: [{ sessionId: session }] })
  group.event('presence.renewed', { agentIds: ['ana'] })
  t.match(group.line(), { presence: 'online', used: 1 })
  group.at.advance(29 * SECOND)
  t.match(group.line(), { presence: 'online', used: 0 })
})

void test('it is stored with the group, so a stop changes nothing: what ended meanwhile has ended', async (t) => {
  const group = world()
  group.done()
  group.at.now += 3_600 * SECOND
  group.at.give({ type: 'timer.fired', name: 'tick', due: group.at.now - 3_570 * SECOND })
  t.match(group.line(), { used: 0, wrapUps: [] })
})

void test('what was held, and for how long, is told once, when it is over', async (t) => {
  const group = world()
  const noted = () => group.at.turn?.wrapUps
  const first = group.done()
  t.same(noted(), [])
  const since = group.at.now
  group.at.advance(30 * SECOND)
  const entry = { sessionId: first, agentId: 'ana', queueId: 'general', numberId: 'main', beganAt: since }
  t.same(noted(), [{ ...entry, endedAt: since + 30 * SECOND }])
  const second = group.done()
  group.at.now += 5 * SECOND
  group.end(second)
  t.match(noted(), [{ sessionId: second, beganAt: since + 30 * SECOND, endedAt: since + 35 * SECOND }], 'ended early')
  const third = group.done()
  const until = group.at.now + 30 * SECOND
  group.at.now += 3_600 * SECOND
  group.at.give({ type: 'timer.fired', name: 'tick', due: until })
  t.match(noted(), [{ sessionId: third, endedAt: until }], 'a stop does not lengthen it')
})

void test('an agent who is not configured any more wraps nothing up', async (t) => {
  const group = world()
  group.done()
  group.at.config = configOf({ ...CONFIG, agents: [{ id: 'ben' }] })
  group.at.event('presence.renewed', { agentIds: [] })
  t.same(group.state().wrapUps, [])
})
