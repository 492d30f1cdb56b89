// "When both become known they merge: the conversation with an open service session wins, logs interleave, one owner." Which of two
// conversations wins is tested where aliases are stored; here is what the one that ends leaves to the other. Eve is Mary by another
// name: her conversation ends. What becomes of a service session is in `merging-sessions.test.ts`.
import type { ConversationEvent } from '@baton/router'
import t from 'tap'
import { ended, merge, two, work } from '../world/merging.ts'
import { HOUR } from '../world/world.ts'
import type { Customer } from '../world/world.ts'
import { COUPON, REMINDER } from '../world/journeys.ts'

const api = { kind: 'api', id: 'k' } as const
const NEWS: ConversationEvent = {
  type: 'send.requested',
  content: { kind: 'template', name: 'news', language: 'en' },
  purpose: 'marketing',
  by: api,
}
const TEXT: ConversationEvent = { type: 'send.requested', content: { kind: 'text', text: 'from the API' }, purpose: 'service', by: api }

const prefers = (who: Customer, marketing: 'in' | 'out', at: number) =>
  who.event({ type: 'preference.changed', marketing, at, source: 'whatsapp' })

t.test('an opt-out said to the one that ends holds in the one that goes on, with its proof: marketing is over there', async (t) => {
  const { world, mary, eve } = two({ journeys: [COUPON] })
  eve.says('stop')
  mary.says('coupon')
  merge(eve, mary)
  t.match(mary.view(), { owner: 'none', consent: { marketing: 'out', proof: { source: 'message', text: 'stop' } } })
  t.match(mary.decision(), { rule: 'merged', ownerBefore: 'marketing', ownerAfter: 'none', inputs: { merged: eve.actor.id } })
  t.match(mary.event(NEWS), { kind: 'refused', code: 'opted-out' })
  t.match(eve.decision(), { rule: 'merged', inputs: { mergedInto: mary.actor.id } })
  ended(t, world, eve)
  world.replay()
})

t.test('of two consents an opt-out wins, what was typed is the better proof of it, and else the newest is', async (t) => {
  const cases: [title: string, eve: (eve: Customer) => unknown, mary: (mary: Customer) => unknown, consent: unknown][] = [
    ['only theirs', (eve) => prefers(eve, 'in', 5), () => {}, { marketing: 'in', proof: { at: 5 } }],
    ['only ours', () => {}, (mary) => prefers(mary, 'in', 5), { marketing: 'in', proof: { at: 5 } }],
    ['nobody’s', () => {}, () => {}, { marketing: 'unknown', proof: null }],
    ['theirs is out', (eve) => prefers(eve, 'out', 1), (mary) => prefers(mary, 'in', 5), { marketing: 'out', proof: { at: 1 } }],
    ['ours is out', (eve) => prefers(eve, 'in', 5), (mary) => prefers(mary, 'out', 1), { marketing: 'out', proof: { at: 1 } }],
    ['both in', (eve) => prefers(eve, 'in', 7), (mary) => prefers(mary, 'in', 5), { marketing: 'in', proof: { at: 7 } }],
    ['both in, ours newer', (eve) => prefers(eve, 'in', 3), (mary) => prefers(mary, 'in', 5), { marketing: 'in', proof: { at: 5 } }],
    ['both out', (eve) => prefers(eve, 'out', 7), (mary) => prefers(mary, 'out', 5), { marketing: 'out', proof: { at: 7 } }],
    ['typed by them', (eve) => eve.says('stop'), (mary) => prefers(mary, 'out', 9e15), { marketing: 'out', proof: { text: 'stop' } }],
    ['typed by us', (eve) => prefers(eve, 'out', 9e15), (mary) => mary.says('stop'), { marketing: 'out', proof: { text: 'stop' } }],
  ]
  for (const [title, theirs, ours, consent] of cases) {
    const { mary, eve } = two()
    eve.says('help')
    theirs(eve)
    ours(mary)
    merge(eve, mary)
    t.match(mary.view().consent, consent, title)
  }
})

t.test('an opt-in that goes along is none that was given now: no journey starts by it', async (t) => {
  const { mary, eve } = two({ journeys: [{ ...REMINDER, entry: { event: 'consent.given' } }] })
  prefers(eve, 'in', 5)
  t.equal(eve.view().owner, 'marketing', 'there it did')
  merge(eve, mary)
  t.match(mary.view(), { owner: 'none', consent: { marketing: 'in' } })
})

t.test('whoever is blocked in one stays blocked, and the customer is not given to service again', async (t) => {
  const { world, mary, eve } = two()
  eve.says('hello')
  eve.event({ type: 'contact.blocked' })
  merge(eve, mary)
  t.match(mary.view(), { blocked: true, owner: 'none', serviceSession: null })
  t.same(work(world), [])
})

