import type { AgentBoard, LiveQueue, PendingCallback, PendingOffer, readPosted, StatusChoice, WorkItemRef } from '@baton/omni'
import type {
  ActorAddress,
  ActorRef,
  ChannelUpdate,
  Channel,
  Clock,
  ConversationEvent,
  NumberState,
  Outcome,
  Settings,
  VouchedFor,
} from '@baton/router'
import type { Logger } from 'pino'
import type { Auth } from './auth/auth.ts'
import type { Authenticator } from './auth/authenticate.ts'
import type { Changes } from './events/changes.ts'
import type { Reads } from './store/reads.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Tracing } from './tracing/tracing.ts'
import type { Consoles } from './service/consoles.ts'
import type { Definitions } from './journeys/definitions.ts'

/** Everything the HTTP face needs, made by the composition root or by a test. */
export interface AppDeps {
  clock: Clock
  log: Logger
  settings: () => Settings
  inbound: Inbound
  reads: Reads
  webhooks: Webhook[]
  auth: Auth
  authenticator: Authenticator
  agents: AgentDesk
  botDesk: BotDesk
  consoles: Pick<Consoles, 'open' | 'seen'>
  changes: Changes
  metrics: Metrics
  /** Null: nobody wants traces. */
  tracing: Pick<Tracing, 'webhook'> | null
  readiness: () => Promise<Check[]>
  numbers: NumberDesk
  definitions: Definitions
  /** Fetches a file the provider keeps for a number; one of more bytes is refused as `media-too-large`, and not fetched. */
  media: (numberId: string, mediaId: string, most: number) => Promise<MediaFile>
  /** Files fetched at once, how long a request for one more waits (ms) before it is answered 503, and the bytes of those fetched or sent. */
  filesAtOnce?: { most?: number; waitMs?: number; bytes?: number }
  /** Requests of the API worked at once; one more is answered 503. */
  requestsAtOnce?: number
  /** What the bodies of webhooks may take up at once beyond the small part of each that is free; what has no room is answered 503. */
  bodyBytes?: number
  /** Event streams open at once; one more is answered 503. */
  streamsAtOnce?: number
  /** Between two looks at the keys of the open event streams, ms. */
  keyLookMs?: number
  /** Tells the database's own trouble, which passes, from bugs. */
  isDatabaseTrouble: (error: unknown) => boolean
  /** How long a request may take to arrive, ms. */
  requestMs?: number
  /** How long a webhook waits to be stored before its sender is told to come again, ms. */
  storeMs?: number
  /** The process was told to end: it still answers, and asks for each connection to be closed. */
  isLeaving: () => boolean
  /** False: this process only has other roles, and shows no more than how it is. */
  web: boolean
}

/** The way in: everything that happens is an event in the inbox. */
export interface Inbound {
  /** `vouched`: for whom the updates may speak; others are set aside. */
  receive(
    channel: string,
    updates: ChannelUpdate[],
    vouched: VouchedFor,
  ): Promise<{ kind: 'stored'; eventIds: string[] } | { kind: 'overloaded' }>
  quarantine(channel: string, body: Uint8Array, reason: string): Promise<void>
  /** Stores an event and waits for what the actor made of it; `unknown` when that took longer. A conversation named by its key is
   * made if there is none yet. */
  ask(to: ActorAddress, event: ConversationEvent, options: { timeoutMs: number }): Promise<Outcome | { kind: 'unknown' }>
  /** The conversation of a number with a person; null when there was never an event for one. */
  findConversation(numberId: string, person: Person): Promise<ActorRef | null>
}

/** A customer, by one of their names. */
export type Person = { phone: string } | { userId: string }

/** A callback address of a provider. */
export interface Webhook {
  path: string
  channel: Pick<Channel, 'name' | 'mayBeAuthentic' | 'authenticate' | 'parse' | 'check'>
  /** The answer to a verification request, or null when it is to be refused. */
  handshake(query: Record<string, string | undefined>): string | null
}

/** The agents and queues that are configured, and what the state of the routing group says of them. */
export interface AgentDesk {
  /** Whether they are configured. */
  hasAgent(agentId: string): boolean
  hasQueue(queueId: string): boolean
  agents(): { id: string; name: string }[]
  /** How long an agent counts as there after the last sign of a console. */
  leaseMs(): number
  /** Of one agent, or of all (null). */
  pendingOffers(state: unknown, agentId: string | null): PendingOffer[]
  pendingCallbacks(state: unknown, now: number): PendingCallback[]
  /** How all agents and queues stand. */
  board(state: unknown): AgentBoard
  /** The presence statuses an agent may choose. */
  statuses(agentId: string): StatusChoice[]
  /** What waits where a routing engine elsewhere gives out the work, the oldest first. */
  workItems(state: unknown): WorkItemRef[]
  liveQueues(state: unknown, now: number): LiveQueue[]
}

/** Bots that reply later than at once. */
export interface BotDesk {
  /** False when nothing with this signature would be taken, whatever it says. */
  mayBeFrom(botId: string, signature: string | null): boolean
  /** What a bot has posted; `unsigned` also for a bot that is not configured or may not post. */
  read(botId: string, post: { body: string; signature: string | null }): ReturnType<typeof readPosted>
}

/** What is known of numbers beside their configuration. */
export interface NumberDesk {
  states(): Promise<NumberState[]>
  /** Lets a halted number send again; of one that is not halted nothing changes. */
  release(numberId: string): Promise<void>
}

/** One condition of readiness. */
export interface Check {
  name: string
  ok: boolean
  detail?: string
}

export type MediaFile =
  | { kind: 'downloaded'; bytes: Uint8Array; mimeType: string }
  | { kind: 'refused'; code: string; message: string }
  | { kind: 'unavailable'; reason: string }
