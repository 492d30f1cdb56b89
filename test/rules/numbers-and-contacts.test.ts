// Scenarios "Numbers, contacts", as far as one conversation shows them; merging is tested where aliases are stored.
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import { COUPON, REMINDER } from '../world/journeys.ts'

const DAY = 24 * HOUR
const APPROVED = {
  'appointment/en': { status: 'APPROVED', category: 'MARKETING' },
  'news/en': { status: 'APPROVED', category: 'MARKETING' },
}

t.test('changing the default app does not touch an owned conversation; it applies from the next un-owned message', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('hello')
  world.number.incoming.defaultApp = 'marketing'
  world.number.incoming.unmatched = 'autoReply'
  mary.says('hello?')
  t.equal(mary.view().owner, 'service')
  mary.session('session.end', {})
  mary.says('hello again')
  t.match([mary.decision().rule, mary.view().owner], ['unmatched', 'none'])
})

t.test('what a customer talks a bot into does not make them somebody else, and what is kept of them is bounded', async (t) => {
  const bot = { id: 'faq', url: 'http://127.0.0.1:9000/turn', secret: 'env:FAQ', learns: ['city', 'story'] }
  const sets = (journey: string, attributes: Record<string, string>) => ({
    journey,
    start: 'set',
    steps: { set: { set: { attributes }, goto: 'done' }, done: { end: 'completed' } },
  })
  const world = createWorld({ journeys: [sets('pose', { phone: '4915112345678' })], bots: { bots: [bot] } })
  const mary = world.customer()
  const learn = (attributes: Record<string, unknown>) => {
    world.bot('faq', () => ({ name: 'bot.replied', data: { messages: [], attributes } }))
    mary.says('note it')
  }
  mary.says('hello')
  mary.session('session.transfer', { to: 'bot:faq' })
  learn({ city: 'Rome', phone: '4915112345678' })
  t.same(mary.view().attributes, { city: 'Rome' })
  t.same(world.alarms(), ['bot-attributes-ignored'])
  learn({ story: 'x'.repeat(9_000) })
  t.same(mary.view().attributes, { city: 'Rome' })
  mary.session('session.end', {})
  // Published by a release that let a journey do so.
  mary.startsJourney('pose')
  t.same(mary.view().attributes, { city: 'Rome' })
  t.same(world.alarms(), ['bot-attributes-ignored', 'attributes-refused', 'attributes-refused'])
})

t.test('the configuration version is in every record', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('coupon')
  world.settings.version = 2
  mary.says('yes')
  t.same(
    mary.decisions().map((decision) => decision.configVersion),
    [1, 2],
  )
})

t.test('a marketing session closes on day 30 mid-journey; the run goes on, and the next marketing send opens a new one', async (t) => {
  const world = createWorld({ journeys: [REMINDER], templates: APPROVED })
  const mary = world.customer()
  mary.startsJourney('reminder')
  const first = mary.view().marketingSession?.id
  world.advance(31 * DAY)
  t.match(mary.view().marketingSession, { id: first, status: 'closed', closedBy: 'expiry' })
  mary.startsJourney('reminder')
  t.not(mary.view().marketingSession?.id, first)
  t.equal(mary.view().marketingSession?.status, 'open')
})

t.test('a second campaign joins the open marketing session and does not extend it', async (t) => {
  const world = createWorld({ templates: APPROVED })
  const mary = world.customer()
  const campaign = () =>
    mary.event({
      type: 'send.requested',
      content: { kind: 'template', name: 'news', language: 'en' },
      purpose: 'marketing',
      by: { kind: 'campaign', id: 'c1' },
    })
  campaign()
  const { id, closesAt } = mary.view().marketingSession ?? {}
  world.advance(5 * DAY)
  campaign()
  t.match(mary.view().marketingSession, { id, closesAt })
})

t.test('a click on a template button closes the marketing session, a text reply does not', async (t) => {
  const world = createWorld({ journeys: [REMINDER], templates: APPROVED })
  const mary = world.customer()
  mary.startsJourney('reminder')
  mary.says('confirm')
  t.equal(mary.view().marketingSession?.status, 'open')
  const eve = world.customer('eve')
  eve.startsJourney('reminder')
  eve.presses('confirm')
  t.match(eve.view().marketingSession, { status: 'closed', closedBy: 'click' })
})

t.test('a number that does not keep marketing apart opens no marketing session', async (t) => {
  const mary = createWorld({ journeys: [COUPON], number: { marketingSessions: { separate: false } } }).customer()
  mary.says('coupon')
  t.equal(mary.view().marketingSession, null)
})

t.test('a send by the API opens a marketing session only if it says so', async (t) => {
  const mary = createWorld({ templates: APPROVED }).customer()
  const send = (opensMarketingSession: boolean) =>
    mary.event({
      type: 'send.requested',
      content: { kind: 'template', name: 'news', language: 'en' },
      purpose: 'marketing',
      by: { kind: 'api', id: 'k' },
      opensMarketingSession,
    })
  send(false)
  t.equal(mary.view().marketingSession, null)
  send(true)
  t.equal(mary.view().marketingSession?.status, 'open')
})

t.test('the same customer with another number or id is learnt, not lost', async (t) => {
  const mary = createWorld().customer()
  mary.says('hi')
  mary.event({ type: 'contact.identified', identity: { userId: 'US.1' } })
  t.match(mary.view().identity, { userId: 'US.1', name: 'Mary' })
})

