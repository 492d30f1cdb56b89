// Scenarios "Keywords and sessions".
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import type { WorldOptions } from '../world/world.ts'
import { COUPON, DEFAULT_MARKETING, REMINDER } from '../world/journeys.ts'

function inService(status: 'waiting' | 'active' | 'paused' | 'inactive' | 'ended' | 'error', options: WorldOptions = {}) {
  const world = createWorld({ journeys: [COUPON], ...options })
  const mary = world.customer()
  const ana = world.agent('ana')
  mary.says('I have a question')
  if (status !== 'waiting') {
    ana.online()
    ana.accepts()
  }
  if (status === 'paused') ana.pauses(mary)
  if (status === 'inactive') ana.rests(mary)
  if (status === 'ended') ana.ends(mary)
  t.equal(mary.view().serviceSession?.status, status)
  return { world, mary, ana }
}

t.test('after a service session has ended, "coupon" goes to marketing', async (t) => {
  const { mary } = inService('ended')
  mary.says('coupon')
  t.match([mary.decision().rule, mary.view().owner], ['reserved-keyword', 'marketing'])
})

t.test('after a session that failed, "coupon" goes to marketing, and the failure raised an alarm', async (t) => {
  const world = createWorld({
    journeys: [COUPON],
    number: { serviceSessions: { entry: ['bot:faq'] } },
    bots: { bots: [{ id: 'faq', url: 'http://127.0.0.1:9000/turn', secret: 'env:X' }] },
  })
  world.bot('faq', () => ({ name: 'bot.failed', data: { reason: 'bot-timeout' } }))
  const mary = world.customer()
  mary.says('hello')
  t.equal(mary.view().serviceSession?.status, 'error')
  t.equal(mary.view().owner, 'none')
  t.ok(world.alarms().includes('service-session-error'))
  t.ok(world.alarms().includes('service-error-unowned'))
  mary.says('coupon')
  t.match([mary.decision().rule, mary.view().owner], ['reserved-keyword', 'marketing'])
})

for (const status of ['waiting', 'active', 'paused', 'inactive'] as const) {
  t.test(`while a session is ${status}, "coupon" stays with service`, async (t) => {
    const { mary } = inService(status)
    mary.says('coupon')
    t.match([mary.decided().rule, mary.view().owner, mary.view().serviceSessions.length], ['open-service-session', 'service', 1])
  })
}

t.test('a queued item keeps its place when its customer sends a keyword', async (t) => {
  const { world, mary } = inService('waiting')
  const eve = world.customer('eve')
  eve.says('me too')
  mary.says('coupon')
  world.agent('ana').online()
  world.agent('ana').accepts()
  t.equal(mary.view().serviceSession?.status, 'active', 'Mary was first and still is')
})

t.test('keywordDuringBot lets a session that a bot holds yield to a keyword, and only that', async (t) => {
  const options: WorldOptions = {
    journeys: [COUPON],
    number: { incoming: { keywordDuringBot: true }, serviceSessions: { entry: ['bot:faq', 'queue:general'] } },
  }
  const world = createWorld(options)
  const mary = world.customer()
  mary.says('hello')
  t.equal(mary.participant()?.kind, 'bot')
  mary.says('coupon')
  t.match(
    [mary.decision().rule, mary.view().owner, mary.view().serviceSession],
    ['reserved-keyword', 'marketing', { status: 'ended', endedBy: 'keyword' }],
  )
  const queued = createWorld({ ...options, number: { incoming: { keywordDuringBot: true } } }).customer()
  queued.says('hello')
  queued.says('coupon')
  t.equal(queued.view().owner, 'service')
})

t.test('what a session held is let go of when a keyword ends it: the customer’s own journey first', async (t) => {
  const world = createWorld({
    journeys: [COUPON, { ...REMINDER, quietHours: { from: '08:00', to: '10:00', zone: 'UTC' } }],
    number: { incoming: { keywordDuringBot: true }, serviceSessions: { entry: ['bot:faq', 'queue:general'] } },
    templates: {
      'news/en': { status: 'APPROVED', category: 'MARKETING' },
      'appointment/en': { status: 'APPROVED', category: 'MARKETING' },
    },
  })
  const mary = world.customer()
  mary.says('hello')
  const content = { kind: 'template', name: 'news', language: 'en' } as const
  mary.event({ type: 'send.requested', content, purpose: 'marketing', by: { kind: 'api', id: 'test' } })
  mary.startsJourney('reminder')
  t.equal(mary.view().held, 2)
  mary.says('coupon')
  t.match([mary.decision().rule, mary.view()], ['reserved-keyword', { owner: 'marketing', held: 0 }])
  t.same(mary.heard().slice(1), ['10 % off today. Want it?', 'template news'])
  world.advance(HOUR)
  t.equal(mary.heard().at(-1), 'template appointment', 'a journey that the customer did not ask for kept its quiet hours')
})

