// Pure. What is stored of a conversation between two events: the machine's control state, the facts that outlive an event,
// and each engine's own state. Everything is plain JSON.
import { z } from 'zod'
import type { Identity, InboundMessage } from '../contract/message.ts'
import type { Target } from '../contract/owner.ts'
import { initialMachineValue } from './advance.ts'
import type { RegionValue } from './transition-table.ts'

const identity = z.custom<Identity>((value) => typeof value === 'object' && value !== null)

const handOff = z.object({
  targets: z.array(z.custom<Target>((value) => typeof value === 'string' && value.includes(':'))),
  reason: z.string(),
  note: z.string().optional(),
  answers: z.record(z.string(), z.unknown()).optional(),
  journey: z.object({ id: z.string(), runId: z.string() }).optional(),
  skills: z.array(z.string()).optional(),
  failed: z.array(z.string()).optional(),
  waitingSince: z.number().optional(),
  callback: z.string().optional(),
  since: z.number().optional(),
})

const serviceSession = z.object({
  id: z.string(),
  status: z.enum(['new', 'waiting', 'active', 'paused', 'inactive', 'ended', 'error']),
  openedAt: z.number(),
  openedBy: z.string(),
  closedAt: z.number().nullable(),
  endedBy: z.string().nullable(),
  reason: z.string().nullable(),
  handOff,
})

const marketingSession = z.object({
  id: z.string(),
  openedAt: z.number(),
  closesAt: z.number(),
  closedAt: z.number().nullable(),
  closedBy: z.enum(['click', 'expiry']).nullable(),
})

const author = z.object({
  kind: z.enum(['customer', 'journey', 'campaign', 'bot', 'agent', 'api', 'system', 'external']),
  id: z.string(),
})

/** A send or a journey that waits until service (or upstream) has let go. `message` is a stored row with status `held`. */
const held = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('message'), messageId: z.string(), until: z.number(), draft: z.record(z.string(), z.unknown()) }),
  z.object({
    kind: z.literal('journey'),
    journey: z.string(),
    until: z.number(),
    by: author,
    input: z.record(z.string(), z.unknown()).optional(),
  }),
])

/** A customer message that a paused journey will get: `holder` is its run, `messageId` its line in the transcript. */
const heldReply = z.object({
  message: z.custom<InboundMessage>((value) => typeof value === 'object' && value !== null),
  messageId: z.string(),
  holder: z.string(),
  since: z.number(),
})

/** The newest shape. Times are epoch milliseconds. */
export const conversationState = z.object({
  version: z.literal(1),
  machine: z.object({
    ownership: z.custom<RegionValue>((value) => typeof value === 'string' || typeof value === 'object'),
    replyWindow: z.enum(['closed', 'open']),
    marketingSession: z.enum(['none', 'open', 'closed']),
    consent: z.enum(['unknown', 'in', 'out']),
    contact: z.enum(['reachable', 'blocked']),
  }),
  identity,
  attributes: z.record(z.string(), z.unknown()),
  tags: z.array(z.string()),
  /** Proof of the newest change of consent. */
  consentProof: z.object({ at: z.number(), source: z.string(), text: z.string().nullable(), messageId: z.string().nullable() }).nullable(),
  /** When free-form messaging closes; null before the customer's first message. */
  replyWindowClosesAt: z.number().nullable(),
  /** When the free entry point closes, as the provider said. */
  freeEntryUntil: z.number().nullable(),
  /** Newest last; only the newest can be open. The oldest are forgotten past a hundred. */
  serviceSessions: z.array(serviceSession),
  marketingSessions: z.array(marketingSession),
  upstream: z.object({ by: z.string(), lastActivityAt: z.number() }).nullable(),
  held: z.array(held),
  /** Oldest first, at most fifty. */
  heldReplies: z.array(heldReply).optional(),
  /** When marketing was sent that belonged to no talk; oldest first, at most fifty of the last month. Absent: never. */
  marketingSent: z.array(z.number()).optional(),
  lastMessageAt: z.number().nullable(),
  /** Where the customer's newest line stands in the transcript. */
  lastLineAt: z.number().optional(),
  /** Where the newest line of ours stands; a millisecond on when the next must not stand beside it. */
  lastSaidAt: z.number().optional(),
  /** The provider's id of the customer's newest message that was not marked as read. */
  unread: z.string().nullable(),
  /** This conversation was merged into that one: it is over, and whatever still arrives is passed on. */
  mergedInto: z.string().nullable(),
  /** By engine name. */
  engines: z.record(z.string(), z.unknown()),
})
export type ConversationState = z.infer<typeof conversationState>
export type ServiceSession = z.infer<typeof serviceSession>
export type MarketingSession = z.infer<typeof marketingSession>
export type Held = z.infer<typeof held>
export type HeldReply = z.infer<typeof heldReply>

export function initialState(): ConversationState {
  return {
    version: 1,
    machine: initialMachineValue(),
    identity: {},
    attributes: {},
    tags: [],
    consentProof: null,
    replyWindowClosesAt: null,
    freeEntryUntil: null,
    serviceSessions: [],
    marketingSessions: [],
    upstream: null,
    held: [],
    lastMessageAt: null,
    unread: null,
    mergedInto: null,
    engines: {},
  }
}

/** The newest service session, open or over; null before the first. */
export function latestServiceSession(state: ConversationState): ServiceSession | null {
  return state.serviceSessions.at(-1) ?? null
}

export function latestMarketingSession(state: ConversationState): MarketingSession | null {
  return state.marketingSessions.at(-1) ?? null
}
