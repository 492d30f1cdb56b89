// What a newly published configuration, or time, takes away from a conversation under way.
import t from 'tap'
import { compileJourneys, parseJourney } from '@baton/journeys'
import { createWorld, HOUR } from '../world/world.ts'
import type { World } from '../world/world.ts'
import { COUPON, REMINDER, SURVEY } from '../world/journeys.ts'

type Compiled = ReturnType<typeof compileJourneys>

/** Publishes these journeys; runs keep the versions that were published before. */
function publish(world: World, journeys: unknown[]): void {
  const before = world.settings.engines['journeys'] as Compiled
  const definitions = journeys.map((journey) => {
    const parsed = parseJourney(journey)
    if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems))
    return parsed.definition
  })
  const engines = { ...world.settings.engines, journeys: compileJourneys(definitions, [...before.versions.values()]) }
  Object.assign(world.settings, { engines, version: world.settings.version + 1 })
}

const COUPON_20 = { ...COUPON, steps: { ...COUPON.steps, give: { send: { text: 'Your code: SAVE20' }, goto: 'done' } } }

t.test('runs are pinned to their version; a re-entry uses the newest', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  publish(world, [COUPON_20])
  mary.says('yes')
  t.equal(mary.heard().at(-1), 'Your code: SAVE10')
  mary.says('coupon')
  mary.says('yes')
  t.equal(mary.heard().at(-1), 'Your code: SAVE20')
})

t.test('a deleted journey exits its runs, and the message is decided again', async (t) => {
  const world = createWorld({ journeys: [COUPON, SURVEY] })
  const mary = world.customer()
  mary.says('coupon')
  publish(world, [SURVEY])
  mary.says('yes')
  t.match([mary.decided().rule, mary.view().owner], ['default-app', 'service'])
  mary.session('session.end', {})
  t.equal(mary.view().owner, 'none', 'the run does not come back')
})

t.test('after a hand-off the step says what happens when service ends: resume asks on, a branch goes there', async (t) => {
  const handingOff = (onReturn: unknown) => ({
    journey: 'order',
    entry: { keywords: ['order'] },
    start: 'desk',
    steps: {
      desk: { handOff: { to: ['queue:general'], onReturn }, ...(onReturn === 'resume' ? { goto: 'thanks' } : {}) },
      thanks: { send: { text: 'Thank you for waiting.' }, goto: 'done' },
      content: { ask: { text: 'All well?', accept: 'text' }, on: { valid: 'done', timeout: { after: '1h', goto: 'done' } } },
      done: { end: 'completed' },
    },
  })
  for (const [onReturn, owner, heard] of [
    ['exit', 'none', []],
    ['resume', 'none', ['Thank you for waiting.']],
    [{ goto: 'content' }, 'marketing', ['All well?']],
  ] as const) {
    const world = createWorld({ journeys: [handingOff(onReturn)] })
    const mary = world.customer()
    mary.says('order')
    t.equal(mary.view().owner, 'service')
    mary.session('session.end', {})
    t.match([mary.view().owner, mary.heard()], [owner, heard], JSON.stringify(onReturn))
  }
})

t.test(
  'a number that loses its service app keeps no customer waiting: the session ends with an alarm, the message is decided',
  async (t) => {
    const world = createWorld({ journeys: [COUPON] })
    const mary = world.customer()
    mary.says('hello')
    delete world.number.apps.service
    mary.says('coupon')
    t.match([mary.decided().rule, mary.view().owner, mary.view().serviceSession?.status], ['reserved-keyword', 'marketing', 'error'])
    t.ok(world.alarms().includes('service-session-error'))
  },
)

t.test('a number that loses its service app gives its agents back: an offer is withdrawn, and capacity is free', async (t) => {
  const ONE_AT_A_TIME = { queues: [{ id: 'general', members: ['agent:ana'] }], agents: [{ id: 'ana', capacity: 1 }] }
  for (const accepted of [false, true]) {
    const world = createWorld({ queues: ONE_AT_A_TIME })
    const [mary, eve] = [world.customer(), world.customer('eve')]
    const ana = world.agent('ana')
    ana.online()
    mary.says('hello')
    const [offer] = ana.offers()
    if (accepted) ana.accepts()
    const { apps } = world.number
    world.number.apps = {}
    mary.says('anybody?')
    t.equal(mary.view().serviceSession?.status, 'error')
    t.match(ana.accepts(offer), { kind: 'refused', code: 'offer-gone' })
    world.number.apps = apps
    eve.says('hello')
    t.equal(ana.offers().length, 1, 'Eve is offered to the agent who has room again')
  }
})

t.test('the routing group lets go by itself when nothing arrives at the conversation', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  mary.says('hello')
  world.agent('ana').accepts()
  world.number.apps = {}
  world.agent('ben').online()
  t.match([mary.view().owner, mary.view().serviceSession?.status], ['none', 'error'])
  t.ok(world.alarms().includes('service-session-error'))
})

t.test('a number that is taken out of the configuration lists what still arrives as unrouted', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  const eve = world.customer('eve')
  mary.says('hello')
  eve.says('coupon')
  Object.assign(world.settings, { numbers: new Map() })
  mary.says('is anybody there?')
  eve.says('yes')
  t.same(
    [mary, eve].map((who) => who.decided().rule),
    ['unrouted', 'unrouted'],
  )
  t.match([mary.view().serviceSession?.status, mary.view().owner], ['error', 'none'])
})

t.test('a journey that waited for service and may not start any more does not make the end of the session fail', async (t) => {
  const world = createWorld({ journeys: [REMINDER], templates: { 'appointment/en': { status: 'APPROVED', category: 'MARKETING' } } })
  const mary = world.customer()
  mary.says('hello')
  mary.startsJourney('reminder')
  mary.says('stop')
  t.match(mary.session('session.end', {}), { kind: 'done' })
  t.match([mary.view().owner, mary.heard().length], ['none', 1], 'only the confirmation')
  t.ok(world.alarms().includes('journey-not-started'))
})

t.test('a queue that is deleted gives its customers to the number’s entry', async (t) => {
  const QUEUES = {
    queues: [
      { id: 'general', members: ['agent:ana'] },
      { id: 'billing', members: ['agent:ana'] },
    ],
    agents: [{ id: 'ana' }],
  }
  const world = createWorld({ queues: QUEUES })
  const mary = world.customer()
  mary.says('hello')
  mary.session('session.transfer', { to: 'queue:billing' })
  const omni = world.settings.engines['omni'] as { queues: Map<string, unknown> }
  omni.queues.delete('billing')
  world.advance(HOUR)
  world.agent('ana').online()
  t.match([mary.view().owner, mary.participant()], ['service', { kind: 'queue', id: 'general' }])
})