t.test('reply window and free entry point are the later, tags are all, attributes ours before theirs', async (t) => {
  const sets = (journey: string, attributes: Record<string, string>, tag: string) => ({
    journey,
    name: journey,
    entry: { keywords: [journey] },
    start: 'set',
    steps: { set: { set: { attributes, tags: { add: [tag] } }, goto: 'done' }, done: { end: 'completed' } },
  })
  const { world, mary, eve } = two({ journeys: [sets('gold', { plan: 'gold', city: 'Rome' }, 'a'), sets('tin', { plan: 'tin' }, 'b')] })
  mary.says('tin')
  world.advance(23 * HOUR)
  eve.says('gold')
  const wrote = world.now()
  eve.event({ type: 'free-entry.opened', until: wrote + 72 * HOUR })
  world.advance(2 * HOUR)
  t.match(mary.event(TEXT), { code: 'window-closed' })
  merge(eve, mary)
  t.match(mary.view(), {
    replyWindow: { open: true, closesAt: wrote + 24 * HOUR },
    freeEntryUntil: wrote + 72 * HOUR,
    attributes: { plan: 'tin', city: 'Rome' },
    tags: ['b', 'a'],
  })
  t.match(mary.event(TEXT), { kind: 'done' })
  t.ok(world.timers(mary).includes('reply-window'))
  world.advance(22 * HOUR)
  t.match(mary.event(TEXT), { code: 'window-closed' })
})

t.test('attributes stay bounded: what has no room beside ours is left out, and told of once', async (t) => {
  const named = (of: string, length: number) => Object.fromEntries(Array.from({ length }, (_, n) => [`${of}${n}`, n]))
  const sets = (journey: string, attributes: Record<string, unknown>) => ({
    journey,
    start: 'set',
    steps: { set: { set: { attributes }, goto: 'done' }, done: { end: 'completed' } },
  })
  const theirs = { ...named('b', 80), a0: 'theirs' }
  const swap = { a0: null, new: true }
  const { world, mary, eve } = two({ journeys: [sets('ours', named('a', 80)), sets('theirs', theirs), sets('swap', swap)] })
  mary.startsJourney('ours')
  eve.startsJourney('theirs')
  merge(eve, mary)
  t.same(mary.view().attributes, { ...named('a', 80), ...named('b', 20) })
  t.same(world.alarms(), ['attributes-refused'])
  const names = Array.from({ length: 20 }, (_, n) => `b${n + 20}`)
  const conversationId = mary.actor.id
  t.same(world.alarms('detail'), [{ conversationId, by: 'merge', from: eve.actor.id, reason: 'too-many', names }])
  mary.startsJourney('swap')
  const { a0: _a0, ...kept } = named('a', 80)
  t.same(mary.view().attributes, { ...kept, ...named('b', 20), new: true }, 'a name that is removed makes room for another')
  t.equal(world.alarms().length, 1)
})

t.test('a reply window that ends sooner does not shorten the other, nor does an older number replace the one that is known', async (t) => {
  const { world, mary, eve } = two()
  eve.says('hi')
  world.advance(HOUR)
  mary.says('hi')
  const { phone } = mary.view().identity
  merge(eve, mary)
  t.match(mary.view(), { replyWindow: { closesAt: world.now() + 24 * HOUR }, identity: { phone } })
})

t.test('a phone number that the contact has given up does not come back from the one that ends', async (t) => {
  const { world, mary, eve } = two()
  const userId = 'US.2'
  const change: ConversationEvent = { type: 'contact.identified', identity: { userId }, previous: { userId: 'US.1' } }
  mary.event(change)
  const before = world.recalls.length
  eve.says('hi')
  eve.event(change)
  t.equal(world.recalls.length, before + 1, 'nor do its own sends go there')
  merge(eve, mary)
  t.strictSame([mary.view().identity.userId, mary.view().identity.phone], [userId, undefined])
})

t.test('marketing that was sent to either counts', async (t) => {
  const { world, mary, eve } = two()
  const at = world.now()
  mary.event(NEWS)
  world.advance(HOUR)
  eve.event(NEWS)
  merge(eve, mary)
  t.match(mary.actor.state, { marketingSent: [at, at + HOUR] })
})

t.test('who holds the thread upstream holds it here', async (t) => {
  const { world, mary, eve } = two()
  eve.event({ type: 'upstream.taken', by: 'joe' })
  merge(eve, mary)
  ended(t, world, eve)
  t.match(mary.view(), { owner: 'external', upstream: { by: 'joe' } })
  t.ok(world.timers(mary).includes('upstream-inactive'))
})

t.test('what was held is held on, once, and a journey that waited starts when service lets go', async (t) => {
  const { world, mary, eve } = two({ journeys: [REMINDER] })
  eve.says('hello')
  eve.event(NEWS)
  eve.startsJourney('reminder')
  t.equal(eve.view().held, 2)
  merge(eve, mary)
  ended(t, world, eve)
  t.match(
    eve.messages().find(({ direction }) => direction === 'out'),
    { status: 'failed', reason: 'conversation-merged' },
  )
  t.same([mary.view().held, mary.heard()], [2, []])
  t.ok(world.timers(mary).includes('held'))
  mary.session('session.end', {})
  t.same([mary.heard(), mary.view().held, mary.view().owner], [['template news', 'template appointment'], 0, 'marketing'])
})

