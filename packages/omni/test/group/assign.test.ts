import { test } from 'tap'
import * as fc from 'fast-check'
import { assign, hasJustPassed } from '../../src/group/assign.ts'
import type { OmniConfig } from '@baton/omni'
import { groupOf } from '../../src/group/group.ts'
import { outlookOn, withFreedom } from '../../src/group/outlook.ts'
import type { AgentState, GroupState, Item } from '../../src/group/state.ts'
import { readState } from '../../src/group/state.ts'
import { ROUTING } from '../../src/config/schemas.ts'
import { configOf, settingsOf } from './group-world.ts'

const NOW = 1000
const AGENTS = ['a', 'b', 'c', 'd']
const agentId = fc.constantFrom(...AGENTS)

const world = fc.record({
  queues: fc.tuple(
    ...['q', 'r'].map((id) =>
      fc.record({
        id: fc.constant(id),
        routing: fc.constantFrom(...ROUTING, 'external' as const),
        otherwise: fc.constantFrom(...ROUTING, 'wait' as const),
        priority: fc.integer({ min: 0, max: 3 }),
        weight: fc.integer({ min: 1, max: 3 }),
        skills: fc.array(
          fc.oneof(
            fc.constantFrom('x', 'y'),
            fc.record({ skill: fc.constantFrom('x', 'y'), relaxAfter: fc.constantFrom('998ms', '999ms') }),
          ),
          { maxLength: 2 },
        ),
        language: fc.constantFrom(undefined, 'required' as const, { relaxAfter: '998ms' }),
        members: fc.subarray(AGENTS.map((agent) => `agent:${agent}`)),
      }),
    ),
  ),
  abilities: fc.array(fc.record({ skills: fc.subarray(['x', 'y', 'z']), languages: fc.subarray(['de', 'en']) }), {
    minLength: 3,
    maxLength: 3,
  }),
  capacities: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }),
  statuses: fc.array(fc.constantFrom('online', 'online', 'only-q', 'only-n', 'only-m', 'training', 'away', 'offline'), {
    minLength: 4,
    maxLength: 4,
  }),
  works: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 4, maxLength: 4 }),
  wrapUps: fc.uniqueArray(fc.record({ agentId, queueId: fc.constantFrom('q', 'r', 'gone') }), { maxLength: 3 }),
  /** Queues whose routing engine, if they have one, is there. */
  engines: fc.subarray(['q', 'r']),
  served: fc.array(fc.record({ queueId: fc.constantFrom('q', 'r'), agentId }), { maxLength: 2 }),
  items: fc.array(
    fc.record({
      place: fc.oneof(
        fc.record({ kind: fc.constant('queue' as const), id: fc.constantFrom('q', 'r', 'gone') }),
        fc.record({ kind: fc.constant('agent' as const), id: agentId }),
      ),
      prefer: fc.option(agentId),
      since: fc.integer({ min: 0, max: 5 }),
      number: fc.constantFrom('n', 'm'),
      untilOpen: fc.boolean(),
      skills: fc.subarray(['y', 'z']),
      language: fc.constantFrom(null, 'de', 'en'),
      passed: fc.array(fc.record({ agentId, until: fc.constantFrom(NOW - 1, NOW, NOW + 1) }), { maxLength: 3 }),
      holder: fc.option(agentId),
    }),
    { maxLength: 15 },
  ),
})

// Agent d is in no configuration: whoever is not listed gets nothing.
const STATUSES = [
  { id: 'only-q', base: 'online' as const, queues: ['q'] },
  { id: 'only-n', base: 'online' as const, numbers: ['n'] },
  { id: 'only-m', base: 'online' as const, numbers: ['m'] },
  { id: 'training', base: 'busy' as const },
]

