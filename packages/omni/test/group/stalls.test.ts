// A queue that starves is told of once, and only while somebody has waited for long. `groupWorld` holds each alarm against who waits.
import { test } from 'tap'
import * as fc from 'fast-check'
import { groupWorld } from './group-world.ts'

const MINUTE = 60_000

void test('work waiting too long raises one alarm, and another only after somebody took some', async (t) => {
  const world = groupWorld()
  world.request()
  world.request()
  const alarms: string[] = []
  const wait = (ms: number) => {
    const until = world.now + ms
    while (world.now < until) {
      world.advance(MINUTE)
      alarms.push(...world.alarms())
      if (world.turn !== null) world.turn.alarms = []
    }
  }
  wait(4 * MINUTE)
  t.same(alarms, [])
  wait(20 * MINUTE)
  t.same(alarms, ['queue-starving'])
  world.presence('ana', 'online')
  world.accept('ana')
  world.presence('ana', 'offline')
  wait(4 * MINUTE)
  t.same(alarms, ['queue-starving'], 'the other one waits anew')
  wait(2 * MINUTE)
  t.same(alarms, ['queue-starving', 'queue-starving'])
})

void test('work that nobody can take raises the alarm also where other work is served all the time, once', async (t) => {
  const world = groupWorld({
    queues: [{ id: 'general', members: ['agent:ana'], autoAccept: true }],
    agents: [{ id: 'ana', capacity: 1 }],
  })
  world.presence('ana', 'online')
  const asked = world.request('queue:general', { skills: ['refunds'] })
  const alarms: string[] = []
  let served = world.request()
  for (let minutes = 0; minutes < 20; minutes += 2) {
    world.advance(2 * MINUTE)
    alarms.push(...world.alarms())
    world.event('work.released', { sessionId: served, request: 1 })
    served = world.request()
    t.match(world.item(served), { state: { kind: 'assigned' } })
  }
  t.same(alarms, ['queue-starving'])
  t.match(world.item(asked), { state: { kind: 'queued' } })
})

void test('a queue that is served all the time does not starve by what nobody could take and is cancelled before its time', async (t) => {
  const world = groupWorld({
    queues: [{ id: 'general', members: ['agent:ana'], autoAccept: true }],
    agents: [{ id: 'ana', capacity: 1 }],
  })
  world.presence('ana', 'online')
  const asked = world.request('queue:general', { skills: ['refunds'] })
  let [served, next] = [world.request(), world.request()]
  for (let seconds = 20; seconds < 600; seconds += 20) {
    world.advance(20_000)
    t.same(world.alarms(), [], `after ${seconds} s`)
    world.event('work.released', { sessionId: served, request: 1 })
    t.match(world.item(next), { state: { kind: 'assigned' } })
    ;[served, next] = [next, world.request()]
    if (seconds === 280) world.event('work.cancelled', { sessionId: asked, request: 1 })
  }
})

void test('an alarm stands for all who waited when it was raised; for who came later there is another', async (t) => {
  const world = groupWorld()
  const alarms: [number, number][] = []
  const begin = world.now
  const gone = (sessionId: string) => world.event('work.cancelled', { sessionId, request: 1 })
  const first = world.request()
  world.now += MINUTE
  const second = world.request()
  for (let minute = 2; minute < 16; minute += 1) {
    world.advance(MINUTE)
    for (const alarm of world.turn?.alarms ?? []) alarms.push([(world.now - begin) / MINUTE, Number(alarm.detail['oldest']) - begin])
    if (world.turn !== null) world.turn.alarms = []
    if (minute === 7) gone(first)
    if (minute === 8) world.request()
    if (minute === 9) gone(second)
  }
  t.same(alarms, [
    [5, 0],
    [13, 8 * MINUTE],
  ])
})

void test('a queue whose work is taken in the order of its age does not starve, however long it is', async (t) => {
  const world = groupWorld({
    queues: [{ id: 'general', members: ['agent:ana'], autoAccept: true }],
    agents: [{ id: 'ana', capacity: 1 }],
  })
  world.presence('ana', 'online')
  const line = Array.from({ length: 10 }, () => {
    world.now += 1
    return world.request()
  })
  for (const served of line) {
    world.advance(2 * MINUTE)
    t.same(world.alarms(), [])
    t.match(world.item(served), { state: { kind: 'assigned' } })
    world.event('work.released', { sessionId: served, request: 1 })
  }
})

const step = fc.oneof(
  fc.constant('nobody can take it' as const),
  fc.constant('comes' as const),
  fc.constant('is over' as const),
  fc.record({ cancelled: fc.nat(3) }),
  fc.record({ passes: fc.constantFrom(20_000, 100_000) }),
)

void test('no queue is said to starve before its oldest work has waited for so long, whatever comes, goes and is served', async (t) => {
  let alarms = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
      const world = groupWorld({
        queues: [{ id: 'general', members: ['agent:ana'], autoAccept: true }],
        agents: [{ id: 'ana', capacity: 1 }],
      })
      world.presence('ana', 'online')
      const items = (isAssigned: boolean) => world.state().items.filter(({ state }) => (state.kind === 'assigned') === isAssigned)
      for (const each of steps) {
        if (each === 'comes') world.request()
        else if (each === 'nobody can take it') world.request('queue:general', { skills: ['refunds'] })
        else if (each === 'is over') for (const { sessionId } of items(true)) world.event('work.released', { sessionId, request: 1 })
        else if ('passes' in each) world.advance(each.passes)
        else {
          const item = items(false)[each.cancelled]
          if (item !== undefined) world.event('work.cancelled', { sessionId: item.sessionId, request: 1 })
        }
        alarms += world.alarms().length
      }
    }),
    { numRuns: 100 },
  )
  t.ok(alarms > 0, `${alarms} alarms`)
})
