// A bot that takes its time: it is heard when it replies, to the turn and in the session it was asked in, and only while it has the customer.
import { test } from 'tap'
import { botsConfig, compileOmni, queuesConfig } from '@baton/omni'
import { ANA, API, MINUTE, sessionWorld } from './session-world.ts'
import type { SessionWorld } from './session-world.ts'

const config = compileOmni(
  queuesConfig.parse({ queues: [{ id: 'general', members: ['agent:ana'] }], agents: [{ id: 'ana' }] }),
  botsConfig.parse({
    bots: [
      { id: 'slow', url: 'http://127.0.0.1:9/turn', secret: 'env:S', replyWithin: '10m', fallback: ['queue:general'] },
      { id: 'quick', url: 'http://127.0.0.1:9/turn', secret: 'env:Q', fallback: ['queue:general'] },
    ],
  }),
).config
const text = (words: string) => ({ kind: 'text' as const, text: words })

/** The bot was asked, and has answered that it will reply later. */
function promised(words: string[] = []): { world: SessionWorld; callId: string; post: (more?: object) => unknown } {
  const world = sessionWorld({ config })
  world.take(['bot:slow'])
  const callId = world.callId()
  world.event('bot.deferred', { callId, messages: words.map(text) })
  const post = (more: object = {}) =>
    world.event('bot.posted', { botId: 'slow', sessionId: 'se_1', callId, messages: [text('Here.')], ...more }, { kind: 'bot', id: 'slow' })
  return { world, callId, post }
}

void test('the reply is sent when it comes; until then the customer counts as waiting, whatever was said meanwhile', async (t) => {
  const { world, callId, post } = promised(['One moment …'])
  t.match(world.sent(), [{ ref: `bot/${callId}/interim/0`, content: text('One moment …'), author: { kind: 'bot', id: 'slow' } }])
  t.match(world.timersSet(), [{ name: 'bot-answer', at: world.now + 10 * MINUTE }])
  t.equal(world.state.session?.waitingSince, 1_000_000)
  world.now += 9 * MINUTE
  t.same(post(), { kind: 'handled' })
  t.match(world.sent(), [{ ref: `bot/${callId}/0`, content: text('Here.') }])
  t.equal(world.state.session?.waitingSince, null)
  t.match(post(), { kind: 'refused', code: 'turn-over' }, 'once')
  t.same(world.sent(), [])
})

void test('what the customer writes meanwhile is the next turn', async (t) => {
  const { world, post } = promised()
  world.says('hello?')
  t.same(world.calls(), [])
  post()
  t.match(world.calls(), [{ data: { messages: [{ content: text('hello?') }] } }])
})

void test('a bot that does not reply in time has failed, and is not heard afterwards', async (t) => {
  const { world, post } = promised()
  world.now += 10 * MINUTE - 1
  t.same(world.timer('bot-answer'), { kind: 'handled' })
  world.now += 1
  t.match(world.timer('bot-answer'), { kind: 'error', next: { targets: ['queue:general'] } })
  t.match(post(), { kind: 'refused', code: 'turn-over' })
})

void test('the moment somebody else has the customer the bot is silent', async (t) => {
  const takers: Record<string, (world: SessionWorld) => unknown> = {
    'an agent was given the session': (world) => {
      world.event('session.transfer', { to: 'queue:general' }, API)
      world.group('agent.assigned', { agentId: 'ana', queueId: 'general' })
    },
    'it waits for one': (world) => world.event('session.transfer', { to: 'agent:ana' }, API),
    'another bot has it': (world) => world.event('session.transfer', { to: 'bot:quick' }, API),
    'upstream has it': (world) => world.give({ kind: 'yield', reason: 'upstream' }),
    'the session is over': (world) => world.event('session.end', {}, API),
    'there is a new one': (world) => {
      world.event('session.end', {}, API)
      world.take(['bot:slow'])
    },
  }
  for (const [title, take] of Object.entries(takers)) {
    const { world, post } = promised()
    take(world)
    const before = JSON.stringify(world.state)
    t.match(post(), { kind: 'refused', code: 'turn-over' }, title)
    t.same(world.effects, [], title)
    t.equal(JSON.stringify(world.state), before, title)
  }
})

void test('a reply of another bot, to another turn or of another session is not heard', async (t) => {
  for (const other of [{ botId: 'quick' }, { callId: 'ca_99' }, { sessionId: 'se_9' }, { botId: 7 }]) {
    const { world, post } = promised()
    t.match(post(other), { kind: 'refused', code: 'turn-over' }, JSON.stringify(other))
    t.same(world.sent(), [])
  }
})

void test('a reply that overtakes its own announcement is heard, and the announcement changes nothing any more', async (t) => {
  const world = sessionWorld({ config })
  world.take(['bot:slow'])
  const callId = world.callId()
  t.same(world.event('bot.posted', { botId: 'slow', sessionId: 'se_1', callId, messages: [text('Here.')] }), { kind: 'handled' })
  t.same(world.event('bot.deferred', { callId, messages: [text('One moment …')] }), { kind: 'handled' })
  t.same(world.sent(), [])
})

void test('a bot that may not take its time fails by trying, and one that hands over later does so', async (t) => {
  const quick = sessionWorld({ config })
  quick.take(['bot:quick'])
  t.match(quick.event('bot.deferred', { callId: quick.callId(), messages: [] }), { kind: 'error' })
  const { world, post } = promised()
  t.same(post({ messages: [], handOff: { summary: 'angry' } }), { kind: 'status', status: 'waiting' })
  t.match(world.commands(), [{ name: 'work.requested', data: { note: 'angry' } }])
  t.match(world.event('session.end', {}, ANA), { kind: 'refused' }, 'it waits for her, and is not hers')
})