const cases = world.map(({ queues: written, abilities, capacities, statuses, works, wrapUps, engines, served, items }) => {
  const agents = capacities.map((capacity, index) => ({ id: AGENTS[index] as string, capacity, ...abilities[index] }))
  const queues = written.map(({ language, otherwise, ...queue }) => ({
    ...queue,
    ...(queue.routing === 'external' ? { engine: { otherwise } } : {}),
    ...(language === undefined ? {} : { language }),
  }))
  const state: GroupState = {
    ...readState(null),
    agents: AGENTS.map((id, index) => agentOf(id, works[index], statuses[index])),
    items: items.map((item, index) => itemOf(index, item)),
    wrapUps: wrapUps.map((entry, index) => ({
      ...entry,
      sessionId: `w${index}`,
      conversationId: 'cv',
      number: null,
      since: 0,
      until: NOW + 1,
    })),
    engines: engines.flatMap((queueId) =>
      queues.some(({ id, routing }) => id === queueId && routing === 'external') ? [{ queueId, since: 0, until: NOW + 1 }] : [],
    ),
    served,
  }
  return { config: configOf({ queues, agents, presence: { statuses: STATUSES } }), state }
})

function agentOf(id: string, lastWorkAt = 0, status = 'online'): AgentState {
  const own = STATUSES.find((known) => known.id === status)
  const presence = own?.base ?? (status as AgentState['presence'])
  return { id, status, statusSince: 0, presence, since: 0, lastWorkAt, leaseUntil: null, lapsed: null }
}

function itemOf(
  index: number,
  {
    holder,
    ...item
  }: Pick<Item, 'place' | 'prefer' | 'since' | 'passed'> &
    Partial<Pick<Item, 'number' | 'untilOpen' | 'skills' | 'language'>> & { holder: string | null },
): Item {
  const contact = { id: 'c', name: null, phone: null }
  const state: Item['state'] = holder === null ? { kind: 'queued' } : { kind: 'assigned', agentId: holder, at: 0 }
  const origin = {
    request: 1,
    version: 1,
    conversationId: 'cv',
    number: 'n',
    contact,
    reason: 'x',
    note: null,
    callback: false,
    mayDivert: false,
  }
  const none = { reservedUntil: null, untilOpen: false, overdue: false, skills: [], language: null }
  return { sessionId: `s${index}`, ...origin, ...none, waitingFrom: item.since, ...item, state }
}

/** A round that looks at everything. */
function assigned(state: GroupState, config: OmniConfig): { sessionId: string; agentId: string }[] {
  const group = groupOf(state)
  const outlook = state.agents.reduce((known, { id }) => withFreedom(known, group, id), outlookOn(settingsOf(config)))
  const look = { items: new Set(state.items.map(({ sessionId }) => sessionId)), agents: new Set(state.agents.map(({ id }) => id)) }
  return assign({ ...group, outlook }, look, NOW).map(({ item: { sessionId }, agentId: agent }) => ({ sessionId, agentId: agent }))
}

/** Units in use, written out again too. */
function loads({ items, wrapUps }: GroupState, config: OmniConfig): Map<string, number> {
  const weightOfQueue = (id: string) => config.queues.get(id)?.weight ?? 1
  const units = [
    ...items.flatMap(({ place, state }) =>
      state.kind === 'queued' ? [] : [{ id: state.agentId, weight: place.kind === 'queue' ? weightOfQueue(place.id) : 1 }],
    ),
    ...wrapUps.map((entry) => ({ id: entry.agentId, weight: weightOfQueue(entry.queueId) })),
  ]
  return new Map(AGENTS.map((id) => [id, units.reduce((sum, unit) => (unit.id === id ? sum + unit.weight : sum), 0)]))
}

const PLAIN = { prefer: null, since: 0, passed: [] }

