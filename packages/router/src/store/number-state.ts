// Whether a number may send: halted until somebody releases it, or waiting as the provider asked.
import { sql } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import { recordset, timestamp } from './recordset.ts'
import { HALT, PAUSE } from './row-types.ts'
import type { Tables } from './tables.ts'

/** Halts numbers; gives back those that were not halted before, so that one alarm is raised and not one a message. */
export async function haltNumbers(
  trx: Transaction<Tables>,
  halts: { numberId: string; reason: string }[],
  now: number,
): Promise<Set<string>> {
  const first = new Map<string, string>()
  for (const { numberId, reason } of halts) if (!first.has(numberId)) first.set(numberId, reason)
  const input = [...first].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([numberId, reason]) => ({ numberId, reason }))
  const at = timestamp(now)
  const { rows } = await sql<{ number_id: string }>`
    insert into number_state as s (number_id, halted_at, halted_reason, updated_at)
    select r."numberId", ${at}::timestamptz, r.reason, ${at}::timestamptz
    from ${recordset(HALT, input)}
    on conflict (number_id) do update
      set halted_at = excluded.halted_at, halted_reason = excluded.halted_reason, updated_at = excluded.updated_at
      where s.halted_at is null
    returning number_id`.execute(trx)
  return new Set(rows.map((row) => row.number_id))
}

/** The number sends nothing before `until`, epoch milliseconds; a longer wait stands. */
export async function pauseNumbers(trx: Transaction<Tables>, pauses: { numberId: string; until: number }[], now: number): Promise<void> {
  const longest = new Map<string, number>()
  for (const { numberId, until } of pauses) longest.set(numberId, Math.max(longest.get(numberId) ?? 0, until))
  const input = [...longest].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, until]) => ({ id, until }))
  await sql`
    insert into number_state as s (number_id, wait_until, updated_at)
    select r.id, r.until, ${timestamp(now)}::timestamptz
    from ${recordset(PAUSE, input)}
    on conflict (number_id) do update set wait_until = greatest(s.wait_until, excluded.wait_until), updated_at = excluded.updated_at`.execute(
    trx,
  )
}

/** What is known of a number beside its configuration; null: nothing keeps it from sending. Epoch milliseconds. */
export interface NumberState {
  numberId: string
  halted: { at: number; reason: string } | null
  waitUntil: number | null
}

/** Numbers that are halted, or were told to wait at some time. */
export async function numberStates(db: Kysely<Tables>): Promise<NumberState[]> {
  const rows = await db
    .selectFrom('number_state')
    .select(['number_id', 'halted_at', 'halted_reason', 'wait_until'])
    .orderBy('number_id')
    .execute()
  return rows.map((row) => ({
    numberId: row.number_id,
    halted: row.halted_at === null ? null : { at: row.halted_at.getTime(), reason: row.halted_reason ?? '' },
    waitUntil: row.wait_until?.getTime() ?? null,
  }))
}

/** Lets a halted number send again. False: it was not halted. */
export async function releaseNumber(db: Kysely<Tables>, numberId: string, now: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update number_state set halted_at = null, halted_reason = null, updated_at = ${timestamp(now)}::timestamptz
    where number_id = ${numberId} and halted_at is not null`.execute(db)
  return (numAffectedRows ?? 0n) > 0n
}
