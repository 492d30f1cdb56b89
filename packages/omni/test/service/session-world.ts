// One conversation's service engine with a context that a test can turn: clock, reply window, configuration.
import { numberSettings } from '@baton/router'
import type {
  Author,
  EngineContext,
  EngineEffect,
  EngineInput,
  EngineOutput,
  HandOff,
  InboundMessage,
  Recognition,
  ServiceLeg,
  Verdict,
} from '@baton/router'
import { botsConfig, compileOmni, createOmniEngine, queuesConfig } from '@baton/omni'
import type { OmniConfig, OmniState } from '@baton/omni'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const NO_REPLY: Recognition = { reply: { match: 'none' }, entry: null }

export const ANA: Author = { kind: 'agent', id: 'ana' }
export const BEN: Author = { kind: 'agent', id: 'ben' }
export const BOSS: Author = { kind: 'agent', id: 'boss' }
export const API: Author = { kind: 'api', id: 'key' }

export function demoConfig(): OmniConfig {
  const queues = queuesConfig.parse({
    queues: [
      {
        id: 'general',
        name: 'General',
        members: ['agent:ana', 'agent:ben'],
        waitingMessage: 'Nobody is here yet.',
        awayLimit: '5m',
        inactiveAfter: '30m',
        wrapUp: { for: '1m', atMost: '5m' },
      },
      { id: 'billing', members: ['agent:ben'], whenNobodyOnline: { to: 'queue:general' }, whenOffline: 'requeue' },
    ],
    agents: [
      { id: 'ana', name: 'Ana' },
      { id: 'ben', name: 'Ben' },
      { id: 'boss', supervisor: true },
    ],
  })
  const bots = botsConfig.parse({
    bots: [
      { id: 'faq', name: 'FAQ', url: 'http://127.0.0.1:9/turn', secret: 'env:FAQ', fallback: ['queue:billing'], learns: ['lang', 'a'] },
      { id: 'lone', url: 'http://127.0.0.1:9/turn', secret: 'env:LONE' },
    ],
  })
  return compileOmni(queues, bots).config
}

/** A session under test. Every call answers with the verdict; `effects` holds what the last call ordered. */
export function sessionWorld(options: { entry?: `${'queue' | 'bot' | 'agent'}:${string}`[]; config?: OmniConfig } = {}) {
  const engine = createOmniEngine()
  const number = numberSettings.parse({
    id: 'main',
    displayNumber: '+1',
    provider: 'whatsapp',
    serviceSessions: { entry: options.entry ?? ['queue:general'] },
  })
  let sessions = 0
  let ids = 0
  let messages = 0
  const world = {
    state: engine.initialState(),
    now: 1_000_000,
    windowOpen: true,
    config: options.config ?? demoConfig(),
    effects: [] as EngineEffect[],
    /** Those that are over, and what was decided for. */
    legs: [] as ServiceLeg[],
    because: undefined as EngineOutput['because'],
    session: null as EngineContext['serviceSession'],
    context(): EngineContext<OmniConfig> {
      return {
        now: world.now,
        conversationId: 'cv_1_x',
        number,
        contact: { id: 'c', identity: { phone: '15550001', name: 'Mary' }, attributes: {}, tags: [] },
        replyWindow: { open: world.windowOpen, closesAt: null },
        consent: 'unknown',
        marketing: { sent: [], talking: false },
        serviceSession: world.session,
        config: world.config,
        newId: (prefix) => `${prefix}_${(ids += 1)}`,
      }
    },
    give(input: EngineInput): Verdict {
      const output = engine.receive(world.state, input, world.context())
      engine.stateSchema.parse(output.state)
      world.state = JSON.parse(JSON.stringify(output.state)) as OmniState
      world.effects = output.effects
      world.legs.push(...(output.legs ?? []))
      world.because = output.because
      return output.verdict
    },
    take(targets: HandOff['targets'], more: Partial<HandOff> = {}, withMessage = true): Verdict {
      world.session = { id: `se_${(sessions += 1)}`, status: 'new', openedAt: world.now }
      const handOff: HandOff = { targets, reason: 'default-app', ...more }
      return world.give({ kind: 'take', handOff, ...(withMessage ? { message: world.message('hello') } : {}) })
    },
    message(text: string): InboundMessage {
      return { providerId: `wamid.${(messages += 1)}`, at: world.now, content: { kind: 'text', text } }
    },
    says: (text: string, recognition: Recognition = NO_REPLY) => world.give({ kind: 'message', message: world.message(text), recognition }),
    event: (name: string, data: Record<string, unknown> = {}, by?: Author) =>
      world.give({ kind: 'event', name, data, ...(by === undefined ? {} : { by }) }),
    /** From the routing group, about the newest request unless said otherwise. */
    group: (name: string, data: Record<string, unknown> = {}) =>
      world.event(name, { sessionId: world.session?.id, request: world.state.session?.request, ...data }),
    timer: (name: string) => world.give({ kind: 'timer', name, due: world.now }),
    /** The session is with this agent. */
    assignTo(agentId: string, queueId = 'general'): void {
      if (world.state.session === null) world.take([`queue:${queueId}`])
      world.group('agent.assigned', { agentId, queueId })
    },
    callId(): string {
      const work = world.state.session?.phase.work
      return work?.kind === 'bot' ? (work.call?.id ?? '') : ''
    },
    status: () => world.state.session?.phase.status ?? 'none',
    participant: () => engine.participant(world.state, world.context()),
    commands: () => world.effects.flatMap((effect) => (effect.type === 'command.send' ? [effect] : [])),
    sent: () => world.effects.flatMap((effect) => (effect.type === 'message.send' ? [effect] : [])),
    calls: () => world.effects.flatMap((effect) => (effect.type === 'participant.call' ? [effect] : [])),
    notes: () => world.effects.flatMap((effect) => (effect.type === 'note.add' ? [effect] : [])),
    alarms: () => world.effects.flatMap((effect) => (effect.type === 'alarm.raise' ? [effect.code] : [])),
    timersSet: () => world.effects.flatMap((effect) => (effect.type === 'timer.set' ? [effect] : [])),
  }
  return world
}
export type SessionWorld = ReturnType<typeof sessionWorld>
