import { test } from 'tap'
import { agentBoard } from '@baton/omni'
import { configOf, groupWorld, TWO_AGENTS } from './group-world.ts'

const MINUTE = 60_000

void test('work is offered to an agent who is there, and theirs once they accept', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  const session = world.request()
  t.match(world.offersOf('ana'), [
    { sessionId: session, conversationId: 'cv_s1', queueId: 'general', contact: { name: 'Mary' }, expiresAt: world.now + 30_000 },
  ])
  t.same(world.told(), [], 'an offer is between the group and the agent')
  const { offerId } = world.offersOf('ana')[0] ?? { offerId: '' }
  t.same(world.accept('ana'), { kind: 'done', data: { offerId, conversationId: 'cv_s1', sessionId: session } })
  t.match(world.told(), [
    { session, name: 'agent.assigned', data: { agentId: 'ana', agentName: 'Ana', offerId, queueId: 'general', request: 1 } },
  ])
  t.same(
    [...world.timers.keys()].filter((name) => name.startsWith('offer:')),
    [],
    'the time-out is off',
  )
})

void test('an accept that is late, double or of another agent is refused', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  world.request()
  const offerId = world.offersOf('ana')[0]?.offerId
  t.match(world.accept('ben', offerId), { kind: 'refused', code: 'offer-not-yours' })
  t.match(world.decline('ben', offerId), { kind: 'refused', code: 'offer-not-yours' })
  world.accept('ana')
  t.match(world.accept('ana', offerId), { kind: 'refused', code: 'offer-gone' }, 'double')
  const late = world.request()
  const lateOffer = world.offersOf('ana')[0]?.offerId
  world.advance(30_000)
  t.match(world.item(late), { state: { kind: 'queued' } })
  t.match(world.accept('ana', lateOffer), { kind: 'refused', code: 'offer-gone' }, 'late')
})

void test('declined work keeps its age and goes to somebody else', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  world.presence('ben', 'online')
  const session = world.request()
  const since = world.item(session)?.since
  world.now += 10_000
  t.match(world.decline('ana'), { kind: 'done' })
  t.match(world.offersOf('ben'), [{ sessionId: session, since }])
  t.same(world.offersOf('ana'), [])
})

void test('work that everybody passed on is offered again after the cool-down, not before', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  const session = world.request()
  world.decline('ana')
  world.advance(29_999)
  t.same(world.offersOf('ana'), [])
  world.advance(1)
  t.match(world.offersOf('ana'), [{ sessionId: session }])
  world.advance(30_000)
  t.match(world.item(session), { state: { kind: 'queued' } }, 'a time-out counts like a decline')
  world.advance(30_000)
  t.match(world.offersOf('ana'), [{ sessionId: session }])
})

void test('somebody who becomes free during the cool-down gets it at once', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  const session = world.request()
  world.decline('ana')
  world.presence('ben', 'online')
  t.match(world.offersOf('ben'), [{ sessionId: session }])
})

void test('an offer of an agent who leaves goes to somebody else at once; accepted work stays and is told', async (t) => {
  for (const status of ['away', 'offline']) {
    const world = groupWorld()
    world.presence('ana', 'online')
    const kept = world.request()
    world.accept('ana')
    const open = world.request()
    world.presence('ben', 'online')
    t.match(world.offersOf('ana'), [{ sessionId: open }])
    world.presence('ana', status)
    t.match(world.offersOf('ben'), [{ sessionId: open }])
    t.match(world.told(), [{ session: kept, name: 'agent.presence', data: { agentId: 'ana', status, since: world.now } }])
    t.match(world.item(kept), { state: { kind: 'assigned', agentId: 'ana' } })
  }
})

void test('an agent is absent since they left, however they are absent by now', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  world.request()
  world.accept('ana')
  const left = (world.now += MINUTE)
  world.presence('ana', 'away')
  world.now += MINUTE
  world.presence('ana', 'offline')
  t.match(world.told(), [{ name: 'agent.presence', data: { status: 'offline', since: left } }])
  world.presence('ana', 'offline')
  t.same(world.told(), [], 'no change, no news')
  t.match(world.presence('zoe', 'online'), { kind: 'refused', code: 'unknown-agent' })
})

void test('work that cannot be offered is told its position, and whether anybody is there', async (t) => {
  const world = groupWorld()
  world.request()
  t.match(world.told(), [{ session: 's1', name: 'work.queued', data: { position: 1, held: { why: 'nobody-online' } } }])
  world.request()
  t.match(world.told(), [{ session: 's2', data: { position: 2, held: { why: 'nobody-online' } } }])
  world.presence('ana', 'online')
  t.equal(world.offersOf('ana').length, 2)
  world.request()
  t.match(world.told(), [{ session: 's3', data: { position: 1, held: null } }])
})

void test('a queue with nobody there sends work where it says, unless it has done so before', async (t) => {
  const world = groupWorld({
    queues: [
      { id: 'general', members: ['agent:ana'] },
      { id: 'billing', members: ['agent:ben'], whenNobodyOnline: { to: 'bot:faq' } },
    ],
    agents: [{ id: 'ana' }, { id: 'ben' }],
  })
  world.request('queue:billing')
  t.match(world.told(), [{ session: 's1', name: 'work.diverted', data: { to: 'bot:faq' } }])
  t.equal(world.item('s1'), undefined)
  world.request('queue:billing', { mayDivert: false })
  t.match(world.item('s2'), { state: { kind: 'queued' } })
  world.presence('ben', 'online')
  world.request('queue:billing')
  t.match(world.item('s3'), { state: { kind: 'offered', agentId: 'ben' } })
})

