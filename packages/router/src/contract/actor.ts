import type { Author, IncomingContent, Lane, OutgoingContent, Purpose } from './message.ts'
import type { ServiceLeg, ServiceWrapUp, SurveyScore } from './leg.ts'
import type { Owner } from './owner.ts'
import type { Rule } from './rules.ts'
import type { LiveRun, RunTrail } from './run.ts'
import type { InboxEvent } from './event.ts'
import type { Settings } from './settings.ts'

/** Whatever has an inbox and a snapshot and is worked by one turn at a time: a conversation or a routing group. */
export type ActorKind = 'conversation' | 'routing-group'
export interface ActorRef {
  slot: number
  id: string
}

/** Which actor an event is for. An id carries its slot; a key finds an actor that may not be there yet. */
export type ActorAddress = { id: string } | { kind: ActorKind; key: string }

/** One kind of actor: how its events are applied. Pure: the same state, event and settings give the same turn. */
export interface ActorLogic {
  kind: ActorKind
  step(stored: StoredActor, event: InboxEvent<unknown>, now: number, settings: Settings): Turn
  /** For an actor whose state is too large to be read and written whole at each turn. */
  parts?: PartedState
}

/** A state that is stored as a head, in the actor's own row, and many parts, each in a row of its own. What `step` is given and gives is
 * all of it as the logic likes to have it, and never changed in place: it is kept in memory from turn to turn. */
export interface PartedState {
  /** From all that is stored; null: nothing. Throws `NewerRelease`. */
  read(head: unknown, parts: readonly Part[]): unknown
  /** After turns of other processes: the head as it is now, and the parts that changed. Throws `NewerRelease`. */
  refresh(state: unknown, head: unknown, changed: readonly Part[]): unknown
  head(state: unknown): unknown
}

/** JSON; `value` null: there is no such part any more. */
export interface Part {
  name: string
  value: unknown
}

/** The stored part of an actor. `state` is null before its first event. `key` is what it was made from: `main/user:US.1`, `group/default`. */
export interface StoredActor extends ActorRef {
  kind: ActorKind
  key: string
  numberId: string | null
  state: unknown
}

/** What one event led to: everything is stored in the transaction that deletes the event from the inbox. */
export interface Turn {
  /** Null leaves the actor as one to which nothing has happened yet. */
  state: unknown
  /** Of a state in parts: those that this event changed. */
  parts?: Part[]
  /** Listing columns of a conversation, or null for other actors. */
  summary: ConversationSummary | null
  messages: MessageRow[]
  /** Messages to hand to the sender; each names a row of `messages`. */
  sends: SendRow[]
  /** Keeps back what waits in the outbox and may not leave any more. */
  recall?: Recall
  /** The contact has given up a phone number: messages that have not left go to whom the contact is now. */
  readdress?: true
  calls: CallRow[]
  /** Customer messages to mark as read, with a typing indicator while somebody thinks of an answer. */
  reads?: ReadRow[]
  commands: CommandRow[]
  timers: { set: { name: string; at: number }[]; cancel: string[] }
  decision: DecisionRow | null
  /** Legs of service sessions that are over. */
  legs?: ServiceLeg[]
  /** Answers to surveys after service sessions. */
  scores?: SurveyScore[]
  /** Of agents, after their conversations. */
  wrapUps?: ServiceWrapUp[]
  alarms: { code: string; detail: Record<string, unknown> }[]
  /** What a waiting API caller is told. */
  outcome: Outcome
}

/** `mergedInto`: refused only because this conversation was merged into that one, where it may be asked. */
export type Outcome =
  | { kind: 'done'; data?: Record<string, unknown> }
  | { kind: 'refused'; code: string; message: string; mergedInto?: string }

export interface ConversationSummary {
  numberId: string
  owner: Owner
  participant: { kind: string; id: string; name: string } | null
  serviceStatus: string | null
  /** Journey runs under way. */
  runs: LiveRun[]
  contact: { phone: string | null; userId: string | null; name: string | null }
  lastMessageAt: number | null
}

/** A line of the transcript. `status`: `received` · `noted` · `refused` (by the gate, with `reason`) · `held` · `queued` and then the provider's. */
export interface MessageRow {
  id: string
  direction: 'in' | 'out' | 'note'
  content: IncomingContent | OutgoingContent | { kind: 'note'; text: string; data?: Record<string, unknown> }
  author: Author
  purpose: Purpose | null
  session: { kind: 'service' | 'marketing' | 'utility'; id: string | null }
  status: string
  reason?: string
  providerId: string | null
  replyTo: string | null
  /** The engine's own name for it. */
  ref?: string
  at: number
  raw?: unknown
}

/** `expiresAt`: not sent after this (the
 * reply window's end for free-form messages). */
export interface SendRow {
  messageId: string
  lane: Lane
  expiresAt: number | null
  /** Marketing by its template, whatever its purpose says. */
  marketing?: true
}
/** Messages of earlier turns, and of this one so far, that have not left: they fail with the gate's reason, and those under way are not
 * tried again. */
export interface Recall {
  code: 'opted-out' | 'contact-blocked'
  reason: string
  marketingOnly: boolean
}
export interface ReadRow {
  providerId: string
  typing: boolean
}
export interface CallRow {
  callId: string
  kind: string
  side: 'marketing' | 'service'
  target: string
  data: Record<string, unknown>
  timeoutMs: number
}
/** An event for another actor, or for this one later. `dedupe` is unique per actor. */
export interface CommandRow {
  to: ActorAddress
  event: unknown
  dedupe: string
}

/** Why an event was routed as it was. `inputs` are the facts the rule looked at. */
export interface DecisionRow {
  id: string
  event: { id: string; type: string; messageId?: string }
  rule: Rule
  ownerBefore: Owner
  ownerAfter: Owner
  inputs: Record<string, unknown>
  counterfactual: Counterfactual | null
  /** What happened to journey runs, where something did. */
  trail?: RunTrail[]
  configVersion: number
  at: number
}

/** What would have been different: "would have gone to marketing had service session 12 been ended". */
export interface Counterfactual {
  condition: string
  rule: Rule
  owner: Owner
  text: string
}
