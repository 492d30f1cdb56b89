import type { z } from 'zod'
import type { ServiceLeg, SurveyScore } from './leg.ts'
import type { Author, Identity, InboundMessage, OutgoingContent, Purpose } from './message.ts'
import type { HandOff, OpenServiceStatus, Participant, Side } from './owner.ts'
import type { Rule } from './rules.ts'
import type { LiveRun, RunChange, RunTrail } from './run.ts'
import type { NumberSettings } from './settings.ts'

/** An owner's brain, in-process and pure: no I/O, no clock, no chance. Its state is plain JSON, lives in the conversation's
 * snapshot and commits with it. The router knows engines only through this contract.
 * `C` is the engine's own published configuration, `S` its state. */
export interface Engine<S = unknown, C = unknown> {
  name: string
  side: Side
  /** Checks a stored state when it is read back; upgrades older shapes. */
  stateSchema: z.ZodType<S>
  initialState(): S
  /** A look without a change: what would this message mean to the engine? Called before the machine decides. */
  recognise(state: S, message: InboundMessage, context: EngineContext<C>): Recognition
  /** Takes one input and answers with the next state, what is to be done, and how it went. */
  receive(state: S, input: EngineInput, context: EngineContext<C>): EngineOutput<S>
  /** Who does the work at present, for people and the API. */
  participant(state: S, context: EngineContext<C>): Participant | null
  /** Journey runs under way, for people and the API. Engines without runs leave it out. */
  runs?(state: S): LiveRun[]
  /** What an entry's messages are for; null: there is no such entry. What is no marketing need not wait for service. An engine that leaves
   * it out has marketing only. */
  purposeOf?(entry: string, config: C): Purpose | null
}

export interface EngineContext<C = unknown> {
  now: number
  conversationId: string
  number: NumberSettings
  contact: { id: string; identity: Identity; attributes: Record<string, unknown>; tags: string[] }
  replyWindow: { open: boolean; closesAt: number | null }
  consent: 'unknown' | 'in' | 'out'
  /** When marketing was sent that belonged to no talk, oldest first: at most fifty times of the last month. `talking`: the customer has
   * written within the last five minutes, so that what is said now belongs to a talk. */
  marketing: { sent: readonly number[]; talking: boolean }
  /** The newest service session, open or over; null before the first. */
  serviceSession: { id: string; status: string; openedAt: number } | null
  config: C
  /** Deterministic ids: the n-th call for one event always gives the same. */
  newId(prefix: 'ru' | 'of' | 'ca'): string
}

export interface Entry {
  id: string
  by: 'keyword' | 'referral' | 'any'
  keyword?: string
}

/** What a message means to an engine. */
export interface Recognition {
  /** How it answers the question the engine waits on. `none`: no question is open. */
  reply: {
    match: 'valid' | 'invalid' | 'none'
    /** The run or turn that holds the claim. */
    holder?: string
    /** May another journey's keyword interrupt the waiting step? */
    interruptible?: 'ifNotValidReply' | 'never' | 'always'
    /** Strength of the evidence that the message belongs there. */
    evidence?: 'quoted' | 'payload' | 'sole-wait' | 'recency'
    /** The journey is paused: the router keeps the message and brings it when the journey goes on, at the latest at `until`
     * (epoch milliseconds). `ref` is the question it answers, so that it still does when it is brought. */
    paused?: { journey: string; until: number; ref: string }
  }
  /** An entry the message would start. `by`: how it matched. */
  entry: Entry | null
  /** The entry that was meant, where it may not start now. `code` says why. */
  withheld?: { entry: Entry; code: string }
  /** What a new publication changed, and the engine was not told yet: it is told to `refresh` first, and asked again. For people. */
  outdated?: string[]
  /** A button of something already finished: treated as an ordinary message, attributed "stale". */
  stale?: boolean
  /** It answers the survey after a service session: an answer that was pressed, or a number that was typed. */
  survey?: 'press' | 'typed'
}

export const NOTHING_RECOGNISED: Recognition = { reply: { match: 'none' }, entry: null }

