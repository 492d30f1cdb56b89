// Rows that an effect leaves behind in the transaction that settles it: events for the conversation, alarms for people.
import { sql } from 'kysely'
import type { Transaction } from 'kysely'
import type { ConversationEvent } from '../contract/event.ts'
import { formatId, newUuid } from '../contract/ids.ts'
import { recordset, timestamp } from './recordset.ts'
import type { Tables } from './tables.ts'

/** An event for the inbox of an actor; a second one with the same key in the actor's slot is a no-op. */
export interface AppendedEvent {
  slot: number
  actorId: string
  event: ConversationEvent
  dedupe: string
}

/** Gives back how many were new. */
export async function appendEvents(trx: Transaction<Tables>, events: AppendedEvent[], now: number): Promise<number> {
  if (events.length === 0) return 0
  const at = timestamp(now)
  const keys = events.map(({ slot, dedupe }) => ({ slot, key: dedupe })).toSorted((a, b) => a.slot - b.slot || (a.key < b.key ? -1 : 1))
  const fresh = await sql<{ slot: number; key: string }>`
    insert into seen (slot, key, at)
    select r.slot, r.key, ${at}::timestamptz from ${recordset(keys, 'slot smallint, key text')}
    on conflict do nothing returning slot, key`.execute(trx)
  const isNew = new Set(fresh.rows.map((row) => `${row.slot}/${row.key}`))
  // `delete` says whether it was there: of two equal keys in one call, one goes in.
  const rows = events.filter((each) => isNew.delete(`${each.slot}/${each.dedupe}`))
  if (rows.length === 0) return 0
  const input = rows.map(({ slot, actorId, event }) => ({ slot, id: formatId('ev', slot, newUuid(now)), actor_id: actorId, event }))
  await sql`
    insert into inbox (slot, id, actor_id, at, received_at, available_at, event)
    select r.slot, r.id, r.actor_id, ${at}::timestamptz, ${at}::timestamptz, ${at}::timestamptz, r.event
    from ${recordset(input, 'slot smallint, id text, actor_id text, event jsonb')}`.execute(trx)
  return rows.length
}

export interface RaisedAlarm {
  slot: number
  actorId: string | null
  code: string
  detail: Record<string, unknown>
}

export async function raiseAlarms(trx: Transaction<Tables>, alarms: RaisedAlarm[], now: number): Promise<void> {
  if (alarms.length === 0) return
  const input = alarms.map(({ slot, actorId, code, detail }) => ({ slot, id: newUuid(now), actor_id: actorId, code, detail }))
  await sql`
    insert into alarm (slot, id, actor_id, code, detail, at)
    select r.slot, r.id, r.actor_id, r.code, r.detail, ${timestamp(now)}::timestamptz
    from ${recordset(input, 'slot smallint, id text, actor_id text, code text, detail jsonb')}`.execute(trx)
}
