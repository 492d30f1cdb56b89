// "Runs are pinned to their version; a re-entry uses the newest; a paused journey holds replies and resumes, up to a maximum
// age; a deleted journey exits its runs and the message is decided again."
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import type { Customer, World } from '../world/world.ts'
import { COUPON, REMINDER, SURVEY } from '../world/journeys.ts'

const paused = (journey: typeof COUPON | typeof SURVEY | typeof REMINDER, pause?: Record<string, unknown>) => ({
  ...journey,
  status: 'paused',
  ...(pause === undefined ? {} : { pause }),
})
const APPOINTMENT = { 'appointment/en': { status: 'APPROVED', category: 'MARKETING' } }

/** Mary was asked the coupon's question, and then the journey was paused. */
function midway(pause?: Record<string, unknown>, number = {}): { world: World; mary: Customer } {
  const world = createWorld({ journeys: [COUPON, SURVEY], number })
  const mary = world.customer()
  mary.says('coupon')
  world.publish([paused(COUPON, pause), SURVEY])
  return { world, mary }
}

t.test('a run keeps the version it started with, and a re-entry uses the newest', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  const newer = { ...COUPON, steps: { ...COUPON.steps, give: { send: { text: 'Your code: SAVE20' }, goto: 'done' } } }
  world.publish([newer])
  mary.says('yes')
  mary.says('coupon')
  mary.says('yes')
  t.same(mary.heard(), ['10 % off today. Want it?', 'Your code: SAVE10', '10 % off today. Want it?', 'Your code: SAVE20'])
})

t.test('pausing, resuming and retiring make no new version: runs and results stay together', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const versionsOf = () => [...(world.settings.engines['journeys'] as { versions: Map<string, unknown> }).versions.keys()]
  const [version] = versionsOf()
  for (const status of ['paused', 'active', 'retired']) {
    world.publish([{ ...COUPON, status, pause: { maxAge: '2h' } }])
    t.same(versionsOf(), [version], status)
  }
})

t.test('a reply to a paused journey is kept, explained, and answered when the journey goes on', async (t) => {
  const { world, mary } = midway()
  mary.says('yes')
  t.match([mary.decision().rule, mary.view().owner, mary.heard().length], ['journey-paused', 'marketing', 1])
  t.match(mary.decision().inputs, { facts: { reply: { match: 'valid', paused: { journey: 'coupon', until: world.now() + 12 * HOUR } } } })
  world.advance(3 * HOUR)
  t.equal(mary.heard().length, 1, 'nothing is said while it is paused')
  const answered = mary.messages().find((row) => row.direction === 'in' && row.content.kind === 'text' && row.content.text === 'yes')
  world.publish([COUPON, SURVEY])
  t.equal(mary.heard().at(-1), 'Your code: SAVE10')
  t.match(mary.decision(), { event: { type: 'timer.fired' }, rule: 'journey-reply', ownerBefore: 'marketing', ownerAfter: 'none' })
  t.match(mary.decision().inputs, { brought: [{ messageId: answered?.id, rule: 'journey-reply' }] })
})

t.test('several replies are applied in their order, each against the state the one before left behind', async (t) => {
  const world = createWorld({ journeys: [SURVEY] })
  const mary = world.customer()
  mary.says('survey')
  world.publish([paused(SURVEY)])
  mary.says('many')
  mary.says('4')
  world.publish([SURVEY])
  t.same(mary.heard(), ['How many stars, 1 to 5?', 'A number from 1 to 5, please.', 'Thank you!'])
  t.match(mary.decision().inputs, { brought: [{ rule: 'invalid-reply' }, { rule: 'journey-reply' }] })
})

t.test('a message that comes before anybody noticed that the journey goes on does not overtake what was kept', async (t) => {
  const world = createWorld({ journeys: [SURVEY] })
  const mary = world.customer()
  mary.says('survey')
  world.publish([paused(SURVEY)])
  mary.says('many')
  world.publish([SURVEY], { wakes: false })
  mary.says('4')
  t.same(mary.heard(), ['How many stars, 1 to 5?', 'A number from 1 to 5, please.', 'Thank you!'])
  t.match(mary.decision(), {
    rule: 'journey-reply',
    inputs: { outdated: ['survey: journey-resumed'], brought: [{ rule: 'invalid-reply' }] },
  })
})

