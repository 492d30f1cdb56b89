// What agents write for one another never reaches the customer, nor a bot that is not configured to get it.
import { test } from 'tap'
import * as fc from 'fast-check'
import { botsConfig, compileOmni, queuesConfig } from '@baton/omni'
import type { SessionWorld } from './session-world.ts'
import { ANA, API, BEN, BOSS, demoConfig, sessionWorld } from './session-world.ts'

const SECRET = 'for agents only'

void test('anybody in the team writes into any conversation, also between sessions; nothing else changes by it', async (t) => {
  for (const arrange of [() => {}, (world: SessionWorld) => void world.take(['bot:faq']), (world: SessionWorld) => world.assignTo('ana')]) {
    for (const by of [BEN, BOSS, API]) {
      const world = sessionWorld()
      arrange(world)
      const before = JSON.stringify(world.state)
      t.same(world.event('note.added', { text: ` ${SECRET} ` }, by), { kind: 'handled' })
      t.same(world.effects, [{ type: 'note.add', text: SECRET, author: by }])
      t.equal(JSON.stringify(world.state), before)
    }
  }
  const world = sessionWorld()
  t.match(world.event('note.added', { text: ' ' }, ANA), { kind: 'refused', code: 'malformed-event' })
  for (const by of [{ kind: 'agent', id: 'nobody' }, { kind: 'bot', id: 'faq' }, { kind: 'customer', id: 'c' }, undefined] as const)
    t.match(world.event('note.added', { text: SECRET }, by), { kind: 'refused', code: 'unknown-agent' }, by?.id ?? 'nobody known')
})

void test('a note of a transfer goes to whom it names: a bot gets its own, and none that was meant for agents', async (t) => {
  const named = sessionWorld()
  named.assignTo('ana')
  named.event('session.transfer', { to: 'bot:lone', note: 'find the parcel' }, ANA)
  t.match(named.calls(), [{ target: 'lone', data: { note: 'find the parcel' } }])

  const instead = sessionWorld()
  instead.assignTo('ana')
  instead.event('session.transfer', { to: 'agent:ben', otherwise: ['bot:lone'], note: SECRET }, ANA)
  t.match(instead.commands(), [{ name: 'work.released' }, { data: { note: SECRET } }], 'whoever is offered it reads it')
  instead.group('work.failed', { reason: 'agent-offline' })
  t.match(instead.calls(), [{ target: 'lone', data: { note: null } }])
  const failed = instead.event('bot.failed', { callId: instead.callId(), reason: 'bot-timeout' })
  t.notMatch(JSON.stringify(failed), SECRET, 'nor the next bot, by way of the one that failed')

  const learnt = sessionWorld({
    config: compileOmni(
      queuesConfig.parse({ queues: [{ id: 'general', members: ['agent:ana'] }], agents: [{ id: 'ana' }] }),
      botsConfig.parse({ bots: [{ id: 'helper', url: 'http://127.0.0.1:9/turn', secret: 'env:S', notes: true }] }),
    ).config,
  })
  learnt.assignTo('ana')
  learnt.event('session.transfer', { to: 'queue:general', note: SECRET }, API)
  learnt.event('session.transfer', { to: 'bot:helper' }, API)
  t.match(learnt.calls(), [{ target: 'helper', data: { note: SECRET } }], 'but one that is configured to')
})

type Step = (world: SessionWorld) => unknown
const by = fc.constantFrom(ANA, BEN, BOSS, API)
const forAgents = fc.constantFrom('queue:general', 'queue:billing', 'agent:ana', 'agent:ben')
const anywhere = fc.constantFrom('queue:general', 'queue:billing', 'agent:ben', 'bot:faq', 'bot:lone')
const step: fc.Arbitrary<Step> = fc.oneof(
  by.map(
    (author): Step =>
      (world) =>
        world.event('note.added', { text: SECRET }, author),
  ),
  fc.tuple(forAgents, anywhere, by).map(
    ([to, otherwise, author]): Step =>
      (world) =>
        world.event('session.transfer', { to, otherwise: [otherwise], note: SECRET }, author),
  ),
  forAgents.map(
    (to): Step =>
      (world) =>
        world.event('session.reassign', { to, note: SECRET }, BOSS),
  ),
  fc.constant<Step>((world) => world.event('session.takeOver', { note: SECRET }, BOSS)),
  fc.tuple(anywhere, by).map(
    ([to, author]): Step =>
      (world) =>
        world.event('session.transfer', { to }, author),
  ),
  fc.constantFrom<Step>(
    (world) => (world.says('hi').kind === 'refused' ? world.take(['bot:faq']) : undefined),
    (world) => world.group('work.failed', { reason: 'declined' }),
    (world) => world.group('agent.assigned', { agentId: 'ana', queueId: 'general' }),
    (world) => world.group('offer.declined', { agentId: 'ana', reason: SECRET }),
    (world) => world.event('bot.replied', { callId: world.callId(), messages: [{ kind: 'text', text: 'x' }], handOff: {} }),
    (world) => {
      const verdict = world.event('bot.failed', { callId: world.callId(), reason: 'bot-timeout' })
      // The router opens the next session with what the verdict carries.
      if (verdict.kind === 'error' && verdict.next !== null) world.take(verdict.next.targets, verdict.next)
    },
    (world) => world.event('session.inactive', {}, API),
    (world) => world.timer('auto-end'),
  ),
)

void test('whatever happens, no note reaches the customer or a bot', async (t) => {
  let notes = 0
  let calls = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), (steps) => {
      const world = sessionWorld({ config: demoConfig() })
      world.take(['queue:general'])
      for (const each of steps) {
        each(world)
        notes += world.notes().length
        calls += world.calls().length
        const leaves = JSON.stringify([world.sent(), world.calls()])
        if (leaves.includes(SECRET)) throw new Error(leaves)
      }
    }),
    { numRuns: 300 },
  )
  t.ok(notes > 100 && calls > 100, `${notes} notes, ${calls} calls of bots`)
})
