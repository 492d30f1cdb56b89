import { test } from 'tap'
import { numberSettings } from '@baton/router'
import type { EngineInput } from '@baton/router'
import { engineChecks, engineContract } from '@baton/router/testing'
import type { EngineContract } from '@baton/router/testing'
import { createOmniEngine } from '@baton/omni'
import type { OmniConfig, OmniState } from '@baton/omni'
import { ANA, API, BEN, demoConfig, NO_REPLY } from './session-world.ts'

const hello = { providerId: 'in', at: 0, content: { kind: 'text', text: 'hello' } } as const

function event(name: string, data: Record<string, unknown> = {}, by = API): EngineInput {
  return { kind: 'event', name, data, by }
}

function inputs({ session }: OmniState): EngineInput[] {
  const work = session?.phase.work
  const callId = work?.kind === 'bot' ? (work.call?.id ?? 'ca_0') : 'ca_0'
  const about = { sessionId: session?.id ?? 'se_0', request: session?.request ?? 0 }
  const group = (name: string, data: Record<string, unknown> = {}) => event(name, { ...about, ...data })
  return [
    { kind: 'take', handOff: { targets: ['bot:faq', 'queue:general'], reason: 'x', note: 'n', answers: { a: 1 } }, message: hello },
    { kind: 'take', handOff: { targets: [], reason: 'default-app' } },
    { kind: 'take', handOff: { targets: ['agent:ana'], reason: 'agent-initiated' } },
    { kind: 'message', message: hello, recognition: NO_REPLY },
    { kind: 'message', message: hello, recognition: { ...NO_REPLY, entry: { id: 'coupon', by: 'keyword', keyword: 'coupon' } } },
    event('bot.replied', { callId, messages: [{ kind: 'text', text: 'hi' }], attributes: { a: 1 } }),
    event('bot.replied', { callId, messages: [], handOff: { note: 'help' } }),
    event('bot.replied', { callId, messages: 'none' }),
    event('bot.failed', { callId, reason: 'bot-timeout' }),
    group('work.queued', { position: 1, held: { why: 'nobody-online', callback: false, opensAt: null } }),
    group('work.diverted', { to: 'queue:billing' }),
    group('work.placed', { position: 2, waitMs: 60_000 }),
    group('work.failed', { reason: 'no-queue' }),
    group('agent.assigned', { agentId: 'ana', queueId: 'general' }),
    group('agent.assigned', { agentId: 'ana', request: 99 }),
    group('agent.presence', { agentId: 'ana', status: 'away', since: 0 }),
    group('agent.lost', { agentId: 'ana' }),
    ...['session.end', 'session.pause', 'session.inactive', 'session.resume', 'agent.sent'].flatMap((name) => [
      event(name),
      event(name, {}, ANA),
      event(name, {}, BEN),
    ]),
    event('session.transfer', { to: 'queue:billing', note: 'n' }),
    event('session.transfer', { to: 'bot:faq' }, ANA),
    event('session.transfer', { to: 'agent:ben' }, ANA),
    { kind: 'notice', message: { ...hello, content: { kind: 'text', text: '5' } }, recognition: NO_REPLY },
    { kind: 'noted', trail: [{ run: 'ru', journey: 'rate', version: 'v', marks: [['replied', 'ask', '4']] }] },
    { kind: 'yield', reason: 'upstream' },
    { kind: 'yield', reason: 'superseded' },
    { kind: 'yield', reason: 'merged' },
    { kind: 'resume', after: 'upstream' },
    { kind: 'sendFailed', ref: `bot/${callId}/0`, messageId: 'ms', code: 'x', reason: 'y' },
    ...['auto-end', 'bot-answer', 'agent-away', 'inactive', 'objective', 'position'].map((name): EngineInput => ({
      kind: 'timer',
      name,
      due: 0,
    })),
  ]
}

const serviceSessions = { entry: ['queue:general' as const] }
const number = numberSettings.parse({ id: 'suite', displayNumber: '+1', provider: 'suite', serviceSessions })
const contract: EngineContract<OmniState, OmniConfig> = { create: createOmniEngine, config: demoConfig(), inputs, number }

void test('the service engine keeps the contract of engines', async (t) => {
  await engineContract(t, contract)
})

void test('the contract notices an engine that breaks it', async (t) => {
  const good = createOmniEngine()
  const faults: Record<string, Partial<ReturnType<typeof createOmniEngine>>> = {
    'the first state is plain JSON that the schema accepts, and nobody works yet': {
      initialState: () => ({ version: 9, session: null }) as unknown as OmniState,
    },
    'no input throws, and every state passes the schema unchanged': {
      receive(state, input, context) {
        if (input.kind === 'withdraw') throw new Error('unexpected')
        return good.receive(state, input, context)
      },
    },
    'the same state, input and context give the same output': {
      receive(state, input, context) {
        const output = good.receive(state, input, context)
        if (output.state.session !== null) output.state.session.openedAt = performance.now()
        return output
      },
    },
    'a refusal changes nothing and orders nothing': {
      receive(state, input, context) {
        const output = good.receive(state, input, context)
        return output.verdict.kind === 'refused' ? { ...output, effects: [{ type: 'timer.cancel', name: 'x' }] } : output
      },
    },
    'neither state, input nor context are changed': {
      receive(state, input, context) {
        if (state.session !== null) state.session.lastActivityAt += 1
        return good.receive(state, input, context)
      },
    },
    'timers have a time, and one fate a turn': {
      receive(state, input, context) {
        const output = good.receive(state, input, context)
        return { ...output, effects: [...output.effects, ...output.effects] }
      },
    },
    'one name of a command or call means one order': {
      receive(state, input, context) {
        const output = good.receive(state, input, context)
        const effects = output.effects.map((effect) => (effect.type === 'command.send' ? { ...effect, dedupe: 'always' } : effect))
        return { ...output, effects }
      },
    },
  }
  for (const [title, fault] of Object.entries(faults)) {
    const broken = engineChecks({ ...contract, create: () => ({ ...good, ...fault }) }).find((check) => check.title === title)
    await t.rejects(broken?.run() ?? Promise.resolve(), title)
  }
})
