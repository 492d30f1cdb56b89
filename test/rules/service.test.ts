// Scenarios "Service".
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import type { Customer } from '../world/world.ts'
import { COUPON } from '../world/journeys.ts'

const MINUTE = 60_000

t.test('a queue with nobody online keeps the customer waiting, with a message when it has one', async (t) => {
  const world = createWorld({
    queues: { queues: [{ id: 'general', members: ['agent:ana'], waitingMessage: 'All our agents are away.' }], agents: [{ id: 'ana' }] },
  })
  const mary = world.customer()
  mary.says('hello')
  t.same(mary.heard(), ['All our agents are away.'])
  t.equal(mary.view().serviceSession?.status, 'waiting')
  mary.says('hello?')
  t.equal(mary.heard().length, 1, 'said once')
})

t.test('a queue with nobody online may divert to another queue or a bot', async (t) => {
  const world = createWorld({
    queues: {
      queues: [
        { id: 'general', members: ['agent:ana'], whenNobodyOnline: { to: 'bot:faq' } },
        { id: 'night', members: ['agent:ben'] },
      ],
      agents: [{ id: 'ana' }, { id: 'ben' }],
    },
  })
  const mary = world.customer()
  mary.says('hello')
  t.same(mary.heard(), ['Bot: how can I help?'])
})

t.test('bot error or time-out: the session fails and the customer is with the fallback at once', async (t) => {
  const world = createWorld({ number: { serviceSessions: { entry: ['bot:faq'] } } })
  world.bot('faq', () => ({ name: 'bot.failed', data: { reason: 'bot-timeout' } }))
  const mary = world.customer()
  mary.says('hello')
  t.same(
    mary.view().serviceSessions.map((session) => session.status),
    ['error', 'waiting'],
  )
  t.match([mary.view().owner, mary.participant()], ['service', { kind: 'queue', id: 'general' }])
})

t.test('a declined offer keeps its age and goes to somebody else', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  world.agent('ben').online()
  mary.says('hello')
  const [first] = world.agent('ana').offers()
  const declined = world.agent('ana').declines()
  const who = declined.kind === 'done' ? 'ben' : 'ana'
  if (declined.kind === 'refused') world.agent('ben').declines(first)
  const [second] = world.agent('ana').offers()
  t.not(second, undefined)
  t.not(second, first)
  t.equal(world.agent(who).accepts().kind, 'done')
  t.equal(mary.participant()?.id, who)
})

t.test('whoever takes the work reads why another declined it; the customer does not', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  mary.says('hello')
  t.equal(world.agent('ana').declines(undefined, 'I know her').kind, 'done')
  t.ok(mary.messages().some((row) => row.direction === 'note' && JSON.stringify(row.content).includes('Ana declined: I know her')))
  t.same(mary.heard(), [])
  t.match([mary.view().serviceSession?.status, mary.participant()?.id], ['waiting', 'general'])
})

t.test('a queue that asks nobody gives its work at once, within capacity', async (t) => {
  const queues = { queues: [{ id: 'general', members: ['agent:ana'], autoAccept: true }], agents: [{ id: 'ana', capacity: 1 }] }
  const world = createWorld({ queues })
  const [mary, eve] = [world.customer(), world.customer('eve')]
  const ana = world.agent('ana')
  ana.online()
  mary.says('hello')
  eve.says('hello')
  t.same(ana.offers(), [])
  t.match([mary.participant()?.id, eve.participant()?.id], ['ana', 'general'])
  ana.ends(mary)
  t.equal(eve.participant()?.id, 'ana')
})

t.test('an offer that times out goes on; when nobody else is eligible it is offered again after a cool-down', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  mary.says('hello')
  const [first] = world.agent('ana').offers()
  world.advance(31_000)
  t.equal(world.agent('ana').accepts(first).kind, 'refused', 'a late accept is refused')
  world.advance(35_000)
  t.equal(world.agent('ana').accepts().kind, 'done')
  t.equal(mary.view().serviceSession?.status, 'active')
})

t.test('starvation raises an alarm', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  mary.says('hello')
  world.advance(HOUR)
  t.ok(world.alarms().includes('queue-starving'))
  t.equal(mary.view().serviceSession?.status, 'waiting')
})

t.test('an agent who goes offline with an un-accepted offer: re-routed at once', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  mary.says('hello')
  world.agent('ben').online()
  const [before] = world.agent('ana').offers()
  world.agent('ana').offline()
  const [after] = world.agent('ben').offers()
  t.not(after, before)
  t.equal(world.agent('ben').accepts().kind, 'done')
  t.equal(mary.participant()?.id, 'ben')
})

t.test('accepted work stays with an absent agent, until the customer writes and waits too long', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  world.agent('ana').online()
  mary.says('hello')
  world.agent('ana').accepts()
  world.agent('ana').writes(mary, 'One moment, please.')
  world.agent('ana').away()
  world.advance(HOUR)
  t.equal(mary.participant()?.id, 'ana')
  mary.says('still there?')
  world.agent('ben').online()
  world.advance(10 * MINUTE)
  t.equal(world.agent('ben').accepts().kind, 'done')
  t.equal(mary.participant()?.id, 'ben')
})

