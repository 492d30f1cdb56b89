// Forgets what is kept only for a while. R1: a message that still waits is not old, whatever its age.
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { timestamp } from './recordset.ts'
import type { Tables } from './tables.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE

interface Aged {
  table: keyof Tables
  key: readonly string[]
  /** When a row was last news. There is an index by age, but on the tables that hold little: receipt and parked_status. */
  at: string
  /** Which rows may go, in SQL. */
  where?: string
}

/** What the program needs for a while, and how long, ms. A provider repeats a webhook for days, and a duplicate must be known for at
 * least 30; nobody waits longer for an outcome; a provider tells statuses for up to 7 days, and what nobody sent by then we did not send. */
const WORKING: readonly (Aged & { ms: number })[] = [
  { table: 'seen', key: ['slot', 'key'], at: 'at', ms: 35 * DAY },
  { table: 'receipt', key: ['slot', 'event_id'], at: 'at', ms: 15 * MINUTE },
  { table: 'parked_status', key: ['slot', 'provider_id', 'status'], at: 'at', ms: 8 * DAY },
  // Measures are compared with those of the year before.
  { table: 'service_leg', key: ['slot', 'session_id', 'n'], at: 'ended_at', ms: 400 * DAY },
  { table: 'wrap_up', key: ['slot', 'session_id', 'agent_id', 'began_at'], at: 'ended_at', ms: 400 * DAY },
]

/** What people look back at: the transcripts and what belongs to them. Conversations stay, with who the customer is and what they
 * consented to. */
const HISTORY: readonly Aged[] = [
  { table: 'message', key: ['slot', 'id'], at: 'changed_at', where: `status not in ('held', 'queued')` }, // R1
  { table: 'provider_message', key: ['slot', 'provider_id'], at: 'at' },
  { table: 'participant_status', key: ['slot', 'message_id', 'participant', 'status'], at: 'at' },
  { table: 'decision', key: ['slot', 'actor_id', 'id'], at: 'at' },
  { table: 'alarm', key: ['slot', 'id'], at: 'at' },
  { table: 'quarantine', key: ['slot', 'id'], at: 'at' },
  { table: 'kept_update', key: ['slot', 'id'], at: 'at' },
]

/** Deletes what is too old, at most `limit` rows of each kind; gives how many. Call it again until it is 0. `historyMs`: how long
 * transcripts, decisions and alarms are kept; null: for ever. */
export async function forgetOld(db: Kysely<Tables>, now: number, historyMs: number | null, limit = 5_000): Promise<number> {
  const history = historyMs === null ? [] : HISTORY.map((aged) => ({ ...aged, ms: historyMs }))
  let forgotten = 0
  for (const { ms, ...aged } of [...WORKING, ...history]) forgotten += await forget(db, aged, now - ms, limit)
  return forgotten
}

async function forget(db: Kysely<Tables>, { table, key, at, where = 'true' }: Aged, before: number, limit: number): Promise<number> {
  const keys = key.map((column) => `t.${column} = old.${column}`).join(' and ')
  const { numAffectedRows } = await sql`
    with old as materialized (
      select ${sql.raw(key.join(', '))} from ${sql.raw(table)} where ${sql.raw(at)} < ${timestamp(before)}::timestamptz and ${sql.raw(where)}
      limit ${limit}::integer for update skip locked
    )
    delete from ${sql.raw(table)} t using old where ${sql.raw(keys)}`.execute(db)
  return Number(numAffectedRows ?? 0n)
}