/** What an engine is told. */
export type EngineInput =
  /** It owns (or now becomes owner of) the conversation and here is the customer's message, with the recognition the machine decided on. */
  | { kind: 'message'; message: InboundMessage; recognition: Recognition }
  /** Start this entry; runs that wait are superseded when `supersede` is set. */
  | {
      kind: 'start'
      entry: string
      by: Author
      message?: InboundMessage
      recognition?: Recognition
      supersede?: boolean
      input?: Record<string, unknown>
    }
  /** It takes over with a new service session. `message` is the customer message that led here, if one did. */
  | { kind: 'take'; handOff: HandOff; message?: InboundMessage }
  /** The other side (or upstream) takes the conversation, or the number lost the app (`disconnected`). `handOff` carries why; the engine
   * may add note and answers to its verdict. `merged`: the contact goes on in another conversation, and nothing is ever resumed here;
   * the verdict says in `next` where service is to go on with them. */
  | { kind: 'yield'; reason: 'support-request' | 'service-took' | 'upstream' | 'superseded' | 'disconnected' | 'merged' }
  /** For the service side, which has the conversation: another of the contact was merged into it, in which service had them too. Whoever
   * waits for an answer there waits for it here, as if they had written here. */
  | { kind: 'joined'; handOff: HandOff }
  /** The conversation is free for it again: the service session ended, or upstream released. */
  | { kind: 'resume'; after: 'service' | 'upstream' }
  /** Marketing is over for this contact: every run exits. */
  | { kind: 'withdraw' }
  /** The message is kept until the paused journey it belongs to goes on. */
  | { kind: 'hold'; message: InboundMessage; recognition: Recognition }
  /** Look again at what you have: another configuration may be in force. */
  | { kind: 'refresh' }
  /** Not the owner, only told: a customer message went to the other side (a quick reply on a campaign, say). */
  | { kind: 'notice'; message: InboundMessage; recognition: Recognition }
  /** For the service side: what has just happened to journey runs. */
  | { kind: 'noted'; trail: RunTrail[] }
  | { kind: 'timer'; name: string; due: number }
  /** Somebody wants a run ended or moved. */
  | { kind: 'change'; run: string; change: RunChange; by: Author }
  | { kind: 'sendFailed'; ref: string; messageId: string; code: string; reason: string }
  | { kind: 'event'; name: string; data: Record<string, unknown>; by?: Author }

export interface EngineOutput<S = unknown> {
  state: S
  effects: EngineEffect[]
  verdict: Verdict
  /** A rule of its own that decided, with what it looked at (plain JSON): recorded, also when nothing else changed. */
  because?: { rule: Rule; inputs: Record<string, unknown> }
  /** What happened to its runs. */
  trail?: RunTrail[]
  /** Legs of service sessions that are over with this input. */
  legs?: ServiceLeg[]
  /** The customer answered the survey after a service session. */
  score?: SurveyScore
}

/** How it went, for the machine. */
export type Verdict =
  | { kind: 'handled' }
  /** The service session's status follows. */
  | { kind: 'status'; status: OpenServiceStatus }
  /** The other side should take over. */
  | { kind: 'handOff'; handOff: HandOff }
  /** Done: no run waits any more, or the service session is over. `by` e.g. `journey`, `agent:ana`, `timer`. `next`: only for a merge. */
  | { kind: 'ended'; outcome: string; by: string; next?: HandOff }
  /** The event starts these entries, if the machine lets them: its data is their input. With `handOff` the other side takes over first,
   * and they are asked for while it has the conversation. */
  | { kind: 'start'; entries: string[]; handOff?: HandOff }
  /** Failed. `next` is taken at once, in a new service session; without it nobody owns and an alarm is raised. */
  | { kind: 'error'; reason: string; next: HandOff | null }
  /** The input cannot apply; nothing changed. `code` is of the engine's error catalogue. */
  | { kind: 'refused'; code: string; message: string }

/** What an engine wants done. Orders, carried out after commit by the shell. */
export type EngineEffect =
  /** `ref` is the engine's own name for the message, handed back when it fails. */
  | { type: 'message.send'; ref: string; content: OutgoingContent; purpose: Purpose; author: Author; replyTo?: string }
  /** One timer per name; setting it again moves it. `at` epoch milliseconds. */
  | { type: 'timer.set'; name: string; at: number }
  | { type: 'timer.cancel'; name: string }
  /** Call somebody outside; the answer comes back as an `engine.event` of this side. `kind` names a participant adapter. */
  | { type: 'participant.call'; kind: string; callId: string; target: string; data: Record<string, unknown>; timeoutMs: number }
  /** Tell a routing group (another actor). `dedupe` makes a repeated delivery harmless. */
  | { type: 'command.send'; to: { kind: 'routing-group'; key: string }; name: string; data: Record<string, unknown>; dedupe: string }
  /** A journey is asked for, once this event is done with: its rules decide whether it starts. */
  | { type: 'journey.request'; journey: string; input: Record<string, unknown>; dedupe: string }
  /** `withAttributes` says what is kept. */
  | { type: 'contact.set'; attributes?: Record<string, unknown>; addTags?: string[]; removeTags?: string[] }
  | { type: 'alarm.raise'; code: string; detail: Record<string, unknown> }
  /** For the transcript only: a note the customer never sees (a transfer, a keyword an agent should know of). */
  | { type: 'note.add'; text: string; author: Author; data?: Record<string, unknown> }
