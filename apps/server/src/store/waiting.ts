// All SQL of the rows that wait.
import { laneName } from '@baton/router'
import type { Lane } from '@baton/router'
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'

/** Looking stops here, in each table: that there are very many is all anybody needs to know. */
const MOST = 100_000

/** Rows of one kind (of the inbox `event`, of the outbox its own) and lane, and how long the oldest of those that are due has been
 * due, seconds. A number that is named has messages waiting. */
export interface WaitingRows {
  table: 'inbox' | 'outbox'
  kind: string
  lane: Lane
  numberId: string | null
  rows: number
  oldest: number
}

export async function waitingRows(db: QueryExecutorProvider, now: number): Promise<WaitingRows[]> {
  const at = sql`${new Date(now)}::timestamptz`
  const oldest = sql`coalesce(extract(epoch from ${at} - min(available_at) filter (where available_at <= ${at}))::float8, 0)`
  const { rows } = await sql<WaitingRows>`
    select 'inbox' as "table", 'event' as kind, 'interactive' as lane, null as "numberId", count(*)::integer as rows, ${oldest} as oldest
    from (select available_at from inbox limit ${MOST}) i
    union all
    select 'outbox', kind, ${laneName}, number_id, count(*)::integer, ${oldest}
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
