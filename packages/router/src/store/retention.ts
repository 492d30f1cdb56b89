// Forgets what is kept only for a while.
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { timestamp } from './recordset.ts'
import type { Tables } from './tables.ts'

/** A provider repeats a webhook for days, and a duplicate must be known for at least 30. */
const SEEN_MS = 35 * 86_400_000
/** Nobody waits longer for an outcome. */
const RECEIPT_MS = 15 * 60_000
/** A provider tells statuses for up to 7 days; what nobody sent by then was not sent by us. */
const PARKED_MS = 8 * 86_400_000

/** Deletes keys of duplicates, outcomes and parked statuses that are too old, at most `limit` of each; gives how many. Call it
 * again until it is 0. */
export async function forgetOld(db: Kysely<Tables>, now: number, limit = 5_000): Promise<number> {
  const seen = await sql`
    with old as materialized (
      select slot, key from seen where at < ${timestamp(now - SEEN_MS)}::timestamptz limit ${limit}::integer for update skip locked
    )
    delete from seen s using old where s.slot = old.slot and s.key = old.key`.execute(db)
  const receipts = await sql`
    with old as materialized (
      select slot, event_id from receipt where at < ${timestamp(now - RECEIPT_MS)}::timestamptz limit ${limit}::integer for update skip locked
    )
    delete from receipt r using old where r.slot = old.slot and r.event_id = old.event_id`.execute(db)
  const parked = await sql`
    with old as materialized (
      select slot, provider_id, status from parked_status where at < ${timestamp(now - PARKED_MS)}::timestamptz
      limit ${limit}::integer for update skip locked
    )
    delete from parked_status p using old where p.slot = old.slot and p.provider_id = old.provider_id and p.status = old.status`.execute(db)
  return [seen, receipts, parked].reduce((sum, { numAffectedRows }) => sum + Number(numAffectedRows ?? 0n), 0)
}
