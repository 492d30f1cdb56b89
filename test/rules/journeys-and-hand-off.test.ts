// Scenarios "Journeys and hand-off".
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import { COUPON, REMINDER, SURVEY } from '../world/journeys.ts'

const APPOINTMENT = { 'appointment/en': { status: 'APPROVED', category: 'MARKETING' } }

t.test('a valid reply is an option id, the same text typed, or what the matcher accepts', async (t) => {
  for (const reply of ['Yes', 'yes!', ' YES ']) {
    const mary = createWorld({ journeys: [COUPON] }).customer()
    mary.says('coupon')
    mary.says(reply)
    t.equal(mary.decision().rule, 'journey-reply', reply)
  }
  const eve = createWorld({ journeys: [SURVEY] }).customer()
  eve.says('survey')
  eve.says('4')
  t.equal(eve.decision().rule, 'journey-reply')
})

t.test('a caption counts as text; a sticker or voice note where text was asked is an invalid reply', async (t) => {
  const world = createWorld({ journeys: [SURVEY] })
  const mary = world.customer()
  mary.says('survey')
  mary.receive({ kind: 'image', media: { id: 'm1' }, caption: '3' })
  t.equal(mary.decision().rule, 'journey-reply')
  const eve = world.customer('eve')
  eve.says('survey')
  eve.receive({ kind: 'sticker', media: { id: 'm2' } })
  t.equal(eve.decision().rule, 'invalid-reply')
  eve.receive({ kind: 'audio', media: { id: 'm3', voice: true } })
  t.match([eve.decided().rule, eve.view().owner], ['invalid-reply', 'service'])
})

t.test('reactions, edits and deletions are stored and change nothing', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  const before = mary.view()
  for (const content of [
    { kind: 'reaction', messageId: 'wamid.1', emoji: '👍' },
    { kind: 'edit', targetId: 'x', content: { kind: 'text', text: 'stop' } },
    { kind: 'revoke', targetId: 'x' },
  ] as const) {
    mary.receive(content)
    t.equal(mary.decision().rule, 'observed')
  }
  t.same(mary.view(), before)
  t.equal(mary.messages().filter((row) => row.direction === 'in').length, 4, 'all four are in the transcript')
})

t.test('the newest prompt holds the reply claim; a reply that quotes an older prompt belongs to that run', async (t) => {
  const world = createWorld({ journeys: [COUPON, SURVEY] })
  const mary = world.customer()
  mary.startsJourney('coupon')
  mary.says('hi')
  const eve = world.customer('eve')
  eve.says('coupon')
  const offer = eve.messages().find((row) => row.direction === 'out')
  eve.startsJourney('survey')
  eve.says('2')
  t.equal(eve.heard().at(-1), 'Thank you!', 'the newest prompt took it')
  eve.says('yes', offer === undefined ? {} : { quoting: offer })
  t.match([eve.decision().rule, eve.heard().at(-1)], ['journey-reply', 'Your code: SAVE10'])
})

t.test('the evidence for where a reply belongs is stored with its strength', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  mary.says('yes')
  t.match(mary.decision().inputs, { facts: { reply: { match: 'valid', evidence: 'sole-wait' } } })
  const eve = world.customer('eve')
  eve.says('coupon')
  eve.presses('yes')
  t.match(eve.decision().inputs, { facts: { reply: { match: 'valid', evidence: 'quoted' } } })
})

t.test('a button of a finished run is treated as an ordinary message, attributed stale', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  const offer = mary.messages().find((row) => row.direction === 'out')
  mary.presses('yes')
  mary.presses('no', offer === undefined ? {} : { quoting: offer })
  t.equal(mary.decided().rule, 'default-app')
  t.match(mary.decided().inputs, { facts: { stale: true } })
})

