// All SQL on the outbox but its insertion (the turn writes the rows). Times are epoch milliseconds on this side.
// A row belongs to whoever's token it carries; every write here but the claim and what a turn amends is fenced by that token.
import { sql } from 'kysely'
import type { Kysely, QueryResult, Transaction } from 'kysely'
import type { Identity, Lane, Purpose } from '../contract/message.ts'
import { newUuid } from '../contract/ids.ts'
import { LANE_NUMBERS, laneName } from './lane.ts'
import { byKey } from './plans.ts'
import { recordset, timestamp } from './recordset.ts'
import { HELD, HELD_UNTIL, KEY, MESSAGE_OF_SEND, POSTPONED, QUOTA, READDRESSED, RECALLED } from './row-types.ts'
import type { Statement } from './statement.ts'
import type { Tables } from './tables.ts'

export type OutboxKind = 'message' | 'call' | 'command' | 'read'

/** A claimed row. `uncertain`: it was `maybe-sent` before. `tries` does not count the one to come. */
export interface OutboxRow {
  slot: number
  id: string
  actorId: string
  kind: OutboxKind
  /** Whom a command tells or a call asks; else empty. Rows of one actor, kind and target leave in order. */
  target: string
  numberId: string | null
  purpose: Purpose | null
  lane: Lane
  payload: unknown
  tries: number
  expiresAt: number | null
  token: string
  uncertain: boolean
}

/** How many of each lane. */
export type ByLane = Record<Lane, number>

/** What names a row and proves that we hold it. */
export interface HeldRow {
  slot: number
  id: string
  token: string
}

const columns = sql`o.slot, o.id, o.actor_id as "actorId", o.kind, o.target, o.number_id as "numberId", o.purpose,
  ${laneName} as lane, o.payload, o.tries,
  (extract(epoch from o.expires_at) * 1000)::float8 as "expiresAt", o.lease_token as token, o.status = 'maybe-sent' as uncertain`

/** Due, not over (that is the sweep's, which knows whether it is), not held by a live lease, and the oldest of its conversation, kind and
 * target. A bulk row never holds up an interactive one, and a marketing message that may have been sent holds up nobody: it is not going
 * to be repeated. */
function claimable(now: number) {
  return sql`o.available_at <= ${timestamp(now)}::timestamptz and o.status in ('ready', 'leased', 'maybe-sent')
    and (o.lease_until is null or o.lease_until <= ${timestamp(now)}::timestamptz)
    and (o.expires_at is null or o.expires_at > ${timestamp(now)}::timestamptz or o.status = 'maybe-sent')
    and not exists (
      select 1 from outbox e
      where e.slot = o.slot and e.actor_id = o.actor_id and e.kind = o.kind and e.target = o.target and e.id < o.id and e.lane <= o.lane
        and not (e.status = 'maybe-sent' and e.purpose = 'marketing')
    )`
}

/** `maybe-sent` stays what it is while it is held: a crash between the claim and the next try must not forget it. */
function lease(now: number, token: string, leaseMs: number) {
  return sql`set status = case when o.status = 'maybe-sent' then o.status else 'leased' end,
    lease_token = ${token}, lease_until = ${timestamp(now + leaseMs)}::timestamptz`
}

/** Claims messages and read receipts of every number that may send now: per number and lane the oldest due rows, at most
 * `quotas[number]` of each lane (`other` for numbers not named), at most `limit` in all. One statement.
 * Numbers are found by skipping along the index, so a blocked number's backlog costs nothing. */