t.test('the customer is told once that it takes a while, where the journey says so', async (t) => {
  const { world, mary } = midway({ reply: 'One moment, please.' })
  mary.says('hm')
  mary.says('yes')
  t.same(mary.heard().slice(1), ['One moment, please.'])
  world.publish([COUPON, SURVEY])
  t.equal(mary.view().owner, 'service')
  t.ok(
    mary.decisions().some(({ rule }) => rule === 'invalid-reply'),
    'the first reply was invalid, as it would have been',
  )
})

t.test('at the maximum age the run ends with an alarm, and what was kept is decided again', async (t) => {
  const { world, mary } = midway({ maxAge: '2h' })
  mary.says('yes')
  world.advance(HOUR)
  mary.says('hello?')
  world.advance(HOUR - 1)
  t.match([mary.view().owner, world.alarms()], ['marketing', []])
  world.advance(1)
  t.match([mary.led().rule, mary.led().ownerAfter], ['default-app', 'service'])
  t.match(mary.led().inputs, { brought: [{ rule: 'default-app' }, { rule: 'open-service-session' }] })
  t.match([mary.view().owner, mary.participant()], ['service', { kind: 'queue', id: 'general' }], 'somebody has the customer')
  t.same(world.alarms(), ['journey-paused-too-long'])
})

t.test('at the maximum age without service the message gets the number’s answer, or an alarm: it is not dropped', async (t) => {
  const only = { apps: { marketing: 'journeys' } }
  const answered = midway({ maxAge: '2h' }, only)
  answered.mary.says('yes')
  answered.world.advance(2 * HOUR)
  t.match([answered.mary.decision().rule, answered.mary.heard().length], ['unmatched', 2])
  const ignored = midway({ maxAge: '2h' }, { ...only, incoming: { unmatched: 'ignore' } })
  ignored.mary.says('yes')
  ignored.world.advance(2 * HOUR)
  t.same(ignored.world.alarms(), ['journey-paused-too-long', 'unmatched-message'])
})

t.test('nobody enters a paused or retired journey: the keyword is decided as if it were no keyword, and the record says why', async (t) => {
  for (const status of ['paused', 'retired']) {
    const world = createWorld({ journeys: [{ ...COUPON, status }] })
    const mary = world.customer()
    mary.says('coupon')
    t.match([mary.decided().rule, mary.view().owner], ['default-app', 'service'], status)
    t.match(mary.decided().inputs, { facts: { withheld: { entry: { id: 'coupon', by: 'keyword' }, code: `journey-${status}` } } })
    t.match(world.customer('eve').startsJourney('coupon'), { kind: 'refused', code: `journey-${status}` })
  }
})

t.test('whoever is in a retired journey finishes it', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  world.publish([{ ...COUPON, status: 'retired' }])
  mary.says('yes')
  t.match([mary.heard().at(-1), mary.decision().rule], ['Your code: SAVE10', 'journey-reply'])
})

t.test('a step that comes due while the journey is paused waits, and happens when it goes on', async (t) => {
  const { world, mary } = midway()
  world.advance(23 * HOUR)
  t.same(mary.heard().length, 1)
  world.advance(30 * 60_000)
  world.publish([COUPON, SURVEY])
  t.same(mary.heard().slice(1), ['Another time, then.'])
})

t.test('a step that waited too long does not happen at all', async (t) => {
  const { world, mary } = midway({ maxAge: '1h' })
  world.advance(24 * HOUR)
  t.same(world.alarms(), ['journey-paused-too-long'])
  t.match([mary.view().owner, mary.heard().length], ['none', 1])
  world.publish([COUPON, SURVEY])
  t.same(mary.heard().length, 1)
})

t.test('a reply goes before a time-out that came first while the journey was paused', async (t) => {
  const { world, mary } = midway()
  world.advance(23 * HOUR)
  mary.says('yes')
  world.publish([COUPON, SURVEY])
  t.same(mary.heard().slice(1), ['Your code: SAVE10'])
})

