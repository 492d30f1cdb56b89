// All SQL of a turn: claim actors, read their inboxes, and the statements that store what the steps gave. Every row has its actor's
// slot, but those of `linkProviderIds` (statuses.ts).
import { sql } from 'kysely'
import type { Kysely, QueryResult, Transaction } from 'kysely'
import type { ActorRef, StoredActor } from '../contract/actor.ts'
import { slotOf } from '../contract/ids.ts'
import type { Lane } from '../contract/message.ts'
import { LANE_NUMBERS } from './lane.ts'
import { byKey } from './plans.ts'
import { recordset, timestamp } from './recordset.ts'
import { ACTOR_STATE, DECISION, KEY, KEY_OF_ACTOR, MESSAGE, OUTBOX_ROW, PART_KEY, QUOTE, RECEIPT, TIMER } from './row-types.ts'
import type { Statement } from './statement.ts'
import type { Revision, Tables } from './tables.ts'

/** `revisions` null: its state is stored whole. Else `state` is the head of it, see parts.ts. */
export interface ClaimedActor extends StoredActor {
  revisions: Revision[] | null
}

/** Locks actors that have something due, oldest first, skipping those that others work on. Lock first, read the inbox in a NEW
 * statement: this one's snapshot is older than its locks, and what it saw of the inbox may have been applied since.
 * An actor with an event that waits for another try is left alone: its later events must not overtake. `except`: ids of actors that are
 * not looked for. */
export async function claimActors(
  trx: Transaction<Tables>,
  limit: number,
  now: number,
  except: readonly string[] = [],
): Promise<ClaimedActor[]> {
  // Under a backlog a few are enough; only when all of them are held by others is there a reason to look further.
  const near = await claimAmong(trx, limit * 4, limit, now, except)
  return near.length > 0 ? near : claimAmong(trx, limit * 20, limit, now, except)
}

/** Of those that the oldest `events` events are for. Who may not be worked is left out before they are counted: a few actors may have
 * more events than that. */
async function claimAmong(
  trx: Transaction<Tables>,
  events: number,
  limit: number,
  now: number,
  except: readonly string[],
): Promise<ClaimedActor[]> {
  // Claiming rows of the inbox instead loses the order (two workers hold one conversation's events); a test keeps that in mind.
  // `not in` makes a hash of the names; `<> all` would compare each event with thousands of them.
  // Measured for 128 events: 1 ms, of which `not exists` takes 0.1 ms while few events are tried again; 23 ms when 5,000 events wait
  // behind one that is tried again.
  const at = timestamp(now)
  const { rows } = await sql<ClaimedActor>`
    select claimed.* from (
      select slot, actor_id from (
        select slot, actor_id, available_at from inbox
        where available_at <= ${at}::timestamptz and actor_id not in (select unnest(${except}::text[])) and not exists (
          select from inbox w
          where w.slot = inbox.slot and w.actor_id = inbox.actor_id and w.tries > 0 and w.available_at > ${at}::timestamptz
        )
        order by available_at limit ${events}::integer
      ) i group by slot, actor_id order by min(available_at)
    ) d cross join lateral (
      select a.slot, a.id, a.kind, a.key, a.number_id as "numberId", a.state, a.revisions from actor a
      where a.slot = d.slot and a.id = d.actor_id
      for update of a skip locked
    ) claimed
    limit ${limit}::integer`.execute(trx)
  return rows
}

/** Locks those of these actors that nobody else has: no look through the inbox is needed. */
export async function claimThese(trx: Transaction<Tables>, actors: readonly ActorRef[]): Promise<ClaimedActor[]> {
  const { rows } = await sql<ClaimedActor>`
    select a.slot, a.id, a.kind, a.key, a.number_id as "numberId", a.state, a.revisions
    from ${recordset(KEY, actors)} join actor a on a.slot = r.slot and a.id = r.id
    for update of a skip locked`.execute(trx)
  return rows
}

export interface InboxRow {
  slot: number
  id: string
  actorId: string
  at: number
  receivedAt: number
  tries: number
  wantsReceipt: boolean
  event: unknown
}