export async function claimForProvider(
  db: Kysely<Tables>,
  claim: { now: number; leaseMs: number; limit: ByLane; quotas: Record<string, ByLane>; other: number },
): Promise<OutboxRow[]> {
  const now = timestamp(claim.now)
  const quotas = Object.entries(claim.quotas).map(([number, quota]) => ({ number, ...quota }))
  const { rows } = await sql<OutboxRow>`
    with recursive number (id) as (
      (select number_id from outbox where kind in ('message', 'read') and number_id is not null order by number_id limit 1)
      union all
      select (select o.number_id from outbox o where o.kind in ('message', 'read') and o.number_id > n.id order by o.number_id limit 1)
      from number n where n.id is not null
    ), open as (
      select n.id, coalesce(r.interactive, ${claim.other}::integer) as interactive, coalesce(r.bulk, ${claim.other}::integer) as bulk
      from number n
      left join number_state s on s.number_id = n.id
      left join ${recordset(QUOTA, quotas)} on r.number = n.id
      where n.id is not null and s.halted_at is null and (s.wait_until is null or s.wait_until <= ${now}::timestamptz)
    ), due as materialized (
      (select d.slot, d.id from open cross join lateral (
        select o.slot, o.id from outbox o
        where o.kind in ('message', 'read') and o.number_id = open.id and o.lane = ${sql.lit(LANE_NUMBERS.interactive)} and ${claimable(claim.now)}
        order by o.available_at limit open.interactive for update of o skip locked
      ) d limit ${claim.limit.interactive}::integer)
      union all
      (select d.slot, d.id from open cross join lateral (
        select o.slot, o.id from outbox o
        where o.kind in ('message', 'read') and o.number_id = open.id and o.lane = ${sql.lit(LANE_NUMBERS.bulk)} and ${claimable(claim.now)}
        order by o.available_at limit open.bulk for update of o skip locked
      ) d limit ${claim.limit.bulk}::integer)
    )
    update outbox o ${lease(claim.now, newUuid(claim.now), claim.leaseMs)}
    from due where o.slot = due.slot and o.id = due.id
    returning ${columns}`.execute(db)
  return inOrder(rows)
}

/** Claims calls or commands, interactive ones first. One statement. */
export async function claimInternal(
  db: Kysely<Tables>,
  claim: { kind: 'call' | 'command'; now: number; leaseMs: number; limit: number },
): Promise<OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`
    with due as materialized (
      select o.slot, o.id from outbox o
      where o.kind = ${claim.kind} and o.kind in ('call', 'command') and ${claimable(claim.now)}
      order by o.lane, o.available_at limit ${claim.limit}::integer for update of o skip locked
    )
    update outbox o ${lease(claim.now, newUuid(claim.now), claim.leaseMs)}
    from due where o.slot = due.slot and o.id = due.id
    returning ${columns}`.execute(db)
  return inOrder(rows)
}

/** Claims messages whose time is over, whatever keeps them from being sent (a halted number, an older message). Those whose customer has written
 * since they were decided are not: they have until the reply window closes now, and are ready again. `found`: how many there were of both.
 * Reads the whole outbox: for the sweep, not for every round. Every version of a conversation's state has the member. */
export async function claimExpired(
  db: Kysely<Tables>,
  claim: { now: number; leaseMs: number; limit: number },
): Promise<{ rows: OutboxRow[]; found: number }> {
  const now = timestamp(claim.now)
  const token = newUuid(claim.now)
  const { rows } = await sql<OutboxRow & { extended: boolean }>`
    with due as materialized (
      select o.slot, o.id, o.actor_id, o.payload ->> 'recalled' is not null as recalled from outbox o
      where o.kind = 'message' and o.expires_at <= ${now}::timestamptz and o.status in ('ready', 'leased')
        and (o.lease_until is null or o.lease_until <= ${now}::timestamptz)
      limit ${claim.limit}::integer for update of o skip locked
    ), judged as materialized (
      select due.slot, due.id, case when not due.recalled and w.closes_at > ${claim.now}::float8 then to_timestamp(w.closes_at / 1000) end as until
      from due left join lateral (
        select (a.state ->> 'replyWindowClosesAt')::float8 as closes_at from actor a where a.slot = due.slot and a.id = due.actor_id offset 0
      ) w on true
    )
    update outbox o set expires_at = coalesce(j.until, o.expires_at), status = case when j.until is null then 'leased' else 'ready' end,
      lease_token = case when j.until is null then ${token}::text end,
      lease_until = case when j.until is null then ${timestamp(claim.now + claim.leaseMs)}::timestamptz end
    from judged j where o.slot = j.slot and o.id = j.id
    returning ${columns}, j.until is not null as extended`.execute(db)
  const over = rows.filter(({ extended }) => !extended)
  return { rows: inOrder(over), found: rows.length }
}

