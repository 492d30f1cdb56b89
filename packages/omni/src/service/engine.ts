// Pure. The service side's brain: one service session of one conversation. What it owns: the session's status, who works on it,
// the targets still to try, and its clocks. Invariants:
// R1 an open session is with a bot, in a queue or offered, with an agent, or paused by upstream: never with nobody.
// R2 a bot is heard only while it has the session and its turn is in flight.
// R3 what a session holds (a queue's place, an agent's capacity) is given back when it moves or ends.
// R4 every open session has the auto-end timer; a bot's turn has one of its own.
import type { Engine, EngineContext, EngineEffect, EngineInput, EngineOutput, HandOff, InboundMessage, Recognition } from '@baton/router'
import type { OmniConfig } from '../config/settings.ts'
import { parts } from '../config/targets.ts'
import { followed } from '../measures/follow.ts'
import { newTally } from '../measures/leg.ts'
import { hearAnswer, recogniseSurvey } from '../measures/survey.ts'
import { act, isAgentAction, openForAgent } from './agent-actions.ts'
import { armAutoEnd } from './agent-work.ts'
import { botDeferred, botFailed, botPosted, botReplied, botSendFailed } from './bot-answers.ts'
import { turnMessage } from './bot-call.ts'
import { timerDue } from './clocks.ts'
import type { Draft } from './draft.ts'
import { addNote, conclude, proceed, refuse, release, SYSTEM, unchanged } from './draft.ts'
import { hearGroup, isGroupEvent, stale } from './group-events.ts'
import { leave, takeUp } from './merge.ts'
import { customerWrote, wakeUp } from './message.ts'
import { addInternalNote } from './notes.ts'
import type { OmniState, Session, TurnMessage } from './session.ts'
import { omniState, participantOf, readState, stateOf } from './session.ts'
import { onward } from './targets.ts'

/** The built-in service engine: bots, queues and agents. */
export function createOmniEngine(): Engine<OmniState, OmniConfig> {
  return {
    name: 'omni',
    side: 'service',
    stateSchema: omniState,
    initialState: () => stateOf(null),
    recognise(stored, message, { now }): Recognition {
      const survey = recogniseSurvey(readState(stored), message, now)
      return { reply: { match: 'none' }, entry: null, ...(survey === null ? {} : { survey }) }
    },
    receive(stored, input, context) {
      const before = readState(stored)
      if (input.kind === 'notice' || input.kind === 'noted') return hearAnswer(before, input, context)
      const output = followed(before, input, receive(before, input, context), context)
      if (output.verdict.kind === 'refused') return output
      return { ...output, state: withLastAgent(before, output.state, context.now), effects: lastTimerWins(output.effects) }
    },
    participant(stored, context) {
      const { session } = readState(stored)
      return session === null ? null : participantOf(session.phase, context.config)
    },
  }
}

function receive(state: OmniState, input: EngineInput, context: EngineContext<OmniConfig>): EngineOutput<OmniState> {
  if (input.kind === 'take') return take(state, input.handOff, input.message, context)
  if (input.kind === 'start') return refuse(state.session, 'not-supported', input.entry)
  if (input.kind === 'event' && input.name === 'note.added') return addInternalNote(state.session, input.data, input.by, context.config)
  const before = state.session
  if (before === null) return betweenSessions(input)
  const draft: Draft = { session: structuredClone(before), effects: [], context, lastAgent: state.lastAgent ?? null }
  switch (input.kind) {
    case 'message':
      return customerWrote(draft, before, input)
    case 'timer':
      return timerDue(draft, before, input.name)
    case 'event':
      return hear(draft, before, input)
    case 'sendFailed':
      return botSendFailed(draft, before, input.ref)
    case 'yield':
      return yieldTo(draft, before, input.reason)
    case 'joined':
      return takeUp(draft, before, input.handOff)
    case 'resume':
      return input.after === 'upstream' ? wakeUp(draft, before, null) : unchanged(before)
    default:
      // `withdraw` and its like: marketing's business.
      return unchanged(before)
  }
}

function betweenSessions(input: EngineInput): EngineOutput<OmniState> {
  if (input.kind === 'message') return refuse(null, 'no-session')
  if (input.kind !== 'event') return unchanged(null)
  if (isAgentAction(input.name)) return refuse(null, 'no-session', input.name)
  if (isGroupEvent(input.name)) return stale(null, input.name, input.data)
  if (input.name === 'bot.posted') return refuse(null, 'turn-over')
  return BOT_EVENTS.has(input.name) ? unchanged(null) : refuse(null, 'unknown-event', input.name)
}

const BOT_EVENTS = new Map([
  ['bot.replied', botReplied],
  ['bot.deferred', botDeferred],
  ['bot.posted', botPosted],
  ['bot.failed', botFailed],
])

function hear(draft: Draft, before: Session, input: Extract<EngineInput, { kind: 'event' }>): EngineOutput<OmniState> {
  const botEvent = BOT_EVENTS.get(input.name)
  if (botEvent !== undefined) return botEvent(draft, before, input.data)
  if (isGroupEvent(input.name)) return hearGroup(draft, before, input.name, input.data)
  return act(draft, before, input)
}

