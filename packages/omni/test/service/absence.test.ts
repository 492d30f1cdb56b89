// An agent who has a customer is not there: they keep them for the limit of the queue, and longer as long as they answer.
import { test } from 'tap'
import type { Author } from '@baton/router'
import { ANA, BEN, BOSS, HOUR, MINUTE, sessionWorld } from './session-world.ts'
import type { SessionWorld } from './session-world.ts'

void test('an agent away longer than the limit of the queue loses the customer who writes, not the one who is silent', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  world.event('agent.sent', {}, ANA)
  const since = world.now
  world.group('agent.presence', { agentId: 'ana', status: 'offline', since })
  world.now += HOUR
  t.equal(world.status(), 'active', 'the customer has an answer and is silent')
  t.same(world.says('hello?'), { kind: 'status', status: 'waiting' })
  t.match(world.commands(), [{ name: 'work.requested', data: { target: 'queue:general', request: 2, since: world.now } }])
  t.match(world.notes(), [{ text: 'Ana is away; the conversation waits for another agent.' }])
})

void test('where the queue says so, a conversation is queued again as soon as its agent is offline; not when they are away', async (t) => {
  const active = sessionWorld()
  active.assignTo('ben', 'billing')
  t.same(active.group('agent.presence', { agentId: 'ben', status: 'away', since: active.now }), { kind: 'handled' })
  t.same(active.group('agent.presence', { agentId: 'ben', status: 'offline', since: active.now }), { kind: 'status', status: 'waiting' })
  t.match(active.commands(), [{ name: 'work.requested', data: { target: 'queue:billing', request: 2 } }])

  const paused = sessionWorld()
  paused.assignTo('ben', 'billing')
  paused.event('session.pause', {}, BEN)
  t.same(paused.group('agent.presence', { agentId: 'ben', status: 'offline', since: paused.now }), { kind: 'status', status: 'waiting' })

  const upstream = sessionWorld()
  upstream.assignTo('ben', 'billing')
  upstream.give({ kind: 'yield', reason: 'upstream' })
  t.same(upstream.group('agent.presence', { agentId: 'ben', status: 'offline', since: upstream.now }), { kind: 'handled' })
  t.equal(upstream.status(), 'paused', 'nobody else could answer')

  const kept = sessionWorld()
  kept.assignTo('ben')
  kept.group('agent.presence', { agentId: 'ben', status: 'offline', since: kept.now })
  t.equal(kept.status(), 'active', 'general keeps them')
})

void test('a customer who wrote keeps an absent agent until the limit, by timer; an agent back in time keeps the session', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  world.says('hello?')
  const since = (world.now += MINUTE)
  world.group('agent.presence', { agentId: 'ana', status: 'away', since })
  t.match(world.timersSet(), [{ name: 'agent-away', at: since + 5 * MINUTE }])
  world.now += 2 * MINUTE
  world.group('agent.presence', { agentId: 'ana', status: 'online', since: world.now })
  world.now += 10 * MINUTE
  t.same(world.timer('agent-away'), { kind: 'handled' })
  world.group('agent.presence', { agentId: 'ana', status: 'away', since: world.now })
  world.now += 5 * MINUTE
  t.same(world.timer('agent-away'), { kind: 'status', status: 'waiting' })
})

void test('whoever takes work while they are absent has the limit of the queue like others, and is not queued again at once', async (t) => {
  const world = sessionWorld()
  world.assignTo('ben', 'billing')
  world.event('session.inactive', {}, BEN)
  world.event('session.resume', {}, BEN)
  const since = world.now
  t.same(world.group('agent.presence', { agentId: 'ben', status: 'offline', since, taken: true }), { kind: 'handled' })
  t.equal(world.status(), 'active')
  world.now += 6 * MINUTE
  t.same(world.says('hello?'), { kind: 'status', status: 'waiting' }, 'the customer has waited all the time')

  const paused = sessionWorld()
  paused.assignTo('ana')
  paused.group('agent.presence', { agentId: 'ana', status: 'away', since: paused.now })
  paused.event('session.pause', {}, ANA)
  paused.now += MINUTE
  paused.event('session.resume', {}, ANA)
  t.match(paused.timersSet(), [{ name: 'inactive' }, { name: 'agent-away', at: paused.now + 5 * MINUTE }], 'it was no word of being there')
})

/** The customer writes, the clock that was set for the agent comes if it is due, and the agent answers. */
function exchange(world: SessionWorld, by: Author): void {
  world.says('and?')
  const due = world.timersSet().find(({ name, at }) => name === 'agent-away' && at <= world.now + 10_000)
  world.now += 10_000
  if (due !== undefined) world.timer('agent-away')
  world.event('agent.sent', {}, by)
}

void test('whoever took it without a presence keeps it as long as they answer, however slow the customer is', async (t) => {
  const takenOver = sessionWorld()
  takenOver.take(['queue:general'])
  takenOver.event('session.takeOver', {}, BOSS)
  const opened = sessionWorld()
  opened.take(['agent:boss'], { reason: 'agent-initiated' }, false)
  for (const [world, pauses] of [
    [takenOver, [1, 1, 1, 1, 1, 1, 60, 1]],
    [opened, [60, 1, 1, 1, 1, 1, 1]],
  ] as const) {
    world.group('agent.presence', { agentId: 'boss', status: 'offline', since: world.now, taken: true })
    for (const minutes of pauses) {
      world.now += minutes * MINUTE
      exchange(world, BOSS)
      t.equal(world.status(), 'active')
    }
    world.says('still there?')
    world.now += 5 * MINUTE
    t.same(world.timer('agent-away'), { kind: 'status', status: 'waiting' }, 'but not whom they leave without an answer')
  }
})

void test('a message of an agent who said that they are away, to the customer they have, lets their time count anew', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  const since = world.now
  world.group('agent.presence', { agentId: 'ana', status: 'away', since })
  for (let minutes = 0; minutes < 6; minutes += 1) {
    world.now += MINUTE
    exchange(world, ANA)
  }
  t.equal(world.status(), 'active')
  world.says('hello?')
  world.group('agent.presence', { agentId: 'ana', status: 'offline', since })
  t.match(world.timersSet(), [{ name: 'agent-away', at: world.now + 5 * MINUTE }], 'from away to offline they stay absent since they wrote')
  world.event('agent.sent', {}, BOSS)
  world.now += 6 * MINUTE
  t.same(world.says('hello?'), { kind: 'status', status: 'waiting' }, 'they said that they are not there')
})
