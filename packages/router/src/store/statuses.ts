// All SQL on delivery: finding a message by our id or the provider's, writing what is known of its delivery, parking what is
// not known yet. Callers lock in one order: outbox rows, then messages, each by (slot, id).
import { sql } from 'kysely'
import type { QueryResult, Transaction } from 'kysely'
import type { ProviderError, StatusUpdate } from '../contract/channel.ts'
import { slotOf } from '../contract/ids.ts'
import type { Author, Purpose } from '../contract/message.ts'
import { recordset, timestamp } from './recordset.ts'
import { DELIVERY, KEY, KEY_OF_ACTOR, PARKED, PARTICIPANT_STATUS, PROVIDER_ID, PROVIDER_LINK } from './row-types.ts'
import type { Statement } from './statement.ts'
import type { Tables } from './tables.ts'

export interface MessageKey {
  slot: number
  id: string
}

/** A status as a webhook brought it, with the number it came for. */
export interface NumberStatus {
  numberId: string
  status: StatusUpdate
}

/** The delivery columns of an outgoing message, and what its conversation has to be told with. Times epoch milliseconds. */
export interface DeliveryRow extends MessageKey {
  actorId: string
  author: Author
  ref: string | null
  /** When it was decided. */
  at: number
  purpose: Purpose | null
  status: string
  reason: string | null
  error: ProviderError | null
  providerId: string | null
  category: string | null
  pricing: Record<string, unknown> | null
  sentAt: number | null
  deliveredAt: number | null
  readAt: number | null
  failedAt: number | null
}

/** Which of these are outgoing messages of ours, whose conversation each is, and whether its send is still open. */
export async function findOutgoing(
  trx: Transaction<Tables>,
  keys: MessageKey[],
): Promise<(MessageKey & { actorId: string; status: string })[]> {
  // Key by key, as `lockDeliveries`: `offset 0` keeps the planner from making a join of it.
  const { rows } = await sql<MessageKey & { actorId: string; status: string }>`
    select found.* from ${recordset(KEY, keys)} cross join lateral (
      select m.slot, m.id, m.actor_id as "actorId", m.status from message m
      where m.slot = r.slot and m.id = r.id and m.direction = 'out' offset 0
    ) found`.execute(trx)
  return rows
}

/** Messages by the provider's ids. */
export async function findByProviderId(trx: Transaction<Tables>, providerIds: string[]): Promise<(MessageKey & { providerId: string })[]> {
  const { rows } = await sql<MessageKey & { providerId: string }>`
    select p.provider_id as "providerId", p.message_slot as slot, p.message_id as id from provider_message p
    join ${recordset(PROVIDER_ID, providerKeys(providerIds))}
      on p.slot = r.slot and p.provider_id = r.provider_id`.execute(trx)
  return rows
}

/** Locks the outbox rows of messages that have one. */
export async function lockSendsOf(trx: Transaction<Tables>, messages: (MessageKey & { actorId: string })[]): Promise<MessageKey[]> {
  const { rows } = await sql<MessageKey>`
    select locked.* from (
      select found.* from ${recordset(KEY_OF_ACTOR, messages)} cross join lateral (
        select o.slot, o.id from outbox o
        where o.slot = r.slot and o.actor_id = r."actorId" and o.kind = 'message' and o.payload ->> 'messageId' = r.id offset 0
      ) found order by slot, id
    ) k cross join lateral (
      select o.slot, o.id from outbox o where o.slot = k.slot and o.id = k.id for update of o
    ) locked`.execute(trx)
  return rows
}

/** Locks messages and reads what is known of their delivery. */
export async function lockDeliveries(trx: Transaction<Tables>, keys: MessageKey[]): Promise<DeliveryRow[]> {
  if (keys.length === 0) return []
  // Key by key: as a join with an order the planner may walk the whole transcript, which is in that order already.
  const { rows } = await sql<Omit<DeliveryRow, 'author'> & { author_kind: Author['kind']; author_id: string }>`
    select found.* from (select slot, id from ${recordset(KEY, keys)} order by slot, id) k
    cross join lateral (
      select m.slot, m.id, m.actor_id as "actorId", m.author_kind, m.author_id, m.ref, m.purpose, m.status, m.reason, m.error,
        m.provider_id as "providerId", m.category, m.pricing, (extract(epoch from m.at) * 1000)::float8 as at,
        (extract(epoch from m.sent_at) * 1000)::float8 as "sentAt", (extract(epoch from m.delivered_at) * 1000)::float8 as "deliveredAt",
        (extract(epoch from m.read_at) * 1000)::float8 as "readAt", (extract(epoch from m.failed_at) * 1000)::float8 as "failedAt"
      from message m where m.slot = k.slot and m.id = k.id and m.direction = 'out' for update of m
    ) found`.execute(trx)
  return rows.map(({ author_kind: kind, author_id: id, ...row }) => ({ ...row, author: { kind, id } }))
}

