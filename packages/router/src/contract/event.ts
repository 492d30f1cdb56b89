import type { Identity, InboundMessage, Author, OutgoingContent, Purpose } from './message.ts'
import type { HandOff, Side } from './owner.ts'
import type { RunChange } from './run.ts'

/** Everything that can happen to a conversation. Names are past tense with a dot; a row of the inbox holds one of these. */
export type ConversationEvent =
  | { type: 'message.received'; message: InboundMessage; from: Identity; standby?: boolean }
  /** Written by the business in the phone app or by another responder. */
  | { type: 'echo.received'; message: InboundMessage; to: Identity; source: 'phone-app' | 'responder' }
  | { type: 'upstream.taken'; by: string }
  | { type: 'upstream.released'; by: 'hand-over' | 'take' | 'inactivity' }
  /** The customer's own switch in WhatsApp, or an import: not a message. */
  | { type: 'preference.changed'; marketing: 'in' | 'out'; at: number; source: string }
  /** `joined`: the contact is also the one of another conversation, which ended and leaves this. No event of its own: an earlier
   * release, which may run beside this one, would set that aside. */
  | { type: 'contact.identified'; identity: Identity; previous?: Identity; joined?: Joined }
  /** This conversation was merged into another: it ends, what it knows goes there, and so does whatever still arrives. */
  | { type: 'conversation.merged'; into: string }
  /** The provider opened a free entry point: until then all messages are free. The reply window is another matter. */
  | { type: 'free-entry.opened'; until: number }
  | { type: 'contact.blocked' }
  | { type: 'contact.unblocked' }
  | { type: 'timer.fired'; name: string; due: number }
  | SendRequested
  /** A send came to nothing: refused by the provider, at once or by a later status. `ref` is the engine's own name for it. `triedAt`: of
   * one that came too late for the reply window (`window-closed`), no later than its last try; epoch milliseconds. An earlier release
   * leaves it out. */
  | { type: 'send.failed'; messageId: string; author: Author; ref?: string; code: string; reason: string; triedAt?: number }
  /** A journey is started by something other than a customer message: by the API, an event, another journey, or service for a survey.
   * `endsSession`: the open service session ends for it; both happen, or neither. An earlier release, which may run beside this one, keeps the
   * journey until the session ends. */
  | { type: 'journey.requested'; journey: string; by: Author; input?: Record<string, unknown>; endsSession?: true }
  /** Somebody wants a journey run of this conversation ended or moved. */
  | { type: 'run.changeRequested'; run: string; change: RunChange; by: Author }
  /** Something for one side's engine: an agent's click, a bot's answer, a routing group's assignment. The engine knows the names. */
  | { type: 'engine.event'; side: Side; name: string; data: Record<string, unknown>; by?: Author }

/** A send asked for by an agent or the API. `campaign`: the API sends it for this one, which is its author then. `opensMarketingSession`: only
 * an automated send that says so opens one, and a campaign's does. */
export interface SendRequested {
  type: 'send.requested'
  content: OutgoingContent
  purpose: Purpose
  by: Author
  campaign?: string
  replyTo?: string
  opensMarketingSession?: boolean
}

/** A row of the inbox, as read. `at` orders events of one conversation: the provider's time for messages, ours for the rest. */
export interface InboxEvent<E = ConversationEvent> {
  id: string
  at: number
  receivedAt: number
  event: E
}

/** What a conversation leaves to the one it was merged into. Times are epoch milliseconds. */
export interface Joined {
  /** The conversation that ended. */
  from: string
  identity: Identity
  attributes: Record<string, unknown>
  tags: string[]
  consent: 'unknown' | 'in' | 'out'
  consentProof: { at: number; source: string; text: string | null; messageId: string | null } | null
  blocked: boolean
  /** Who held the thread upstream; null: nobody did. */
  upstream: string | null
  replyWindowClosesAt: number | null
  freeEntryUntil: number | null
  lastMessageAt: number | null
  /** The provider's id of the customer's newest message that was not marked as read. */
  unread: string | null
  /** When marketing was sent that belonged to no talk, oldest first. */
  marketingSent: number[]
  /** Where the service session that was open should go on, and since when the customer waits; null: none was. */
  handOff: HandOff | null
  /** What waited for service to let go. */
  held: JoinedHeld[]
}

/** A message or a journey that is held on, `until` then at the latest. */
export type JoinedHeld =
  | {
      kind: 'message'
      until: number
      wish: Pick<SendRequested, 'content' | 'purpose' | 'replyTo' | 'opensMarketingSession'> & { author: Author }
    }
  | { kind: 'journey'; until: number; journey: string; by: Author; input?: Record<string, unknown> }