t.test('terminalStatuses may count an inactive session as over', async (t) => {
  const { mary } = inService('inactive', { number: { incoming: { terminalStatuses: ['ended', 'error', 'inactive'] } } })
  mary.says('coupon')
  t.match([mary.decision().rule, mary.view().owner, mary.view().serviceSession?.status], ['reserved-keyword', 'marketing', 'ended'])
})

t.test('keywords not allowed and default service: service', async (t) => {
  const mary = createWorld({ journeys: [COUPON], number: { incoming: { allowReservedKeywords: false } } }).customer()
  mary.says('coupon')
  t.match([mary.decided().rule, mary.view().owner], ['default-app', 'service'])
})

t.test('keywords not allowed and default marketing: marketing, and the keyword still selects the journey', async (t) => {
  const mary = createWorld({
    journeys: [COUPON],
    number: { incoming: { defaultApp: 'marketing', allowReservedKeywords: false } },
  }).customer()
  mary.says('coupon')
  t.match([mary.view().owner, mary.heard()], ['marketing', ['10 % off today. Want it?']])
})

t.test('default marketing: journeys control incoming messages unless a service session is open', async (t) => {
  const { mary } = inService('active', { number: DEFAULT_MARKETING })
  mary.says('coupon')
  t.equal(mary.view().owner, 'service')
})

t.test('only marketing connected: marketing always, and a hand-off raises an alarm instead of losing the customer', async (t) => {
  const world = createWorld({ journeys: [COUPON], number: { apps: { marketing: 'journeys' } } })
  const mary = world.customer()
  mary.says('coupon')
  t.equal(mary.view().owner, 'marketing')
  mary.says('what?')
  t.equal(mary.view().owner, 'none')
  t.same(world.alarms(), ['journey-no-service'])
})

t.test('only service connected: service always, keyword settings are inert', async (t) => {
  const mary = createWorld({ journeys: [COUPON], number: { apps: { service: 'omni' } } }).customer()
  mary.says('coupon')
  t.match([mary.decided().rule, mary.view().owner], ['default-app', 'service'])
})

t.test('a forgotten session ends by itself 24 hours after the last message and no longer blocks keywords', async (t) => {
  const { world, mary } = inService('active')
  world.advance(23 * HOUR)
  mary.says('anybody there?')
  world.advance(23 * HOUR)
  t.equal(mary.view().serviceSession?.status, 'active', 'each message starts the time afresh')
  world.advance(2 * HOUR)
  t.equal(mary.view().serviceSession?.status, 'ended')
  mary.says('coupon')
  t.equal(mary.view().owner, 'marketing')
})

t.test('an agent-initiated session that is never answered ends after 48 hours', async (t) => {
  const world = createWorld({ templates: { 'hello/en': { status: 'APPROVED', category: 'UTILITY' } } })
  const mary = world.customer()
  const ana = world.agent('ana')
  ana.online()
  const outcome = ana.writes(mary, { kind: 'template', name: 'hello', language: 'en' }, 'utility')
  t.equal(outcome.kind, 'done')
  t.match(mary.view(), { owner: 'service', serviceSession: { status: 'active' } })
  world.advance(47 * HOUR)
  t.equal(mary.view().serviceSession?.status, 'active')
  world.advance(2 * HOUR)
  t.equal(mary.view().serviceSession?.status, 'ended')
})

t.test('matching is on the whole message after normalisation', async (t) => {
  for (const [text, owner] of [
    ['ＣＯＵＰＯＮ', 'marketing'],
    ['coupon!!', 'marketing'],
    ['🎁 coupon 🎁', 'marketing'],
    ['I hate coupon emails', 'service'],
    ['coupons', 'service'],
  ] as const) {
    const mary = createWorld({ journeys: [COUPON] }).customer()
    mary.says(text)
    t.equal(mary.view().owner, owner, text)
  }
})

t.test('startsWith, contains and regex are opt-in; exact beats startsWith beats contains beats regex', async (t) => {
  const journey = (name: string, keyword: unknown) => ({
    ...COUPON,
    journey: name,
    name,
    entry: { keywords: [keyword] },
    steps: { ...COUPON.steps, offer: { send: { text: name }, goto: 'done' } },
  })
  const journeys = [
    journey('by-regex', { regex: '.*offer.*' }),
    journey('by-part', { contains: 'offer' }),
    journey('by-start', { startsWith: 'offer' }),
    journey('exact', 'offer'),
  ]
  for (const [text, name] of [
    ['offer', 'exact'],
    ['offer me', 'by-start'],
    ['your offer', 'by-part'],
  ] as const) {
    const mary = createWorld({ journeys }).customer()
    mary.says(text)
    t.same(mary.heard(), [name], text)
  }
})

t.test('a status change and a message in the same instant: the order of commits decides, and the record shows both', async (t) => {
  const { mary, ana } = inService('active')
  ana.ends(mary)
  mary.says('coupon')
  t.same(
    mary
      .decisions()
      .map((decision) => decision.rule)
      .slice(-2),
    ['service-ended', 'reserved-keyword'],
  )
})
