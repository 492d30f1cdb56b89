import type { ConversationRecord } from '../http/conversation-schema.ts'
import type { MessageRecord } from '../http/message-schema.ts'
import type { DecisionRecord } from '../reads.ts'

/** Where a follower of changes stands. `turnMs`: by the product's clock, epoch milliseconds; `messageUs`: by the database's, epoch microseconds. */
export interface Position {
  turnMs: number
  messageUs: number
}

/** One thing that changed, with the moment it is to be remembered by. `key` is the same whenever the same change is read again. */
export type Change = { key: string; turnMs?: number; messageUs?: number } & (
  | { kind: 'conversation'; row: ConversationRecord }
  | { kind: 'group'; groupKey: string; state: unknown }
  | { kind: 'decision'; row: DecisionRecord }
  | { kind: 'message'; row: MessageRecord; created: boolean }
)

/** Reading changes back from the tables. */
export interface Changes {
  /** Where the tables stand now. */
  position(): Promise<Position>
  /** What changed at or after `from`, by kind in order of time, at most `limit` of each kind; `more` when there is more of any. */
  since(from: Position, limit: number): Promise<{ changes: Change[]; more: boolean }>
  /** Calls back soon after something may have changed, in this process or another. Answers how to stop. */
  onHint(callback: () => void): () => void
}
