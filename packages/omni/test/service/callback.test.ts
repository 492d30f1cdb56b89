// A promise to call back is kept wherever the customer is moved, until an agent takes it up.
import { test } from 'tap'
import { botsConfig, compileOmni, pendingCallbacks, queuesConfig } from '@baton/omni'
import type { OmniState } from '@baton/omni'
import type { HandOff } from '@baton/router'
import { groupWorld } from '../group/group-world.ts'
import type { SessionWorld } from './session-world.ts'
import { API, BOSS, HOUR, sessionWorld } from './session-world.ts'

const TEMPLATE = { name: 'we_are_back', language: 'en' }
const config = compileOmni(
  queuesConfig.parse({
    queues: [
      { id: 'general', members: ['agent:ana'], whenNobodyOnline: 'callback', callbackTemplate: TEMPLATE },
      { id: 'other', members: ['agent:ana'], positionMessage: { text: 'You are number {position}.' } },
    ],
    agents: [{ id: 'ana' }, { id: 'boss', supervisor: true }],
  }),
  botsConfig.parse({ bots: [{ id: 'faq', url: 'http://127.0.0.1:9/turn', secret: 'env:FAQ' }] }),
).config

function promised(): SessionWorld {
  const world = sessionWorld({ config })
  world.take(['queue:general'])
  world.group('work.queued', { position: 1, held: { why: 'nobody-online', callback: true, opensAt: null } })
  return world
}

const MOVES: Record<string, (world: SessionWorld) => unknown> = {
  'is re-assigned': (world) => world.event('session.reassign', { to: 'queue:other' }, BOSS),
  'is re-assigned to an agent': (world) => world.event('session.reassign', { to: 'agent:ana' }, BOSS),
  'is transferred': (world) => world.event('session.transfer', { to: 'queue:other' }, API),
  'is transferred to an agent': (world) => world.event('session.transfer', { to: 'agent:ana' }, API),
  'goes on from a drained queue': (world) => world.group('work.diverted', { to: 'queue:other', why: 'drained', opensAt: null }),
  'was kept from its queue by upstream': (world) => {
    world.give({ kind: 'yield', reason: 'upstream' })
    return world.give({ kind: 'resume', after: 'upstream' })
  },
  'was with a bot that failed': (world) => {
    world.event('session.transfer', { to: 'bot:faq' }, API)
    const { next } = world.event('bot.failed', { callId: world.callId(), reason: 'bot-timeout' }) as { next: HandOff }
    return world.take(next.targets, next, false)
  },
  'is with a bot that answers': (world) => {
    world.event('session.transfer', { to: 'bot:faq' }, API)
    world.event('bot.replied', { callId: world.callId(), messages: [{ kind: 'text', text: 'Hi' }] })
    world.now += 24 * HOUR
    return world.timer('auto-end')
  },
}

void test('work that moves is asked for as a promise, which does not run out', async (t) => {
  for (const [how, move] of Object.entries(MOVES)) {
    const world = promised()
    move(world)
    const asked = world.commands().find(({ name }) => name === 'work.requested')
    t.match(asked, { data: { callback: true } }, how)
    world.group('work.queued', { position: 1, held: null, waitMs: null })
    t.same(world.sent(), [], `${how}: a place in a line says nothing to them`)
    world.now += 25 * HOUR
    t.equal(world.timer('auto-end').kind, 'handled', how)
    t.same(world.alarms(), ['callback-overdue'], how)
  }
})

void test('the agent who gets it after the window has closed asks by the template of the queue that promised', async (t) => {
  for (const [how, move] of Object.entries(MOVES)) {
    const world = promised()
    move(world)
    world.windowOpen = false
    world.now += 25 * HOUR
    world.group('agent.assigned', { agentId: 'ana', queueId: null })
    t.match(world.sent(), [{ content: { kind: 'template', ...TEMPLATE }, purpose: 'utility' }], how)
    world.event('session.transfer', { to: 'queue:other' }, API)
    t.match(world.commands(), [{}, { name: 'work.requested', data: { callback: false } }], `${how}: it was kept`)
  }
})

void test('a promise that an earlier release stored with the place alone is kept as well', async (t) => {
  const world = promised()
  const { callback: _callback, ...session } = world.state.session as NonNullable<OmniState['session']>
  world.state = { ...world.state, session }
  world.event('session.transfer', { to: 'queue:other' }, API)
  t.match(world.commands(), [{ name: 'work.cancelled' }, { name: 'work.requested', data: { callback: true } }])
})

void test('the group lists it where it waits by now', async (t) => {
  const world = groupWorld()
  const general = world.request('queue:general', { callback: true })
  world.now += 1
  world.presence('ana', 'online')
  const ana = world.request('agent:ana', { callback: true })
  const plain = world.request('queue:general')
  const listed = pendingCallbacks(world.stored(), world.config, world.now).map(({ sessionId, queueId }) => [sessionId, queueId])
  t.same(listed, [
    [general, 'general'],
    [ana, null],
  ])
  t.equal(world.item(plain)?.callback, false)
})
