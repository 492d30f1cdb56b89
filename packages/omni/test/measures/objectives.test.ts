// What a queue is to keep for each customer: warned of before the miss, missed, and said once each.
import * as fc from 'fast-check'
import { test } from 'tap'
import { botsConfig, compileOmni, queuesConfig } from '@baton/omni'
import { ANA, API, HOUR, MINUTE, sessionWorld } from '../service/session-world.ts'
import type { SessionWorld } from '../service/session-world.ts'

function levelWorld(serviceLevel: Record<string, unknown>): SessionWorld {
  const queues = queuesConfig.parse({
    hours: [{ id: 'day', zone: 'UTC', weekly: { thu: ['00:00-01:00', '02:00-24:00'] } }],
    queues: [
      { id: 'general', members: ['agent:ana'], serviceLevel },
      { id: 'shut', members: ['agent:ana'], serviceLevel, hours: 'day' },
      { id: 'plain', members: ['agent:ana'] },
    ],
    agents: [{ id: 'ana' }],
  })
  return sessionWorld({ config: compileOmni(queues, botsConfig.parse({})).config })
}

/** Turns the clock to the timer and lets it fire; gives the alarms. */
function atTimer(world: SessionWorld, at: number): string[] {
  world.now = at
  world.timer('objective')
  return world.alarms()
}

void test('a wait is warned of at its share, missed at its end, and neither is said again', async (t) => {
  const world = levelWorld({ wait: '10m', warnAt: 0.8 })
  world.take(['queue:general'])
  const began = world.now
  t.match(world.timersSet(), [{}, { name: 'objective', at: began + 8 * MINUTE }])
  t.same(atTimer(world, began + 8 * MINUTE), ['service-level-at-risk'])
  t.same(world.because, { rule: 'service-level', inputs: { queue: 'general', leg: 1, wait: 'warning' } })
  t.match(world.timersSet(), [{ name: 'objective', at: began + 10 * MINUTE }])
  t.same(atTimer(world, began + 10 * MINUTE), ['service-level-missed'])
  t.match(world.because, { inputs: { wait: 'miss' } })
  t.same(world.timersSet(), [])
  t.same(atTimer(world, began + HOUR), [])
  world.assignTo('ana')
  t.same(world.alarms(), [])
  world.event('session.end', {}, API)
  t.match(world.legs, [{ waitMet: false, waitMs: HOUR }])
})

void test('who is served in time is not warned of, and the timer is taken back', async (t) => {
  const world = levelWorld({ wait: '10m' })
  world.take(['queue:general'])
  world.now += MINUTE
  world.assignTo('ana')
  t.same(world.alarms(), [])
  t.match(world.effects, [{ type: 'timer.cancel', name: 'objective' }])
  world.event('session.end', {}, API)
  t.match(world.legs, [{ waitMet: true }])
})

void test('an answer has a time of its own: the agent is there, and says nothing', async (t) => {
  const world = levelWorld({ wait: '10m', firstResponse: '20m' })
  world.take(['queue:general'])
  const began = world.now
  world.now += MINUTE
  world.assignTo('ana')
  t.same(atTimer(world, began + 8 * MINUTE), [], 'the timer of the wait comes too early for the answer')
  t.match(world.timersSet(), [{ name: 'objective', at: began + 16 * MINUTE }])
  t.same(atTimer(world, began + 16 * MINUTE), ['service-level-at-risk'])
  world.now = began + 20 * MINUTE - 1
  world.event('agent.sent', {}, ANA)
  t.same(world.alarms(), [])
  world.event('session.end', {}, API)
  t.match(world.legs, [{ waitMet: true, responseMet: true, responseMs: 20 * MINUTE - 1 }])
})

void test('what was missed before the timer came is said by whatever comes first, and no warning comes with it', async (t) => {
  const world = levelWorld({ wait: '10m' })
  world.take(['queue:general'])
  world.now += 10 * MINUTE
  world.assignTo('ana')
  t.same(world.alarms(), ['service-level-missed'])
  const other = levelWorld({ wait: '10m' })
  other.take(['queue:general'])
  other.now += 11 * MINUTE
  other.event('session.end', {}, API)
  t.same(other.alarms(), ['service-level-missed'])
  t.match(other.legs, [{ outcome: 'abandoned', waitMet: false }])
})

void test('the clock stands still while the queue is closed, and begins anew in another queue', async (t) => {
  const world = levelWorld({ wait: '10m' })
  world.now = HOUR - 5 * MINUTE // of a Thursday
  world.take(['queue:shut'])
  t.match(world.timersSet(), [{}, { at: 2 * HOUR + 3 * MINUTE }])
  world.now = HOUR
  world.event('session.transfer', { to: 'queue:plain' }, API)
  t.match(world.effects.at(-1), { type: 'timer.cancel', name: 'objective' })
  world.now = 3 * HOUR
  world.event('session.transfer', { to: 'queue:general' }, API)
  t.match(world.timersSet(), [{ name: 'objective', at: 3 * HOUR + 8 * MINUTE }])
})

const happenings: ((world: SessionWorld) => unknown)[] = [
  (w) => w.timer('objective'),
  (w) => w.timer('objective'),
  (w) => w.group('agent.assigned', { agentId: 'ana', queueId: 'general' }),
  (w) => w.event('agent.sent', {}, ANA),
  (w) => w.says('hello'),
  (w) => w.event('session.pause', {}, API),
]

void test('of each objective of a leg a warning and a miss are said once at most, the warning first, and the miss if and only if it was missed', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: happenings.length - 1 }), fc.nat({ max: 12 })), { maxLength: 25 }), (story) => {
      const world = levelWorld({ wait: '10m', firstResponse: '15m', warnAt: 0.5 })
      const said: string[] = []
      const hear = () => {
        for (const effect of world.effects)
          if (effect.type === 'alarm.raise') said.push(`${String(effect.detail['objective'])} ${effect.code}`)
      }
      world.take(['queue:general'])
      for (const [what, minutes] of story) {
        world.now += minutes * MINUTE
        happenings[what]?.(world)
        hear()
      }
      world.event('session.end', {}, API)
      hear()
      return (['wait', 'response'] as const).every((name) => {
        const mine = said.filter((each) => each.startsWith(name)).map((each) => each.split('service-level-')[1])
        const met = name === 'wait' ? world.legs[0]?.waitMet : world.legs[0]?.responseMet
        const order = mine.join(' ')
        return (met === true ? ['', 'at-risk'] : ['missed', 'at-risk missed']).includes(order)
      })
    }),
    { numRuns: 150 },
  )
})
