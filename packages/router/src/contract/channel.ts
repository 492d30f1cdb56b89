import type { Identity, InboundMessage, OutgoingContent, Purpose } from './message.ts'

/** A provider adapter: what its bytes mean, and how to send. It stores nothing and decides nothing. `A` is its account type. */
export interface Channel<A = unknown> {
  name: string
  capabilities: ChannelCapabilities
  /** False when no body with these headers would be: a large one is not even read. Holds for whatever `authenticate` takes. */
  mayBeAuthentic(headers: WebhookRequest['headers']): boolean
  /** Checks the sender of a webhook over the exact bytes received: for which accounts it may speak, or null when nobody vouches for it. What it
   * says of other accounts must not be acted on. */
  authenticate(request: WebhookRequest): VouchedFor | null
  /** Reads a webhook body. Never throws: what cannot be read comes back as `unreadable`. */
  parse(body: Uint8Array): ParsedWebhook
  /** Problems with the documented limits, each with the path of the offending member; empty when it may be sent. */
  check(content: OutgoingContent): { path: string; message: string }[]
  /** One HTTP call. Never throws. `messageId` goes along as callback data, so that a status can find the message without the provider's id. */
  send(account: A, request: SendRequest, signal: AbortSignal): Promise<SendOutcome>
  /** Marks a customer message as read, with a typing indicator if asked. */
  markRead?(account: A, providerId: string, typing: boolean, signal: AbortSignal): Promise<SendOutcome>
}

export interface ChannelCapabilities {
  content: readonly OutgoingContent['kind'][]
  readReceipts: boolean
  typing: boolean
  templates: boolean
}

export interface WebhookRequest {
  headers: Record<string, string | string[] | undefined>
  body: Uint8Array
  url: string
}

/** Accounts, as updates name them: those whose secret fitted. */
export type VouchedFor = ReadonlySet<string>

export type ParsedWebhook = { kind: 'updates'; updates: ChannelUpdate[] } | { kind: 'unreadable'; reason: string }

/** One thing a webhook says. `account` is the provider's name for the number (a phone number id), or for the business
 * account where the provider names no number. `at` epoch milliseconds: without it, two of the same words may be one thing told
 * twice or two things. */
export type ChannelUpdate =
  | { kind: 'message'; account: string; from: Identity; message: InboundMessage; standby?: boolean }
  | { kind: 'status'; account: string; status: StatusUpdate }
  | { kind: 'echo'; account: string; to: Identity; message: InboundMessage; source: 'phone-app' | 'responder' }
  | { kind: 'upstream'; account: string; contact: Identity; change: 'taken' | 'released'; by: string; at: number }
  | { kind: 'preference'; account: string; contact: Identity; marketing: 'in' | 'out'; at: number; source: string }
  /** The same person under a new number or id. */
  | { kind: 'identity'; account: string; identity: Identity; previous: Identity; providerId: string; at: number; text: string }
  | {
      kind: 'template'
      account: string
      name: string
      language: string
      status?: string
      category?: string
      quality?: string
      reason?: string
      at?: number
      raw: unknown
    }
  /** Something about the number or business account that an operator should know. `halt`: sends must stop. */
  | {
      kind: 'account'
      account: string
      topic: string
      severity: 'info' | 'warning' | 'critical'
      halt?: boolean
      detail: string
      at?: number
      raw: unknown
    }
  /** A customer's call opens the reply window like a message. */
  | { kind: 'call'; account: string; from: Identity; event: string; providerId: string; at: number; byCustomer: boolean }
  /** Kept as it came, acknowledged, counted; nothing acts on it. Imported history is one of these: it must not trigger anything.
   * `unread`: why it could not be read, where it may be what a customer wrote; it is set aside for people too. */
  | { kind: 'kept'; account: string | null; field: string; known: boolean; at?: number; raw: unknown; unread?: string }

export type DeliveryStatus = 'sent' | 'delivered' | 'read' | 'played' | 'failed'

/** A delivery status. `messageId` is our id from the callback data, when the provider echoed it. `at` epoch milliseconds. */
export interface StatusUpdate {
  providerId: string
  messageId?: string
  status: DeliveryStatus
  at: number
  recipient?: Identity
  /** A group participant's own status: kept apart from the message's. */
  participant?: string
  pricing?: { category: string; type?: string; model?: string; billable?: boolean }
  /** When a free entry point window closes, epoch milliseconds. */
  freeEntryUntil?: number
  error?: ProviderError
}

/** What to do about a provider's error. `retry` with backoff · `wait`: slow the sender · `template`: the window is closed ·
 * `final` for this message · `halt` the number and raise an alarm. */
export type ErrorClass = 'retry' | 'wait' | 'template' | 'final' | 'halt'
export interface ProviderError {
  code: number
  class: ErrorClass
  title: string
  detail?: string
  /** Who has to slow down or stop. */
  scope?: 'message' | 'pair' | 'number' | 'account'
  /** At most so many tries in all; without it the sender's own limit holds. */
  maxTries?: number
  /** Not before so many milliseconds; grows fourfold a try for `pair`. */
  retryAfterMs?: number
  /** The customer told the provider to stop marketing. */
  optOut?: boolean
  /** The provider's documentation does not name the code: somebody should look at it. */
  undocumented?: boolean
  /** The template of the message is paused or disabled: none of it will be delivered until the provider approves it again. */
  templateUnusable?: boolean
}

export interface SendRequest {
  messageId: string
  to: Identity
  content: OutgoingContent
  purpose: Purpose
  /** The provider's id of the message this one quotes. */
  replyTo?: string
}

/** `accepted` is only that: statuses tell the rest; `heldForQuality`: not sent before the provider has seen how its template does. `unknown`: it may or may not have been accepted (time-out, broken connection). */
export type SendOutcome =
  | { kind: 'accepted'; providerId: string; recipient?: Identity; heldForQuality?: boolean }
  | { kind: 'failed'; error: ProviderError }
  | { kind: 'unknown'; reason: string }