/** Written out again, without the product's helpers. */
function isAble({ config }: Case, item: Item, agentName: string): boolean {
  const agent = config.agents.get(agentName)
  const queue = item.place.kind === 'queue' ? config.queues.get(item.place.id) : undefined
  if (queue === undefined || agent === undefined) return true
  const age = NOW - item.since
  const asked = queue.skills.filter(({ relaxAfterMs }) => relaxAfterMs === null || age < relaxAfterMs).map(({ skill }) => skill)
  if (![...asked, ...item.skills].every((skill) => agent.skills.includes(skill))) return false
  if (queue.language === null || item.language === null) return true
  const relaxed = queue.language.relaxAfterMs !== null && age >= queue.language.relaxAfterMs
  return relaxed || agent.languages.includes(item.language)
}

function weightIn({ config }: Case, item: Item): number {
  return item.place.kind === 'queue' ? (config.queues.get(item.place.id)?.weight ?? 1) : 1
}

type Case = { config: ReturnType<typeof configOf>; state: GroupState }
function mayHave({ config, state }: Case, item: Item, agent: string): boolean {
  const members = item.place.kind === 'agent' ? [item.place.id] : (config.queues.get(item.place.id)?.members ?? [])
  const status = state.agents.find(({ id }) => id === agent)?.status ?? 'offline'
  const isOnline =
    status === 'online' ||
    (status === 'only-q' && (item.place.kind === 'agent' || item.place.id === 'q')) ||
    status === `only-${item.number}`
  const queue = item.place.kind === 'queue' ? config.queues.get(item.place.id) : undefined
  const isBatons = queue?.routing !== 'wait' && !state.engines.some(({ queueId }) => queueId === queue?.id)
  return (
    isBatons &&
    !item.untilOpen &&
    isAble({ config, state }, item, agent) &&
    config.agents.has(agent) &&
    isOnline &&
    members.includes(agent) &&
    !hasJustPassed(item, agent, NOW)
  )
}

void test('nobody gets more than their capacity, or work while absent, of a foreign queue, or that they just passed on', async (t) => {
  fc.assert(
    fc.property(cases, (given) => {
      const load = loads(given.state, given.config)
      for (const { sessionId, agentId: agent } of assigned(given.state, given.config)) {
        const item = given.state.items.find((entry) => entry.sessionId === sessionId) as Item
        if (item.state.kind !== 'queued' || !mayHave(given, item, agent)) return false
        load.set(agent, (load.get(agent) ?? 0) + weightIn(given, item))
        if ((load.get(agent) ?? 0) > (given.config.agents.get(agent)?.capacity ?? 0)) return false
      }
      return true
    }),
  )
  t.pass()
})

void test('no work waits while somebody could have it, and none is given out twice', async (t) => {
  fc.assert(
    fc.property(cases, (given) => {
      const matches = assigned(given.state, given.config)
      const load = loads(given.state, given.config)
      const itemOfMatch = new Map(given.state.items.map((item) => [item.sessionId, item]))
      for (const match of matches) {
        const weight = weightIn(given, itemOfMatch.get(match.sessionId) as Item)
        load.set(match.agentId, (load.get(match.agentId) ?? 0) + weight)
      }
      const matched = new Set(matches.map(({ sessionId }) => sessionId))
      if (matched.size !== matches.length) return false
      const left = given.state.items.filter((item) => item.state.kind === 'queued' && !matched.has(item.sessionId))
      return left.every((item) =>
        AGENTS.every((agent) => {
          const room = (given.config.agents.get(agent)?.capacity ?? 0) - (load.get(agent) ?? 0)
          return !mayHave(given, item, agent) || room < weightIn(given, item)
        }),
      )
    }),
  )
  t.pass()
})

