// All SQL of the sessions that are read from the transcript: billing and utility.
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'
import type { BilledRecord } from './records.ts'

/** Messages the provider charged for, newest first. */
export async function billedMessages(
  db: QueryExecutorProvider,
  slot: number,
  conversationId: string,
  limit: number,
): Promise<BilledRecord[]> {
  const { rows } = await sql<BilledRecord>`
    select id, category, sent_at, delivered_at from message
    where slot = ${slot} and actor_id = ${conversationId} and direction = 'out' and category is not null
    order by at desc, id desc limit ${limit}`.execute(db)
  return rows
}

/** When utility traffic began and was last seen; null when there was none. */
export async function utilityTraffic(
  db: QueryExecutorProvider,
  slot: number,
  conversationId: string,
): Promise<{ firstAt: Date; lastAt: Date; messages: number } | null> {
  const { rows } = await sql<{ first_at: Date | null; last_at: Date | null; messages: number }>`
    select min(at) as first_at, max(at) as last_at, count(*)::integer as messages from message
    where slot = ${slot} and actor_id = ${conversationId} and session_kind = 'utility' and direction <> 'note'`.execute(db)
  const row = rows[0]
  if (row === undefined || row.first_at === null || row.last_at === null) return null
  return { firstAt: row.first_at, lastAt: row.last_at, messages: row.messages }
}