t.test('inactive: the customer’s next message brings back the same agent if online, else the queue', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  const ana = world.agent('ana')
  ana.online()
  mary.says('hello')
  ana.accepts()
  ana.rests(mary)
  t.equal(mary.view().serviceSession?.status, 'inactive')
  mary.says('one more thing')
  t.match([mary.view().serviceSession?.status, mary.participant()?.id], ['active', 'ana'])
  ana.rests(mary)
  ana.offline()
  mary.says('and another')
  t.equal(mary.view().serviceSession?.status, 'waiting')
})

t.test('paused un-pauses to the same agent', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  const ana = world.agent('ana')
  ana.online()
  mary.says('hello')
  ana.accepts()
  ana.pauses(mary)
  t.equal(mary.view().serviceSession?.status, 'paused')
  mary.says('here is the number')
  t.match([mary.view().serviceSession?.status, mary.participant()?.id], ['active', 'ana'])
})

t.test('a session that ends for a journey ends with its start, or goes on untouched where the journey may not start', async (t) => {
  const ends = (journey: string, more: object = {}) =>
    ({ type: 'journey.requested', journey, by: { kind: 'agent', id: 'ana' }, endsSession: true, ...more }) as const
  const once = { ...COUPON, journey: 'once', entry: { keywords: ['once'], reEntry: 'once' } }
  const served = (who: string) => {
    const world = createWorld({ journeys: [COUPON, once] })
    const mary = world.customer(who)
    world.agent('ana').online()
    return {
      mary,
      take() {
        mary.says('hello')
        world.agent('ana').accepts()
      },
    }
  }

  const well = served('mary')
  well.take()
  t.equal(well.mary.event(ends('coupon')).kind, 'done')
  t.match(well.mary.view(), { owner: 'marketing', serviceSession: { status: 'ended', endedBy: 'agent:ana' } })
  t.match(well.mary.decision(), { rule: 'service-ended', inputs: { also: ['journey-started'], asked: { name: 'session.end' } } })
  t.equal(well.mary.heard().at(-1), '10 % off today. Want it?')

  const refusals: [string, (mary: Customer) => void, ReturnType<typeof ends>, string][] = [
    ['opted out', (mary) => mary.says('stop'), ends('coupon'), 'journey-opted-out'],
    ['was in it already', (mary) => (mary.says('once'), mary.says('yes')), ends('once'), 'journey-re-entry'],
    ['is blocked', (mary) => void mary.event({ type: 'contact.blocked' }), ends('coupon'), 'contact-blocked'],
    ['there is none', () => {}, ends('coupn'), 'journey-unknown'],
    ['not theirs', () => {}, ends('coupon', { by: { kind: 'agent', id: 'ben' } }), 'not-session-owner'],
  ]
  for (const [why, first, event, code] of refusals) {
    const { mary, take } = served(why)
    if (why === 'was in it already') first(mary)
    take()
    if (why !== 'was in it already') first(mary)
    const [before, heard, lines] = [mary.view(), mary.heard().length, mary.messages().length]
    t.match(mary.event(event), { kind: 'refused', code }, why)
    t.same(mary.view(), before, 'the session goes on')
    t.match(mary.participant(), { kind: 'agent', id: 'ana' })
    t.strictSame([mary.heard().length, mary.messages().length], [heard, lines])
  }
})

t.test('after a session has ended the next message starts afresh; a straggler is decided normally and flagged', async (t) => {
  const world = createWorld({ journeys: [COUPON] })
  const mary = world.customer()
  mary.says('hello')
  const written = world.now()
  world.advance(5000)
  mary.session('session.end', {})
  mary.says('thanks', { at: written + 1000 })
  t.match([mary.decided().rule, mary.decided().inputs['facts']], ['default-app', { straggler: true }])
  t.equal(mary.view().serviceSessions.length, 2)
})

t.test('a transfer keeps the session and goes to a queue, an agent or a bot with a note', async (t) => {
  const world = createWorld()
  const mary = world.customer()
  const ana = world.agent('ana')
  ana.online()
  mary.says('hello')
  ana.accepts()
  world.agent('ben').online()
  t.equal(ana.transfers(mary, 'agent:ben', 'knows billing').kind, 'done')
  t.equal(world.agent('ben').accepts().kind, 'done')
  t.match([mary.participant()?.id, mary.view().serviceSessions.length], ['ben', 1])
  t.ok(mary.messages().some((row) => row.direction === 'note' && JSON.stringify(row.content).includes('knows billing')))
  t.match(ana.ends(mary), { kind: 'refused', code: 'not-session-owner' })
})

t.test('the bot is silent the moment a human owns', async (t) => {
  const world = createWorld({ number: { serviceSessions: { entry: ['bot:faq', 'queue:general'] } } })
  world.bot('faq', () => null)
  const mary = world.customer()
  mary.says('hello')
  const callId = /ca_\d+_[0-9a-f]{32}/.exec(JSON.stringify(mary.actor.state))?.[0]
  mary.session('session.transfer', { to: 'queue:general' })
  world.agent('ana').online()
  world.agent('ana').accepts()
  mary.session('bot.replied', { callId, messages: [{ kind: 'text', text: 'I am late' }] })
  t.same(mary.heard(), [])
})
