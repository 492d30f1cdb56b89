// The table "order of decision for one inbound customer message", a test a row.
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import { COUPON, SURVEY, DEFAULT_MARKETING, ONLY_MARKETING } from '../world/journeys.ts'

t.test('0: the reply window closes 24 hours after the latest message by the provider’s clock, and never moves back', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('hello', { at: world.now() - HOUR })
  t.equal(mary.view().replyWindow.closesAt, world.now() + 23 * HOUR)
  mary.says('older, but later', { at: world.now() - 2 * HOUR })
  t.equal(mary.view().replyWindow.closesAt, world.now() + 23 * HOUR)
})

t.test('0: two messages that wait together are decided in the order in which they were written', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('yes', { at: world.now() - 1000, hold: true })
  mary.says('coupon', { at: world.now() - 2000, hold: true })
  world.settleInOrder()
  t.same(
    mary.decisions().map((decision) => decision.rule),
    ['reserved-keyword', 'journey-reply'],
  )
})

t.test('1 consent: an opt-out beats every keyword and reply option, is confirmed once, and ends every marketing run', async (t) => {
  const world = createWorld({ journeys: [SURVEY] })
  const mary = world.customer()
  mary.says('survey')
  mary.says('Stop!')
  t.equal(mary.decision().rule, 'consent')
  t.equal(mary.view().consent.marketing, 'out')
  t.match(mary.view().consent.proof, { text: 'Stop!', source: 'message' })
  t.equal(mary.heard().at(-1), 'You will get no more offers.')
  t.equal(mary.view().owner, 'none')
  world.advance(48 * HOUR)
  t.equal(mary.heard().length, 2, 'no reminder of the run that was left')
})

t.test('1 consent: an open service session stays open and its agent is told', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  mary.says('help me please')
  world.agent('ana').accepts()
  mary.says('STOP')
  t.equal(mary.decision().rule, 'consent')
  t.match(mary.view(), { owner: 'service', serviceSession: { status: 'active' }, consent: { marketing: 'out' } })
  t.ok(mary.messages().some((row) => row.direction === 'note' && JSON.stringify(row.content).includes('opted out')))
})

t.test('1 consent: an agent whose session upstream has interrupted is told of an opt-out too', async (t) => {
  const mary = createWorld().customer()
  mary.says('hello')
  mary.event({ type: 'upstream.taken', by: 'meta-agent' })
  mary.says('stop')
  t.match([mary.decision().rule, mary.view().owner, mary.view().consent.marketing], ['consent', 'external', 'out'])
  t.match(
    mary.messages().find((row) => row.direction === 'note'),
    {
      content: { text: 'The customer opted out of marketing messages.' },
      session: { kind: 'service', id: mary.view().serviceSession?.id },
    },
  )
})

t.test('1 consent: opt-in and help words are answered too', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('start')
  t.match([mary.decision().rule, mary.view().consent.marketing, mary.heard().at(-1)], ['consent', 'in', 'Welcome back.'])
  mary.says('HELP')
  t.match([mary.decision().rule, mary.view().consent.marketing, mary.view().owner], ['consent', 'in', 'none'])
})

t.test('2 blocked: the message is stored and nobody acts', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.event({ type: 'contact.blocked' })
  mary.says('coupon')
  t.equal(mary.decision().rule, 'blocked')
  t.equal(mary.view().owner, 'none')
  t.same(mary.heard(), [])
  t.equal(mary.messages().length, 1)
})

t.test('3 upstream-owner: a standby message is observed only, and runs pause until the thread is released', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  mary.says('yes', { standby: true })
  t.equal(mary.decision().rule, 'upstream-owner')
  t.equal(mary.view().owner, 'external')
  mary.says('yes')
  t.equal(mary.decision().rule, 'upstream-owner')
  t.equal(mary.heard().length, 1, 'Baton is silent while somebody else holds the thread')
  mary.event({ type: 'upstream.released', by: 'take' })
  t.equal(mary.view().owner, 'marketing')
  mary.says('yes')
  t.equal(mary.decision().rule, 'journey-reply')
})

