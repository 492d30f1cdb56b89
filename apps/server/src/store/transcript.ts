// All SQL of the transcript a participant is given.
import { parseId } from '@baton/router'
import type { MessageRow } from '@baton/router'
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'
import type { MessageRecord } from './records.ts'

const LINES = 200

/** The newest lines of a transcript, the oldest of them first. */
export async function readHistory(db: QueryExecutorProvider, conversationId: string): Promise<MessageRow[]> {
  const { rows } = await sql<MessageRecord & { ref: string | null }>`
    select * from (
      select id, direction, content, author_kind, author_id, purpose, session_kind, session_id, status, reason, provider_id, reply_to, ref, at
      from message where slot = ${parseId(conversationId)?.slot ?? -1} and actor_id = ${conversationId}
      order by at desc, id desc limit ${LINES}
    ) newest order by at, id`.execute(db)
  return rows.map((row) => ({ ...transcriptLine(row), ...(row.ref === null ? {} : { ref: row.ref }) }))
}

/** A row of table message as the router knows it. */
export function transcriptLine(row: MessageRecord): MessageRow {
  return {
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
    at: row.at.getTime(),
  }
}
