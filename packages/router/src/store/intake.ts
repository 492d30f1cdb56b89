// All SQL that takes something in: inbox rows, duplicates, and what no conversation acts on.
import { sql } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import { formatId, newUuid, slotOf } from '../contract/ids.ts'
import { jsonText, recordset, timestamp } from './recordset.ts'
import { INBOX_EVENT, KEPT_UPDATE, KEY, SEEN } from './row-types.ts'
import type { Statement } from './statement.ts'
import type { Tables } from './tables.ts'

/** Marks keys as taken in; gives those that were new. Each key has the slot of its own text: it outlives a merge of conversations. */
export async function insertSeen(trx: Transaction<Tables>, keys: string[], now: number): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const input = keys.map((key) => ({ slot: slotOf(key), key })).toSorted((a, b) => a.slot - b.slot || (a.key < b.key ? -1 : 1))
  const { rows } = await sql<{ key: string }>`
    insert into seen (slot, key, at) select r.slot, r.key, ${timestamp(now)}::timestamptz
    from ${recordset(SEEN, input)}
    on conflict do nothing returning key`.execute(trx)
  return new Set(rows.map((row) => row.key))
}

/** `at` orders the events of one actor, epoch milliseconds. */
export interface NewInboxRow {
  slot: number
  id: string
  actorId: string
  at: number
  wantsReceipt: boolean
  event: unknown
}

/** Each row has an id of its own: what may be repeated is known by its key (`insertSeen`), as its row may have been applied since. */
export function insertInbox(rows: readonly NewInboxRow[], now: number): Statement[] {
  if (rows.length === 0) return []
  const received = timestamp(now)
  return [
    sql`
    insert into inbox (slot, id, actor_id, at, received_at, available_at, wants_receipt, event)
    select r.slot, r.id, r."actorId", r.at, ${received}::timestamptz, ${received}::timestamptz, r."wantsReceipt", r.event
    from ${recordset(INBOX_EVENT, rows)}`,
  ]
}

/** What the provider says of a template; what it does not say stays as it was. `at`: when it happened, epoch milliseconds. */
export interface TemplateFacts {
  account: string
  name: string
  language: string
  status?: string
  category?: string
  quality?: string
  reason?: string
  at?: number
}

/** News from before what is known already changes nothing. */
export async function upsertTemplate(trx: Transaction<Tables>, facts: TemplateFacts, now: number): Promise<void> {
  const { account, name, language, status = null, category = null, quality = null, reason = null } = facts
  const saidAt = facts.at === undefined ? null : timestamp(facts.at)
  await sql`
    insert into template as t (account, name, language, status, category, quality, reason, updated_at, said_at)
    values (${account}, ${name}, ${language}, coalesce(${status}, 'unknown'), coalesce(${category}, ''), coalesce(${quality}, ''),
      coalesce(${reason}, ''), ${timestamp(now)}::timestamptz, ${saidAt}::timestamptz)
    on conflict (account, name, language) do update set
      status = coalesce(${status}, t.status), category = coalesce(${category}, t.category),
      quality = coalesce(${quality}, t.quality), reason = coalesce(${reason}, t.reason), updated_at = excluded.updated_at,
      said_at = coalesce(excluded.said_at, t.said_at)
    where excluded.said_at >= t.said_at or excluded.said_at is null or t.said_at is null`.execute(trx)
}

export interface KeptUpdate {
  account: string | null
  field: string
  known: boolean
  raw: unknown
}

/** Updates nothing acts on, exactly as they came. */
export async function keepUpdates(trx: Transaction<Tables>, updates: KeptUpdate[], now: number): Promise<void> {
  if (updates.length === 0) return
  const input = updates.map((update) => ({ ...update, raw: update.raw ?? {}, slot: slotOf(update.account ?? ''), id: newUuid(now) }))
  await sql`
    insert into kept_update (slot, id, account, field, known, raw, at)
    select r.slot, r.id, r.account, r.field, r.known, r.raw, ${timestamp(now)}::timestamptz
    from ${recordset(KEPT_UPDATE, input)}`.execute(trx)
}

export interface Quarantined {
  source: 'webhook' | 'event'
  channel: string | null
  actor: { slot: number; id: string } | null
  reason: string
  body: Uint8Array
}

/** Sets aside what could not be read or applied; gives its id. */
export async function insertQuarantine(db: Kysely<Tables>, item: Quarantined, now: number): Promise<string> {
  const uuid = newUuid(now)
  const slot = item.actor?.slot ?? slotOf(uuid)
  const id = formatId('ev', slot, uuid)
  await db
    .insertInto('quarantine')
    .values({
      slot,
      id,
      source: item.source,
      channel: item.channel,
      actor_id: item.actor?.id ?? null,
      reason: item.reason.replaceAll('\u0000', '\ufffd'),
      body: Buffer.from(item.body),
      at: timestamp(now),
    })
    .execute()
  return id
}

/** A value as the bytes that `quarantine.body` holds. */
export function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(jsonText(value))
}

/** The outcomes that are there among these events', by event id. */
export async function findReceipts(db: Kysely<Tables>, events: { slot: number; id: string }[]): Promise<Map<string, unknown>> {
  const { rows } = await sql<{ id: string; outcome: unknown }>`
    select e.event_id as id, e.outcome from receipt e
    join ${recordset(KEY, events)} on e.slot = r.slot and e.event_id = r.id`.execute(db)
  return new Map(rows.map((row) => [row.id, row.outcome]))
}
