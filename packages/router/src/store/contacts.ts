// All SQL on who a contact is: actors and the aliases that lead to them. Statements that write several rows write them in the
// order of their keys, so that two processes wait for each other instead of deadlocking.
import { sql } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import type { ActorKind, ActorRef } from '../contract/actor.ts'
import { parseId, slotOf } from '../contract/ids.ts'
import { recordset, timestamp } from './recordset.ts'
import { ALIAS, KEY, NEW_ACTOR, SEEN } from './row-types.ts'
import type { Tables } from './tables.ts'

/** One name of a contact on a number. */
export interface AliasName {
  numberId: string
  kind: 'user' | 'phone'
  value: string
}

/** Its text form; also where its slot comes from, and the key of a conversation made for it. */
export function aliasText({ numberId, kind, value }: AliasName): string {
  return `${numberId}/${kind}:${value}`
}

export interface NewActor extends ActorRef {
  kind: ActorKind
  key: string
  numberId: string | null
}

/** Where these names lead, by `aliasText`. */
export async function findAliases(db: Kysely<Tables>, names: AliasName[]): Promise<Map<string, ActorRef>> {
  if (names.length === 0) return new Map()
  const { rows } = await sql<AliasName & ActorRef>`
    select a.number_id as "numberId", a.kind, a.value, a.actor_slot as slot, a.actor_id as id
    from ${recordset(ALIAS, names.map(aliasKey))}
    join alias a on a.slot = r.slot and a.number_id = r.number_id and a.kind = r.kind and a.value = r.value`.execute(db)
  return byText(rows)
}

function byText(rows: (AliasName & ActorRef)[]): Map<string, ActorRef> {
  return new Map(rows.map((row) => [aliasText(row), { slot: row.slot, id: row.id }]))
}

/** Makes actors that do not exist by (kind, key); gives the ids of those it made. Waits for whoever is making the same one. */
export async function createActors(trx: Transaction<Tables>, actors: NewActor[], now: number): Promise<Set<string>> {
  const at = timestamp(now)
  const input = actors
    .toSorted((a, b) => a.slot - b.slot || (a.key < b.key ? -1 : 1))
    .map((actor) => ({ ...actor, number_id: actor.numberId }))
  const { rows } = await sql<{ id: string }>`
    insert into actor (slot, id, kind, key, number_id, created_at, updated_at)
    select r.slot, r.id, r.kind, r.key, r.number_id, ${at}::timestamptz, ${at}::timestamptz
    from ${recordset(NEW_ACTOR, input)}
    on conflict (slot, kind, key) do nothing returning id`.execute(trx)
  return new Set(rows.map((row) => row.id))
}

/** Takes back actors that nothing leads to. */
export async function deleteActors(trx: Transaction<Tables>, actors: ActorRef[]): Promise<void> {
  await sql`delete from actor a using ${recordset(KEY, actors)} where a.slot = r.slot and a.id = r.id`.execute(trx)
}

/** Names that are free lead to these actors from now on, and are given back as `findAliases` does; a name that is taken stays as it is. */
export async function linkAliases(trx: Transaction<Tables>, links: { name: AliasName; actor: ActorRef }[]): Promise<Map<string, ActorRef>> {
  if (links.length === 0) return new Map()
  const input = links
    .map(({ name, actor }) => ({ ...aliasKey(name), actor_slot: actor.slot, actor_id: actor.id, text: aliasText(name) }))
    .toSorted((a, b) => a.slot - b.slot || (a.text < b.text ? -1 : 1))
  const { rows } = await sql<AliasName & ActorRef>`
    insert into alias (slot, number_id, kind, value, actor_slot, actor_id)
    select r.slot, r.number_id, r.kind, r.value, r.actor_slot, r.actor_id from ${recordset(ALIAS, input)}
    on conflict do nothing returning number_id as "numberId", kind, value, actor_slot as slot, actor_id as id`.execute(trx)
  return byText(rows)
}

/** A name that led elsewhere leads to this actor. */
export async function moveAlias(trx: Transaction<Tables>, name: AliasName, to: ActorRef): Promise<void> {
  const { slot, number_id, kind, value } = aliasKey(name)
  await sql`
    insert into alias (slot, number_id, kind, value, actor_slot, actor_id) values (${slot}, ${number_id}, ${kind}, ${value}, ${to.slot}, ${to.id})
    on conflict (slot, number_id, kind, value) do update set actor_slot = excluded.actor_slot, actor_id = excluded.actor_id`.execute(trx)
}

/** Every name of one actor leads to the other. */
export async function moveAliases(trx: Transaction<Tables>, from: ActorRef, to: ActorRef): Promise<void> {
  await sql`update alias set actor_slot = ${to.slot}, actor_id = ${to.id} where actor_id = ${from.id}`.execute(trx)
}

