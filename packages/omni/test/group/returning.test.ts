// Customers who come back go to the agent they had: first of all, and for a while to nobody else.
import { test } from 'tap'
import { groupWorld } from './group-world.ts'

const QUEUES = {
  queues: [{ id: 'general', members: ['agent:ana' as const, 'agent:ben' as const] }],
  agents: [
    { id: 'ana', capacity: 1 },
    { id: 'ben', capacity: 1 },
  ],
}
const toAna = (waitMs: number) => ({ returnTo: { agentId: 'ana', waitMs } })
const offeredTo = (world: ReturnType<typeof groupWorld>, sessionId: string) => {
  const state = world.item(sessionId)?.state
  return state?.kind === 'offered' ? state.agentId : null
}

/** Both are there; Ana has a customer, which makes Ben the less active. */
function busyAna() {
  const world = groupWorld({ ...QUEUES, agents: [{ id: 'ana', capacity: 2 }, QUEUES.agents[1] as (typeof QUEUES.agents)[number]] })
  world.presence('ana', 'online')
  const first = world.request()
  world.accept('ana')
  world.presence('ben', 'online')
  return { world, first }
}

void test('the work is offered to the agent the customer had, not to who would be next', async (t) => {
  const { world } = busyAna()
  t.equal(offeredTo(world, world.request('queue:general', toAna(0))), 'ana')
  const full = world.request('queue:general', toAna(0))
  t.equal(offeredTo(world, full), 'ben', 'without a wait it is anybody’s when that agent is full')
})

void test('it waits for an agent who is full, for so long and no longer', async (t) => {
  const wait = 60_000
  for (const freed of [true, false]) {
    const world = groupWorld(QUEUES)
    world.presence('ana', 'online')
    const first = world.request()
    world.accept('ana')
    world.presence('ben', 'online')
    const returning = world.request('queue:general', toAna(wait))
    t.equal(offeredTo(world, returning), null)
    world.advance(wait - 1)
    t.equal(offeredTo(world, returning), null)
    if (freed) world.event('work.released', { sessionId: first, request: 1 })
    else world.advance(1)
    t.equal(offeredTo(world, returning), freed ? 'ana' : 'ben')
  }
})

void test('it is anybody’s when that agent is absent, goes, passes on it, or is no member of the queue', async (t) => {
  const absent = groupWorld(QUEUES)
  absent.presence('ben', 'online')
  t.equal(offeredTo(absent, absent.request('queue:general', toAna(60_000))), 'ben')

  const going = groupWorld(QUEUES)
  going.presence('ana', 'online')
  going.request()
  going.accept('ana')
  going.presence('ben', 'online')
  const left = going.request('queue:general', toAna(60_000))
  t.equal(offeredTo(going, left), null)
  going.presence('ana', 'away')
  t.equal(offeredTo(going, left), 'ben')

  const { world: passing } = busyAna()
  const declined = passing.request('queue:general', toAna(60_000))
  passing.decline('ana')
  t.equal(offeredTo(passing, declined), 'ben')

  const foreign = groupWorld({ ...QUEUES, queues: [{ id: 'general', members: ['agent:ben'] }] })
  foreign.presence('ana', 'online')
  foreign.presence('ben', 'online')
  t.equal(offeredTo(foreign, foreign.request('queue:general', toAna(60_000))), 'ben')
})

void test('who had the customer within this session goes before', async (t) => {
  const { world } = busyAna()
  const again = world.request('queue:general', { prefer: 'ben', ...toAna(60_000) })
  t.match(world.item(again), { state: { kind: 'assigned', agentId: 'ben' } })
})
