// What one step works on: a copy of the state that it changes freely, and the rows it gathers. Nothing here outlives the step.
import { withAttributes } from '../contract/attributes.ts'
import { childId } from '../contract/ids.ts'
import type { IdPrefix } from '../contract/ids.ts'
import type { MessageRow, Outcome, StoredActor, Turn } from '../contract/actor.ts'
import type { Engine, EngineContext, EngineInput, Recognition } from '../contract/engine.ts'
import type { InboxEvent } from '../contract/event.ts'
import type { ServiceLeg, SurveyScore } from '../contract/leg.ts'
import type { Author, InboundMessage } from '../contract/message.ts'
import type { HandOff, Side } from '../contract/owner.ts'
import type { Rule } from '../contract/rules.ts'
import type { RunTrail } from '../contract/run.ts'
import type { NumberSettings, Settings } from '../contract/settings.ts'
import { ownerOf, ownershipPath } from './advance.ts'
import type { MachineValue } from './advance.ts'
import type { MachineEvent } from './machine.ts'
import { latestServiceSession } from './state.ts'
import type { ConversationState, Held } from './state.ts'
import type { MessageFacts } from './facts.ts'

/** The machine and the engines. What acts on them needs most of the step, so it is given to the draft and not imported by what it needs. */
export interface Act {
  happen(draft: Draft, event: MachineEvent): void
  tell(draft: Draft, side: Side, input: EngineInput): unknown
}

export interface Draft {
  act: Act
  stored: StoredActor
  inbox: InboxEvent
  now: number
  settings: Settings
  number: NumberSettings
  engines: { marketing: Engine | null; service: Engine | null }
  state: ConversationState
  before: { owner: ReturnType<typeof ownerOf>; path: string; machine: MachineValue }
  rules: Rule[]
  facts: MessageFacts | null
  inputs: Record<string, unknown>
  /** The customer message being decided, with what marketing made of it. */
  message: InboundMessage | null
  messageRow: MessageRow | null
  recognition: Recognition | null
  /** What the next service session is opened with. */
  handOff: HandOff | null
  /** What the next journey is started with. */
  start: { entry: string; by: Author; input?: Record<string, unknown> } | null
  /** Who ended the service session, and how. */
  ending: { by: string; reason: string } | null
  /** Service failed and nobody took over: marketing was told that the conversation is free. */
  unowned: boolean
  upstreamBy: string
  outcome: Outcome
  messages: MessageRow[]
  sends: Turn['sends']
  /** The contact has given up the phone number that it had. */
  readdress: boolean
  calls: Turn['calls']
  commands: Turn['commands']
  timersSet: Map<string, number>
  timersCancelled: Set<string>
  alarms: Turn['alarms']
  trail: RunTrail[]
  legs: ServiceLeg[]
  scores: SurveyScore[]
  ids: number
  rounds: number
}

type Given = Pick<Draft, 'act' | 'stored' | 'inbox' | 'now' | 'settings' | 'number' | 'engines' | 'state'>

export function newDraft({ act, stored, inbox, now, settings, number, engines, state }: Given): Draft {
  return {
    act,
    stored,
    inbox,
    now,
    settings,
    number,
    engines,
    state: { ...state, engines: { ...state.engines } },
    before: { owner: ownerOf(state.machine), path: ownershipPath(state.machine), machine: state.machine },
    rules: [],
    facts: null,
    inputs: {},
    message: null,
    messageRow: null,
    recognition: null,
    handOff: null,
    start: null,
    ending: null,
    unowned: false,
    upstreamBy: 'upstream',
    outcome: { kind: 'done' },
    messages: [],
    sends: [],
    readdress: false,
    calls: [],
    commands: [],
    timersSet: new Map(),
    timersCancelled: new Set(),
    alarms: [],
    trail: [],
    legs: [],
    scores: [],
    ids: 0,
    rounds: 0,
  }
}

/** Does everything that the work says or, where it ends in a refusal, nothing: only the refusal is left. */
export function wholly(draft: Draft, work: (attempt: Draft) => void): void {
  const attempt = {
    ...structuredClone({ ...draft, act: null, stored: null, settings: null, number: null, engines: null }),
    act: draft.act,
    stored: draft.stored,
    settings: draft.settings,
    number: draft.number,
    engines: { ...draft.engines },
  }
  work(attempt)
  Object.assign(draft, attempt.outcome.kind === 'refused' ? { outcome: attempt.outcome } : attempt)
}

/** What this decides comes first in the record, before what was decided until now. */
export function recordedFirst(draft: Draft, work: () => void): void {
  const earlier = draft.rules.splice(0)
  work()
  draft.rules.push(...earlier)
}

/** The next id born of this event: deterministic, so that the same event always makes the same rows. */
export function nextId(draft: Draft, prefix: IdPrefix): string {
  draft.ids += 1
  return childId(prefix, draft.stored.slot, draft.inbox.id, draft.ids)
}

export function setTimer(draft: Draft, name: string, at: number): void {
  draft.timersCancelled.delete(name)
  draft.timersSet.set(name, at)
}

export function cancelTimer(draft: Draft, name: string): void {
  draft.timersSet.delete(name)
  draft.timersCancelled.add(name)
}

/** Keeps something, and sees to it that it is not kept too long. */
export function hold(draft: Draft, item: Held): void {
  draft.state.held = [...draft.state.held, item]
  setTimer(draft, 'held', Math.min(...draft.state.held.map((held) => held.until)))
}

export function raise(draft: Draft, code: string, detail: Record<string, unknown> = {}): void {
  draft.alarms.push({ code, detail: { conversationId: draft.stored.id, ...detail } })
}

/** `by`: whose engine learnt it. */
export function setAttributes(draft: Draft, by: Side, change: Record<string, unknown> | undefined): void {
  const { attributes, refused } = withAttributes(draft.state.attributes, change)
  draft.state.attributes = attributes
  if (refused !== null) raise(draft, 'attributes-refused', { by, reason: refused, names: Object.keys(change ?? {}).slice(0, 20) })
}

/** How long after a customer's last message what is sent is still part of a talk. */
const TALK_MS = 300_000

export function isTalking({ message, state, now }: Draft): boolean {
  return message !== null || now - (state.lastMessageAt ?? -Infinity) < TALK_MS
}

/** What an engine may know when it is asked. */
export function contextFor(draft: Draft, engine: Engine): EngineContext {
  const { state } = draft
  const session = latestServiceSession(state)
  return {
    now: draft.now,
    conversationId: draft.stored.id,
    number: draft.number,
    contact: { id: draft.stored.id, identity: state.identity, attributes: state.attributes, tags: state.tags },
    replyWindow: {
      open: state.replyWindowClosesAt !== null && draft.now < state.replyWindowClosesAt,
      closesAt: state.replyWindowClosesAt,
    },
    consent: state.machine.consent,
    marketing: { sent: state.marketingSent ?? [], talking: isTalking(draft) },
    serviceSession: session === null ? null : { id: session.id, status: session.status, openedAt: session.openedAt },
    config: draft.settings.engines[engine.name],
    newId: (prefix) => nextId(draft, prefix),
  }
}

/** An engine's stored state, or its first. */
export function engineState(draft: Draft, engine: Engine): unknown {
  return draft.state.engines[engine.name] ?? engine.initialState()
}

/** Who does a side's work at present. */
export function participantOf(draft: Draft, side: Side): ReturnType<Engine['participant']> {
  const engine = draft.engines[side]
  if (engine === null || draft.state.engines[engine.name] === undefined) return null
  return engine.participant(draft.state.engines[engine.name], contextFor(draft, engine))
}
