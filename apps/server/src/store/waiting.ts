// All SQL of the rows that wait, and of the transcript a participant is given.
import { parseId } from '@baton/router'
import type { MessageRow } from '@baton/router'
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'
import type { MessageRecord } from './records.ts'

/** Looking stops here, in each table: that there are very many is all anybody needs to know. */
const MOST = 100_000
const HISTORY = 200

/** Rows of one kind (of the inbox `event`, of the outbox its own) and lane, and how long the oldest of those that are due has been
 * due, seconds. A number that is named has messages waiting. */
export interface WaitingRows {
  table: 'inbox' | 'outbox'
  kind: string
  lane: number
  numberId: string | null
  rows: number
  oldest: number
}

export async function waitingRows(db: QueryExecutorProvider, now: number): Promise<WaitingRows[]> {
  const at = sql`${new Date(now)}::timestamptz`
  const oldest = sql`coalesce(extract(epoch from ${at} - min(available_at) filter (where available_at <= ${at}))::float8, 0)`
  const { rows } = await sql<WaitingRows>`
    select 'inbox' as "table", 'event' as kind, 0 as lane, null as "numberId", count(*)::integer as rows, ${oldest} as oldest
    from (select available_at from inbox limit ${MOST}) i
    union all
    select 'outbox', kind, lane, number_id, count(*)::integer, ${oldest}
    from (select kind, lane, case when kind = 'message' then number_id end as number_id, available_at from outbox limit ${MOST}) o
    group by kind, lane, number_id`.execute(db)
  return rows
}

/** Events whose actor is not there: nobody will ever apply them. There must be none. */
export async function strandedEvents(db: QueryExecutorProvider): Promise<number> {
  const { rows } = await sql<{ stranded: number }>`
    select count(*)::integer as stranded from (select slot, actor_id from inbox limit ${MOST}) i
    where not exists (select from actor a where a.slot = i.slot and a.id = i.actor_id)`.execute(db)
  return rows[0]?.stranded ?? 0
}

/** The newest lines of a transcript, the oldest of them first. */
export async function readHistory(db: QueryExecutorProvider, conversationId: string): Promise<MessageRow[]> {
  const { rows } = await sql<MessageRecord & { ref: string | null }>`
    select * from (
      select id, direction, content, author_kind, author_id, purpose, session_kind, session_id, status, reason, provider_id, reply_to, ref, at
      from message where slot = ${parseId(conversationId)?.slot ?? -1} and actor_id = ${conversationId}
      order by at desc, id desc limit ${HISTORY}
    ) newest order by at, id`.execute(db)
  return rows.map((row) => ({
    id: row.id,
    direction: row.direction,
    content: row.content,
    author: { kind: row.author_kind, id: row.author_id },
    purpose: row.purpose,
    session: { kind: row.session_kind, id: row.session_id },
    status: row.status,
    ...(row.reason === null ? {} : { reason: row.reason }),
    providerId: row.provider_id,
    replyTo: row.reply_to,
    ...(row.ref === null ? {} : { ref: row.ref }),
    at: row.at.getTime(),
  }))
}
