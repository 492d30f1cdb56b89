// A customer who waits is not taken for a silent one, whoever handed them over and however long nobody had them.
import { test } from 'tap'
import type { HandOff } from '@baton/router'
import { ANA, BEN, MINUTE, sessionWorld } from './session-world.ts'

const text = (words: string) => ({ kind: 'text', text: words })

/** A bot had the customer, and said good-bye. */
function handedOver() {
  const world = sessionWorld()
  world.take(['bot:faq', 'queue:general'])
  const since = world.now
  world.now += MINUTE
  world.event('bot.replied', { callId: world.callId(), messages: [text('I will connect you.')], handOff: {} })
  return { world, since }
}

void test('whom a bot hands over goes on waiting, also after its words: a slow agent does not make the session inactive', async (t) => {
  const { world, since } = handedOver()
  t.equal(world.state.session?.waitingSince, since)
  world.now += 31 * MINUTE
  world.group('agent.assigned', { agentId: 'ana', queueId: 'general' })
  t.match(world.timersSet(), [{ name: 'inactive', at: world.now + 30 * MINUTE }], 'counted from when she got it')
  world.now += 30 * MINUTE
  t.same(world.timer('inactive'), { kind: 'handled' })
  t.equal(world.status(), 'active')
})

void test('an absent agent loses whom a bot handed over', async (t) => {
  const { world } = handedOver()
  world.group('agent.assigned', { agentId: 'ana', queueId: 'general' })
  world.group('agent.presence', { agentId: 'ana', status: 'away', since: world.now })
  t.match(world.timersSet(), [{ name: 'agent-away', at: world.now + 5 * MINUTE }])
  world.now += 5 * MINUTE
  t.same(world.timer('agent-away'), { kind: 'status', status: 'waiting' })
})

void test('who was answered and is silent becomes inactive after the time of the agent who has them now, not of all who had', async (t) => {
  const world = sessionWorld()
  world.assignTo('ben', 'billing')
  world.event('agent.sent', {}, BEN)
  world.event('session.transfer', { to: 'queue:general' }, BEN)
  world.now += 31 * MINUTE
  world.group('agent.assigned', { agentId: 'ana', queueId: 'general' })
  t.match(world.timersSet(), [{ name: 'inactive', at: world.now + 30 * MINUTE }])
  world.now += 30 * MINUTE
  t.same(world.timer('inactive'), { kind: 'status', status: 'inactive' })
  t.same(world.event('session.resume', {}, ANA), { kind: 'status', status: 'active' })
  t.match(world.timersSet(), [{ name: 'inactive', at: world.now + 30 * MINUTE }], 'who takes them up again has the time again')
})

void test('whom a bot fails has waited since they wrote, or since its words did not reach them', async (t) => {
  for (const isAnswered of [false, true]) {
    const world = sessionWorld()
    world.take(['bot:lone'])
    const since = world.now
    world.now += MINUTE
    const callId = world.callId()
    if (isAnswered) world.event('bot.replied', { callId, messages: [text('Hi')] })
    const verdict = isAnswered
      ? world.give({ kind: 'sendFailed', messageId: 'ms_1', code: '131026', reason: 'x', ref: `bot/${callId}/0` })
      : world.event('bot.failed', { callId, reason: 'bot-timeout' })
    const { next } = verdict as { next: HandOff }
    world.take(next.targets, next, false)
    t.equal(world.state.session?.waitingSince, isAnswered ? world.now : since)
  }
})

void test('what was written during a turn is not answered by it', async (t) => {
  const world = sessionWorld()
  world.take(['bot:faq'])
  world.says('and one more thing')
  world.now += MINUTE
  world.event('bot.replied', { callId: world.callId(), messages: [text('Hi')] })
  t.equal(world.state.session?.waitingSince, world.now)
  world.event('bot.replied', { callId: world.callId(), messages: [text('Ho')] })
  t.equal(world.state.session?.waitingSince, null)
})