/** The oldest events of locked actors, in order, at most so many each. An actor that has one waiting for another try gives none. */
export async function readInboxes(trx: Transaction<Tables>, actors: readonly ActorRef[], each: number, now: number): Promise<InboxRow[]> {
  const { rows } = await sql<InboxRow & { waiting: boolean }>`
    select i.* from ${recordset(KEY, actors)} cross join lateral (
      select slot, id, actor_id as "actorId", (extract(epoch from at) * 1000)::float8 as at,
        (extract(epoch from received_at) * 1000)::float8 as "receivedAt", tries, wants_receipt as "wantsReceipt", event,
        tries > 0 and available_at > ${timestamp(now)}::timestamptz as waiting
      from inbox where slot = r.slot and actor_id = r.id
      order by inbox.at, id limit ${each}::integer
    ) i
    order by i.slot, i."actorId", i.at, i.id`.execute(trx)
  const waiting = new Set(rows.filter((row) => row.waiting).map((row) => row.actorId))
  return waiting.size === 0 ? rows : rows.filter((row) => !waiting.has(row.actorId))
}

export interface ActorWrite extends ActorRef {
  state: unknown
  /** Null: the state is stored whole. */
  revisions: Revision[] | null
  /** Listing columns; null for actors without. */
  summary: {
    owner: string
    participant: unknown
    service_status: string | null
    runs: unknown
    phone: string | null
    user_id: string | null
    contact_name: string | null
    last_message_at: number | null
  } | null
}

/** The next snapshots. */
export function updateActors(actors: readonly ActorWrite[], now: number): Statement[] {
  if (actors.length === 0) return []
  const input = actors.map(({ slot, id, state, revisions, summary }) => ({
    slot,
    id,
    state,
    revisions,
    listed: summary !== null,
    ...summary,
  }))
  return [
    sql`
    update actor a set state = r.state, revisions = r.revisions, updated_at = ${timestamp(now)}::timestamptz,
      owner = case when r.listed then r.owner else a.owner end,
      participant = case when r.listed then r.participant else a.participant end,
      service_status = case when r.listed then r.service_status else a.service_status end,
      runs = case when r.listed then r.runs else a.runs end,
      phone = case when r.listed then r.phone else a.phone end,
      user_id = case when r.listed then r.user_id else a.user_id end,
      contact_name = case when r.listed then r.contact_name else a.contact_name end,
      last_message_at = case when r.listed then r.last_message_at else a.last_message_at end
    from ${recordset(ACTOR_STATE, input)}
    where a.slot = r.slot and a.id = r.id`,
  ]
}

/** Columns of `message`; a row that is there already (a held message, released or given up) takes the new status. */
export interface MessageWrite {
  slot: number
  id: string
  actor_id: string
  direction: string
  content: unknown
  author_kind: string
  author_id: string
  purpose: string | null
  session_kind: string
  session_id: string | null
  status: string
  reason: string | null
  provider_id: string | null
  reply_to: string | null
  ref: string | null
  at: number
  raw: unknown
}

export function insertMessages(messages: readonly MessageWrite[]): Statement[] {
  if (messages.length === 0) return []
  return [
    sql`
    insert into message (slot, id, actor_id, direction, content, author_kind, author_id, purpose, session_kind, session_id, status, reason,
      provider_id, reply_to, ref, at, raw)
    select slot, id, actor_id, direction, content, author_kind, author_id, purpose, session_kind, session_id, status, reason, provider_id,
      reply_to, ref, at, raw
    from ${recordset(MESSAGE, messages)}
    on conflict (slot, id) do update set status = excluded.status, reason = excluded.reason, content = excluded.content,
      session_kind = excluded.session_kind, session_id = excluded.session_id, at = excluded.at, changed_at = clock_timestamp()
      where message.status = 'held'`,
  ]
}

export interface DecisionWrite {
  slot: number
  id: string
  actor_id: string
  event_id: string
  event_type: string
  message_id: string | null
  rule: string
  owner_before: string
  owner_after: string
  inputs: unknown
  counterfactual: unknown
  trail: unknown
  config_version: number
  at: number
}

