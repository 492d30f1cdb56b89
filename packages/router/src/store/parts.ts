// All SQL of states in parts.
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'
import type { ActorRef, Part } from '../contract/actor.ts'
import { slotOf } from '../contract/ids.ts'
import { recordset } from './recordset.ts'
import { PART, PART_KEY, PART_NAME } from './row-types.ts'
import type { Statement } from './statement.ts'
import type { Revision } from './tables.ts'

export async function readParts(db: QueryExecutorProvider, { slot, id }: ActorRef): Promise<Part[]> {
  const { rows } = await sql<Part>`select name, value from actor_part where slot = ${slot} and actor_id = ${id}`.execute(db)
  return rows
}

/** The parts of these names; `value` null where there is none. */
export async function readSomeParts(db: QueryExecutorProvider, { slot, id }: ActorRef, names: readonly string[]): Promise<Part[]> {
  if (names.length === 0) return []
  const input = names.map((name) => ({ name }))
  const { rows } = await sql<Part>`
    select r.name, p.value from ${recordset(PART_NAME, input)}
    left join actor_part p on p.slot = ${slot} and p.actor_id = ${id} and p.name = r.name`.execute(db)
  return rows
}

export interface PartWrite extends Part {
  slot: number
  actor_id: string
}

/** `value` null: deleted. At most one entry per actor and name. */
export function setParts(parts: readonly PartWrite[]): Statement[] {
  const kept = parts.filter(({ value }) => value !== null)
  const gone = parts.filter(({ value }) => value === null)
  const insertion = sql`
      insert into actor_part (slot, actor_id, name, value)
      select slot, actor_id, name, value from ${recordset(PART, kept)}
      on conflict (slot, actor_id, name) do update set value = excluded.value`
  const deletion = sql`
      delete from actor_part p using ${recordset(PART_KEY, gone)}
      where p.slot = r.slot and p.actor_id = r.actor_id and p.name = r.name`
  return [...(kept.length > 0 ? [insertion] : []), ...(gone.length > 0 ? [deletion] : [])]
}

/** The row of an actor, of which its parts are not read; null: there is none. */
export async function findHead(
  db: QueryExecutorProvider,
  kind: string,
  key: string,
): Promise<(ActorRef & { state: unknown; revisions: Revision[] | null }) | null> {
  const { rows } = await sql<ActorRef & { state: unknown; revisions: Revision[] | null }>`
    select slot, id, state, revisions from actor where slot = ${slotOf(key)} and kind = ${kind} and key = ${key}`.execute(db)
  return rows[0] ?? null
}