export async function deleteAlias(trx: Transaction<Tables>, name: AliasName): Promise<void> {
  const { slot, number_id, kind, value } = aliasKey(name)
  await sql`delete from alias where slot = ${slot} and number_id = ${number_id} and kind = ${kind} and value = ${value}`.execute(trx)
}

/** All phone numbers that lead to this actor but one (or none) lead nowhere any more; gives them back. */
export async function deletePhonesBut(trx: Transaction<Tables>, kept: string | null, actor: ActorRef): Promise<AliasName[]> {
  const { rows } = await sql<AliasName>`
    delete from alias where actor_id = ${actor.id} and kind = 'phone' and value is distinct from ${kept}::text
    returning number_id as "numberId", kind, value`.execute(trx)
  return rows
}

/** Is the person of this conversation known by a user id? */
export async function hasUserAlias(trx: Transaction<Tables>, actor: ActorRef): Promise<boolean> {
  const { rows } = await sql`select from alias where actor_id = ${actor.id} and kind = 'user' limit 1`.execute(trx)
  return rows.length > 0
}

/** Lets one transaction at a time sort out names of these numbers. Only to keep them from deadlocking on each other: what they
 * decide is checked under the locks of the rows. */
export async function queueUp(trx: Transaction<Tables>, numberIds: string[]): Promise<void> {
  for (const numberId of [...new Set(numberIds)].toSorted()) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`baton contacts of ${numberId}`}, 0))`.execute(trx)
  }
}

export interface LockedActor extends ActorRef {
  serviceStatus: string | null
  createdAt: Date
}

/** Locks conversations, waiting for a turn that is under way. Give them in any order: they are locked by (slot, id). */
export async function lockActors(trx: Transaction<Tables>, actors: ActorRef[]): Promise<LockedActor[]> {
  const { rows } = await sql<LockedActor>`
    select a.slot, a.id, a.service_status as "serviceStatus", a.created_at as "createdAt"
    from actor a join ${recordset(KEY, actors)} on a.slot = r.slot and a.id = r.id
    order by a.slot, a.id for update of a`.execute(trx)
  return rows
}

/** Where each of these goes on that was merged, by id; whatever that one was merged into, too. A conversation may not have heard yet that it
 * was. */
export async function findWinners(db: Kysely<Tables>, actors: ActorRef[]): Promise<Map<string, ActorRef>> {
  const into = new Map<string, ActorRef>()
  for (let asked = actors; asked.length > 0;) {
    const { rows } = await sql<{ id: string; into: string | null }>`
      select a.id, coalesce(a.state ->> 'mergedInto', i.event ->> 'into') as into
      from actor a join ${recordset(KEY, asked)} on a.slot = r.slot and a.id = r.id
      left join inbox i on i.slot = a.slot and i.actor_id = a.id and i.event ->> 'type' = 'conversation.merged'
      where a.state ->> 'mergedInto' is not null or i.id is not null`.execute(db)
    asked = []
    for (const { id, into: winner } of rows) {
      const slot = parseId(winner ?? '')?.slot
      if (slot === undefined || into.has(id)) continue
      const ref = { slot, id: winner as string }
      into.set(id, ref)
      if (!into.has(ref.id)) asked.push(ref)
    }
  }
  return new Map([...into].map(([id, winner]) => [id, lastOf(into, winner)]))
}

function lastOf(into: ReadonlyMap<string, ActorRef>, first: ActorRef): ActorRef {
  let last = first
  for (let hops = 0; hops < into.size; hops += 1) last = into.get(last.id) ?? last
  return last
}

/** The actors that exist among these, by id. */
export async function findActors(db: Kysely<Tables>, actors: ActorRef[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select a.id from actor a join ${recordset(KEY, actors)} on a.slot = r.slot and a.id = r.id`.execute(db)
  return new Set(rows.map((row) => row.id))
}

/** The actors that exist among these, by their key. */
export async function findActorsByKey(db: Kysely<Tables>, kind: ActorKind, keys: string[]): Promise<Map<string, ActorRef>> {
  const input = keys.map((key) => ({ slot: slotOf(key), key }))
  const { rows } = await sql<ActorRef & { key: string }>`
    select a.slot, a.id, a.key from actor a
    join ${recordset(SEEN, input)} on a.slot = r.slot and a.key = r.key
    where a.kind = ${kind}`.execute(db)
  return new Map(rows.map(({ key, slot, id }) => [key, { slot, id }]))
}

function aliasKey(name: AliasName): { slot: number; number_id: string; kind: string; value: string } {
  return { slot: slotOf(aliasText(name)), number_id: name.numberId, kind: name.kind, value: name.value }
}
