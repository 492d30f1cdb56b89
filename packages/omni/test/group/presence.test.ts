// Agents are vouched for by their consoles: who is not heard of any more is offline, by the group's own timer.
import { test } from 'tap'
import { groupWorld, TWO_AGENTS } from './group-world.ts'

const LEASE = 45_000
const renewed = (world: ReturnType<typeof groupWorld>, ...agentIds: string[]) => world.event('presence.renewed', { agentIds })
const presences = (world: ReturnType<typeof groupWorld>) => world.state().agents.map(({ id, presence }) => `${id} ${presence}`)

void test('an agent whose console is not heard of any more is offline when the lease is over, and their offer goes to somebody else', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  const kept = world.request()
  world.accept('ana')
  renewed(world, 'ana')
  world.advance(LEASE - 2)
  const open = world.request()
  world.presence('ben', 'online')
  world.advance(1)
  t.match(world.offersOf('ana'), [{ sessionId: open }])
  world.advance(1)
  t.same(presences(world), ['ana offline', 'ben online'])
  t.match(world.offersOf('ben'), [{ sessionId: open }])
  t.match(world.item(kept), { state: { kind: 'assigned', agentId: 'ana' } }, 'what they accepted is theirs')
})

void test('the conversations of an agent who vanished are told', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  const kept = world.request()
  world.accept('ana')
  renewed(world, 'ana')
  world.advance(LEASE)
  t.match(world.told(), [{ session: kept, name: 'agent.presence', data: { agentId: 'ana', status: 'offline', since: world.now } }])
})

void test('the conversation of an agent who takes it while they are not there is told so', async (t) => {
  const take = (world: ReturnType<typeof groupWorld>) => {
    const contact = { id: 'c', name: null, phone: null }
    const origin = { conversationId: 'cv_a', number: 'main', contact, reason: 'x', note: null }
    world.event('work.taken', { sessionId: 'a', request: 1, ...origin, agentId: 'ana', queueId: 'general' })
    return world.told()
  }
  for (const status of ['away', 'offline']) {
    const world = groupWorld()
    world.presence('ana', status)
    world.now += 60_000
    t.match(take(world), [{ session: 'a', name: 'agent.presence', data: { agentId: 'ana', status, since: world.now, taken: true } }])
  }
  const there = groupWorld()
  there.presence('ana', 'online')
  t.same(take(there), [])
})

void test('any console of an agent keeps them there: the last one to vanish counts', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  renewed(world, 'ana')
  world.advance(20_000)
  renewed(world, 'ana', 'ben')
  world.advance(LEASE - 1)
  t.same(presences(world), ['ana online', 'ben offline'])
  world.advance(1)
  t.same(presences(world), ['ana offline', 'ben offline'])
})

void test('an agent who never had a console stays what they said they are', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  world.advance(24 * 3_600_000)
  t.same(presences(world), ['ana online'])
})

void test('a console alone brings nobody online; from going online on the agent is under the lease it has', async (t) => {
  const world = groupWorld()
  renewed(world, 'ana', 'nobody')
  t.same(presences(world), ['ana offline'], 'whoever is not configured is passed over')
  world.advance(10_000)
  world.presence('ana', 'online')
  world.advance(LEASE - 1)
  t.same(presences(world), ['ana online'])
  world.advance(1)
  t.same(presences(world), ['ana offline'])
  t.match(world.event('presence.renewed', { agents: 'ana' }), { kind: 'refused', code: 'malformed-event' })
})

void test('who is back in time gets back the presence they had; later, or after another word of theirs, they do not', async (t) => {
  for (const status of ['online', 'away'] as const) {
    const world = groupWorld()
    world.presence('ana', status)
    renewed(world, 'ana')
    world.advance(LEASE)
    const waiting = world.request()
    world.advance(600_000)
    renewed(world, 'ana')
    t.same(presences(world), [`ana ${status}`])
    t.equal(world.offersOf('ana')[0]?.sessionId, status === 'online' ? waiting : undefined)
  }
  const late = groupWorld()
  late.presence('ana', 'online')
  renewed(late, 'ana')
  late.advance(LEASE + 600_001)
  renewed(late, 'ana')
  t.same(presences(late), ['ana offline'])
  const left = groupWorld()
  left.presence('ana', 'online')
  renewed(left, 'ana')
  left.advance(LEASE)
  left.presence('ana', 'offline')
  renewed(left, 'ana')
  t.same(presences(left), ['ana offline'])
})

void test('the lease and the time for coming back are configured', async (t) => {
  const world = groupWorld({ ...TWO_AGENTS, presence: { lease: '20s', returnWithin: '0s' } })
  world.presence('ana', 'online')
  renewed(world, 'ana')
  world.advance(20_000)
  t.same(presences(world), ['ana offline'])
  world.advance(1)
  renewed(world, 'ana')
  t.same(presences(world), ['ana offline'])
})

void test('a look that comes late, because nothing ran here, ends no lease: consoles could not be heard either', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  renewed(world, 'ana')
  const due = world.timers.get('tick') ?? 0
  t.equal(due, world.now + LEASE)
  world.now = due + 60_000
  world.timers.delete('tick')
  world.give({ type: 'timer.fired', name: 'tick', due })
  t.same(presences(world), ['ana online'])
  world.advance(LEASE)
  t.same(presences(world), ['ana offline'], 'but the next one does')
})
