// Rows that an effect leaves behind in the transaction that settles it: events for the conversation, alarms for people.
import { sql } from 'kysely'
import type { Transaction } from 'kysely'
import type { ConversationEvent } from '../contract/event.ts'
import { formatId, newUuid } from '../contract/ids.ts'
import { insertInbox, insertSeen } from './intake.ts'
import { recordset, timestamp } from './recordset.ts'
import { ALARM } from './row-types.ts'
import { run } from './statement.ts'
import type { Statement } from './statement.ts'
import type { Tables } from './tables.ts'

/** An event for the inbox of an actor; a second one with the same key is a no-op. */
export interface AppendedEvent {
  slot: number
  actorId: string
  event: ConversationEvent
  dedupe: string
}

/** Gives back how many were new. */
export async function appendEvents(trx: Transaction<Tables>, events: AppendedEvent[], now: number): Promise<number> {
  const fresh = await insertSeen(
    trx,
    events.map((each) => each.dedupe),
    now,
  )
  // `delete` says whether it was there: of two equal keys in one call, one goes in.
  const rows = events.filter((each) => fresh.delete(each.dedupe))
  const inbox = rows.map(({ slot, actorId, event }) => {
    return { slot, id: formatId('ev', slot, newUuid(now)), actorId, at: now, wantsReceipt: false, event }
  })
  await run(trx, insertInbox(inbox, now))
  return rows.length
}

export interface RaisedAlarm {
  slot: number
  actorId: string | null
  code: string
  detail: Record<string, unknown>
}

export function insertAlarms(alarms: readonly RaisedAlarm[], now: number): Statement[] {
  if (alarms.length === 0) return []
  const input = alarms.map(({ slot, actorId, code, detail }) => ({ slot, id: newUuid(now), actor_id: actorId, code, detail }))
  return [
    sql`
    insert into alarm (slot, id, actor_id, code, detail, at)
    select r.slot, r.id, r.actor_id, r.code, r.detail, ${timestamp(now)}::timestamptz
    from ${recordset(ALARM, input)}`,
  ]
}

export async function raiseAlarms(trx: Transaction<Tables>, alarms: readonly RaisedAlarm[], now: number): Promise<void> {
  await run(trx, insertAlarms(alarms, now))
}