/** A new service session. What an older one still held is given back first. */
function take(
  state: OmniState,
  handOff: HandOff,
  message: InboundMessage | undefined,
  context: EngineContext<OmniConfig>,
): EngineOutput<OmniState> {
  if (context.serviceSession === null) return refuse(state.session, 'no-session')
  const agentId = handOff.reason === 'agent-initiated' ? agentOf(handOff) : null
  if (agentId !== null && !context.config.agents.has(agentId)) return refuse(state.session, 'unknown-target', `agent:${agentId}`)
  const effects: EngineEffect[] = []
  if (state.session !== null) release({ session: structuredClone(state.session), effects, context, lastAgent: null })
  const draft: Draft = {
    session: newSession(handOff, message, context),
    effects,
    context,
    lastAgent: state.lastAgent ?? null,
  }
  if (agentId !== null) {
    openForAgent(draft, agentId)
    return proceed(draft, null)
  }
  introduce(draft, handOff)
  armAutoEnd(draft)
  const since = handOff.since === undefined ? {} : { since: handOff.since }
  return onward(draft, null, { messages: unanswered(handOff, message), ...since })
}

/** A bot that failed by the message being decided has left it unanswered as well: the next is asked it once. */
function unanswered({ messages = [] }: HandOff, message: InboundMessage | undefined): TurnMessage[] {
  const isKnown = message === undefined || messages.some(({ providerId }) => providerId === message.providerId)
  return isKnown ? messages : [...messages, turnMessage(message)]
}

function agentOf(handOff: HandOff): string | null {
  const first = handOff.targets[0]
  return first !== undefined && parts(first).kind === 'agent' ? parts(first).id : null
}

/** Until it is placed, the session is in an unnamed queue that the routing group never heard of. */
function newSession(
  handOff: HandOff,
  message: InboundMessage | undefined,
  { now, serviceSession, number }: EngineContext<OmniConfig>,
): Session {
  return {
    id: serviceSession?.id ?? '',
    phase: {
      status: 'paused',
      by: 'upstream',
      was: 'waiting',
      work: { kind: 'queue', id: '', since: now, position: null, held: null },
    },
    targets: handOff.targets.length > 0 ? [...handOff.targets] : [...number.serviceSessions.entry],
    reason: handOff.reason,
    note: handOff.note ?? null,
    noteFor: 'anybody',
    answers: handOff.answers ?? null,
    skills: handOff.skills ?? [],
    journey: handOff.journey ?? null,
    request: 0,
    commands: 0,
    diverted: [],
    callback: handOff.callback ?? null,
    failed: handOff.failed ?? [],
    greeted: [],
    positions: [],
    agentInitiated: false,
    answered: false,
    openedAt: serviceSession?.openedAt ?? now,
    lastActivityAt: now,
    waitingSince: handOff.waitingSince ?? handOff.since ?? (message === undefined ? null : now),
    firstResponseAt: null,
    tally: newTally(false),
  }
}

/** What the other side knows, for whoever works on it. */
function introduce(draft: Draft, { note, answers, journey }: HandOff): void {
  if (note === undefined && Object.keys(answers ?? {}).length === 0) return
  const author = journey === undefined ? SYSTEM : { kind: 'journey' as const, id: journey.id }
  const data = { ...(answers === undefined ? {} : { answers }), ...(journey === undefined ? {} : { journey }) }
  addNote(draft, note ?? 'Answers collected before the hand-over.', author, data)
}

/** Upstream pauses the session; it goes on when upstream lets go. For any other taker (a keyword during a bot, where the number
 * allows it, or another conversation of the contact) the session is over. */
function yieldTo(draft: Draft, before: Session, reason: Extract<EngineInput, { kind: 'yield' }>['reason']): EngineOutput<OmniState> {
  const ended = { kind: 'ended', outcome: 'yielded', by: `router:${reason}` } as const
  if (reason === 'merged') return conclude(draft, { ...ended, next: leave(draft) })
  if (reason !== 'upstream') return conclude(draft, ended)
  const { phase } = draft.session
  if (phase.status === 'paused' && phase.by === 'upstream') return unchanged(before)
  // An agent keeps the work: it is theirs again afterwards. A place in a queue, or an offer, would go to somebody who cannot answer.
  if (phase.work.kind !== 'agent') release(draft)
  const work = phase.work.kind === 'bot' ? { ...phase.work, call: null, pending: [] } : phase.work
  draft.session.phase = { status: 'paused', by: 'upstream', work, was: phase.status }
  return proceed(draft, before)
}

/** What outlives the session: who has the customer, or had them until now. */
function withLastAgent(before: OmniState, after: OmniState, now: number): OmniState {
  const session = after.session ?? before.session
  const work = session?.phase.work
  const lastAgent = work?.kind === 'agent' ? { agentId: work.id, at: now, sessionId: session?.id } : before.lastAgent
  return { ...after, ...(lastAgent === undefined ? {} : { lastAgent }) }
}

/** Of several orders for the same timer in one turn only the last counts. */
function lastTimerWins(effects: EngineEffect[]): EngineEffect[] {
  return effects.filter((effect, index) => {
    if (effect.type !== 'timer.set' && effect.type !== 'timer.cancel') return true
    return !effects.some(
      (later, at) => at > index && (later.type === 'timer.set' || later.type === 'timer.cancel') && later.name === effect.name,
    )
  })
}