t.test(
  'a quick reply on a marketing template while an agent is active: service keeps it, the marketing session closes, reminders stop',
  async (t) => {
    const world = createWorld({ journeys: [REMINDER], templates: APPOINTMENT, number: { marketingDuringService: 'any' } })
    const mary = world.customer()
    const ana = world.agent('ana')
    ana.online()
    mary.startsJourney('reminder')
    t.equal(mary.view().marketingSession?.status, 'open')
    mary.says('who is this?')
    world.advance(1)
    const template = mary.messages().find((row) => row.content.kind === 'template')
    ana.writes(mary, 'Hello')
    mary.session('session.transfer', { to: 'agent:ana' })
    ana.accepts()
    t.equal(mary.view().owner, 'service')
    mary.presses('confirm', template === undefined ? {} : { quoting: template, template: true })
    t.match([mary.decision().rule, mary.view().owner], ['open-service-session', 'service'])
    t.match(mary.view().marketingSession, { status: 'closed', closedBy: 'click' })
  },
)

t.test('timers of a run are suspended while service owns; a run that was only suspended goes on when service ends', async (t) => {
  const world = createWorld({ journeys: [SURVEY] })
  const mary = world.customer()
  const ana = world.agent('ana')
  ana.online()
  const slow = {
    journey: 'slow',
    name: 'Slow',
    entry: { keywords: ['slow'] },
    start: 'w',
    steps: { w: { wait: { for: '2h' }, goto: 's' }, s: { send: { text: 'Two hours later.' }, goto: 'e' }, e: { end: 'completed' } },
  }
  const other = createWorld({ journeys: [slow] })
  const eve = other.customer('eve')
  eve.says('slow')
  t.equal(eve.view().owner, 'marketing')
  eve.says('hello?')
  t.match([eve.decided().rule, eve.view().owner], ['default-app', 'service'])
  other.advance(3 * HOUR)
  t.same(eve.heard(), [], 'suspended')
  eve.session('session.end', {})
  t.equal(eve.view().owner, 'marketing', 'the run is back')
  other.advance(2 * HOUR)
  t.same(eve.heard(), ['Two hours later.'])
  mary.says('survey')
})

t.test('a run that service suspended goes on when upstream lets go, though the session ended meanwhile', async (t) => {
  const world = createWorld({ journeys: [SURVEY] })
  const mary = world.customer()
  mary.says('survey')
  world.agent('ana').writes(mary, 'Hello')
  t.equal(mary.view().owner, 'service')
  mary.event({ type: 'upstream.taken', by: 'responder' })
  mary.session('session.end', {})
  t.match([mary.view().owner, mary.view().serviceSession?.status], ['external', 'ended'])
  mary.event({ type: 'upstream.released', by: 'hand-over' })
  t.match([mary.view().owner, mary.decision().rule], ['marketing', 'upstream-released'])
  mary.says('4')
  t.equal(mary.heard().at(-1), 'Thank you!')
})

t.test('after a hand-off the run exits when service ends, and its timers never fire', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  mary.says('what?')
  mary.session('session.end', {})
  t.equal(mary.view().owner, 'none')
  world.advance(48 * HOUR)
  t.notOk(mary.heard().includes('Another time, then.'))
})

/** Hands off to a bot, and when that gives the customer back, to people. */
const DESK = {
  journey: 'desk',
  entry: { keywords: ['desk'] },
  start: 'first',
  steps: {
    first: { handOff: { to: ['bot:faq'], onReturn: { goto: 'second' } } },
    second: { handOff: { to: ['queue:general'] } },
  },
}

/** Asks, and hands off where the question does not reach the customer. */
const REACH = {
  journey: 'reach',
  entry: { keywords: ['reach'] },
  start: 'desk',
  steps: {
    desk: { handOff: { to: ['queue:general'], onReturn: { goto: 'well' } } },
    well: { ask: { text: 'All well?' }, on: { valid: 'done', deliveryFailed: { handOff: ['queue:general'] } } },
    done: { end: 'completed' },
  },
}