/** Says that the rows are about to go out: from here a crash leaves them `maybe-sent`. */
export function markSending(rows: readonly (HeldRow & { leaseUntil: number })[]): Statement[] {
  const input = rows.map((row) => ({ ...named(row), until: row.leaseUntil }))
  return byKey(sql`
    update outbox o set status = 'sending', tries = least(o.tries + 1, 32000), lease_until = r.until
    from ${recordset(HELD_UNTIL, input)}
    where o.slot = r.slot and o.id = r.id and o.lease_token = r.token
    returning o.id`)
}

/** Those still held, from what `markSending` gave. */
export function markedIn(results: readonly QueryResult<unknown>[]): Set<string> {
  return new Set(results.flatMap(({ rows }) => rows as { id: string }[]).map(({ id }) => id))
}

/** Gives claimed rows back untried. */
export function releaseRows(rows: readonly (HeldRow & { availableAt: number })[]): Statement[] {
  const input = rows.map((row) => ({ ...named(row), until: row.availableAt }))
  return byKey(sql`
    update outbox o set status = case when o.status = 'maybe-sent' then o.status else 'ready' end,
      available_at = r.until, lease_token = null, lease_until = null
    from ${recordset(HELD_UNTIL, input)}
    where o.slot = r.slot and o.id = r.id and o.lease_token = r.token`)
}

/** Messages of an actor that may not leave any more. */
export interface Recalled {
  slot: number
  actor_id: string
  code: string
  reason: string
  marketing_only: boolean
}

/** Says so of every one that is there: it is over, so that the sweep finds it whatever keeps it from being sent, and fails with this reason. */
export function recallSends(recalls: readonly Recalled[], now: number): Statement[] {
  if (recalls.length === 0) return []
  return amendSends(recordset(RECALLED, recalls), {
    which: sql`(not r.marketing_only or o.purpose = 'marketing' or o.payload ->> 'marketing' = 'true')`,
    words: sql`jsonb_build_object('recalled', jsonb_build_object('code', r.code, 'reason', r.reason))`,
    expiresAt: sql`${timestamp(now)}::timestamptz`,
  })
}

/** Whom messages of an actor go to from now on. */
export interface Readdressed {
  slot: number
  actor_id: string
  recipient: Identity
}

/** Every one that is there goes to this recipient, if it is tried again. One line an actor. */
export function readdressSends(readdressed: readonly Readdressed[]): Statement[] {
  if (readdressed.length === 0) return []
  return amendSends(recordset(READDRESSED, readdressed), {
    which: sql`true`,
    words: sql`jsonb_build_object('to', r.recipient)`,
    expiresAt: sql`o.expires_at`,
  })
}

/** A parameter: written out, a bitmap of the index of all that goes to providers, which names no conversation, would look as cheap. */
const A_MESSAGE: OutboxKind = 'message'

/** Puts other words into the messages of these actors that have not left. A claim that was not marked as sending yet is void. A call under way
 * is not called back, but the row comes back with them. */
function amendSends(rows: Statement, { which, words, expiresAt }: Record<'which' | 'words' | 'expiresAt', Statement>): Statement[] {
  // A sender that was only slow may still record what it knows, see `expireLeases`.
  const keepsToken = sql`(o.status = 'sending' or (o.status = 'maybe-sent' and o.lease_until is null))`
  // Found, locked and written key by key: joined, a plan made while the outbox was empty reads all of it.
  return byKey(sql`
    with told as materialized (
      select locked.slot, locked.id, k.words from (
        select found.slot, found.id, ${words} as words
        from ${rows} cross join lateral (
          select o.slot, o.id from outbox o
          where o.slot = r.slot and o.actor_id = r.actor_id and o.kind = ${A_MESSAGE}::text and ${which} offset 0
        ) found order by slot, id
      ) k cross join lateral (
        select o.slot, o.id from outbox o where o.slot = k.slot and o.id = k.id for update of o
      ) locked
    )
    update outbox o set payload = (o.payload::jsonb || told.words)::json, expires_at = ${expiresAt},
      status = case when o.status = 'leased' then 'ready' else o.status end,
      lease_token = case when ${keepsToken} then o.lease_token end,
      lease_until = case when o.status = 'sending' then o.lease_until end
    from told where o.slot = told.slot and o.id = told.id`)
}

