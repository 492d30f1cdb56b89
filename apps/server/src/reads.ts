import type { ConversationRecord } from './http/conversation-schema.ts'
import type { MessageRecord } from './http/message-schema.ts'
import type { MeasureQuery, MeasureRow } from './store/measures.ts'
import type { RunReads } from './store/runs.ts'
import type { TemplateRow } from './store/templates.ts'

export interface Page<T> {
  items: T[]
  nextCursor: string | null
}
export interface PageQuery {
  cursor?: string | undefined
  limit: number
}

export interface DecisionRecord {
  id: string
  actor_id: string
  event_id: string
  event_type: string
  message_id: string | null
  rule: string
  owner_before: string
  owner_after: string
  inputs: unknown
  counterfactual: unknown
  config_version: number
  at: Date
}
export interface QuarantineRecord {
  id: string
  source: string
  channel: string | null
  actor_id: string | null
  reason: string
  body: Uint8Array
  at: Date
}
export interface AlarmRecord {
  id: string
  actor_id: string | null
  code: string
  detail: unknown
  at: Date
}
export interface BilledRecord {
  id: string
  category: string
  sent_at: Date | null
  delivered_at: Date | null
}

/** What the API reads from the tables. */
export interface Reads extends RunReads {
  listConversations(
    query: PageQuery & {
      numberId?: string | undefined
      /** The conversations a phone number (digits) or user id leads to, on any of these numbers. */
      contact?: { name: string; numberIds: string[] } | undefined
      owner?: string | undefined
    },
  ): Promise<Page<ConversationRecord>>
  getConversation(id: string): Promise<ConversationRecord | null>
  listMessages(conversationId: string, query: PageQuery & { withMarketing?: boolean }): Promise<Page<MessageRecord>>
  getMessage(id: string): Promise<MessageRecord | null>
  /** Our id of the message that the provider knows by this id. */
  findMessageOf(providerId: string): Promise<string | null>
  listDecisions(conversationId: string, query: PageQuery): Promise<Page<DecisionRecord>>
  /** What was done in the routing group by somebody who acted for others. */
  listSupervision(query: PageQuery): Promise<Page<DecisionRecord>>
  listQuarantine(query: PageQuery): Promise<Page<QuarantineRecord>>
  listUnrouted(query: PageQuery): Promise<Page<DecisionRecord>>
  listAlarms(query: PageQuery): Promise<Page<AlarmRecord>>
  listTemplates(): Promise<TemplateRow[]>
  /** In the order of what is told apart; one more line than `MOST_LINES` when there are more. */
  measure(query: MeasureQuery): Promise<MeasureRow[]>
  /** The routing group as its logic has it in memory; null before its first event. */
  getGroup(): Promise<unknown>
  /** Messages the provider charged, newest first. */
  billedMessages(conversationId: string, limit: number): Promise<BilledRecord[]>
  /** When utility traffic began and was last seen. */
  utilityTraffic(conversationId: string): Promise<{ firstAt: Date; lastAt: Date; messages: number } | null>
}
