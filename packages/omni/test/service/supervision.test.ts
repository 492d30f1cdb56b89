// What supervisors do with a conversation: give it to somebody without an offer, or take it themselves.
import { test } from 'tap'
import { ANA, API, BEN, BOSS, sessionWorld } from './session-world.ts'

void test('only a supervisor or the API may re-assign or take over, not even the agent who has it', async (t) => {
  for (const [name, data] of [
    ['session.reassign', { to: 'queue:billing' }],
    ['session.takeOver', {}],
  ] as const) {
    for (const by of [ANA, BEN, { kind: 'bot', id: 'faq' } as const, undefined]) {
      const world = sessionWorld()
      world.assignTo('ana')
      t.match(world.event(name, data, by), { kind: 'refused', code: 'not-supervisor' }, `${name} by ${by?.id}`)
    }
  }
  const world = sessionWorld()
  world.assignTo('ana')
  t.match(world.event('session.takeOver', {}, API), { kind: 'refused', code: 'not-an-agent' })
  t.not(world.event('session.reassign', { to: 'queue:billing' }, API).kind, 'refused')
})

void test('re-assigning gives back what was held, leaves a note, and asks for the agent without an offer; their queue is what is left', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  t.same(world.event('session.reassign', { to: 'agent:ben', note: 'knows the case' }, BOSS), { kind: 'status', status: 'waiting' })
  t.match(world.notes(), [{ text: 'knows the case', author: BOSS, data: { reassigned: { from: 'agent:ana', to: 'agent:ben' } } }])
  t.match(world.commands(), [
    { name: 'work.released', data: { agentId: 'ana', wrapUp: true } },
    { name: 'work.requested', data: { request: 2, target: 'agent:ben', direct: { queueId: 'general' }, note: 'knows the case' } },
  ])
  t.same(world.group('work.failed', { reason: 'agent-offline' }), { kind: 'status', status: 'waiting' })
  t.match(world.commands(), [{ name: 'work.requested', data: { target: 'queue:general' } }])
})

void test('each act of a supervisor is decided by a rule of its own, also where the status stays what it was', async (t) => {
  const world = sessionWorld()
  world.assignTo('ana')
  world.event('session.takeOver', {}, BOSS)
  t.same(world.because, { rule: 'supervision', inputs: { action: 'takeOver', from: 'agent:ana', to: 'agent:boss' } })
  world.event('session.reassign', { to: 'queue:billing' }, BOSS)
  t.same(world.because, { rule: 'supervision', inputs: { action: 'reassign', from: 'agent:boss', to: 'queue:billing' } })
})

void test('what is only offered to an agent may be given to the same agent; who has it already may not', async (t) => {
  const offered = sessionWorld()
  offered.take(['agent:ana'])
  t.not(offered.event('session.reassign', { to: 'agent:ana' }, BOSS).kind, 'refused')
  t.match(offered.commands(), [{ name: 'work.cancelled' }, { name: 'work.requested', data: { direct: { queueId: null } } }])
  const taken = sessionWorld()
  taken.assignTo('ana')
  t.match(taken.event('session.reassign', { to: 'agent:ana' }, BOSS), { kind: 'refused', code: 'already-there' })
  t.match(taken.event('session.reassign', { to: 'bot:faq' }, BOSS), { kind: 'refused', code: 'malformed-event' })
  t.match(taken.event('session.reassign', { to: 'queue:nope' }, BOSS), { kind: 'refused', code: 'unknown-target' })
})

void test('who takes over has it at once: from a queue, from a bot that is not heard any more, from another agent who wraps up', async (t) => {
  const queued = sessionWorld()
  queued.take(['queue:general'])
  t.same(queued.event('session.takeOver', {}, BOSS), { kind: 'status', status: 'active' })
  t.same(queued.participant(), { kind: 'agent', id: 'boss', name: 'boss' })
  t.match(queued.commands(), [
    { name: 'work.cancelled', data: { request: 1 } },
    { name: 'work.taken', data: { request: 2, agentId: 'boss', queueId: 'general' } },
  ])
  t.match(queued.notes(), [{ text: 'Taken over by agent:boss.', data: { takenOver: { from: 'queue:general', to: 'agent:boss' } } }])
  t.match(queued.event('session.takeOver', {}, BOSS), { kind: 'refused', code: 'already-there' })

  const bot = sessionWorld()
  bot.take(['bot:faq', 'queue:billing'])
  const callId = bot.callId()
  bot.event('session.takeOver', {}, BOSS)
  t.same(bot.event('bot.replied', { callId, messages: [{ kind: 'text', text: 'x' }] }), { kind: 'handled' })
  t.same(bot.sent(), [])
  t.same(bot.state.session?.targets, [], 'and what the hand-off had left is over')

  const agent = sessionWorld()
  agent.assignTo('ana')
  agent.event('session.takeOver', { note: 'I will do it' }, BOSS)
  t.match(agent.commands(), [{ name: 'work.released', data: { agentId: 'ana', wrapUp: true } }, { name: 'work.taken' }])
  t.match(agent.notes(), [{ text: 'I will do it', author: BOSS }])
})

void test('a promise to call back is kept by whoever takes it over', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  world.group('work.queued', { position: 1, held: { why: 'nobody-online', callback: true, opensAt: null } })
  world.now += 3_600_000
  world.event('session.takeOver', {}, BOSS)
  t.equal(world.state.session?.lastActivityAt, world.now)
  t.match(world.timersSet(), [{ name: 'auto-end' }, { name: 'inactive' }])
})

void test('who comes from a drained queue keeps the age they had; elsewhere it begins anew', async (t) => {
  for (const [why, keeps] of [
    ['drained', true],
    ['full', false],
  ] as const) {
    const world = sessionWorld()
    world.take(['queue:general'])
    const since = world.now
    world.now += 60_000
    world.group('work.diverted', { to: 'queue:billing', why, opensAt: null })
    t.match(world.commands(), [{ name: 'work.requested', data: { target: 'queue:billing', since: keeps ? since : world.now } }], why)
    t.same(world.state.session?.targets, ['queue:general'], 'the queue itself is what is left')
  }
})
