// All SQL of the rows that wait, and of the transcript a participant is given.
import { parseId } from '@baton/router'
import type { MessageRow } from '@baton/router'
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'
import type { MessageRecord } from '../http/message-schema.ts'

/** Counting stops here: that there are very many is all anybody needs to know. */
const MOST = 100_000
const HISTORY = 200

export async function waitingRows(db: QueryExecutorProvider): Promise<{ inbox: number; outbox: number }> {
  const { rows } = await sql<{ inbox: number; outbox: number }>`
    select (select count(*) from (select from inbox limit ${MOST}) i)::integer as inbox,
      (select count(*) from (select from outbox limit ${MOST}) o)::integer as outbox`.execute(db)
  return rows[0] ?? { inbox: 0, outbox: 0 }
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
