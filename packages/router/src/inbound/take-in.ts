// Stores one batch of what arrived, in one transaction and few statements: whose conversation each thing is, whether it is known
// already, and its row.
import type { Transaction } from 'kysely'
import type { ActorAddress, ActorRef } from '../contract/actor.ts'
import { readConversationKey } from '../contract/conversation-key.ts'
import type { ConversationEvent } from '../contract/event.ts'
import { formatId, newUuid, parseId, slotOf } from '../contract/ids.ts'
import { raiseAlarms } from '../store/append.ts'
import { createActors, findActors, findActorsByKey } from '../store/contacts.ts'
import type { NewActor } from '../store/contacts.ts'
import { bytesOf, insertInbox, insertQuarantine, insertSeen, keepUpdates, upsertTemplate } from '../store/intake.ts'
import type { NewInboxRow } from '../store/intake.ts'
import { haltNumbers } from '../store/number-state.ts'
import type { Tables } from '../store/tables.ts'
import type { Finish } from '../store/transaction.ts'
import type { AliasCache } from './alias-cache.ts'
import { resolveContacts } from './contacts.ts'
import type { Contact, Merged, Resolved } from './contacts.ts'
import { InboundError } from './errors.ts'
import type { ContactEvents, Notice, Planned } from './plan.ts'

/** Something for an actor that is no update of a webhook: from the API, a timer, another actor. */
export interface Submission {
  kind: 'submission'
  /** Of the event. Made once for all attempts to store it. */
  uuid: string
  to: ActorAddress
  event: unknown
  /** Unique per actor; null: each one counts. */
  dedupe: string | null
  at: number | null
  wantsReceipt: boolean
}

export type Arrival = Exclude<Planned, { kind: 'status' }> | Submission

/** `events`: rows that were stored, with their ids. */
export type TakenIn = { kind: 'stored'; events: { slot: number; id: string }[] } | { kind: 'duplicate' } | { kind: 'recorded' }

export interface Batch {
  results: TakenIn[]
  /** Those whose inbox got something. */
  actors: ActorRef[]
  learnt: Resolved['learnt']
}

/** One result an arrival, in order; it is committed. Throws `unknown-actor` for a submission to an id that does not exist. */
export async function takeIn(
  trx: Transaction<Tables>,
  finish: Finish,
  arrivals: Arrival[],
  cache: AliasCache,
  now: number,
): Promise<Batch> {
  const early = arrivals.map((arrival) => dedupeKey(arrival, null, now))
  const marking = insertSeen(trx, early.filter(isKey), now)
  const news = async (): Promise<boolean[]> => newAmong(early, await marking)
  const [{ targets, merged, learnt }, fresh] = await Promise.all([findTargets(trx, arrivals, cache, now, news), marking])
  const keys = arrivals.map((arrival, index) => early[index] ?? dedupeKey(arrival, targets[index] ?? null, now))
  const late = keys.filter((key, index) => early[index] === null)
  for (const key of await insertSeen(trx, late.filter(isKey), now)) fresh.add(key)
  const areNew = newAmong(keys, fresh)
  const rows = merged.flatMap((each) => tellMerged(each, now))
  const results: TakenIn[] = []
  /** Those to whom an attempt before this one gave something, and nobody was told. */
  const again: ActorRef[] = []
  for (const [index, arrival] of arrivals.entries()) {
    const target = targets[index] ?? null
    const repeated = areNew[index] !== true
    if (!isForActor(arrival)) {
      await record(trx, arrival, repeated, now)
      results.push({ kind: repeated ? 'duplicate' : 'recorded' })
    } else if (target === null || (repeated && !isOnce(arrival))) results.push({ kind: 'duplicate' })
    else {
      const own = eventsOf(arrival).map((each) => inboxRow(target, each, wantsReceipt(arrival), now))
      if (repeated) again.push(target)
      else rows.push(...own)
      results.push({ kind: 'stored', events: own.map(({ slot, id }) => ({ slot, id })) })
    }
  }
  await finish(insertInbox(rows, now))
  return { results, learnt, actors: [...rows.map(({ slot, actorId }) => ({ slot, id: actorId })), ...again] }
}