t.test('a run that hands off again when service gives the conversation back opens a new session', async (t) => {
  const mary = createWorld({ journeys: [DESK] }).customer()
  mary.says('desk')
  t.match([mary.view().owner, mary.participant()?.kind], ['service', 'bot'])
  mary.session('session.end', {})
  t.match([mary.view().owner, mary.participant()], ['service', { kind: 'queue', id: 'general' }])
  t.same(
    mary.view().serviceSessions.map(({ status }) => status),
    ['ended', 'waiting'],
  )
  t.match(
    mary.decisions().find(({ rule }) => rule === 'service-ended'),
    { ownerAfter: 'service', inputs: { also: ['journey-handed-off'] } },
  )
  mary.session('session.end', {})
  t.equal(mary.view().owner, 'none')
})

t.test('a question that is refused after service, as the reply window is closed, may hand off to service again', async (t) => {
  const world = createWorld({ journeys: [REACH] })
  const mary = world.customer()
  mary.says('reach')
  world.advance(24 * HOUR)
  t.same([mary.view().owner, mary.heard()], ['service', []])
  t.match(mary.view().serviceSessions, [{ status: 'ended' }, { status: 'waiting', openedBy: 'prompt-undelivered' }])
})

t.test('so may one that turns out not to have been delivered while service had the conversation', async (t) => {
  const world = createWorld({ journeys: [{ ...REACH, start: 'well' }] })
  const mary = world.customer()
  mary.says('reach')
  world.agent('ana').writes(mary, 'Hello')
  const row = mary.messages().find(({ ref }) => ref !== undefined)
  mary.event({
    type: 'send.failed',
    messageId: row?.id ?? '',
    author: { kind: 'journey', id: 'reach' },
    ref: row?.ref ?? '',
    code: '131026',
    reason: 'undeliverable',
  })
  world.agent('ana').ends(mary)
  t.match(mary.view().serviceSessions, [{ status: 'ended' }, { status: 'waiting', openedBy: 'prompt-undelivered' }])
})

t.test('a run that hands off on and on, to where nobody takes it, is stopped with an alarm', async (t) => {
  const circle = { ...DESK, steps: { first: { handOff: { to: ['queue:gone'], onReturn: { goto: 'first' } } } } }
  const world = createWorld({ journeys: [circle], number: { serviceSessions: { entry: [] } } })
  const mary = world.customer()
  mary.says('desk')
  t.match([mary.view().owner, world.alarms().filter((code) => code === 'service-error-unowned').length], ['none', 2])
})

t.test('a prompt that fails to deliver gives its step a delivery-failed event, and releases the claim', async (t) => {
  const world = createWorld({ journeys: [REMINDER], templates: APPOINTMENT })
  const mary = world.customer()
  mary.startsJourney('reminder')
  const row = mary.messages().find((message) => message.content.kind === 'template')
  mary.event({
    type: 'send.failed',
    messageId: row?.id ?? '',
    author: row?.author ?? { kind: 'journey', id: '' },
    ref: row?.ref ?? '',
    code: '131026',
    reason: 'undeliverable',
  })
  t.equal(mary.view().owner, 'none')
  mary.says('confirm')
  t.equal(mary.decided().rule, 'default-app')
})

t.test('a step that nobody answers takes its time-out branch', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  world.advance(22 * HOUR)
  t.equal(mary.heard().length, 1)
  world.advance(2 * HOUR)
  t.equal(mary.heard().at(-1), 'Another time, then.')
  t.match([mary.view().owner, mary.decision().rule], ['none', 'journey-ended'])
})

t.test('two quick messages: the second is decided against the state the first left behind', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon', { hold: true })
  mary.says('yes', { hold: true })
  world.settle()
  t.same(mary.heard(), ['10 % off today. Want it?', 'Your code: SAVE10'])
  t.same(
    mary.decisions().map((decision) => decision.rule),
    ['reserved-keyword', 'journey-reply'],
  )
})