export function insertDecisions(decisions: readonly DecisionWrite[]): Statement[] {
  if (decisions.length === 0) return []
  return [
    sql`
    insert into decision (slot, id, actor_id, event_id, event_type, message_id, rule, owner_before, owner_after, inputs, counterfactual,
      trail, config_version, at)
    select slot, id, actor_id, event_id, event_type, message_id, rule, owner_before, owner_after, inputs, counterfactual, trail,
      config_version, at
    from ${recordset(DECISION, decisions)}`,
  ]
}

/** `at` null: cancelled. At most one entry per actor and name. */
export interface TimerWrite {
  slot: number
  actor_id: string
  name: string
  at: number | null
}

export function setTimers(timers: readonly TimerWrite[]): Statement[] {
  const set = timers.filter((timer) => timer.at !== null)
  const cancelled = timers.filter((timer) => timer.at === null)
  const insertion = sql`
      insert into timer (slot, actor_id, name, at) select slot, actor_id, name, at from ${recordset(TIMER, set)}
      on conflict (slot, actor_id, name) do update set at = excluded.at where timer.at <> excluded.at`
  const deletion = sql`
      delete from timer t using ${recordset(PART_KEY, cancelled)}
      where t.slot = r.slot and t.actor_id = r.actor_id and t.name = r.name`
  return [...(set.length > 0 ? [insertion] : []), ...(cancelled.length > 0 ? [deletion] : [])]
}

export interface OutboxWrite {
  slot: number
  id: string
  actor_id: string
  kind: 'message' | 'call' | 'command' | 'read'
  /** Whom a command tells; else empty. */
  target: string
  number_id: string | null
  purpose: string | null
  lane: Lane
  payload: unknown
  expires_at: number | null
}

/** With it a new row is under way from the start: the sender of this process holds it. `until` epoch milliseconds. */
export interface Lease {
  token: string
  until: number
}

/** What the sender of this process takes over of one transaction's sends: they need not be looked for. */
export interface SendBatch {
  /** Takes those that may leave at once; gives their leases, by row id. */
  take(rows: OutboxWrite[]): Map<string, Lease>
  /** `leaving`: the rows that were stored as under way. Before `end`. */
  stored(leaving: ReadonlySet<string>): void
  /** It was committed, or not. */
  end(committed: boolean): void
}

/** `leases`: by row id. Its result names the leased rows that may leave at once (`leavingOf`); a row whose conversation has an older
 * one of its kind and target, or whose number may not send now, waits for a claim like every row without a lease. */
export function insertOutbox(rows: readonly OutboxWrite[], leases: ReadonlyMap<string, Lease>, now: number): Statement[] {
  if (rows.length === 0) return []
  const at = timestamp(now)
  const input = rows.map((row) => {
    const lease = leases.get(row.id)
    return { ...row, lane: LANE_NUMBERS[row.lane], token: lease?.token, until: lease?.until }
  })
  // Without the "offset 0" the lateral query is put in the place of each `leaves`: planned and worked out four times.
  return [
    sql`
    insert into outbox (slot, id, actor_id, kind, target, number_id, purpose, lane, payload, available_at, expires_at, status, tries, lease_token,
      lease_until)
    select r.slot, r.id, r.actor_id, r.kind, r.target, r.number_id, r.purpose, r.lane, r.payload, ${at}::timestamptz, r.expires_at,
      case when leaves then 'sending' else 'ready' end, case when leaves then 1 else 0 end, case when leaves then r.token end,
      case when leaves then r.until end
    from ${recordset(OUTBOX_ROW, input)} cross join lateral (
      select r.token is not null
        and not exists (
          select from outbox e
          where e.slot = r.slot and e.actor_id = r.actor_id and e.kind = r.kind and e.target = r.target and e.lane <= r.lane
            and not (e.status = 'maybe-sent' and e.purpose = 'marketing')
        )
        and not exists (
          select from number_state s
          where s.number_id = r.number_id and r.kind in ('message', 'read') and (s.halted_at is not null or s.wait_until > ${at}::timestamptz)
        ) as leaves
      offset 0
    ) l
    returning case when status = 'sending' then id end as id`,
  ]
}