/** A contact who changed names has given up a number: the one that ends lets go of it first, and neither sends to it any more nor leaves
 * it to the other. Both rows by our clock: the provider's may be ahead of it. */
function tellMerged({ loser, winner, contact: { identity, previous } }: Merged, now: number): NewInboxRow[] {
  const events: ConversationEvent[] = [{ type: 'conversation.merged', into: winner.id }]
  if (previous !== undefined) events.unshift({ type: 'contact.identified', identity, previous })
  return events.map((event) => inboxRow(loser, { at: null, event }, false, now))
}

type RecordOnly = Exclude<Arrival, ContactEvents | Submission>

function isForActor(arrival: Arrival): arrival is ContactEvents | Submission {
  return arrival.kind === 'contact' || arrival.kind === 'submission'
}

/** Which keys were not taken in before: of two equal ones in one batch, one counts. What has no key is always new. */
function newAmong(keys: readonly (string | null)[], fresh: ReadonlySet<string>): boolean[] {
  const left = new Set(fresh)
  return keys.map((key) => key === null || left.delete(key)) // `delete` says whether it was there
}

/** The actor of each arrival that is for one; null too for a repeated one whose contact is not looked for any more. `news`: which of the
 * arrivals were not taken in before, as far as is known without their actors. */
async function findTargets(
  trx: Transaction<Tables>,
  arrivals: Arrival[],
  cache: AliasCache,
  now: number,
  news: () => Promise<boolean[]>,
): Promise<{ targets: (ActorRef | null)[]; merged: Resolved['merged']; learnt: Resolved['learnt'] }> {
  const contacts = arrivals.map(contactOf)
  const asked = contacts.filter((contact) => contact !== null)
  const none: Resolved = { actors: [], merged: [], learnt: new Map() }
  const newsOfAsked = async (): Promise<boolean[]> => (await news()).filter((_, index) => contacts[index] !== null)
  const resolved = asked.length === 0 ? none : await resolveContacts(trx, asked, cache, now, newsOfAsked)
  const submissions = arrivals.filter((arrival) => arrival.kind === 'submission')
  const groups = await findGroups(trx, submissions, now)
  await refuseUnknown(trx, submissions)
  let next = 0
  const targets = arrivals.map((arrival, index) => {
    if (contacts[index] !== null) return resolved.actors[next++] ?? null
    if (arrival.kind !== 'submission') return null
    return 'id' in arrival.to ? refOf(arrival.to.id) : (groups.get(arrival.to.key) as ActorRef)
  })
  return { targets, merged: resolved.merged, learnt: resolved.learnt }
}

function contactOf(arrival: Arrival): Contact | null {
  if (arrival.kind === 'contact') return arrival
  if (arrival.kind !== 'submission' || 'id' in arrival.to || arrival.to.kind !== 'conversation') return null
  const contact = readConversationKey(arrival.to.key)
  if (contact === null) throw new InboundError('unknown-actor', `"${arrival.to.key}" is no key of a conversation.`)
  return contact
}

/** An id that is none is in no slot, so nothing is found. Where there is an id, a key beside it means nothing: earlier releases wrote one. */
function refOf(id: string): ActorRef {
  return { slot: parseId(id)?.slot ?? -1, id }
}

