// What a customer who waits is told of their place.
import { test } from 'tap'
import { botsConfig, compileOmni, queuesConfig } from '@baton/omni'
import { groupWorld, TWO_AGENTS } from '../group/group-world.ts'
import { waitAt } from '../../src/group/position.ts'
import { API, MINUTE, sessionWorld } from './session-world.ts'

const MESSAGE = { text: 'You are number {position}, about {wait} min.', withoutEstimate: 'You are number {position}.', moved: 2 }

function waitingWorld(more: Record<string, unknown> = {}) {
  const queues = queuesConfig.parse({
    queues: [
      { id: 'general', members: ['agent:ana'], positionMessage: { ...MESSAGE, ...more }, waitingMessage: 'Nobody is here.' },
      { id: 'other', members: ['agent:ana'] },
    ],
    agents: [{ id: 'ana' }],
  })
  const world = sessionWorld({ config: compileOmni(queues, botsConfig.parse({})).config })
  world.take(['queue:general'])
  return {
    ...world,
    world,
    /** The timer comes, the place is asked for, and this is the answer; what is sent. */
    looked(position: number, waitMs: number | null = null): unknown[] {
      world.now += 2 * MINUTE
      world.timer('position')
      if (world.commands()[0]?.name !== 'work.asked') return ['did not ask']
      world.group('work.placed', { position, waitMs })
      return world.sent().map(({ content }) => content.kind === 'text' && content.text)
    },
  }
}

void test('it is told on coming, and again when it has moved far enough, with the wait in whole minutes', async (t) => {
  const { world, looked } = waitingWorld()
  t.match(world.timersSet(), [{}, { name: 'position', at: world.now + 2 * MINUTE }])
  world.group('work.queued', { position: 7, held: null, waitMs: 7.2 * MINUTE })
  t.match(world.sent(), [{ content: { kind: 'text', text: 'You are number 7, about 8 min.' }, purpose: 'service' }])
  t.same(looked(6, 6 * MINUTE), [], 'one place is not enough')
  t.equal(world.state.session?.phase.work.kind === 'queue' && world.state.session.phase.work.position, 6)
  t.same(looked(5, 100), ['You are number 5, about 1 min.'])
  t.same(looked(8, null), ['You are number 8.'], 'others were put before them, and nobody is served')
})

void test('who comes back from an offer that came to nothing is told at once only what they were not told', async (t) => {
  const { world, looked } = waitingWorld({ moved: 0 })
  world.group('work.queued', { position: 1, held: null, waitMs: null })
  t.equal(world.sent().length, 1, 'offered when they came, and declined')
  world.group('work.queued', { position: 1, held: null, waitMs: null })
  t.same(world.sent(), [], 'declined again')
  t.equal(looked(1).length, 1)
})

void test('never more often than the queue says, however it goes on; another queue says what it says', async (t) => {
  const { world, looked } = waitingWorld({ atMost: 2, moved: 0 })
  world.group('work.queued', { position: 3, held: null, waitMs: null })
  t.equal(looked(3).length, 1, 'moved: 0 says it each time')
  t.same(looked(1), ['did not ask'])
  t.same(world.effects, [], 'and will not again')
  world.event('session.transfer', { to: 'queue:other' }, API)
  world.group('work.queued', { position: 1, held: null, waitMs: 1 })
  t.same(world.sent(), [])
  world.event('session.transfer', { to: 'queue:general' }, API)
  world.group('work.queued', { position: 1, held: null, waitMs: 1 })
  t.same(world.sent(), [], 'back again: it was said twice already')
})

void test('not while the reply window is closed, the queue is closed, a callback is promised, or once an agent has it', async (t) => {
  const late = waitingWorld({ moved: 0 })
  late.world.windowOpen = false
  late.world.group('work.queued', { position: 3, held: null, waitMs: 1 })
  t.same(late.world.sent(), [])
  for (const held of [
    { why: 'closed', callback: false, opensAt: null },
    { why: 'nobody-online', callback: true, opensAt: null },
  ]) {
    const { world, looked } = waitingWorld({ moved: 0 })
    world.group('work.queued', { position: 3, held, waitMs: 1 })
    t.notMatch(JSON.stringify(world.sent()), 'You are number')
    t.same(looked(2), ['did not ask'])
  }
  const nobody = waitingWorld({ moved: 0 })
  nobody.world.group('work.queued', { position: 3, held: { why: 'nobody-online', callback: false, opensAt: null }, waitMs: null })
  t.match(nobody.world.sent(), [{ content: { text: 'Nobody is here.' } }])
  t.same(nobody.looked(2), ['You are number 2.'])
  const served = waitingWorld({ moved: 0 })
  served.world.assignTo('ana')
  t.same(served.looked(1), ['did not ask'])
  t.same(served.world.effects, [])
})

