import type { ConversationRecord, DecisionRecord, MessageRecord } from '../store/records.ts'

/** Where a follower of changes stands. `turnMs`: by the product's clock, epoch milliseconds; `messageUs`: by the database's, epoch microseconds. */
export interface Position {
  turnMs: number
  messageUs: number
}

/** One thing that changed. `key` is the same whenever the same change is read again. */
export type Change = { key: string } & (
  | { kind: 'conversation'; row: ConversationRecord }
  | { kind: 'group'; state: unknown }
  | { kind: 'decision'; row: DecisionRecord }
  /** `created`: written only a moment ago, so a follower may not know it yet. */
  | { kind: 'message'; row: MessageRecord; created: boolean }
)

/** Reading changes back from the tables. */
export interface Changes {
  /** Where the tables stand now. */
  position(): Promise<Position>
  /** What changed at or after `from` and `isNew`, in order of time by kind. `reached`: the latest moments read; `more`: go on from there.
   * `decidedFromMs`, epoch milliseconds by the product's clock: where the first page began. An actor is on one page only, by its last
   * change, and all its decisions since then are on that page. */
  read(
    from: Position,
    isNew: (key: string) => boolean,
    decidedFromMs: number,
  ): Promise<{ changes: Change[]; reached: Position; more: boolean }>
  /** Calls back soon after something may have changed, in this process or another. Answers how to stop. */
  onHint(callback: () => void): () => void
}

/** A commit may come so much later than the moment written in its rows: positions are read again from that much earlier. */
export const OVERLAP_MS = 3_000

export function earlier(position: Position, ms: number): Position {
  return { turnMs: position.turnMs - ms, messageUs: position.messageUs - ms * 1_000 }
}

export function later(a: Position, b: Position): Position {
  return { turnMs: Math.max(a.turnMs, b.turnMs), messageUs: Math.max(a.messageUs, b.messageUs) }
}

/** The id of an event of the stream: everything up to this position was sent. */
export function formatPosition(position: Position): string {
  return `${position.turnMs.toString(36)}-${position.messageUs.toString(36)}`
}

/** The last moment that both JavaScript and PostgreSQL write with a year of four digits; what is later is no time of ours. */
const LATEST_MS = Date.UTC(9999, 11, 31)

/** Null when the text is no such id. */
export function parsePosition(text: string): Position | null {
  const parts = /^([0-9a-z]{1,11})-([0-9a-z]{1,11})$/.exec(text)
  if (parts === null) return null
  const position = { turnMs: parseInt(parts[1] as string, 36), messageUs: parseInt(parts[2] as string, 36) }
  return position.turnMs <= LATEST_MS && Number.isSafeInteger(position.messageUs) ? position : null
}
