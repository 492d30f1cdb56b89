// All SQL that finds conversations by the names of a contact. A row of names is where its text form says.
import { slotOf } from '@baton/router'
import type { ActorRef } from '@baton/router'
import { sql } from 'kysely'
import type { QueryExecutorProvider, RawBuilder } from 'kysely'

interface Name {
  numberId: string
  kind: 'user' | 'phone'
  value: string
}

export async function findConversation(
  db: QueryExecutorProvider,
  numberId: string,
  person: { phone: string } | { userId: string },
): Promise<ActorRef | null> {
  const name: Name = 'phone' in person ? { numberId, kind: 'phone', value: person.phone } : { numberId, kind: 'user', value: person.userId }
  const { rows } = await sql<ActorRef>`
    select l.actor_slot as slot, l.actor_id as id from alias l join ${nameList([name])} on ${SAME}`.execute(db)
  return rows[0] ?? null
}

/** Slot and id of every conversation that a phone number or user id leads to. */
export function conversationsOf(value: string, numberIds: readonly string[]): RawBuilder<unknown> {
  const names = numberIds.flatMap((numberId) => (['user', 'phone'] as const).map((kind) => ({ numberId, kind, value })))
  return sql`select l.actor_slot, l.actor_id from alias l join ${nameList(names)} on ${SAME}`
}

const SAME = sql`l.slot = n.slot and l.number_id = n.number_id and l.kind = n.kind and l.value = n.value`

function nameList(names: readonly Name[]): RawBuilder<unknown> {
  const slots = names.map(({ numberId, kind, value }) => slotOf(`${numberId}/${kind}:${value}`))
  return sql`unnest(${slots}::smallint[], ${names.map(({ numberId }) => numberId)}::text[], ${names.map(({ kind }) => kind)}::text[],
    ${names.map(({ value }) => value)}::text[]) as n(slot, number_id, kind, value)`
}
