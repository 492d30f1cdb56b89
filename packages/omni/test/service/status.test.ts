import { test } from 'tap'
import type { SessionWorld } from './session-world.ts'
import { ANA, API, BEN, BOSS, HOUR, MINUTE, sessionWorld } from './session-world.ts'

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
  'to agent': (world) => world.event('session.transfer', { to: 'agent:ben' }, API),
  'bot replied': (world) => world.event('bot.replied', { callId: world.callId(), messages: [] }),
  'bot handed off': (world) => world.event('bot.replied', { callId: world.callId(), messages: [], handOff: {} }),
  'bot ended': (world) => world.event('bot.replied', { callId: world.callId(), messages: [], end: true }),
  'bot failed': (world) => world.event('bot.failed', { callId: world.callId(), reason: 'bot-timeout' }),
  diverted: (world) => world.group('work.diverted', { to: 'bot:lone', why: 'closed', opensAt: null }),
  'not taken': (world) => world.group('work.failed', { reason: 'declined' }),
  'agent lost': (world) => world.group('agent.lost', { agentId: 'ana' }),
  'agent away': (world) => {
    world.group('agent.presence', { agentId: 'ana', status: 'away', since: world.now })
    world.now += 5 * MINUTE
    return world.timer('agent-away')
  },
  silence: (world) => {
    world.now += 30 * MINUTE
    return world.timer('inactive')
  },
  'a day': (world) => {
    world.now += 24 * HOUR
    return world.timer('auto-end')
  },
  superseded: (world) => world.give({ kind: 'yield', reason: 'superseded' }),
  'taken over': (world) => world.event('session.takeOver', {}, BOSS),
  'given to ben': (world) => world.event('session.reassign', { to: 'agent:ben' }, BOSS),
  'given to billing': (world) => world.event('session.reassign', { to: 'queue:billing' }, BOSS),
}

// What the status is afterwards, `ended` and `error` as well; `!code` when it is refused and nothing changes.
const TABLE: Record<string, Record<string, string>> = {
  'bot at work': {
    message: 'active',
    sent: '!not-session-owner',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: '!wrong-status',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'ended',
    upstream: 'paused',
    release: 'active',
    assigned: 'active',
    'to agent': 'waiting',
    'bot replied': 'active',
    'bot handed off': 'waiting',
    'bot ended': 'ended',
    'bot failed': 'error',
    diverted: 'active',
    'not taken': 'active',
    'agent lost': 'active',
    'agent away': 'active',
    silence: 'active',
    'a day': 'ended',
    superseded: 'ended',
    'taken over': 'active',
    'given to ben': 'waiting',
    'given to billing': 'waiting',
  },
  queued: {
    message: 'waiting',
    sent: '!not-session-owner',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: '!wrong-status',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'ended',
    upstream: 'paused',
    release: 'waiting',
    assigned: 'active',
    'to agent': 'waiting',
    'bot replied': 'waiting',
    'bot handed off': 'waiting',
    'bot ended': 'waiting',
    'bot failed': 'waiting',
    diverted: 'active',
    'not taken': 'error',
    'agent lost': 'waiting',
    'agent away': 'waiting',
    silence: 'waiting',
    'a day': 'ended',
    superseded: 'ended',
    'taken over': 'active',
    'given to ben': 'waiting',
    'given to billing': 'waiting',
  },
  'offered to ana': {
    message: 'waiting',
    sent: 'active',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: '!wrong-status',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'ended',
    upstream: 'paused',
    release: 'waiting',
    assigned: 'active',
    'to agent': 'waiting',
    'bot replied': 'waiting',
    'bot handed off': 'waiting',
    'bot ended': 'waiting',
    'bot failed': 'waiting',
    diverted: 'waiting',
    'not taken': 'waiting',
    'agent lost': 'waiting',
    'agent away': 'waiting',
    silence: 'waiting',
    'a day': 'ended',
    superseded: 'ended',
    'taken over': 'active',
    'given to ben': 'waiting',
    'given to billing': 'waiting',
  },
  'agent at work': {
    message: 'active',
    sent: 'active',
    pause: 'paused',
    inactive: 'inactive',
    resume: '!wrong-status',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'ended',
    upstream: 'paused',
    release: 'active',
    assigned: 'active',
    'to agent': 'waiting',
    'bot replied': 'active',
    'bot handed off': 'active',
    'bot ended': 'active',
    'bot failed': 'active',
    diverted: 'active',
    'not taken': 'active',
    'agent lost': 'waiting',
    'agent away': 'waiting',
    silence: 'active',
    'a day': 'ended',
    superseded: 'ended',
    'taken over': 'active',
    'given to ben': 'waiting',
    'given to billing': 'waiting',
  },
  paused: {
    message: 'active',
    sent: 'active',
    pause: '!wrong-status',
    inactive: 'inactive',
    resume: 'active',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'ended',
    upstream: 'paused',
    release: 'paused',
    assigned: 'paused',
    'to agent': 'waiting',
    'bot replied': 'paused',
    'bot handed off': 'paused',
    'bot ended': 'paused',
    'bot failed': 'paused',
    diverted: 'paused',
    'not taken': 'paused',
    'agent lost': 'waiting',
    'agent away': 'paused',
    silence: 'paused',
    'a day': 'ended',
    superseded: 'ended',
    'taken over': 'active',
    'given to ben': 'waiting',
    'given to billing': 'waiting',
  },
  inactive: {
    message: 'waiting',
    sent: 'active',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: 'active',
    'to queue': 'waiting',
    'to bot': 'active',
    end: 'ended',
    upstream: 'paused',
    release: 'inactive',
    assigned: 'inactive',
    'to agent': 'waiting',
    'bot replied': 'inactive',
    'bot handed off': 'inactive',
    'bot ended': 'inactive',
    'bot failed': 'inactive',
    diverted: 'inactive',
    'not taken': 'inactive',
    'agent lost': 'inactive',
    'agent away': 'inactive',
    silence: 'inactive',
    'a day': 'ended',
    superseded: 'ended',
    'taken over': 'active',
    'given to ben': 'waiting',
    'given to billing': 'waiting',
  },
  'held upstream': {
    message: 'active',
    sent: 'paused',
    pause: '!wrong-status',
    inactive: '!wrong-status',
    resume: '!wrong-status',
    'to queue': '!wrong-status',
    'to bot': '!wrong-status',
    end: 'ended',
    upstream: 'paused',
    release: 'active',
    assigned: 'paused',
    'to agent': '!wrong-status',
    'bot replied': 'paused',
    'bot handed off': 'paused',
    'bot ended': 'paused',
    'bot failed': 'paused',
    diverted: 'paused',
    'not taken': 'paused',
    'agent lost': 'paused',
    'agent away': 'paused',
    silence: 'paused',
    'a day': 'paused',
    superseded: 'ended',
    'taken over': '!wrong-status',
    'given to ben': '!wrong-status',
    'given to billing': '!wrong-status',
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
          t.equal(statusAfter(world, verdict), expected, `${name} leads to ${expected}`)
        }
      }
    })
  }
})

