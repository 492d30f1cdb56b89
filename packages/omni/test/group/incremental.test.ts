// A turn looks only at what changed. `groupWorld` holds each turn against one of a process that has just read everything that is stored
// and looks at all of it: they say, set, raise and store the same. Here with everything that queues can be told, and settings that change.
import { test } from 'tap'
import * as fc from 'fast-check'
import { groupParts, workItems } from '@baton/omni'
import { ROUTING } from '../../src/config/schemas.ts'
import { asGroup } from '../../src/group/parts.ts'
import { configOf, groupWorld } from './group-world.ts'

const AGENTS = ['a', 'b', 'c', 'd']
const QUEUES = ['p', 'q', 'r']
const SESSIONS = Array.from({ length: 12 }, (_, index) => `s${index}`)
const agentId = fc.constantFrom(...AGENTS)
const member = fc.constantFrom(...AGENTS.map((id) => `agent:${id}` as const))
/** A Monday on which the hours below are open, closed and open again. */
const MONDAY = Date.UTC(2026, 10, 23, 8, 30)
const HOURS = [{ id: 'h', zone: 'Europe/Berlin', weekly: { mon: ['09:00-10:00', '11:00-12:00'], tue: ['09:00-17:00'] } }]

const elsewhere = fc.constantFrom('callback' as const, { to: 'queue:p' as const }, { to: 'queue:q' as const })
const policy = fc.oneof(fc.constant('wait' as const), elsewhere)
const queueOf = (id: string) =>
  fc.record(
    {
      id: fc.constant(id),
      routing: fc.constantFrom(...ROUTING, 'external' as const, 'external' as const),
      engine: fc.record({ silence: fc.constantFrom('30s', '5m'), otherwise: fc.constantFrom('least-active' as const, 'wait' as const) }),
      priority: fc.nat(1),
      weight: fc.integer({ min: 1, max: 2 }),
      autoAccept: fc.boolean(),
      members: fc.uniqueArray(member, { minLength: 1 }),
      hours: fc.constant('h'),
      whenClosed: policy,
      whenNobodyOnline: policy,
      maxWaiting: fc.record({ size: fc.integer({ min: 1, max: 3 }), otherwise: elsewhere }),
      maxWait: fc.record({ after: fc.constantFrom('50s', '10m'), otherwise: elsewhere }),
      skills: fc.constantFrom(['x'], [{ skill: 'y', relaxAfter: '40s' }]),
      language: fc.constant({ relaxAfter: '1m' }),
      starvationAfter: fc.constantFrom('1m', '5m'),
      positionMessage: fc.constant({ text: '{position}' }),
    },
    { requiredKeys: ['id', 'routing', 'members', 'autoAccept'] },
  )
const settings = fc
  .tuple(
    fc.tuple(...QUEUES.map(queueOf)),
    fc.uniqueArray(
      fc.record({
        id: agentId,
        capacity: fc.integer({ min: 1, max: 3 }),
        skills: fc.subarray(['x', 'y', 'z']),
        languages: fc.subarray(['de', 'en']),
      }),
      { selector: ({ id }) => id, minLength: 3 },
    ),
  )
  .map(([queues, agents]): unknown => ({ hours: HOURS, queues, agents }))
  .map((written) => written as Parameters<typeof configOf>[0]) // what is not written is left out, which fast-check's type does not say

type World = ReturnType<typeof groupWorld>
type Step = (world: World) => void
const requested = fc
  .record({
    sessionId: fc.constantFrom(...SESSIONS),
    request: fc.integer({ min: 1, max: 4 }),
    target: fc.constantFrom('queue:p', 'queue:q', 'queue:r', 'queue:p', 'queue:q', 'agent:a', 'queue:gone'),
    number: fc.constantFrom('main', 'main', 'main', 'two'),
    age: fc.nat(3),
    prefer: fc.option(agentId),
    returnTo: fc.option(fc.record({ agentId, waitMs: fc.constantFrom(0, 30_000) })),
    mayDivert: fc.boolean(),
    callback: fc.boolean(),
    skills: fc.constantFrom([], [], ['z']),
    language: fc.constantFrom(null, 'de', 'en'),
  })
  .map(({ target, age, ...more }): Step => (world) => {
    world.request(target, { ...more, since: world.now - age * 1_000 })
  })
const released = fc
  .record({
    sessionId: fc.constantFrom(...SESSIONS),
    request: fc.integer({ min: 1, max: 4 }),
    how: fc.constantFrom('cancelled', 'released'),
  })
  .map(
    ({ how, ...data }): Step =>
      (world) =>
        void world.event(`work.${how}`, data),
  )