t.test('3 upstream-owner: an echo from the phone app takes the thread, inactivity gives it back', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.event({
    type: 'echo.received',
    message: { providerId: 'e1', at: world.now(), content: { kind: 'text', text: 'Hi, Joe here' } },
    to: {},
    source: 'phone-app',
  })
  t.equal(mary.view().owner, 'external')
  t.match(mary.messages()[0], { direction: 'out', author: { kind: 'external', id: 'phone-app' } })
  world.advance(25 * HOUR)
  t.match([mary.view().owner, mary.decision().rule], ['none', 'upstream-released'])
})

t.test('3 upstream-owner: a service session comes back from upstream, and goes on with the customer’s next message', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  mary.says('hi')
  world.agent('ana').accepts()
  mary.event({ type: 'upstream.taken', by: 'meta-agent' })
  t.equal(mary.view().owner, 'external')
  mary.event({ type: 'upstream.released', by: 'hand-over' })
  t.equal(mary.view().owner, 'service')
  mary.says('are you there?')
  t.match(mary.view(), { owner: 'service', serviceSession: { status: 'active' } })
})

t.test('4 open-service-session: service keeps a reserved keyword, and the record says what would have changed it', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('I need help with my order')
  const session = mary.view().serviceSession?.id
  mary.says('coupon')
  t.equal(mary.decision().rule, 'open-service-session')
  t.equal(mary.view().owner, 'service')
  t.match(mary.decision().counterfactual, {
    rule: 'reserved-keyword',
    owner: 'marketing',
    text: `would have gone to marketing (reserved-keyword) had service session ${session} been ended`,
  })
})

t.test('4 open-service-session: the agent sees that the customer sent a keyword', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('I need help')
  mary.says('coupon')
  const note = mary.messages().find((row) => row.direction === 'note')
  t.match(note?.content, { kind: 'note', data: { keyword: 'coupon', journey: 'coupon' } })
})

t.test('5a journey-reply: a valid reply to the claim carries the run on', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  mary.presses('yes')
  t.equal(mary.decision().rule, 'journey-reply')
  t.equal(mary.heard().at(-1), 'Your code: SAVE10')
  t.equal(mary.view().owner, 'none', 'the run has ended')
})

t.test('5b support-request: a support phrase hands off to service', async (t) => {
  const world = createWorld({ journeys: [COUPON], number: { incoming: { supportPhrases: ['agent'] } } })
  const mary = world.customer()
  mary.says('coupon')
  mary.says('Agent?')
  t.match([mary.decided().rule, mary.view().owner, mary.view().serviceSession?.status], ['support-request', 'service', 'waiting'])
})

t.test('5c keyword-over-journey: another journey’s keyword supersedes a run whose step may be interrupted', async (t) => {
  const world = createWorld({ journeys: [COUPON, SURVEY] })
  const mary = world.customer()
  mary.says('coupon')
  mary.says('survey')
  t.equal(mary.decision().rule, 'keyword-over-journey')
  t.equal(mary.heard().at(-1), 'How many stars, 1 to 5?')
  mary.says('5')
  t.equal(mary.decision().rule, 'journey-reply')
})

t.test('5c keyword-over-journey: never interrupts a step that says so; then it is an invalid reply', async (t) => {
  const stubborn = structuredClone(COUPON) as { steps: { offer: { ask: Record<string, unknown> } } }
  stubborn.steps.offer.ask['interruptible'] = 'never'
  const world = createWorld({ journeys: [stubborn, SURVEY] })
  const mary = world.customer()
  mary.says('coupon')
  mary.says('survey')
  t.equal(mary.decided().rule, 'invalid-reply')
})