/** Of the seven; a session that is over leaves none behind. */
function statusAfter(world: SessionWorld, { kind }: { kind: string }): string {
  const isOver = kind === 'ended' || kind === 'error'
  if (isOver && world.state.session !== null) throw new Error(`a session is there after ${kind}`)
  return isOver ? kind : world.status()
}

// Each status may be followed by these, and by no other; `ended` and `error` by none: what comes then is another session.
const FOLLOWS: Record<string, string[]> = {
  new: ['active', 'error', 'waiting'],
  waiting: ['active', 'ended', 'error', 'paused', 'waiting'],
  active: ['active', 'ended', 'error', 'inactive', 'paused', 'waiting'],
  paused: ['active', 'ended', 'inactive', 'paused', 'waiting'],
  inactive: ['active', 'ended', 'inactive', 'paused', 'waiting'],
}

void test('what may follow each status is all that ever follows it', async (t) => {
  const follows = new Map<string, Set<string>>()
  const follow = (before: string, after: string) => void follows.set(before, (follows.get(before) ?? new Set()).add(after))
  for (const targets of [['bot:faq'], ['queue:general'], ['agent:ana'], []] as const) {
    const world = sessionWorld({ entry: [] })
    follow('new', statusAfter(world, world.take([...targets])))
  }
  for (const [situation, row] of Object.entries(TABLE)) {
    const world = sessionWorld()
    ARRANGE[situation]?.(world)
    for (const after of Object.values(row)) if (!after.startsWith('!')) follow(world.status(), after)
  }
  // Where nothing is left to do for a customer who was answered.
  const silent = sessionWorld()
  silent.assignTo('ana')
  silent.event('agent.sent', {}, ANA)
  GIVE['silence']?.(silent)
  follow('active', silent.status())
  const found = Object.fromEntries([...follows].map(([before, after]) => [before, [...after].toSorted()]))
  t.same(found, FOLLOWS)
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