const taken = fc.record({ sessionId: fc.constantFrom(...SESSIONS), agentId, queueId: fc.constantFrom(null, 'p') }).map(
  (data): Step =>
    (world) =>
      void world.event('work.taken', {
        ...data,
        request: 5,
        conversationId: 'cv',
        number: 'main',
        contact: { id: 'c', name: null, phone: null },
        reason: 'x',
      }),
)
const presence = fc.record({ agentId, status: fc.constantFrom('online', 'online', 'online', 'away', 'offline') }).map(
  ({ agentId: id, status }): Step =>
    (world) =>
      void world.presence(id, status),
)
const console = fc.subarray(AGENTS).map(
  (agentIds): Step =>
    (world) =>
      void world.event('presence.renewed', { agentIds }),
)
const answered = fc.record({ agentId, accept: fc.boolean() }).map(
  ({ agentId: id, accept }): Step =>
    (world) =>
      void (accept ? world.accept(id) : world.decline(id)),
)
const heard = fc.constantFrom(...QUEUES).map(
  (queueId): Step =>
    (world) =>
      void world.event('engine.heard', { queueId }),
)
/** As an engine that does not look at what it says. */
const routed = fc.record({ at: fc.nat(11), agentId, isStale: fc.boolean() }).map(({ at, agentId: id, isStale }): Step => (world) => {
  const items = workItems(world.stored(), world.config)
  const item = items[at % Math.max(1, items.length)]
  if (item !== undefined) world.event('work.routed', { sessionId: item.id, version: isStale ? '1.0' : item.version, agentId: id })
})
const passing = fc.constantFrom(0, 1_000, 25_000, 60_000, 30 * 60_000, 3_600_000).map(
  (ms): Step =>
    (world) =>
      world.advance(ms),
)
const stopped = fc.constantFrom(60_000, 3_600_000).map(
  (ms): Step =>
    (world) =>
      void (world.now += ms),
)
const published = settings.map(
  (written): Step =>
    (world) =>
      void (world.config = configOf(written)),
)
const served = fc.subarray(['main', 'two'], { minLength: 1 }).map(
  (numbers): Step =>
    (world) =>
      void (world.served = numbers),
)
const step = fc.oneof(
  { weight: 7, arbitrary: requested },
  { weight: 3, arbitrary: released },
  { weight: 1, arbitrary: taken },
  { weight: 4, arbitrary: presence },
  { weight: 1, arbitrary: console },
  { weight: 4, arbitrary: answered },
  { weight: 2, arbitrary: heard },
  { weight: 4, arbitrary: routed },
  { weight: 4, arbitrary: passing },
  { weight: 1, arbitrary: stopped },
  { weight: 1, arbitrary: published },
  { weight: 1, arbitrary: served },
)

void test('looking at what changed finds what looking at everything does, whatever happens', async (t) => {
  let turns = 0
  fc.assert(
    fc.property(settings, fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), (written, steps) => {
      const world = groupWorld(written)
      world.now = MONDAY
      for (const id of AGENTS.slice(0, 3)) world.presence(id, 'online')
      for (const run of steps) run(world)
      turns += world.turns
    }),
    { numRuns: 60 },
  )
  t.ok(turns > 1_000, `${turns} turns`)
})

void test('an agent who becomes free and is full again at once hides nobody else from work that came with the same event', async (t) => {
  const world = groupWorld({
    queues: [
      { id: 'p', priority: 0, autoAccept: true, members: ['agent:a'] },
      { id: 'q', priority: 1, autoAccept: true, members: ['agent:a', 'agent:b'] },
    ],
    agents: [
      { id: 'a', capacity: 1 },
      { id: 'b', capacity: 1 },
    ],
  })
  world.presence('a', 'online')
  const moving = world.request('queue:q')
  const waiting = world.request('queue:p')
  world.presence('b', 'online')
  world.request('queue:q', { sessionId: moving, request: 2 })
  t.match(world.item(waiting), { state: { kind: 'assigned', agentId: 'a' } })
  t.match(world.item(moving), { state: { kind: 'assigned', agentId: 'b' } })
})

void test('work that is left when the last member of a closed queue goes is held', async (t) => {
  const world = groupWorld({
    hours: HOURS,
    queues: [{ id: 'p', autoAccept: true, hours: 'h', whenClosed: 'callback', members: ['agent:a'] }],
    agents: [{ id: 'a', capacity: 1 }],
  })
  world.now = MONDAY
  world.presence('a', 'online')
  world.request('queue:p')
  const left = world.request('queue:p')
  world.advance(3_600_000)
  t.match(world.item(left), { untilOpen: false })
  world.presence('a', 'away')
  t.match(world.item(left), { untilOpen: true, callback: true })
})

void test('a stall that another process saw begin, with work that is gone again, is looked at', async (t) => {
  const world = groupWorld({ queues: [{ id: 'q', members: ['agent:a'] }], agents: [{ id: 'a' }] })
  world.presence('a', 'offline')
  const head = groupParts.head(world.stored()) as { stalls: unknown[] }
  const stall = { place: 'queue:q', since: 5, alarmed: false }
  const refreshed = groupParts.refresh(world.stored(), { ...head, stalls: [stall] }, [])
  t.strictSame(asGroup(refreshed).unseen.places, ['queue:q'])
  t.strictSame(asGroup(groupParts.refresh(refreshed, { ...head, stalls: [stall] }, [])).unseen.places, ['queue:q'], 'once')
})
