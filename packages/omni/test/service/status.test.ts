import { test } from 'tap'
import type { SessionWorld } from './session-world.ts'
import { ANA, API, BEN, BOSS, sessionWorld } from './session-world.ts'

const ARRANGE: Record<string, (world: SessionWorld) => void> = {
  'bot at work': (world) => void world.take(['bot:faq']),
  queued: (world) => void world.take(['queue:general']),
  'offered to ana': (world) => void world.take(['agent:ana']),
  'agent at work': (world) => world.assignTo('ana'),
  paused: (world) => {
    world.assignTo('ana')
    world.event('session.pause', {}, ANA)
  },
  inactive: (world) => {
    world.assignTo('ana')
    world.event('session.inactive', {}, ANA)
  },
  'held upstream': (world) => {
    world.assignTo('ana')
    world.give({ kind: 'yield', reason: 'upstream' })
  },
}

const GIVE: Record<string, (world: SessionWorld) => unknown> = {
  message: (world) => world.says('hi'),
  sent: (world) => world.event('agent.sent', {}, ANA),
  pause: (world) => world.event('session.pause', {}, API),
  inactive: (world) => world.event('session.inactive', {}, API),
  resume: (world) => world.event('session.resume', {}, API),
  'to queue': (world) => world.event('session.transfer', { to: 'queue:billing' }, API),
  'to bot': (world) => world.event('session.transfer', { to: 'bot:lone' }, API),
  end: (world) => world.event('session.end', {}, API),
  upstream: (world) => world.give({ kind: 'yield', reason: 'upstream' }),
  release: (world) => world.give({ kind: 'resume', after: 'upstream' }),
  assigned: (world) => world.group('agent.assigned', { agentId: 'ben' }),
}

// What the status is afterwards; `!code` when it is refused and nothing changes.
const TABLE: Record<string, Record<string, string>> = {
  'bot at work': {
    message: 'active',
    sent: '!not-session-owner',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: '!wrong-status',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'none',
    upstream: 'paused',
    release: 'active',
    assigned: 'active',
  },
  queued: {
    message: 'waiting',
    sent: '!not-session-owner',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: '!wrong-status',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'none',
    upstream: 'paused',
    release: 'waiting',
    assigned: 'active',
  },
  'offered to ana': {
    message: 'waiting',
    sent: 'active',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: '!wrong-status',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'none',
    upstream: 'paused',
    release: 'waiting',
    assigned: 'active',
  },
  'agent at work': {
    message: 'active',
    sent: 'active',
    pause: 'paused',
    inactive: 'inactive',
    resume: '!wrong-status',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'none',
    upstream: 'paused',
    release: 'active',
    assigned: 'active',
  },
  paused: {
    message: 'active',
    sent: 'active',
    pause: '!wrong-status',
    inactive: 'inactive',
    resume: 'active',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'none',
    upstream: 'paused',
    release: 'paused',
    assigned: 'paused',
  },
  inactive: {
    message: 'waiting',
    sent: 'active',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: 'active',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'none',
    upstream: 'paused',
    release: 'inactive',
    assigned: 'inactive',
  },
  'held upstream': {
    message: 'active',
    sent: 'paused',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: '!wrong-status',
    'to queue': '!wrong-status',
    'to bot': '!wrong-status',
    end: 'none',
    upstream: 'paused',
    release: 'active',
    assigned: 'paused',
  },
}

void test('every status answers every event with one status, or refuses it and keeps its state', async (suite) => {
  for (const [situation, row] of Object.entries(TABLE)) {
    await suite.test(situation, async (t) => {
      t.same(Object.keys(row), Object.keys(GIVE), 'the table is complete')
      for (const [name, expected] of Object.entries(row)) {
        const world = sessionWorld()
        ARRANGE[situation]?.(world)
        const before = JSON.stringify(world.state)
        const verdict = GIVE[name]?.(world) as { kind: string; code?: string }
        if (expected.startsWith('!')) {
          t.equal(verdict.code, expected.slice(1), `${name} is refused`)
          t.equal(JSON.stringify(world.state), before, `${name} changes nothing`)
          t.same(world.effects, [], `${name} does nothing`)
        } else {
          t.not(verdict.kind, 'refused', `${name} is taken`)
          t.equal(world.status(), expected, `${name} leads to ${expected}`)
        }
      }
    })
  }
})

void test('only the owning agent, a supervisor or the API may act on a session', async (t) => {
  const actions: [string, Record<string, unknown>][] = [
    ['session.pause', {}],
    ['session.inactive', {}],
    ['session.end', {}],
    ['session.transfer', { to: 'queue:billing' }],
  ]
  for (const [name, data] of actions) {
    for (const by of [BEN, { kind: 'customer', id: 'x' }, { kind: 'bot', id: 'faq' }, undefined] as const) {
      const world = sessionWorld()
      world.assignTo('ana')
      t.match(world.event(name, data, by), { kind: 'refused', code: 'not-session-owner' }, `${name} by ${by?.id}`)
    }
    for (const by of [ANA, BOSS, API]) {
      const world = sessionWorld()
      world.assignTo('ana')
      t.not(world.event(name, data, by).kind, 'refused', `${name} by ${by.id}`)
    }
  }
})

void test('the verdict tells the machine the status when status or participant changed, and says handled otherwise', async (t) => {
  const world = sessionWorld()
  t.same(world.take(['queue:general']), { kind: 'status', status: 'waiting' })
  t.same(world.says('still there?'), { kind: 'handled' })
  t.same(world.group('agent.assigned', { agentId: 'ana', queueId: 'general' }), { kind: 'status', status: 'active' })
  t.same(world.participant(), { kind: 'agent', id: 'ana', name: 'Ana' })
  t.same(world.event('session.transfer', { to: 'agent:ben' }, ANA), { kind: 'status', status: 'waiting' })
  t.same(world.event('session.end', { outcome: 'solved' }, API), { kind: 'ended', outcome: 'solved', by: 'api:key' })
  t.equal(world.participant(), null)
})

void test('between sessions messages and agent actions are refused, and late news changes nothing', async (t) => {
  const world = sessionWorld()
  t.match(world.says('hi'), { kind: 'refused', code: 'no-session' })
  t.match(world.event('session.end', {}, ANA), { kind: 'refused', code: 'no-session' })
  t.match(world.event('nonsense', {}, ANA), { kind: 'refused', code: 'unknown-event' })
  t.match(world.give({ kind: 'start', entry: 'x', by: API }), { kind: 'refused', code: 'not-supported' })
  t.same(world.event('bot.replied', { callId: 'ca_9', messages: [] }), { kind: 'handled' })
  t.same(world.timer('auto-end'), { kind: 'handled' })
})

void test('an action that names another session than the open one is refused', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  t.match(world.event('session.end', { sessionId: 'se_99' }, ANA), { kind: 'refused', code: 'session-over' })
  t.equal(world.status(), 'active')
})
