// Rows of the tables, as the listings read them, and pages of such rows.
import type { MessageRow, Tables } from '@baton/router'
import type { Selectable } from 'kysely'

/** The columns of table actor that are shown. */
export interface ConversationRecord {
  id: string
  number_id: string | null
  state: unknown
  owner: string | null
  participant: unknown
  phone: string | null
  user_id: string | null
  contact_name: string | null
  last_message_at: Date | null
  updated_at: Date
}

/** The columns of table message that are shown. */
export interface MessageRecord {
  id: string
  actor_id: string
  direction: MessageRow['direction']
  content: MessageRow['content']
  author_kind: MessageRow['author']['kind']
  author_id: string
  purpose: MessageRow['purpose']
  session_kind: MessageRow['session']['kind']
  session_id: string | null
  category: string | null
  status: string
  reason: string | null
  error: unknown
  provider_id: string | null
  reply_to: string | null
  at: Date
  sent_at: Date | null
  delivered_at: Date | null
  read_at: Date | null
  failed_at: Date | null
}

export interface Page<T> {
  items: T[]
  nextCursor: string | null
}
export interface PageQuery {
  cursor?: string | undefined
  limit: number
}

/** A decision's trail is asked for by what reads runs. */
export type DecisionRecord = Omit<Selectable<Tables['decision']>, 'slot' | 'trail'>
/** Without the body, which may have megabytes; `bytes`: how large it is. */
export type QuarantineRecord = Omit<Selectable<Tables['quarantine']>, 'slot' | 'body'> & { bytes: number }
export type AlarmRecord = Omit<Selectable<Tables['alarm']>, 'slot'>
export interface BilledRecord {
  id: string
  category: string
  sent_at: Date | null
  delivered_at: Date | null
}