/** Messages whose sender died while they were going out become `maybe-sent`; the rest is ready again, as it may be repeated.
 * The token stays until somebody claims the row: a sender that was only slow may still record what it knows.
 * `graces`: how long each purpose is left to the statuses, ms. Reads the whole outbox: for the sweep. */
export async function expireLeases(trx: Transaction<Tables>, now: number, graces: Record<Purpose, number>): Promise<number> {
  const { rows } = await sql<{ slot: number; messageId: string }>`
    with dead as materialized (
      select slot, id from outbox where status = 'sending' and lease_until <= ${timestamp(now)}::timestamptz
      order by slot, id for update skip locked
    )
    update outbox o set status = case when o.kind = 'message' then 'maybe-sent' else 'ready' end,
      available_at = ${timestamp(now)}::timestamptz
        + case when o.kind = 'message' then coalesce((${JSON.stringify(graces)}::jsonb ->> o.purpose)::float8, 0) else 0 end * interval '1 ms',
      lease_until = null
    from dead where o.slot = dead.slot and o.id = dead.id
    returning o.slot, o.payload ->> 'messageId' as "messageId"`.execute(trx)
  const uncertain = rows.filter((row) => row.messageId !== null)
  if (uncertain.length > 0) {
    await sql`
      update message m set status = 'maybe-sent', changed_at = clock_timestamp()
      from ${recordset(MESSAGE_OF_SEND, uncertain)}
      where m.slot = r.slot and m.id = r."messageId" and m.status in ('queued', 'sending')`.execute(trx)
  }
  return rows.length
}

/** Locks the rows that are still ours, in the order everybody locks them; the others were taken over or settled by a status. */
export async function lockHeld(trx: Transaction<Tables>, rows: HeldRow[]): Promise<Set<string>> {
  const { rows: held } = await sql<{ id: string }>`
    select found.id from (select * from ${recordset(HELD, rows)} order by slot, id) k
    cross join lateral (
      select o.id from outbox o where o.slot = k.slot and o.id = k.id and o.lease_token = k.token for update of o
    ) found`.execute(trx)
  return new Set(held.map((row) => row.id))
}

export function deleteRows(rows: readonly { slot: number; id: string }[]): Statement[] {
  if (rows.length === 0) return []
  return byKey(sql`
    delete from outbox o using ${recordset(KEY, rows)}
    where o.slot = r.slot and o.id = r.id`)
}

/** A row that stays: when it is looked at again, and as what. `uncounted`: the last try was none of its own. */
export interface Postponed {
  slot: number
  id: string
  status: 'ready' | 'maybe-sent'
  availableAt: number
  uncounted: boolean
  bulk: boolean
}

export function postponeRows(rows: readonly Postponed[]): Statement[] {
  if (rows.length === 0) return []
  const input = rows.map(({ slot, id, status, availableAt, uncounted, bulk }) => {
    return { slot, id, status, available_at: availableAt, uncounted, bulk }
  })
  return byKey(sql`
    update outbox o set status = r.status, available_at = r.available_at, lease_token = null, lease_until = null,
      tries = case when r.uncounted then greatest(o.tries - 1, 0) else o.tries end, lane = case when r.bulk then ${sql.lit(LANE_NUMBERS.bulk)} else o.lane end
    from ${recordset(POSTPONED, input)}
    where o.slot = r.slot and o.id = r.id`)
}

function named(row: HeldRow): HeldRow {
  return { slot: row.slot, id: row.id, token: row.token }
}

/** `update … returning` has no order of its own; the oldest goes out first. */
function inOrder(rows: OutboxRow[]): OutboxRow[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}