/** Writes the delivery columns as they are given. The rows are locked. */
export function updateDeliveries(rows: readonly DeliveryRow[]): Statement[] {
  if (rows.length === 0) return []
  const input = rows.map(({ slot, id, status, reason, error, category, pricing, ...row }) => {
    const times = { sent_at: row.sentAt, delivered_at: row.deliveredAt, read_at: row.readAt, failed_at: row.failedAt }
    return { slot, id, status, reason, error, category, pricing, provider_id: row.providerId, ...times }
  })
  return [
    sql`
    update message m set status = r.status, reason = r.reason, error = r.error, provider_id = r.provider_id, category = r.category,
      pricing = r.pricing, sent_at = r.sent_at, delivered_at = r.delivered_at, read_at = r.read_at, failed_at = r.failed_at,
      changed_at = clock_timestamp()
    from ${recordset(DELIVERY, input)}
    where m.slot = r.slot and m.id = r.id`,
  ]
}

/** Which message a provider's id is. */
export interface Link extends MessageKey {
  providerId: string
  actorId: string
  /** Of the message, or of its send; how long it is remembered counts from then. */
  at: number
}

/** Remembers which message a provider's id is; a second send of one message has a second id. A row's slot is the provider id's own, not
 * its actor's: on Citus this one statement makes the commit a two-phase one. */
export function linkProviderIds(links: readonly Link[]): Statement[] {
  if (links.length === 0) return []
  const input = links
    .map((link) => ({
      slot: slotOf(link.providerId),
      provider_id: link.providerId,
      message_slot: link.slot,
      message_id: link.id,
      actor_id: link.actorId,
      at: link.at,
    }))
    .toSorted((a, b) => a.slot - b.slot || (a.provider_id < b.provider_id ? -1 : 1))
  return [
    sql`
    insert into provider_message (slot, provider_id, message_slot, message_id, actor_id, at)
    select slot, provider_id, message_slot, message_id, actor_id, at from ${recordset(PROVIDER_LINK, input)}
    on conflict do nothing`,
  ]
}

/** Keeps statuses of messages nobody knows yet. A participant's status is kept beside the others of its kind. */
export async function parkStatuses(trx: Transaction<Tables>, parked: NumberStatus[], now: number): Promise<void> {
  const input = parked
    .map((each) => ({
      slot: slotOf(each.status.providerId),
      provider_id: each.status.providerId,
      status: parkedName(each.status),
      update: each,
    }))
    .toSorted((a, b) => a.slot - b.slot || (`${a.provider_id}/${a.status}` < `${b.provider_id}/${b.status}` ? -1 : 1))
  await sql`
    insert into parked_status (slot, provider_id, status, update, at)
    select r.slot, r.provider_id, r.status, r.update, ${timestamp(now)}::timestamptz
    from ${recordset(PARKED, input)}
    on conflict do nothing`.execute(trx)
}

/** Its result names those of the provider ids for which something is parked (`parkedOf`). */
export function findParked(providerIds: readonly string[]): Statement[] {
  if (providerIds.length === 0) return []
  return [
    sql`
    select distinct p.provider_id from ${recordset(PROVIDER_ID, providerKeys(providerIds))} join parked_status p
    on p.slot = r.slot and p.provider_id = r.provider_id`,
  ]
}

export function parkedOf({ rows }: QueryResult<unknown>): string[] {
  return (rows as { provider_id: string }[]).map((row) => row.provider_id)
}

/** Takes out what was parked for these provider ids. */
export async function takeParked(trx: Transaction<Tables>, providerIds: string[]): Promise<NumberStatus[]> {
  if (providerIds.length === 0) return []
  const { rows } = await sql<{ update: NumberStatus }>`
    delete from parked_status p using ${recordset(PROVIDER_ID, providerKeys(providerIds))}
    where p.slot = r.slot and p.provider_id = r.provider_id
    returning p.update`.execute(trx)
  return rows.map((row) => row.update)
}

/** Provider ids that became known after their statuses were parked: the two transactions did not see each other. */
export async function findUnparkable(trx: Transaction<Tables>, limit: number): Promise<string[]> {
  const { rows } = await sql<{ provider_id: string }>`
    select distinct p.provider_id from parked_status p
    join provider_message m on m.slot = p.slot and m.provider_id = p.provider_id limit ${limit}::integer`.execute(trx)
  return rows.map((row) => row.provider_id)
}

/** One group participant's statuses: the earliest time of each. */
export async function writeParticipantStatuses(
  trx: Transaction<Tables>,
  rows: (MessageKey & { participant: string; status: string; at: number })[],
): Promise<void> {
  const earliest = new Map<string, (typeof rows)[number]>()
  for (const row of rows) {
    const key = `${row.slot}/${row.id}/${row.participant}/${row.status}`
    const known = earliest.get(key)
    if (known === undefined || row.at < known.at) earliest.set(key, row)
  }
  const input = [...earliest].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  await sql`
    insert into participant_status as s (slot, message_id, participant, status, at)
    select r.slot, r.id, r.participant, r.status, r.at
    from ${recordset(PARTICIPANT_STATUS, input)}
    on conflict (slot, message_id, participant, status) do update set at = least(s.at, excluded.at)`.execute(trx)
}

function parkedName(status: StatusUpdate): string {
  return status.participant === undefined ? status.status : `${status.status} ${status.participant}`
}

function providerKeys(providerIds: readonly string[]): { slot: number; provider_id: string }[] {
  return [...new Set(providerIds)].toSorted().map((id) => ({ slot: slotOf(id), provider_id: id }))
}