t.test('after a change of number what is sent goes to the new one, or to the user id when that is not said', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('hi')
  const { phone } = mary.view().identity
  t.type(phone, 'string')
  mary.event({ type: 'contact.identified', identity: { phone: '4917000', userId: 'US.1' }, previous: { phone: phone as string } })
  t.match(mary.view().identity, { phone: '4917000', userId: 'US.1', name: 'Mary' })
  mary.event({ type: 'contact.identified', identity: { userId: 'US.2' }, previous: { userId: 'US.1' } })
  t.strictSame([mary.view().identity.phone, mary.view().identity.userId], [undefined, 'US.2'])
  t.strictSame(world.recalls, ['readdressed', 'readdressed'], 'what waits to be sent, too')
  mary.event({ type: 'contact.identified', identity: { phone: '4917000' } })
  mary.event({ type: 'contact.identified', identity: { phone: '4917000', userId: 'US.3' }, previous: { userId: 'US.2' } })
  t.equal(world.recalls.length, 2, 'no number was given up')
})

t.test('what still arrives for a merged conversation is passed on', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  const eve = world.customer('eve')
  mary.event({ type: 'conversation.merged', into: eve.actor.id })
  mary.says('hello')
  t.equal(mary.messages().length, 0)
  t.equal(eve.messages().length, 1)
  t.equal(eve.view().owner, 'service')
})

t.test('the customer’s own switch in WhatsApp counts as consent', async (t) => {
  const mary = createWorld({ templates: APPROVED }).customer()
  mary.event({ type: 'preference.changed', marketing: 'out', at: 1, source: 'whatsapp' })
  t.match([mary.view().consent.marketing, mary.decision().rule], ['out', 'consent'])
  t.match(
    mary.event({
      type: 'send.requested',
      content: { kind: 'template', name: 'news', language: 'en' },
      purpose: 'marketing',
      by: { kind: 'api', id: 'k' },
    }),
    { code: 'opted-out' },
  )
})

t.test('a free entry point is remembered and is no reply window', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.event({ type: 'free-entry.opened', until: world.now() + 72 * HOUR })
  mary.event({ type: 'free-entry.opened', until: world.now() + 48 * HOUR })
  t.match(mary.view(), { freeEntryUntil: world.now() + 72 * HOUR, replyWindow: { open: false } })
})

t.test('messages written in one order stand in that order, however late each comes', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  const written = world.now()
  world.advance(9_000)
  mary.says('one', { at: written })
  world.advance(4_000)
  mary.says('two', { at: written + 1_000 })
  mary.says('zero', { at: written - 60_000 })
  const lines = mary.messages().filter((row) => row.direction === 'in')
  t.same(
    lines.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).map((row) => (row.content as { text: string }).text),
    ['zero', 'one', 'two'],
  )
})

t.test('WhatsApp’s own switch does not take back an opt-out the customer typed; only they can, by an opt-in word', async (t) => {
  const mary = createWorld({ templates: APPROVED }).customer()
  mary.says('stop')
  mary.event({ type: 'preference.changed', marketing: 'out', at: 2, source: 'whatsapp' })
  mary.event({ type: 'preference.changed', marketing: 'in', at: 3, source: 'whatsapp' })
  t.match(mary.view().consent, { marketing: 'out', proof: { source: 'message', text: 'stop' } })
  t.match(mary.decision(), { rule: 'consent', inputs: { preference: 'in', kept: 'opt-out by message' } })
  mary.says('start')
  t.equal(mary.view().consent.marketing, 'in')
  const eve = createWorld().customer('eve')
  eve.event({ type: 'preference.changed', marketing: 'out', at: 1, source: 'whatsapp' })
  eve.event({ type: 'preference.changed', marketing: 'in', at: 2, source: 'whatsapp' })
  t.equal(eve.view().consent.marketing, 'in', 'what the switch took, the switch gives back')
})

t.test('a message that was overtaken stands above the one that overtook it, and is decided when it comes', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  const placed = () =>
    mary
      .messages()
      .filter(({ direction }) => direction === 'in')
      .toSorted((a, b) => a.at - b.at)
      .map(({ content }) => (content.kind === 'text' ? content.text : ''))
  const written = world.now()
  world.advance(3_000)
  mary.says('second', { at: written + 1_000 })
  world.advance(500)
  mary.says('first', { at: written })
  t.strictSame(placed(), ['first', 'second'])
  t.match(mary.decision().event, {
    messageId: mary.messages().find(({ content }) => content.kind === 'text' && content.text === 'first')?.id,
  })
  world.advance(60_000)
  mary.says('before both', { at: written - 1_000 })
  t.strictSame(placed(), ['before both', 'first', 'second'], 'what came very late stands where it was written')
})

t.test(
  'what was written later stands below, and an answer below its question, also by the clock of a process that is behind',
  async (t) => {
    const world = createWorld({ journeys: [COUPON] })
    const mary = world.customer()
    const written = world.now()
    world.advance(1_500)
    mary.says('coupon', { at: written })
    world.advance(-20)
    mary.says('coupon', { at: written + 1_000 })
    mary.says('coupon', { at: written + 1_000 })
    const lines = mary.messages().filter(({ direction }) => direction !== 'note')
    const times = lines.map(({ at }) => at)
    t.ok(lines.length >= 6, 'each was answered')
    t.strictSame(
      times,
      times.toSorted((a, b) => a - b),
      'they stand in the order in which they were said',
    )
    const asked = lines.flatMap(({ direction, at }) => (direction === 'in' ? [at] : []))
    t.equal(new Set(asked).size, 3, 'no two at one time')
  },
)

t.test('an answer to a message that was overtaken stands below what was said before it, by whichever clock', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  const written = world.now()
  world.advance(1_500)
  mary.says('coupon', { at: written + 1_000 })
  world.advance(-20)
  mary.says('coupon', { at: written })
  const [first = 0, second = 0] = mary.messages().flatMap(({ direction, at }) => (direction === 'out' ? [at] : []))
  t.ok(first > 0 && second > first, `${second} after ${first}`)
})