t.test('a paused journey keeps nobody from a person, from another journey, or from opting out', async (t) => {
  const asksForHelp = midway({}, { incoming: { supportPhrases: ['agent'] } })
  asksForHelp.mary.says('yes')
  asksForHelp.mary.says('agent')
  t.match([asksForHelp.mary.led().rule, asksForHelp.mary.view().owner], ['support-request', 'service'])
  const changesMind = midway()
  changesMind.mary.says('hm')
  changesMind.mary.says('survey')
  t.match([changesMind.mary.decision().rule, changesMind.mary.heard().at(-1)], ['keyword-over-journey', 'How many stars, 1 to 5?'])
  const optsOut = midway()
  optsOut.mary.says('yes')
  optsOut.mary.says('stop')
  t.match([optsOut.mary.decision().rule, optsOut.mary.view().owner], ['consent', 'none'])
  for (const { world, mary } of [asksForHelp, changesMind, optsOut]) {
    const before = mary.heard()
    world.publish([COUPON, SURVEY])
    world.advance(13 * HOUR)
    t.same(mary.heard(), before, 'what was kept is not brought after what the customer did next')
  }
})

t.test('what was kept is let go of as soon as somebody else has the conversation', async (t) => {
  const keptBy = (mary: Customer) => (mary.actor.state as { heldReplies?: unknown[] }).heldReplies?.length ?? 0
  for (const [who, take] of Object.entries({
    'a person who was asked for': (mary: Customer) => mary.says('agent'),
    'an agent who writes': (mary: Customer, world: World) => world.agent('ana').writes(mary, 'Let me see'),
    upstream: (mary: Customer) => mary.event({ type: 'upstream.taken', by: 'responder' }),
  })) {
    const { world, mary } = midway({}, { incoming: { supportPhrases: ['agent'] } })
    mary.receive({ kind: 'sticker', media: { id: 'm' } })
    t.equal(keptBy(mary), 1)
    take(mary, world)
    t.not(mary.view().owner, 'marketing', who)
    t.equal(keptBy(mary), 0, who)
  }
  const world = createWorld({ journeys: [COUPON, REMINDER], templates: APPOINTMENT })
  const mary = world.customer()
  mary.says('coupon')
  world.publish([paused(COUPON), REMINDER])
  mary.presses('yes')
  mary.startsJourney('reminder')
  mary.says('what is this?')
  t.match([mary.view().owner, keptBy(mary)], ['service', 0], 'service, to which another journey handed off')
})

t.test('what was kept is decided again also when somebody or an event ends the run', async (t) => {
  const ends: Record<string, (mary: Customer) => unknown> = {
    somebody: (mary) => {
      const run = mary.runs()[0]?.id ?? ''
      return mary.event({ type: 'run.changeRequested', run, change: { kind: 'exit' }, by: { kind: 'api', id: 'test' } })
    },
    event: (mary) => mary.event({ type: 'engine.event', side: 'marketing', name: 'order.paid', data: {} }),
  }
  for (const [who, end] of Object.entries(ends)) {
    const coupon = { ...COUPON, exit: { events: ['order.paid'] } }
    const world = createWorld({ journeys: [coupon] })
    const mary = world.customer()
    mary.says('coupon')
    world.publish([paused(coupon)])
    mary.says('yes')
    t.same(end(mary), { kind: 'done' }, who)
    t.match(mary.led(), { rule: 'default-app', ownerBefore: 'marketing', ownerAfter: 'service' }, who)
    t.match(mary.led().inputs, { brought: [{ rule: 'default-app' }], also: ['service-changed', 'journey-ended'] }, who)
  }
})

t.test('a message that ends the run for which another was kept has its own record, and the other is decided after it', async (t) => {
  const coupon = { ...COUPON, exit: { if: 'has(contact.sold)' } }
  const buy = {
    journey: 'buy',
    entry: { keywords: ['buy'] },
    start: 'which',
    steps: {
      which: { ask: { text: 'Which?', interruptible: 'never' }, on: { valid: 'sold' } },
      sold: { set: { attributes: { sold: true } }, goto: 'done' },
      done: { end: 'completed' },
    },
  }
  const world = createWorld({ journeys: [coupon, buy] })
  const mary = world.customer()
  mary.says('coupon')
  mary.startsJourney('buy')
  const question = mary.messages().findLast(({ direction }) => direction === 'out')
  const offer = mary.messages().find(({ direction }) => direction === 'out')
  world.publish([paused(coupon), buy])
  mary.says('yes', offer === undefined ? {} : { quoting: offer })
  t.equal(mary.decision().rule, 'journey-paused')
  mary.says('a lamp', question === undefined ? {} : { quoting: question })
  t.match(mary.decided(), { rule: 'journey-reply', inputs: { facts: { reply: { match: 'valid' } }, brought: [{ rule: 'default-app' }] } })
  t.equal(mary.view().owner, 'service')
})

