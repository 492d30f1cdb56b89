// Scenarios "Sends".
import type { ConversationEvent } from '@baton/router'
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import type { Customer } from '../world/world.ts'
import { COUPON, REMINDER } from '../world/journeys.ts'

const template = { kind: 'template', name: 'news', language: 'en' } as const
const api = { kind: 'api', id: 'test' } as const
const APPROVED = {
  'news/en': { status: 'APPROVED', category: 'MARKETING' },
  'appointment/en': { status: 'APPROVED', category: 'MARKETING' },
}

t.test('a free-form message outside the window is refused with a reason; a template goes', async (t) => {
  const mary = createWorld({ templates: APPROVED }).customer()
  t.match(mary.event({ type: 'send.requested', content: { kind: 'text', text: 'hi' }, purpose: 'service', by: api }), {
    kind: 'refused',
    code: 'window-closed',
  })
  t.match(mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api }), { kind: 'done' })
})

t.test('the window is closed exactly 24 hours after the last message: open iff now < timestamp + 24 h', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('hi')
  world.advance(24 * HOUR - 1)
  t.equal(mary.view().replyWindow.open, true)
  world.advance(1)
  t.equal(mary.view().replyWindow.open, false)
  t.match(mary.event({ type: 'send.requested', content: { kind: 'text', text: 'hi' }, purpose: 'service', by: api }), {
    code: 'window-closed',
  })
})

t.test('the gate closes a little before the window does, so that nothing arrives too late', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('hi')
  world.advance(24 * HOUR - 1000)
  t.match(mary.event({ type: 'send.requested', content: { kind: 'text', text: 'hi' }, purpose: 'service', by: api }), {
    code: 'window-closed',
  })
})

t.test('outbound never extends the window; each customer message does', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('7:30 pm')
  world.advance(HOUR / 2)
  mary.says('8 pm')
  world.advance(HOUR)
  mary.event({ type: 'send.requested', content: { kind: 'text', text: 'answer' }, purpose: 'service', by: api })
  t.equal(mary.view().replyWindow.closesAt, world.now() + 23 * HOUR)
})

t.test('marketing to a customer who opted out is refused, whatever the sender calls it', async (t) => {
  const mary = createWorld({ templates: APPROVED }).customer()
  mary.says('stop')
  for (const purpose of ['marketing', 'utility'] as const)
    t.match(mary.event({ type: 'send.requested', content: template, purpose, by: api }), { kind: 'refused', code: 'opted-out' })
})

t.test('an opted-out customer may still be sent a journey that is no marketing, and no other', async (t) => {
  const appointment = { ...REMINDER, journey: 'appointment', purpose: 'utility' }
  const templates = { 'appointment/en': { status: 'APPROVED', category: 'UTILITY' } }
  const mary = createWorld({ journeys: [REMINDER, appointment], templates }).customer()
  mary.says('stop')
  t.match(mary.startsJourney('reminder'), { kind: 'refused', code: 'journey-opted-out' })
  t.equal(mary.startsJourney('appointment').kind, 'done')
  t.same(mary.heard().slice(1), ['template appointment'])
})

t.test('an opted-out customer who sends a keyword gets no marketing message', async (t) => {
  const mary = createWorld({ journeys: [COUPON] }).customer()
  mary.says('stop')
  mary.says('coupon')
  t.equal(mary.heard().length, 1, 'only the confirmation of the opt-out')
  t.not(mary.view().owner, 'marketing')
})

t.test('an opt-out recalls marketing that has not left yet, each time it is one', async (t) => {
  const world = createWorld({ templates: APPROVED })
  const mary = world.customer()
  mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  mary.says('hello')
  t.strictSame(world.recalls, [])
  mary.says('stop')
  t.match(world.recalls, [{ code: 'opted-out', marketingOnly: true }])
  mary.says('stop')
  t.equal(world.recalls.length, 1, 'nothing has passed the gate since')
  mary.says('start')
  mary.event({ type: 'preference.changed', marketing: 'out', at: world.now(), source: 'provider' })
  t.match(world.recalls.slice(1), [{ code: 'opted-out', marketingOnly: true }])
})

t.test('a block recalls everything that has not left yet', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('hello')
  mary.event({ type: 'contact.blocked' })
  t.match(world.recalls, [{ code: 'contact-blocked', marketingOnly: false }])
})