t.test('what was held leaves at once where nothing keeps it, and is refused where they opted out', async (t) => {
  const out = two()
  out.eve.says('hello')
  out.eve.event(NEWS)
  out.eve.event({ type: 'upstream.taken', by: 'joe' })
  out.mary.says('stop')
  merge(out.eve, out.mary)
  out.mary.event({ type: 'upstream.released', by: 'take' })
  out.mary.session('session.end', {})
  t.same(out.mary.heard().includes('template news'), false)
  t.match(
    out.mary.messages().find(({ content }) => content.kind === 'template'),
    { status: 'refused', reason: 'opted-out' },
  )
  const free = two({ number: { marketingDuringService: 'nonActive' } })
  const ana = free.world.agent('ana')
  ana.online()
  free.eve.says('hello')
  ana.accepts()
  free.eve.event(NEWS)
  merge(free.eve, free.mary)
  t.same(free.mary.heard(), ['template news'], 'there it only waits for an agent')
})

t.test('the runs of the one that ends are over, and what one had to say is not said', async (t) => {
  const { world, mary, eve } = two({ journeys: [COUPON], number: { incoming: { unmatched: 'autoReply', defaultApp: 'marketing' } } })
  eve.says('coupon')
  merge(eve, mary)
  ended(t, world, eve)
  t.match(eve.decision().trail, [{ journey: 'coupon', marks: [['ended', 'offer', 'merged']] }])
  world.advance(48 * HOUR)
  t.equal(eve.heard().length, 1)
  t.equal(mary.view().owner, 'none')
})

t.test('a reply that was kept for a paused journey is decided where the contact goes on', async (t) => {
  const { world, mary, eve } = two({ journeys: [COUPON] })
  eve.says('coupon')
  world.publish([{ ...COUPON, status: 'paused' }])
  eve.says('yes')
  t.equal(eve.decision().rule, 'journey-paused')
  merge(eve, mary)
  t.match(mary.decided(), { rule: 'default-app', ownerAfter: 'service' })
  t.match(
    mary.messages().find(({ direction }) => direction === 'in'),
    { content: { text: 'yes' } },
  )
})

t.test(
  'whoever asks the one that ended is told where to ask, and nothing is done; nobody else’s clocks and requests get lost',
  async (t) => {
    const { world, mary, eve } = two({ journeys: [REMINDER] })
    eve.says('hello')
    merge(eve, mary)
    const before = mary.messages().length
    const ask: ConversationEvent[] = [
      NEWS,
      { type: 'journey.requested', journey: 'reminder', by: api },
      { type: 'engine.event', side: 'service', name: 'session.end', data: {}, by: { kind: 'agent', id: 'ana' } },
    ]
    for (const event of ask)
      t.match(eve.event(event), { kind: 'refused', code: 'conversation-merged', mergedInto: mary.actor.id }, event.type)
    eve.event({ type: 'timer.fired', name: 'service:auto-end', due: world.now() })
    t.match([mary.messages().length, mary.view().owner], [before, 'service'])
    mary.session('session.end', {})
    eve.event({ type: 'journey.requested', journey: 'reminder', by: { kind: 'system', id: 'baton' } })
    t.equal(mary.view().owner, 'marketing', 'what nobody waits for is passed on')
  },
)

t.test('a merge is told once, and a third conversation gets what comes by way of the second', async (t) => {
  const { world, mary, eve } = two()
  const bob = world.customer('bob')
  eve.says('stop')
  merge(eve, mary)
  merge(eve, mary)
  t.equal(mary.decisions().length, 1)
  merge(mary, bob)
  t.match(bob.view().consent, { marketing: 'out', proof: { text: 'stop' } })
  eve.says('hello')
  t.match([eve.messages().length, bob.view().owner], [2, 'service'])
  const decided = bob.decisions().length
  merge(world.customer('nobody'), bob)
  t.equal(bob.decisions().length, decided, 'whoever never said anything leaves nothing')
})

t.test('one that an earlier release merged gives up what it still holds when its clocks run out', async (t) => {
  const { world, mary, eve } = two()
  eve.says('stop')
  eve.says('hello')
  eve.actor.state = { ...(eve.actor.state as object), mergedInto: mary.actor.id }
  world.advance(25 * HOUR)
  ended(t, world, eve)
  t.match(eve.view().serviceSession, { status: 'ended' })
  t.match(mary.view(), { owner: 'service', consent: { marketing: 'out' } })
  t.match(work(world), [{ conversationId: mary.actor.id }])
})