void test('whoever waits for the opening is told of their place from then on, and asks for it no sooner', async (t) => {
  const { world, looked } = waitingWorld({ moved: 0 })
  const opensAt = world.now + 60 * MINUTE
  world.group('work.queued', { position: 3, held: { why: 'closed', callback: false, opensAt } })
  t.same(looked(3), ['did not ask'])
  t.same(world.timersSet(), [], 'nor later at night')
  world.now = opensAt
  world.group('work.queued', { position: 3, held: null, waitMs: null })
  t.match(world.sent(), [{ content: { text: 'You are number 3.' } }])
  t.match(world.timersSet(), [{ name: 'position', at: world.now + 2 * MINUTE }])
  t.same(looked(2), ['You are number 2.'])
  world.group('work.queued', { position: 2, held: { why: 'closed', callback: false, opensAt: opensAt + 1440 * MINUTE } })
  t.same(looked(1), ['did not ask'], 'closed again')
  const { phase } = world.state.session ?? {}
  t.match(phase?.work, { held: { opensAt } }, 'the clock of the session goes by the first opening')
})

void test('the group says when a queue has opened to who still waits and is told of their place', async (t) => {
  const hours = [{ id: 'h', zone: 'UTC', weekly: { thu: ['01:00-02:00'] } }]
  for (const [more, told] of [
    [{ positionMessage: { text: '{position}' } }, ['work.queued']],
    [{ positionMessage: { text: '{position}' }, whenClosed: 'callback' as const }, []],
    [{}, []],
  ] as const) {
    const group = groupWorld({ queues: [{ id: 'general', members: ['agent:ana'], hours: 'h', ...more }], agents: [{ id: 'ana' }], hours })
    group.request()
    group.advance(60 * MINUTE - group.now)
    t.equal(group.item('s1')?.untilOpen, false)
    t.same(
      group.told().map(({ name }) => name),
      told,
    )
    if (told.length > 0) t.match(group.told(), [{ session: 's1', data: { position: 1, held: null } }])
  }
})

void test('who is offered in the moment in which the queue opens, or comes, is told of their place when the offer comes to nothing', async (t) => {
  const hours = [{ id: 'h', zone: 'UTC', weekly: { thu: ['01:00-02:00'] } }]
  for (const [more, opens, told] of [
    [{ positionMessage: { text: '{position}' } }, 60, ['work.queued']],
    [{ positionMessage: { text: '{position}' } }, 0, ['work.queued']],
    [{ positionMessage: { text: '{position}' }, whenClosed: 'callback' as const }, 60, []],
    [{}, 60, []],
  ] as const) {
    const group = groupWorld({
      queues: [{ id: 'general', members: ['agent:ana', 'agent:ben'], hours: 'h', ...more }],
      agents: [{ id: 'ana' }, { id: 'ben' }],
      hours,
    })
    group.presence('ana', 'online')
    group.presence('ben', 'online')
    if (opens === 0) group.now = 60 * MINUTE
    group.request()
    if (opens > 0) group.advance(opens * MINUTE - group.now)
    t.same(group.told(), [])
    group.decline('ana')
    t.same(group.told(), [], 'the next agent is asked at once')
    group.decline('ben')
    t.same(
      group.told().map(({ name }) => name),
      told,
    )
    if (told.length > 0) t.match(group.told(), [{ session: 's1', data: { position: 1, held: null } }])
  }
})

void test('without a text for it, nothing is said while nobody can tell the wait', async (t) => {
  const { world } = waitingWorld({ withoutEstimate: undefined })
  world.group('work.queued', { position: 3, held: null, waitMs: null })
  t.same(world.sent(), [])
})

void test('the wait is the place times how long conversations lasted so far, shared by those under way', async (t) => {
  const now = 100 * MINUTE
  const ago = (minutes: number) => now - minutes * MINUTE
  const table: [number, number[], number | null][] = [
    [1, [], null],
    [1, [ago(10)], 10 * MINUTE],
    [3, [ago(10)], 30 * MINUTE],
    [3, [ago(10), ago(20)], 22.5 * MINUTE],
    [4, [ago(0), ago(8), ago(10), ago(2)], 5 * MINUTE],
  ]
  for (const [position, taken, wait] of table) t.equal(waitAt(position, taken, now), wait)
})

void test('the group answers who waits with their place in the order in which they are served, and nobody else', async (t) => {
  const group = groupWorld({ queues: [{ id: 'general', members: ['agent:ana'], autoAccept: true }], agents: [{ id: 'ana', capacity: 1 }] })
  group.presence('ana', 'online')
  group.request()
  group.now += 10 * MINUTE
  group.request()
  group.request('queue:general', { since: group.now - MINUTE })
  group.event('work.asked', { sessionId: 's2', request: 1 })
  t.match(group.told(), [{ session: 's2', name: 'work.placed', data: { position: 2, waitMs: 20 * MINUTE } }])
  group.event('work.asked', { sessionId: 's3', request: 1 })
  t.match(group.told(), [{ session: 's3', data: { position: 1, waitMs: 10 * MINUTE } }])
  for (const gone of [
    { sessionId: 's1', request: 1 },
    { sessionId: 's2', request: 2 },
    { sessionId: 'none', request: 1 },
  ]) {
    t.equal(group.event('work.asked', gone).kind, 'done')
    t.same(group.told(), [])
  }
  t.match(group.event('work.asked', {}), { kind: 'refused', code: 'malformed-event' })
  const said = groupWorld({ ...TWO_AGENTS, queues: [{ id: 'general', members: ['agent:ana'], positionMessage: { text: '{position}' } }] })
  said.request()
  t.match(said.told(), [{ name: 'work.queued', data: { position: 1, waitMs: null } }])
})