t.test('5d invalid-reply: hands off to the step’s bot and queue inside one service session, with what was answered', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  mary.says('what is this about?')
  t.equal(mary.decided().rule, 'invalid-reply')
  t.match([mary.decided().ownerBefore, mary.decided().ownerAfter], ['marketing', 'service'])
  t.equal(mary.heard().at(-1), 'Bot: how can I help?')
  t.equal(world.botTurns[0]?.target, 'faq')
  t.equal(mary.view().serviceSessions.length, 1)
  t.match(mary.view().serviceSession?.handOff, { targets: ['bot:faq', 'queue:general'], journey: { id: 'coupon' } })
})

t.test('5d invalid-reply: re-prompts up to the step’s retries before it hands off', async (t) => {
  const world = createWorld({ journeys: [SURVEY] })
  const mary = world.customer()
  mary.says('survey')
  mary.says('lovely')
  t.match([mary.decision().rule, mary.view().owner, mary.heard().at(-1)], ['invalid-reply', 'marketing', 'A number from 1 to 5, please.'])
  mary.says('really')
  t.match([mary.decided().rule, mary.view().owner], ['invalid-reply', 'service'])
})

t.test('6 reserved-keyword: starts its journey when no service session is open', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('  ¡Coupon! 🎉')
  t.match([mary.decision().rule, mary.view().owner], ['reserved-keyword', 'marketing'])
})

t.test('7 default-app: service by default; marketing when the number says so; the only one when one is connected', async (t) => {
  const service = createWorld({ journeys: [COUPON] }).customer()
  service.says('hello')
  t.match([service.decided().rule, service.view().owner], ['default-app', 'service'])
  const any = {
    journey: 'greet',
    name: 'Greet',
    entry: { any: true },
    start: 'hi',
    steps: { hi: { send: { text: 'Hi!' }, goto: 'end' }, end: { end: 'completed' } },
  }
  const marketing = createWorld({ journeys: [any], number: DEFAULT_MARKETING }).customer()
  marketing.says('hello')
  t.match([marketing.decision().rule, marketing.heard()], ['default-app', ['Hi!']])
  const only = createWorld({ number: { apps: { service: 'omni' }, incoming: { defaultApp: 'marketing' } } }).customer()
  only.says('hello')
  t.match([only.decided().rule, only.view().owner], ['default-app', 'service'])
})

t.test('8 unmatched: default marketing and no journey: service, an automatic reply, or an alarm', async (t) => {
  const toService = createWorld({ journeys: [COUPON], number: DEFAULT_MARKETING }).customer()
  toService.says('hello')
  t.match([toService.decided().rule, toService.view().owner], ['unmatched', 'service'])
  const reply = createWorld({ journeys: [COUPON], number: ONLY_MARKETING }).customer()
  reply.says('hello')
  t.match([reply.decision().rule, reply.view().owner, reply.heard().length], ['unmatched', 'none', 1])
  const world = createWorld({ journeys: [COUPON], number: { incoming: { defaultApp: 'marketing', unmatched: 'ignore' } } })
  const ignored = world.customer()
  ignored.says('hello')
  t.match([ignored.decision().rule, ignored.heard().length, world.alarms()], ['unmatched', 0, ['unmatched-message']])
})

t.test('8 unmatched: an automatic reply that may not be sent any more raises an alarm', async (t) => {
  const world = createWorld({ journeys: [COUPON], number: { incoming: { defaultApp: 'marketing', unmatched: 'autoReply' } } })
  const mary = world.customer()
  mary.says('hello', { at: world.now() - 26 * HOUR })
  t.same([mary.decision().rule, mary.heard(), world.alarms()], ['unmatched', [], ['send-refused']])
})

t.test('9 unrouted: with no app connected the message is kept and an alarm raised', async (t) => {
  const world = createWorld({ number: { apps: {} } })
  const mary = world.customer()
  mary.says('hello')
  t.match([mary.decision().rule, mary.view().owner, world.alarms()], ['unrouted', 'none', ['unrouted-message']])
  t.equal(mary.messages().length, 1)
})