t.test('a template that is not approved is refused', async (t) => {
  const mary = createWorld({ templates: { 'news/en': { status: 'PAUSED', category: 'MARKETING' } } }).customer()
  t.match(mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api }), { code: 'template-not-approved' })
})

t.test('marketing while a service session is open is held until the session ends, and then sent', async (t) => {
  const world = createWorld({ templates: APPROVED })
  const mary = world.customer()
  mary.says('hello')
  const outcome = mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  t.match(outcome, { kind: 'done', data: { status: 'held' } })
  t.same(mary.heard(), [])
  mary.session('session.end', {})
  t.same(mary.heard(), ['template news'])
  t.equal(mary.messages().filter((row) => row.direction === 'out').length, 1, 'one line in the transcript')
})

t.test('what is held too long is not sent, and says so', async (t) => {
  const world = createWorld({ templates: APPROVED, number: { marketingHeldAtMost: '2h' } })
  const mary = world.customer()
  mary.says('hello')
  mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  world.advance(3 * HOUR)
  t.match(
    mary.messages().find((row) => row.direction === 'out'),
    { status: 'failed', reason: 'held-too-long' },
  )
  mary.session('session.end', {})
  t.same(mary.heard(), [])
  t.ok(world.alarms().includes('message-held-too-long'))
})

t.test('policies "any" and "nonActive" on marketing during service', async (t) => {
  const any = createWorld({ templates: APPROVED, number: { marketingDuringService: 'any' } })
  const mary = any.customer()
  mary.says('hello')
  mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  t.same(mary.heard(), ['template news'])
  const nonActive = createWorld({ templates: APPROVED, number: { marketingDuringService: 'nonActive' } })
  const eve = nonActive.customer()
  eve.says('hello')
  eve.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  t.same(eve.heard(), ['template news'], 'waiting is not active')
  nonActive.agent('ana').online()
  nonActive.agent('ana').accepts()
  eve.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  t.equal(eve.heard().length, 1, 'held while active')
})

t.test('utility and authentication pass while service is open', async (t) => {
  const world = createWorld({ templates: { 'code/en': { status: 'APPROVED', category: 'AUTHENTICATION' } } })
  const mary = world.customer()
  mary.says('hello')
  mary.event({ type: 'send.requested', content: { kind: 'template', name: 'code', language: 'en' }, purpose: 'authentication', by: api })
  t.same(mary.heard(), ['template code'])
})

t.test('a journey asked for while service is open waits for its end', async (t) => {
  const world = createWorld({ journeys: [REMINDER], templates: APPROVED })
  const mary = world.customer()
  mary.says('hello')
  t.match(mary.startsJourney('reminder'), { kind: 'done', data: { held: true } })
  t.equal(mary.decision().rule, 'journey-held')
  mary.session('session.end', {})
  t.match([mary.view().owner, mary.heard()], ['marketing', ['template appointment']])
})

t.test('what is held stays where it stood, and no longer than it would have, when service gets the customer again at once', async (t) => {
  const desk = {
    journey: 'desk',
    entry: { keywords: ['desk'] },
    start: 'first',
    steps: {
      first: { handOff: { to: ['queue:general'], onReturn: { goto: 'second' } } },
      second: { handOff: { to: ['queue:general'] } },
    },
  }
  const world = createWorld({ journeys: [desk], templates: APPROVED, number: { marketingHeldAtMost: '2h' } })
  const mary = world.customer()
  mary.says('desk')
  mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  const held = () => mary.messages().find((row) => row.direction === 'out')
  const line = { ...held() }
  world.advance(HOUR)
  mary.session('session.end', {})
  t.match([mary.view().owner, mary.view().held], ['service', 1])
  t.same(held(), line)
  world.advance(HOUR)
  t.match([mary.view().held, held()], [0, { status: 'failed', reason: 'held-too-long' }])
})