t.test('a press of a template that was kept closes the marketing session it came in, and no later one', async (t) => {
  const templates = { ...APPOINTMENT, 'news/en': { status: 'APPROVED', category: 'MARKETING' } }
  const world = createWorld({ journeys: [REMINDER], templates })
  const mary = world.customer()
  mary.startsJourney('reminder')
  world.publish([paused(REMINDER)])
  mary.presses('confirm')
  t.match(mary.view().marketingSession, { status: 'closed', closedBy: 'click' })
  const content = { kind: 'template', name: 'news', language: 'en' } as const
  mary.event({ type: 'send.requested', content, purpose: 'marketing', by: { kind: 'campaign', id: 'c1' } })
  t.equal(mary.view().marketingSession?.status, 'open')
  world.publish([REMINDER])
  t.match([mary.heard().at(-1), mary.view().marketingSession], ['See you then.', { status: 'open' }])
})

t.test('a reply that was kept answers its own question, also when another was asked since', async (t) => {
  const { world, mary } = midway()
  mary.says('yes')
  mary.startsJourney('survey')
  world.publish([COUPON, SURVEY])
  t.equal(mary.heard().at(-1), 'Your code: SAVE10')
  mary.says('4')
  t.equal(mary.heard().at(-1), 'Thank you!')
})

t.test('a return from service, and a question that was not delivered, wait for the paused journey too', async (t) => {
  const order = {
    journey: 'order',
    entry: { keywords: ['order'] },
    start: 'desk',
    steps: {
      desk: { handOff: { to: ['queue:general'], onReturn: { goto: 'thanks' } } },
      thanks: { send: { text: 'Well?' }, goto: 'done' },
      done: { end: 'completed' },
    },
  }
  const world = createWorld({ journeys: [order] })
  const mary = world.customer()
  mary.says('order')
  world.publish([{ ...order, status: 'paused' }])
  mary.session('session.end', {})
  t.match([mary.view().owner, mary.heard()], ['marketing', []])
  world.publish([order])
  t.match([mary.view().owner, mary.heard()], ['none', ['Well?']])

  const reminders = createWorld({ journeys: [REMINDER], templates: APPOINTMENT })
  const eve = reminders.customer('eve')
  eve.startsJourney('reminder')
  reminders.publish([paused({ ...REMINDER, steps: REMINDER.steps })])
  const row = eve.messages().at(-1)
  eve.event({
    type: 'send.failed',
    messageId: row?.id ?? '',
    author: { kind: 'journey', id: 'reminder' },
    ref: row?.ref ?? '',
    code: '131026',
    reason: 'no',
  })
  t.equal(eve.view().owner, 'marketing')
  reminders.publish([REMINDER])
  t.match([eve.view().owner, reminders.alarms()], ['none', []], 'its deliveryFailed branch was taken')
})

t.test('a deleted journey exits its runs, and the reply to it is decided again', async (t) => {
  const world = createWorld({ journeys: [COUPON, SURVEY] })
  const mary = world.customer()
  mary.says('coupon')
  world.publish([SURVEY])
  mary.says('yes')
  t.match([mary.led().rule, mary.view().owner], ['default-app', 'service'])
  t.match(mary.led().inputs, { outdated: ['coupon: journey-deleted'], also: ['service-changed', 'journey-ended'] })
})

t.test('a deleted journey lets a keyword start another at once', async (t) => {
  const world = createWorld({ journeys: [COUPON, SURVEY] })
  const mary = world.customer()
  mary.says('coupon')
  world.publish([SURVEY])
  mary.says('survey')
  t.match([mary.decision().rule, mary.heard().at(-1)], ['reserved-keyword', 'How many stars, 1 to 5?'])
})

t.test('a journey deleted while it was paused has what was kept decided again, oldest first', async (t) => {
  const { world, mary } = midway()
  mary.says('yes')
  mary.says('still there?')
  world.publish([SURVEY])
  t.match(mary.led().inputs, { brought: [{ rule: 'default-app' }, { rule: 'open-service-session' }] })
  t.match([mary.led().rule, mary.view().owner, mary.participant()], ['default-app', 'service', { kind: 'queue' }])
})

t.test('whoever writes without end to a paused journey gets to service', async (t) => {
  const { mary } = midway()
  for (let n = 0; n < 50; n += 1) mary.says(`hello ${n}`)
  t.equal(mary.view().owner, 'marketing')
  mary.says('hello?')
  t.match([mary.led().rule, mary.view().owner], ['default-app', 'service'])
})