void test('work that is passed over for later work could not have had that agent: priority, then age', async (t) => {
  fc.assert(
    fc.property(cases, (given) => {
      const matches = assigned(given.state, given.config)
      const agentIdOf = new Map(matches.map(({ sessionId, agentId: agent }) => [sessionId, agent]))
      const priority = ({ place }: Item) => (place.kind === 'agent' ? -1 : (given.config.queues.get(place.id)?.priority ?? Infinity))
      const order = given.state.items
        .filter((item) => item.state.kind === 'queued')
        .toSorted((a, b) => (priority(a) === priority(b) ? a.since - b.since : priority(a) - priority(b)))
      return order.every((earlier, index) => {
        if (agentIdOf.has(earlier.sessionId)) return true
        return order.slice(index + 1).every((later) => {
          if (priority(later) === priority(earlier) && later.since === earlier.since) return true
          const agent = agentIdOf.get(later.sessionId)
          return agent === undefined || !mayHave(given, earlier, agent) || weightIn(given, earlier) > weightIn(given, later)
        })
      })
    }),
  )
  t.pass()
})

/** The round as one would write it down, with nothing remembered: each piece in turn, each agent looked at for each. */
function plainly(given: Case): { sessionId: string; agentId: string }[] {
  const { config, state } = given
  const load = loads(state, config)
  const served = new Map(state.served.map(({ queueId, agentId: agent }) => [queueId, agent]))
  const got: string[] = []
  const priority = ({ place }: Item) => (place.kind === 'agent' ? -1 : (config.queues.get(place.id)?.priority ?? Infinity))
  const order = state.items
    .filter((item) => item.state.kind === 'queued')
    .toSorted((a, b) => priority(a) - priority(b) || a.since - b.since || (a.sessionId < b.sessionId ? -1 : 1))
  return order.flatMap((item) => {
    const room = (agent: string) => (config.agents.get(agent)?.capacity ?? 0) - (load.get(agent) ?? 0)
    const eligible = AGENTS.filter((agent) => mayHave(given, item, agent) && room(agent) >= weightIn(given, item))
    const queue = item.place.kind === 'queue' ? config.queues.get(item.place.id) : undefined
    const fresh = eligible.filter((agent) => !item.passed.some((pass) => pass.agentId === agent))
    const idle = (agent: string) => [got.lastIndexOf(agent), state.agents.find(({ id }) => id === agent)?.lastWorkAt ?? 0]
    const { members = [], routing = 'least-active' } = queue ?? {}
    const rank = {
      wait: () => [],
      'least-active': (agent: string) => [load.get(agent) ?? 0, ...idle(agent)],
      'most-available': (agent: string) => [-room(agent), ...idle(agent)],
      'longest-idle': idle,
      'round-robin': (agent: string) => [
        (members.indexOf(agent) - members.indexOf(served.get(queue?.id ?? '') ?? '') - 1 + members.length) % members.length,
      ],
    }[routing]
    const [best] = (fresh.length > 0 ? fresh : eligible).toSorted((a, b) => {
      const [ranks, others] = [rank(a), rank(b)]
      const at = ranks.findIndex((value, index) => value !== others[index])
      return at === -1 ? (a < b ? -1 : 1) : (ranks[at] ?? 0) - (others[at] ?? 0)
    })
    const chosen = item.prefer !== null && queue !== undefined && eligible.includes(item.prefer) ? item.prefer : best
    if (chosen === undefined) return []
    load.set(chosen, (load.get(chosen) ?? 0) + weightIn(given, item))
    got.push(chosen)
    if (queue !== undefined) served.set(queue.id, chosen)
    return [{ sessionId: item.sessionId, agentId: chosen }]
  })
}

void test('a round gives what looking at each agent for each piece of work gives', async (t) => {
  fc.assert(fc.property(cases, (given) => t.strictSame(assigned(given.state, given.config), plainly(given))))
})

