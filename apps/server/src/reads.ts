import type { Tables } from '@baton/router'
import type { Selectable } from 'kysely'
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

/** Rows as they are read. A decision's trail is asked for by what reads runs. */
export type DecisionRecord = Omit<Selectable<Tables['decision']>, 'slot' | 'trail'>
export type QuarantineRecord = Omit<Selectable<Tables['quarantine']>, 'slot'>
export type AlarmRecord = Omit<Selectable<Tables['alarm']>, 'slot'>
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
  /** What was done in a routing group by somebody who acted for others. */
  listSupervision(groupKey: string, query: PageQuery): Promise<Page<DecisionRecord>>
  listQuarantine(query: PageQuery): Promise<Page<QuarantineRecord>>
  listUnrouted(query: PageQuery): Promise<Page<DecisionRecord>>
  listAlarms(query: PageQuery): Promise<Page<AlarmRecord>>
  listTemplates(): Promise<TemplateRow[]>
  /** In the order of what is told apart; one more line than `MOST_LINES` when there are more. */
  measure(query: MeasureQuery): Promise<MeasureRow[]>
  /** As its logic has it in memory. */
  getActorState(kind: 'routing-group', key: string): Promise<unknown>
  /** Messages the provider charged, newest first. */
  billedMessages(conversationId: string, limit: number): Promise<BilledRecord[]>
  /** When utility traffic began and was last seen. */
  utilityTraffic(conversationId: string): Promise<{ firstAt: Date; lastAt: Date; messages: number } | null>
}