export function leavingOf(inserted: QueryResult<unknown> | undefined): Set<string> {
  return new Set(((inserted?.rows ?? []) as { id: string | null }[]).flatMap(({ id }) => id ?? []))
}

export function insertReceipts(receipts: readonly { slot: number; id: string; outcome: unknown }[], now: number): Statement[] {
  if (receipts.length === 0) return []
  return [
    sql`
    insert into receipt (slot, event_id, outcome, at)
    select r.slot, r.id, r.outcome, ${timestamp(now)}::timestamptz from ${recordset(RECEIPT, receipts)}
    on conflict do nothing`,
  ]
}

/** Names a row of the inbox. */
export interface InboxKey extends ActorRef {
  actorId: string
}

/** Applied, or set aside. */
export function deleteInbox(events: readonly InboxKey[]): Statement[] {
  if (events.length === 0) return []
  return byKey(sql`
    delete from inbox i using ${recordset(KEY_OF_ACTOR, events)}
    where i.slot = r.slot and i.actor_id = r."actorId" and i.id = r.id`)
}

/** Another try, not before `availableAt`, epoch milliseconds. */
export async function postponeEvent(trx: Transaction<Tables>, event: InboxKey, tries: number, availableAt: number): Promise<void> {
  await sql`
    update inbox set tries = ${tries}, available_at = ${timestamp(availableAt)}::timestamptz
    where slot = ${event.slot} and actor_id = ${event.actorId} and id = ${event.id}`.execute(trx)
}

/** What quoted messages of a conversation are called by the engine that sent them. Keys: `<actor id> <provider id>`. */
export async function findRefs(trx: Transaction<Tables>, quotes: { providerId: string; actorId: string }[]): Promise<Map<string, string>> {
  const input = quotes.map((quote) => ({ ...quote, slot: slotOf(quote.providerId) }))
  const { rows } = await sql<{ providerId: string; actorId: string; ref: string }>`
    select r."providerId", r."actorId", m.ref from ${recordset(QUOTE, input)}
    join provider_message p on p.slot = r.slot and p.provider_id = r."providerId" and p.actor_id = r."actorId"
    join message m on m.slot = p.message_slot and m.id = p.message_id
    where m.ref is not null`.execute(trx)
  return new Map(rows.map((row) => [`${row.actorId} ${row.providerId}`, row.ref]))
}

/** The provider's ids of our messages, by our id. */
export async function findProviderIds(trx: Transaction<Tables>, messages: ActorRef[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; providerId: string }>`
    select m.id, m.provider_id as "providerId" from message m join ${recordset(KEY, messages)} on m.slot = r.slot and m.id = r.id
    where m.provider_id is not null`.execute(trx)
  return new Map(rows.map((row) => [row.id, row.providerId]))
}

/** Takes timers that are due, oldest first: they are gone with this transaction. `at` epoch milliseconds. */
export async function takeDueTimers(
  trx: Transaction<Tables>,
  limit: number,
  now: number,
): Promise<{ slot: number; actorId: string; name: string; at: number }[]> {
  const { rows } = await sql<{ slot: number; actorId: string; name: string; at: number }>`
    with due as materialized (
      select slot, actor_id, name from timer where at <= ${timestamp(now)}::timestamptz order by at limit ${limit}::integer for update skip locked
    )
    delete from timer t using due where t.slot = due.slot and t.actor_id = due.actor_id and t.name = due.name
    returning t.slot, t.actor_id as "actorId", t.name, (extract(epoch from t.at) * 1000)::float8 as at`.execute(trx)
  return rows
}

/** Makes every timer of this name due, whatever it belongs to; how many were not. `at` epoch milliseconds. Rare, so it reads them all. */
export async function bringForward(db: Kysely<Tables>, name: string, at: number): Promise<number> {
  const { rows } = await sql`
    update timer set at = ${timestamp(at)}::timestamptz where name = ${name} and at > ${timestamp(at)}::timestamptz returning 1`.execute(db)
  return rows.length
}