/** Routing groups are made by their first event. */
async function findGroups(trx: Transaction<Tables>, submissions: Submission[], now: number): Promise<Map<string, ActorRef>> {
  const keys = [...new Set(submissions.flatMap(({ to }) => (!('id' in to) && to.kind === 'routing-group' ? [to.key] : [])))]
  if (keys.length === 0) return new Map()
  const found = await findActorsByKey(trx, 'routing-group', keys)
  const missing = keys
    .filter((key) => !found.has(key))
    .map((key): NewActor => {
      const slot = slotOf(key)
      return { slot, id: formatId('rg', slot, newUuid(now)), kind: 'routing-group', key, numberId: null }
    })
  if (missing.length === 0) return found
  await createActors(trx, missing, now)
  return findActorsByKey(trx, 'routing-group', keys)
}

async function refuseUnknown(trx: Transaction<Tables>, submissions: Submission[]): Promise<void> {
  const refs = submissions.flatMap(({ to }) => ('id' in to ? [refOf(to.id)] : []))
  if (refs.length === 0) return
  const found = await findActors(trx, refs)
  const unknown = refs.find((ref) => !found.has(ref.id))
  if (unknown !== undefined) throw new InboundError('unknown-actor', `There is no actor ${unknown.id}.`)
}

const HOUR_MS = 3_600_000

/** `target` null: not found yet. Null: never a duplicate, or not known without the target. */
function dedupeKey(arrival: Arrival, target: ActorRef | null, now: number): string | null {
  if (arrival.kind === 'notice' && !arrival.hasTime) return `${arrival.dedupe}:${Math.floor(now / HOUR_MS)}`
  if (arrival.kind !== 'submission') return arrival.dedupe
  if (arrival.dedupe === null) return `once:${arrival.uuid}`
  const id = target?.id ?? ('id' in arrival.to ? arrival.to.id : undefined)
  return id === undefined ? null : `to:${id}:${arrival.dedupe}`
}

/** Nobody else has its key: when that is known, an attempt before this one was committed, and the answer to it was lost. Its row may
 * have been applied since. */
function isOnce(arrival: Arrival): boolean {
  return arrival.kind === 'submission' && arrival.dedupe === null
}

function isKey(key: string | null): key is string {
  return key !== null
}

interface NewEvent {
  /** None: made with the row. */
  uuid?: string
  at: number | null
  event: unknown
}

function eventsOf(arrival: ContactEvents | Submission): NewEvent[] {
  return arrival.kind === 'contact' ? arrival.events : [arrival]
}

function wantsReceipt(arrival: Arrival): boolean {
  return arrival.kind === 'submission' && arrival.wantsReceipt
}

function inboxRow({ slot, id }: ActorRef, { uuid, at, event }: NewEvent, receipt: boolean, now: number): NewInboxRow {
  return { slot, id: formatId('ev', slot, uuid ?? newUuid(now)), actorId: id, at: at ?? now, wantsReceipt: receipt, event }
}

/** What no conversation acts on. Rare: one statement each. */
async function record(trx: Transaction<Tables>, arrival: RecordOnly, repeated: boolean, now: number): Promise<void> {
  if (arrival.kind === 'notice') return recordNotice(trx, arrival, repeated, now)
  if (repeated) return
  if (arrival.kind === 'kept') {
    await keepUpdates(trx, [arrival], now)
    if (arrival.setAside === null) return
    const item = { source: 'webhook', channel: null, actor: null, reason: arrival.setAside, body: bytesOf(arrival.raw) } as const
    await insertQuarantine(trx, item, now)
    return
  }
  return upsertTemplate(trx, arrival.facts, now)
}

async function recordNotice(trx: Transaction<Tables>, notice: Notice, repeated: boolean, now: number): Promise<void> {
  if (repeated && (notice.hasTime || notice.halt.length === 0)) return
  const halts = notice.halt.map((numberId) => ({ numberId, reason: notice.reason }))
  const halted = halts.length === 0 ? 0 : (await haltNumbers(trx, halts, now)).size
  if (repeated && halted === 0) return
  const slot = slotOf(String(notice.detail['account']))
  await raiseAlarms(trx, [{ slot, actorId: null, code: notice.code, detail: notice.detail }], now)
}