t.test('a journey that is no marketing starts while a session is open, and as soon as upstream has given it back', async (t) => {
  const appointment = { ...REMINDER, journey: 'appointment', purpose: 'utility', entry: { event: 'appointment.made' } }
  const templates = { 'appointment/en': { status: 'APPROVED', category: 'UTILITY' } }
  const world = createWorld({ journeys: [appointment], templates })
  const starts: Record<string, (who: Customer) => unknown> = {
    api: (who) => who.startsJourney('appointment'),
    event: (who) => who.event({ type: 'engine.event', side: 'marketing', name: 'appointment.made', data: {} }),
    upstream: (who) => {
      who.event({ type: 'upstream.taken', by: 'responder' })
      who.startsJourney('appointment')
      t.same([who.decision().rule, who.heard()], ['journey-held', []])
      who.event({ type: 'upstream.released', by: 'hand-over' })
    },
  }
  for (const [how, start] of Object.entries(starts)) {
    const mary = world.customer(how)
    mary.says('hello')
    start(mary)
    t.same([mary.view().owner, mary.view().held, mary.heard()], ['service', 0, ['template appointment']], how)
    mary.session('session.end', {})
    t.match([mary.view().owner, mary.runs()], ['marketing', [{ status: 'asking' }]], how)
  }
})

t.test('a run beside an open session waits with it while upstream holds the thread', async (t) => {
  const later = {
    journey: 'later',
    purpose: 'utility',
    start: 'wait',
    steps: { wait: { wait: { for: '1h' }, goto: 'say' }, say: { send: { text: 'Ready.' }, goto: 'done' }, done: { end: 'completed' } },
  }
  const world = createWorld({ journeys: [later] })
  const mary = world.customer()
  mary.says('hello')
  mary.startsJourney('later')
  mary.event({ type: 'upstream.taken', by: 'responder' })
  world.advance(2 * HOUR)
  t.same([mary.heard(), world.alarms()], [[], []])
  mary.event({ type: 'upstream.released', by: 'hand-over' })
  mary.session('session.end', {})
  world.advance(HOUR)
  t.same([mary.heard(), world.alarms()], [['Ready.'], []])
})

t.test('of two journeys that waited, the second waits on when the first hands the customer to service again', async (t) => {
  const desk = { journey: 'desk', start: 'desk', steps: { desk: { handOff: { to: ['queue:general'] } } } }
  const world = createWorld({ journeys: [desk, REMINDER], templates: APPROVED, number: { marketingHeldAtMost: '2h' } })
  const mary = world.customer()
  mary.says('hello')
  mary.startsJourney('desk')
  mary.startsJourney('reminder')
  world.advance(HOUR)
  mary.session('session.end', {})
  t.match(mary.view().serviceSessions, [{ status: 'ended' }, { status: 'waiting' }])
  t.same([mary.view().held, mary.heard()], [1, []])
  world.advance(HOUR)
  t.equal(mary.view().held, 0, 'no longer than it would have')
  t.ok(world.alarms().includes('journey-held-too-long'))
})

t.test('a journey whose question was held hears that it is not sent after all', async (t) => {
  const later = {
    journey: 'later',
    start: 'wait',
    steps: {
      wait: { wait: { for: '1h' }, goto: 'ask' },
      ask: { ask: { template: { name: 'news', language: 'en' } }, on: { valid: 'done', deliveryFailed: 'done' } },
      done: { end: 'completed' },
    },
  }
  const held = () => {
    const number = { marketingDuringService: 'nonActive' as const, marketingHeldAtMost: '2h' }
    const world = createWorld({ journeys: [later], templates: APPROVED, number })
    const mary = world.customer()
    mary.says('hello')
    mary.startsJourney('later')
    world.agent('ana').online()
    world.agent('ana').accepts()
    world.advance(HOUR)
    t.match([mary.view().held, mary.runs()], [1, [{ status: 'asking' }]])
    return { world, mary }
  }
  const expired = held()
  expired.world.advance(2 * HOUR)
  t.same([expired.mary.view().held, expired.mary.runs()], [0, []])
  const refused = held()
  refused.mary.event({ type: 'contact.blocked' })
  refused.mary.session('session.end', {})
  t.same([refused.mary.runs(), refused.mary.view().owner, refused.world.alarms()], [[], 'none', ['send-refused']])
})

t.test('a marketing template that opens an agent’s session is not held by the session it opens; the next one is', async (t) => {
  const world = createWorld({ templates: APPROVED })
  const mary = world.customer()
  const ana = world.agent('ana')
  t.match(ana.writes(mary, template, 'marketing'), { kind: 'done', data: { status: 'queued' } })
  t.match([mary.heard(), mary.view().owner, mary.view().held], [['template news'], 'service', 0])
  t.match(ana.writes(mary, template, 'marketing'), { kind: 'done', data: { status: 'held' } })
})

t.test('agent B writing to a customer in session with agent A is refused', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  mary.says('hello')
  world.agent('ana').accepts()
  t.match(world.agent('ben').writes(mary, 'hi'), { kind: 'refused', code: 'session-in-progress' })
  t.equal(world.agent('ana').writes(mary, 'hi').kind, 'done')
})

