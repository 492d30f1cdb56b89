// What agents say they are: the configured presence statuses, what each means for work, and whom it binds to which.
import { test } from 'tap'
import { agentBoard, statusChoices } from '@baton/omni'
import { configOf, groupWorld, TWO_AGENTS } from './group-world.ts'

const CONFIG = {
  ...TWO_AGENTS,
  queues: [
    { id: 'general', members: ['agent:ana', 'agent:ben'] },
    { id: 'billing', members: ['agent:ana', 'agent:ben'] },
  ],
  presence: {
    statuses: [
      { id: 'online', base: 'online' as const, label: 'At the desk' },
      { id: 'back-office', base: 'online' as const, label: 'Back office', queues: ['billing'] },
      { id: 'abroad', base: 'online' as const, numbers: ['promo'] },
      { id: 'training', base: 'busy' as const },
      { id: 'lunch', base: 'away' as const },
    ],
  },
}

void test('a status that is bound to queues gets their work and no other; to numbers, what came in there', async (t) => {
  for (const [status, offered] of [
    ['online', ['general main', 'billing main', 'general promo', 'agent main']],
    ['back-office', ['billing main', 'agent main']],
    ['abroad', ['general promo']],
    ['training', []],
    ['lunch', []],
  ] as const) {
    const world = groupWorld({ ...CONFIG, agents: [{ id: 'ana', capacity: 9 }] })
    world.served = ['main', 'promo']
    world.presence('ana', status)
    world.request('queue:general', { number: 'main' })
    world.request('queue:billing', { number: 'main' })
    world.request('queue:general', { number: 'promo' })
    world.request('agent:ana', { number: 'main' })
    const got = world.offersOf('ana').map(({ queueId, number }) => `${queueId ?? 'agent'} ${number}`)
    t.same(got, offered, status)
  }
})

void test('an offer that the new status does not allow goes to somebody else at once; one that it allows stays', async (t) => {
  const world = groupWorld(CONFIG)
  world.presence('ana', 'online')
  const general = world.request('queue:general')
  const billing = world.request('queue:billing')
  world.presence('ben', 'online')
  world.presence('ana', 'back-office')
  t.match(world.offersOf('ana'), [{ sessionId: billing }])
  t.match(world.offersOf('ben'), [{ sessionId: general }])
})

void test('who is busy gets nothing new, and their customers are not told that they are away', async (t) => {
  const world = groupWorld(CONFIG)
  world.presence('ana', 'online')
  const session = world.request()
  world.accept('ana')
  world.presence('ana', 'training')
  t.match(world.told(), [{ session, name: 'agent.presence', data: { agentId: 'ana', status: 'busy' } }])
  world.request()
  t.same(world.offersOf('ana'), [])
  world.presence('ana', 'back-office')
  t.match(world.told(), [{ session, name: 'agent.presence', data: { status: 'online' } }])
  world.presence('ana', 'online')
  t.same(world.told(), [], 'another status with the same meaning is nobody else’s business')
})

void test('queues count as staffed by members whose status serves them', async (t) => {
  const [general, billing] = CONFIG.queues
  const world = groupWorld({
    ...CONFIG,
    queues: [
      { ...general, id: 'general', whenNobodyOnline: { to: 'queue:billing' } },
      { ...billing, id: 'billing' },
    ],
  })
  world.presence('ana', 'back-office')
  const session = world.request('queue:general')
  t.match(world.told(), [{ session, name: 'work.diverted', data: { to: 'queue:billing', why: 'nobody-online' } }])
  t.match(agentBoard(world.stored(), world.config).queues, [
    { id: 'general', online: 0 },
    { id: 'billing', online: 1 },
  ])
})

void test('only a configured status is taken, and of an agent with a list only what is on it; leaving is open to everybody', async (t) => {
  const world = groupWorld({ ...CONFIG, agents: [{ id: 'ana', statuses: ['online', 'lunch'] }, { id: 'ben' }] })
  const answers = ['online', 'lunch', 'offline', 'training', 'dinner'].map((status) => world.presence('ana', status))
  t.match(answers, [
    { kind: 'done' },
    { kind: 'done' },
    { kind: 'done' },
    { kind: 'refused', code: 'status-not-allowed' },
    { kind: 'refused', code: 'unknown-status' },
  ])
  t.same(
    statusChoices('ana', world.config).map(({ id, label, presence }) => `${id} ${label} ${presence}`),
    ['online At the desk online', 'offline Offline offline', 'lunch lunch away'],
  )
  t.equal(statusChoices('ben', world.config).length, 7)
  t.same(statusChoices('nobody', world.config), [])
})

void test('a lease that runs out ends a status, and who is back in time has it again', async (t) => {
  const world = groupWorld(CONFIG)
  world.presence('ana', 'back-office')
  world.event('presence.renewed', { agentIds: ['ana'] })
  world.advance(45_000)
  t.match(agentBoard(world.stored(), world.config).agents[0], { status: { id: 'offline' }, presence: 'offline', since: world.now })
  world.event('presence.renewed', { agentIds: ['ana'] })
  t.match(agentBoard(world.stored(), world.config).agents[0], { status: { id: 'back-office', label: 'Back office' }, presence: 'online' })
})

void test('a status that a publication takes away becomes the nearest one that is left; one that means something else means it at once', async (t) => {
  const world = groupWorld(CONFIG)
  world.presence('ana', 'training')
  world.presence('ben', 'back-office')
  world.config = configOf({ ...CONFIG, presence: { statuses: [{ id: 'back-office', base: 'away' }] } })
  world.event('presence.renewed', { agentIds: [] })
  t.match(
    world.state().agents.map(({ id, status, presence }) => `${id} ${status} ${presence}`),
    ['ana away away', 'ben back-office away'],
  )
})