void test('work for one agent is offered to nobody else, and fails when they are absent, decline or do not answer', async (t) => {
  const world = groupWorld()
  world.presence('ben', 'online')
  world.request('agent:ana')
  t.match(world.told(), [{ session: 's1', name: 'work.failed', data: { reason: 'agent-offline' } }])
  world.request('agent:zoe')
  t.match(world.told(), [{ name: 'work.failed', data: { reason: 'unknown-agent' } }])
  world.request('queue:nope')
  t.match(world.told(), [{ name: 'work.failed', data: { reason: 'no-queue' } }])
  world.presence('ana', 'online')
  world.request('agent:ana')
  world.decline('ana')
  t.match(world.told(), [{ session: 's4', name: 'work.failed', data: { reason: 'declined' } }])
  world.request('agent:ana')
  world.advance(30_000)
  t.match(world.told(), [{ session: 's5', name: 'work.failed', data: { reason: 'no-answer' } }])
  world.request('agent:ana')
  world.presence('ana', 'away')
  t.match(world.told(), [{ session: 's6', name: 'work.failed', data: { reason: 'agent-offline' } }])
  t.same(world.state().items, [])
})

void test('whoever had the customer before gets them back without an offer when they can take them, else first of all', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  world.presence('ben', 'online')
  world.request('queue:general', { prefer: 'ben' })
  t.match(world.told(), [{ name: 'agent.assigned', data: { agentId: 'ben', offerId: null } }])
  world.request('queue:general', { prefer: 'ben' })
  const third = world.request('queue:general', { prefer: 'ben' })
  t.match(world.item(third), { state: { kind: 'offered', agentId: 'ana' } }, 'ben has no room left')
})

void test('the newest request of a session counts, and what is said about an older one changes nothing', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  world.request('queue:general', { sessionId: 'x', request: 1 })
  const old = world.offersOf('ana')[0]?.offerId
  world.request('queue:general', { sessionId: 'x', request: 2 })
  t.equal(world.state().items.length, 1)
  t.match(world.accept('ana', old), { code: 'offer-gone' })
  world.request('queue:general', { sessionId: 'x', request: 1 })
  t.equal(world.item('x')?.request, 2)
  world.event('work.cancelled', { sessionId: 'x', request: 1 })
  t.equal(world.item('x')?.request, 2)
  world.event('work.released', { sessionId: 'x', request: 2 })
  t.equal(world.item('x'), undefined)
  t.same(
    [...world.timers.keys()].filter((name) => name.startsWith('offer:')),
    [],
  )
  t.same(world.event('work.released', { sessionId: 'x', request: 2 }), { kind: 'done' }, 'a repetition is harmless')
})

void test('released work frees capacity for whoever waits', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  for (let index = 0; index < 2; index += 1) {
    world.request()
    world.accept('ana')
  }
  const waiting = world.request()
  t.match(world.item(waiting), { state: { kind: 'queued' } })
  world.event('work.released', { sessionId: 's1', request: 1 })
  t.match(world.offersOf('ana'), [{ sessionId: waiting }])
})

void test('work an agent took by themselves counts against their capacity', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  const contact = { id: 'c', name: null, phone: null }
  for (const sessionId of ['a', 'b', 'c']) {
    world.event('work.taken', {
      sessionId,
      request: 1,
      conversationId: `cv_${sessionId}`,
      number: 'main',
      contact,
      reason: 'x',
      agentId: 'ana',
    })
  }
  t.same(world.told(), [])
  world.request()
  t.same(world.offersOf('ana'), [], 'nothing more beyond it')
  t.match(agentBoard(world.stored(), world.config), {
    agents: [
      { id: 'ana', used: 3, free: 0, work: [{ conversationId: 'cv_a' }, { conversationId: 'cv_b' }, { conversationId: 'cv_c' }] },
      { id: 'ben', used: 0, free: 2 },
    ],
  })
})

void test('a new configuration takes effect at the next event: work of what is gone moves on', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  world.request()
  world.accept('ana')
  world.presence('ben', 'online')
  const open = world.request()
  t.match(world.offersOf('ben'), [{ sessionId: open }])
  const { queues, agents } = TWO_AGENTS
  world.config = configOf({ queues: [{ id: 'general', members: ['agent:ben'] }], agents: agents?.slice(1) ?? [] })
  world.event('offer.declined', { offerId: 'none', agentId: 'x' })
  t.match(world.told(), [{ session: 's1', name: 'agent.lost', data: { agentId: 'ana' } }])
  t.match(world.offersOf('ben'), [{ sessionId: open }], 'still valid')
  world.config = configOf({ queues: [{ id: 'general', members: [] }], agents: agents ?? [] })
  world.presence('ben', 'away')
  t.match(world.item(open), { state: { kind: 'queued' } })
  world.config = configOf({ queues: [], agents: agents ?? [] })
  world.presence('ben', 'online')
  t.match(world.told(), [{ session: open, name: 'work.failed', data: { reason: 'no-queue' } }])
  t.ok(queues)
})

void test('an event the group does not know, or that lacks something, is refused and changes nothing', async (t) => {
  const world = groupWorld()
  world.presence('ana', 'online')
  const before = JSON.stringify(world.state())
  t.match(world.event('work.imagined'), { kind: 'refused', code: 'unknown-event' })
  t.match(world.event('work.requested', { sessionId: 'x' }), { kind: 'refused', code: 'malformed-event' })
  t.match(world.give({ type: 'message.received' }), { kind: 'refused', code: 'unknown-event' })
  t.match(world.give(null), { kind: 'refused', code: 'unknown-event' })
  t.equal(JSON.stringify(world.state()), before)
})
