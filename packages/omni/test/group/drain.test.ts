// A drained queue, and what else supervisors do in a routing group.
import { test } from 'tap'
import type { Author } from '@baton/router'
import { agentBoard } from '@baton/omni'
import { configOf, groupWorld } from './group-world.ts'

const BOSS: Author = { kind: 'agent', id: 'boss' }
const ANA: Author = { kind: 'agent', id: 'ana' }
const API: Author = { kind: 'api', id: 'crm' }
const CONFIG = {
  queues: [
    { id: 'general', members: ['agent:ana'] },
    { id: 'billing', members: ['agent:ben'] },
    { id: 'third', members: ['agent:ben'] },
  ],
  agents: [{ id: 'ana', capacity: 2 }, { id: 'ben' }, { id: 'boss', supervisor: true }],
}

function world() {
  const group = groupWorld(CONFIG)
  const as = (by: Author, name: string, data: object) => group.give({ type: 'engine.event', side: 'service', name, data, by })
  return {
    group,
    as,
    drain: (more: object = {}, by: Author = BOSS) =>
      as(by, 'queue.drained', { queueId: 'general', to: 'queue:billing', waiting: 'keep', ...more }),
    queue: () => agentBoard(group.stored(), group.config).queues[0],
  }
}

void test('what comes to a drained queue goes elsewhere, until it is undrained; what has been sent back stays', async (t) => {
  const { group, as, drain, queue } = world()
  t.same(drain(), { kind: 'done', data: { queueId: 'general', moved: 0 } })
  t.match(queue(), { drained: { to: 'queue:billing', since: group.now } })
  const sent = group.request('queue:general')
  t.match(group.told(), [{ session: sent, name: 'work.diverted', data: { queueId: 'general', to: 'queue:billing', why: 'drained' } }])
  t.equal(group.item(sent), undefined)
  const back = group.request('queue:general', { mayDivert: false })
  t.match(group.item(back), { state: { kind: 'queued' } }, 'nobody else could take it')
  t.same(as(BOSS, 'queue.undrained', { queueId: 'general' }), { kind: 'done' })
  t.equal(queue()?.drained, null)
  const stays = group.request('queue:general')
  t.match(group.item(stays), { state: { kind: 'queued' } })
  t.match(as(BOSS, 'queue.undrained', { queueId: 'general' }), { kind: 'refused', code: 'queue-not-drained' })
})

void test('what waits is served to the end, or moved, offers too; what is accepted stays', async (t) => {
  const { group, drain, queue } = world()
  group.presence('ana', 'online')
  const accepted = group.request('queue:general')
  group.accept('ana')
  const offered = group.request('queue:general')
  const waiting = group.request('queue:general')
  drain()
  t.match(queue(), { assigned: 1, offered: 1, waiting: 1 }, 'kept')
  const offerId = group.offersOf('ana')[0]?.offerId
  t.same(drain({ waiting: 'move' }), { kind: 'done', data: { queueId: 'general', moved: 2 } })
  t.match(
    group.told().map(({ session, name, data }) => [session, name, data['to']]),
    [
      [offered, 'work.diverted', 'queue:billing'],
      [waiting, 'work.diverted', 'queue:billing'],
    ],
  )
  t.match(queue(), { assigned: 1, offered: 0, waiting: 0 })
  t.match(group.item(accepted), { state: { kind: 'assigned' } })
  t.match(group.accept('ana', offerId), { kind: 'refused', code: 'offer-gone' })
  t.notOk(group.timers.has(`offer:${offerId}`))
})

void test('drained queues never lead to one another, and the target may be changed', async (t) => {
  const { drain, queue } = world()
  t.match(drain({ to: 'queue:general' }), { kind: 'refused', code: 'queue-drained' })
  t.match(drain({ to: 'queue:nope' }), { kind: 'refused', code: 'unknown-target' })
  t.match(drain({ queueId: 'nope' }), { kind: 'refused', code: 'unknown-queue' })
  t.match(drain({ to: 'agent:ben' }), { kind: 'refused', code: 'malformed-event' })
  t.match(drain(), { kind: 'done' })
  t.match(drain({ queueId: 'billing', to: 'queue:general' }), { kind: 'refused', code: 'queue-drained' })
  t.match(drain({ to: 'queue:third' }), { kind: 'done' })
  t.match(queue(), { drained: { to: 'queue:third' } })
})

void test('a queue that is not configured any more is not drained when it comes back', async (t) => {
  const { group, drain, queue } = world()
  drain()
  group.config = configOf({ ...CONFIG, queues: CONFIG.queues.slice(1) })
  group.event('presence.renewed', { agentIds: [] })
  group.config = configOf(CONFIG)
  group.event('presence.renewed', { agentIds: [] })
  t.equal(queue()?.drained, null)
})

void test('only supervisors and the API act for others; each act is kept with who did it, and what agents do for themselves is not', async (t) => {
  const { group, as, drain } = world()
  const kept = () => group.turn?.decision
  const presence = (by: Author) => as(by, 'presence.changed', { agentId: 'ana', status: 'online' })
  t.match([presence(ANA), kept()], [{ kind: 'done' }, null])
  t.match(presence({ kind: 'agent', id: 'ben' }), { kind: 'refused', code: 'not-supervisor' })
  t.match(as(BOSS, 'presence.changed', { agentId: 'ana', status: 'away' }), { kind: 'done' })
  t.match(kept(), { rule: 'supervision', inputs: { action: 'presence.changed', by: BOSS, agentId: 'ana', from: 'online', to: 'away' } })
  t.match([drain({}, ANA), kept()], [{ kind: 'refused', code: 'not-supervisor' }, null])
  t.match(as(ANA, 'queue.undrained', { queueId: 'general' }), { kind: 'refused', code: 'not-supervisor' })
  t.match([drain({}, API), kept()], [{ kind: 'done' }, { inputs: { action: 'queue.drained', by: API, to: 'queue:billing', moved: 0 } }])
  t.match([as(BOSS, 'queue.undrained', { queueId: 'general' }), kept()], [{ kind: 'done' }, { inputs: { action: 'queue.undrained' } }])
  t.match(as(BOSS, 'wrapUp.ended', { agentId: 'ana', sessionId: 's1' }), { kind: 'refused', code: 'wrap-up-over' })
  t.match(as({ kind: 'agent', id: 'ben' }, 'wrapUp.ended', { agentId: 'ana', sessionId: 's1' }), {
    kind: 'refused',
    code: 'not-supervisor',
  })
})

void test('work given to an agent directly is theirs at once, however much they have, while they are there; else the conversation is told', async (t) => {
  const { group } = world()
  group.presence('ben', 'online')
  for (const _ of [1, 2, 3, 4, 5, 6]) group.request('agent:ben', { direct: { queueId: 'billing' } })
  t.match(agentBoard(group.stored(), group.config).agents[1], { used: 6, free: 0, offers: 0 })
  t.match(group.told(), [{ name: 'agent.assigned', data: { agentId: 'ben', queueId: 'billing' } }], 'as work of the queue it came through')
  group.presence('ben', 'away')
  const session = group.request('agent:ben', { direct: { queueId: null } })
  t.match(group.told(), [{ session, name: 'work.failed', data: { reason: 'agent-offline' } }])
})
