// Two conversations of one customer become one: what becomes of a service session that was open in the one that ends, where the other
// has none, or one of its own. Eve is Mary by another name: her conversation ends.
import t from 'tap'
import { ended, merge, two, work } from '../world/merging.ts'
import { HOUR } from '../world/world.ts'
import type { World, WorldOptions } from '../world/world.ts'

const MINUTE = 60_000
const asked = (world: World) =>
  world.botTurns.map(({ data }) => (data['messages'] as { content: { text: string } }[]).map(({ content }) => content.text))

t.test('an agent who had the customer is free of the session that ends, and is asked to take the one that goes on', async (t) => {
  const { world, mary, eve } = two()
  const ana = world.agent('ana')
  ana.online()
  eve.says('hello')
  ana.accepts()
  t.match(work(world), [{ conversationId: eve.actor.id, kind: 'assigned' }])
  merge(eve, mary)
  ended(t, world, eve)
  t.match(eve.view().serviceSession, { status: 'ended', endedBy: 'router:merged' })
  t.match(world.legs, [{ sessionId: eve.view().serviceSession?.id, outcome: 'ended', session: { asked: false } }])
  t.match(mary.view(), { owner: 'service', serviceSession: { status: 'waiting', handOff: { targets: ['agent:ana', 'queue:general'] } } })
  t.match(work(world), [{ conversationId: mary.actor.id, kind: 'offered' }], 'their capacity is held once')
  const note = mary.messages().at(-1)
  t.match(note, { direction: 'note', content: { data: { mergedFrom: eve.actor.id } }, session: { kind: 'service' } })
  ana.accepts()
  t.match(mary.participant(), { kind: 'agent', id: 'ana' })
  world.replay()
})

t.test('who waited in a queue keeps the place', async (t) => {
  const queues = { queues: [{ id: 'general', members: ['agent:ana' as const] }], agents: [{ id: 'ana', capacity: 1 }] }
  const { world, mary, eve } = two({ queues })
  eve.says('hello')
  const since = world.now()
  world.advance(60_000)
  const bob = world.customer('bob')
  bob.says('hello')
  world.advance(60_000)
  merge(eve, mary)
  t.match(
    work(world).find(({ conversationId }) => conversationId === mary.actor.id),
    { since },
  )
  const ana = world.agent('ana')
  ana.online()
  ana.accepts()
  t.match([mary.participant()?.kind, bob.participant()?.kind], ['agent', 'queue'])
})

t.test('somebody who was served, and then transferred, is as old in the queue as the transfer', async (t) => {
  const queues = { queues: [{ id: 'general', members: ['agent:ana' as const] }, { id: 'billing' }], agents: [{ id: 'ana', capacity: 1 }] }
  const { world, mary, eve } = two({ queues })
  const ana = world.agent('ana')
  ana.online()
  eve.says('hello')
  ana.accepts()
  ana.writes(eve, 'hello')
  world.advance(90 * MINUTE)
  ana.transfers(eve, 'queue:billing')
  const since = world.now()
  world.advance(MINUTE)
  merge(eve, mary)
  t.match(work(world), [{ conversationId: mary.actor.id, since, kind: 'queued' }])
  t.match(mary.participant(), { kind: 'queue', id: 'billing' })
})

t.test('what a bot was asked and has not answered, the bot of the one that goes on is asked', async (t) => {
  const { world, mary, eve } = two({ number: { serviceSessions: { entry: ['bot:faq'] } } })
  world.bot('faq', () => null)
  eve.says('where is')
  eve.says('my parcel?')
  merge(eve, mary)
  t.same(asked(world).at(-1), ['where is', 'my parcel?'])
  t.notOk('messages' in (mary.view().serviceSession?.handOff ?? {}), 'which is not kept with the session')
})

/** Open in both: Eve waits, and Mary's session is as the case says. */
function both(options: WorldOptions = {}) {
  const queues = {
    queues: [
      { id: 'general', members: ['agent:ana' as const] },
      { id: 'other', members: ['agent:ben' as const] },
    ],
    agents: [{ id: 'ana' }, { id: 'ben' }],
  }
  const pair = two({ queues, templates: { 'hello/en': { status: 'APPROVED', category: 'UTILITY' } }, ...options })
  return { ...pair, ana: pair.world.agent('ana'), ben: pair.world.agent('ben') }
}

t.test('open in both: an agent’s resting customer is asked for again, with the age they have there', async (t) => {
  const { world, mary, eve, ana } = both()
  ana.online()
  mary.says('hello')
  ana.accepts()
  ana.writes(mary, 'hello')
  ana.rests(mary)
  ana.offline()
  world.advance(MINUTE)
  eve.says('my parcel is broken, help')
  const since = world.now()
  world.advance(MINUTE)
  merge(eve, mary)
  ended(t, world, eve)
  t.match(mary.view().serviceSession, { status: 'waiting' })
  t.match(mary.led(), { rule: 'merged', inputs: { also: ['service-changed'] } })
  t.match(work(world), [{ conversationId: mary.actor.id, since, kind: 'queued' }])
  ana.online()
  ana.accepts()
  t.match([mary.participant(), mary.view().serviceSessions.length], [{ kind: 'agent', id: 'ana' }, 1])
  world.replay()
})

