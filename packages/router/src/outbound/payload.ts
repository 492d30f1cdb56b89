// Pure. What the rows of the outbox hold, by kind. The turn writes them, the sender reads them; both are this program.
import type { CallRow, CommandRow, Recall } from '../contract/actor.ts'
import type { Author, Identity, OutgoingContent, Purpose } from '../contract/message.ts'
import type { OutboxRow } from '../store/outbox.ts'

/** Kind `message`. `replyTo` is the provider's id of the quoted message. */
export interface MessagePayload {
  messageId: string
  numberId: string
  to: Identity
  content: OutgoingContent
  purpose: Purpose
  author: Author
  replyTo?: string
  /** The engine's own name for it, handed back when it fails. */
  ref?: string
  /** Marketing by its template, whatever its purpose says. */
  marketing?: true
  /** It may not leave any more: its conversation was decided otherwise meanwhile. */
  recalled?: Pick<Recall, 'code' | 'reason'>
}

/** Kind `call`. */
export interface CallPayload extends CallRow {
  numberId: string
}

/** Kind `command`. */
export type CommandPayload = CommandRow

/** Kind `read`: marks a customer message as read. */
export interface ReadPayload {
  providerId: string
  typing: boolean
}

/** The message a row sends, or the call it makes; null for the other kinds. */
export function aboutOf({ kind, payload }: Pick<OutboxRow, 'kind' | 'payload'>): string | null {
  if (kind === 'message') return (payload as MessagePayload).messageId
  return kind === 'call' ? (payload as CallPayload).callId : null
}