void test('each routing model picks whom it says', async (t) => {
  const agents = [
    { id: 'a', capacity: 10 },
    { id: 'b', capacity: 3 },
    { id: 'c', capacity: 5 },
  ]
  const held = ['a', 'a', 'a', 'b', 'c', 'c'].map((holder, index) =>
    itemOf(index, { place: { kind: 'queue', id: 'q' }, prefer: null, since: 0, passed: [], holder }),
  )
  const next = itemOf(99, { place: { kind: 'queue', id: 'q' }, prefer: null, since: 0, passed: [], holder: null })
  const state: GroupState = {
    ...readState(null),
    agents: [agentOf('a', 30), agentOf('b', 20), agentOf('c', 10)],
    items: [...held, next],
    served: [{ queueId: 'q', agentId: 'c' }],
  }
  const members = ['agent:b', 'agent:c', 'agent:a']
  const expected = { 'least-active': 'b', 'most-available': 'a', 'round-robin': 'a', 'longest-idle': 'c' } as const
  for (const routing of ROUTING) {
    const config = configOf({ queues: [{ id: 'q', routing, members }], agents })
    t.same(assigned(state, config), [{ sessionId: 's99', agentId: expected[routing] }], routing)
    const passed = [{ agentId: expected[routing], until: NOW - 1 }]
    const again = assigned({ ...state, items: [...held, { ...next, passed }] }, config)
    t.not(again[0]?.agentId, expected[routing], `${routing}: somebody who has not passed on it goes first`)
    const preferring = assigned({ ...state, items: [...held, { ...next, prefer: 'b' }] }, config)
    t.equal(preferring[0]?.agentId, 'b', `${routing}: whoever had the customer before goes first`)
  }
})

void test('a round of several pieces of work is spread, not heaped on one agent', async (t) => {
  const agents = ['a', 'b', 'c'].map((id) => ({ id, capacity: 5 }))
  const items = Array.from({ length: 6 }, (_, index) =>
    itemOf(index, { place: { kind: 'queue', id: 'q' }, prefer: null, since: index, passed: [], holder: null }),
  )
  const state: GroupState = {
    ...readState(null),
    agents: agents.map(({ id }) => agentOf(id)),
    items,
  }
  for (const routing of ROUTING) {
    const config = configOf({ queues: [{ id: 'q', routing, members: agents.map(({ id }) => `agent:${id}`) }], agents })
    const got = assigned(state, config).map((match) => match.agentId)
    t.same(got, ['a', 'b', 'c', 'a', 'b', 'c'], routing)
  }
})

void test('thousands who wait for full or unable agents are passed over without a look at each agent for each of them', async (t) => {
  const ids = Array.from({ length: 300 }, (_, index) => `a${index}`)
  const config = configOf({
    queues: [
      { id: 'full', members: ids.slice(0, 200).map((id) => `agent:${id}`) },
      { id: 'unable', skills: ['welsh', { skill: 'x', relaxAfter: '1h' }], members: ids.slice(200).map((id) => `agent:${id}`) },
    ],
    agents: ids.map((id, index) => ({ id, capacity: 1, skills: index === 299 ? ['welsh'] : [] })),
  })
  let looks = 0
  for (const queue of config.queues.values()) {
    queue.members = new Proxy(queue.members, {
      get: (members, key, receiver: unknown) => {
        looks += typeof key === 'string' && /^\d+$/.test(key) ? 1 : 0
        return Reflect.get(members, key, receiver) as unknown
      },
    })
  }
  let abilities = 0
  for (const agent of config.agents.values()) {
    const { skills } = agent
    Object.defineProperty(agent, 'skills', { get: () => (abilities += 1) && skills })
  }
  const held = ids.slice(0, 200).map((id, index) => itemOf(index, { ...PLAIN, place: { kind: 'queue', id: 'full' }, holder: id }))
  const waiting = Array.from({ length: 3_000 }, (_, index) =>
    itemOf(1_000 + index, { ...PLAIN, place: { kind: 'queue', id: index % 2 === 0 ? 'full' : 'unable' }, holder: null }),
  )
  const state: GroupState = { ...readState(null), agents: ids.map((id) => agentOf(id)), items: [...held, ...waiting] }
  t.same(assigned(state, config), [])
  t.ok(looks <= 2 * ids.length && abilities <= 2 * ids.length, `${looks} looks at members, ${abilities} at abilities`)
})