t.test('open in both: a session that its agent paused goes on', async (t) => {
  const { mary, eve, ana } = both()
  ana.online()
  mary.says('hello')
  ana.accepts()
  ana.pauses(mary)
  eve.says('my parcel is broken, help')
  merge(eve, mary)
  t.match([mary.view().serviceSession?.status, mary.participant()?.id], ['active', 'ana'])
})

t.test('open in both: an agent who is away has as long as for a message, then another gets the customer', async (t) => {
  const { world, mary, eve, ben } = both()
  ben.online()
  ben.writes(mary, { kind: 'template', name: 'hello', language: 'en' }, 'utility')
  ben.offline()
  world.advance(HOUR)
  eve.says('my parcel is broken, help')
  merge(eve, mary)
  world.advance(5 * MINUTE)
  t.match([mary.view().serviceSession?.status, work(world)], ['waiting', [{ conversationId: mary.actor.id }]])
  t.same(mary.view().serviceSessions.length, 1, 'it did not end as unanswered')
  world.advance(25 * HOUR)
  t.ok(world.alarms().includes('ended-unanswered'), 'and is not forgotten')
})

t.test('open in both: whoever took the customer while absent has the limit from when the older wait came to them', async (t) => {
  for (const isWaiting of [false, true]) {
    const { world, mary, eve, ben } = both()
    eve.says('my parcel is broken, help')
    const since = world.now()
    world.advance(HOUR)
    ben.writes(mary, { kind: 'template', name: 'hello', language: 'en' }, 'utility')
    world.advance(10 * MINUTE)
    if (isWaiting) mary.says('hello?')
    world.advance(MINUTE)
    merge(eve, mary)
    t.match(mary.participant(), { kind: 'agent', id: 'ben' })
    world.advance(4 * MINUTE - 1)
    t.match(mary.participant(), { kind: 'agent', id: 'ben' })
    world.advance(1)
    t.equal(mary.view().serviceSession?.status, isWaiting ? 'waiting' : 'active', 'who waited here already does not wait longer')
    world.advance(MINUTE)
    t.match([mary.view().serviceSession?.status, work(world)], ['waiting', [{ conversationId: mary.actor.id, since }]])
    world.replay()
  }
})

t.test('open in both: a bot is asked what the other one was, in its next turn while it has one under way', async (t) => {
  for (const isBusy of [false, true]) {
    const { world, mary, eve } = both({ number: { serviceSessions: { entry: ['bot:faq'] } } })
    mary.says('hello')
    world.bot('faq', () => null)
    if (isBusy) mary.says('are you there?')
    eve.says('where is my parcel?')
    const before = world.botTurns.length
    merge(eve, mary)
    t.equal(world.botTurns.length, before + (isBusy ? 0 : 1))
    if (isBusy) {
      const callId = (mary.actor.state as { engines: { omni: { session: { phase: { work: { call: { id: string } } } } } } }).engines.omni
        .session.phase.work.call.id
      mary.event({
        type: 'engine.event',
        side: 'service',
        name: 'bot.replied',
        data: { callId, messages: [{ kind: 'text', text: 'Yes.' }] },
      })
    }
    t.same(asked(world).at(-1), ['where is my parcel?'])
    world.replay()
  }
})

t.test('open in both: who waits for a person is not given back to a bot, and keeps the place', async (t) => {
  const { world, mary, eve } = both({ number: { serviceSessions: { entry: ['bot:faq'] } } })
  mary.says('hello')
  world.bot('faq', () => ({ name: 'bot.replied', data: { messages: [], handOff: { targets: ['queue:general'] } } }))
  eve.says('my parcel is broken, help')
  const since = world.now()
  world.advance(MINUTE)
  merge(eve, mary)
  t.match(mary.participant(), { kind: 'queue', id: 'general' })
  t.match(work(world), [{ conversationId: mary.actor.id, since }])
})

t.test('open in both: of two places in queues the older counts, and whoever waits for nothing changes nothing', async (t) => {
  const { world, mary, eve, ana } = both()
  eve.says('my parcel is broken, help')
  const since = world.now()
  world.advance(MINUTE)
  mary.says('hello')
  merge(eve, mary)
  t.match(work(world), [{ conversationId: mary.actor.id, since }])
  ana.online()
  ana.accepts()
  ana.writes(mary, 'hello')
  ana.rests(mary)
  const bob = world.customer('bob')
  bob.says('hello')
  ana.accepts()
  ana.writes(bob, 'hello')
  merge(bob, mary)
  t.equal(mary.view().serviceSession?.status, 'inactive')
})

t.test('a session that is open in both ends in the one that ends, and the other is left as it is', async (t) => {
  const { world, mary, eve } = two()
  const ana = world.agent('ana')
  ana.online()
  mary.says('hello')
  ana.accepts()
  eve.says('hello again')
  eve.says('stop')
  const { id } = mary.view().serviceSession ?? {}
  merge(eve, mary)
  ended(t, world, eve)
  t.match(mary.view(), { owner: 'service', serviceSession: { id, status: 'active' } })
  t.equal(mary.view().serviceSessions.length, 1)
  t.match(work(world), [{ conversationId: mary.actor.id, kind: 'assigned' }])
  t.match(mary.messages().at(-1)?.content, { kind: 'note', text: /opted out of marketing/ }, 'the agent is told')
})