t.test('the provider’s re-engagement error (131047) corrects our view of the window', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('hello')
  mary.event({ type: 'send.requested', content: { kind: 'text', text: 'hi' }, purpose: 'service', by: api })
  mary.event({ type: 'send.failed', messageId: 'x', author: api, code: 'window-closed', reason: '131047', triedAt: world.now() })
  t.equal(mary.view().replyWindow.open, false)
})

t.test('what a sender of an earlier release gave up after STOP leaves the reply window open', async (t) => {
  const mary = createWorld().customer()
  mary.says('stop')
  // It does not know why the row was recalled, takes it for one that is past its window, and does not say when it tried.
  mary.event({ type: 'send.failed', messageId: 'x', author: api, code: 'window-closed', reason: 'the reply window has closed' })
  t.equal(mary.view().replyWindow.open, true)
  const answer: ConversationEvent = { type: 'send.requested', content: { kind: 'text', text: 'hi' }, purpose: 'service', by: api }
  t.equal(mary.event(answer).kind, 'done')
})

t.test('a late 131047 for a send from before the customer wrote again leaves the window they opened', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('hello')
  const triedAt = world.now() + 1
  world.advance(HOUR)
  mary.says('hello?')
  mary.event({ type: 'send.failed', messageId: 'x', author: api, code: 'window-closed', reason: '131047', triedAt })
  t.equal(mary.view().replyWindow.open, true)
  world.advance(HOUR)
  mary.event({ type: 'send.failed', messageId: 'y', author: api, code: 'window-closed', reason: '131047', triedAt: world.now() - 1 })
  t.equal(mary.view().replyWindow.open, false)
})

t.test('a message that expired with us says nothing of the reply window', async (t) => {
  const mary = createWorld().customer()
  mary.says('hello')
  mary.event({ type: 'send.failed', messageId: 'x', author: api, code: 'send-expired', reason: 'no time left to try again' })
  t.equal(mary.view().replyWindow.open, true)
})

t.test('a message that arrives 26 hours late is routed and flagged; bots do not answer it in free text', async (t) => {
  const world = createWorld({ number: { serviceSessions: { entry: ['bot:faq', 'queue:general'] } } })
  const mary = world.customer()
  mary.says('hello', { at: world.now() - 26 * HOUR })
  t.match([mary.decided().rule, mary.decided().inputs['facts']], ['default-app', { late: true }])
  t.equal(mary.view().replyWindow.open, false)
  t.same(mary.heard(), [])
  t.same(world.botTurns, [])
  t.match(mary.participant(), { kind: 'queue', id: 'general' })
})

t.test('nothing is sent to a thread that is held upstream', async (t) => {
  const mary = createWorld().customer()
  mary.says('hello')
  mary.event({ type: 'upstream.taken', by: 'phone-app' })
  t.match(mary.event({ type: 'send.requested', content: { kind: 'text', text: 'hi' }, purpose: 'service', by: api }), {
    code: 'upstream-owner',
  })
})

t.test('an answer goes before marketing that nobody asked for, whoever starts it', async (t) => {
  const offer = {
    journey: 'offer',
    start: 'later',
    entry: { event: 'sale.began' },
    steps: {
      later: { send: { template: { name: 'news', language: 'en' } }, goto: 'wait' },
      wait: { wait: { for: '1h' }, goto: 'again' },
      again: { send: { template: { name: 'news', language: 'en' } }, goto: 'done' },
      done: { end: 'told' },
    },
  }
  const world = createWorld({ journeys: [COUPON, offer], templates: APPROVED })
  const mary = world.customer()
  mary.event({ type: 'engine.event', side: 'marketing', name: 'sale.began', data: {} })
  mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  world.advance(HOUR)
  t.strictSame(mary.lanes(), ['bulk', 'bulk', 'bulk'], 'by an event, by the API, by a timer')
  mary.says('coupon')
  mary.event({ type: 'send.requested', content: { kind: 'text', text: 'hi' }, purpose: 'service', by: api })
  mary.event({ type: 'send.requested', content: template, purpose: 'marketing', by: api })
  t.strictSame(
    mary.lanes().slice(3),
    ['interactive', 'interactive', 'interactive'],
    'what a customer asked for, service, and whatever is said in the midst of a talk',
  )
})
