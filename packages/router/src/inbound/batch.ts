// One transaction of the worker: lock actors, read their inboxes, step in memory, store everything.
// R1: an event is deleted by the transaction that stores what it led to. R2: an actor's events are applied in the order (at, id).
// R3: an event that fails is tried again later, holding back only its own actor; after `MAX_TRIES` it is set aside.
// R4: the turns of one actor follow each other in time. R5: what a newer release has stored is left to it, untouched.
import type { Transaction } from 'kysely'
import type { ActorKind, ActorLogic, ActorRef } from '../contract/actor.ts'
import { isOfNewerRelease } from '../contract/newer-release.ts'
import type { Logger } from '../contract/log.ts'
import type { Settings } from '../contract/settings.ts'
import { insertAlarms, raiseAlarms } from '../store/append.ts'
import { bytesOf, insertQuarantine } from '../store/intake.ts'
import { insertLegs, insertWrapUps, updateScores } from '../store/legs.ts'
import { readdressSends, recallSends } from '../store/outbox.ts'
import { setParts } from '../store/parts.ts'
import { run } from '../store/statement.ts'
import { linkProviderIds } from '../store/statuses.ts'
import type { Finish } from '../store/transaction.ts'
import {
  claimActors,
  claimThese,
  deleteInbox,
  insertDecisions,
  insertMessages,
  insertOutbox,
  insertReceipts,
  leavingOf,
  postponeEvent,
  readInboxes,
  setTimers,
  updateActors,
} from '../store/turns.ts'
import type { ActorWrite, ClaimedActor, InboxRow, Lease, SendBatch } from '../store/turns.ts'
import type { Tables } from '../store/tables.ts'
import { applyEvents } from './apply.ts'
import type { AppliedActor } from './apply.ts'
import type { PartedStates } from './parted.ts'
import { nameQuotes } from './quotes.ts'
import { turnRows } from './turn-rows.ts'

const MAX_TRIES = 5
const FIRST_PAUSE_MS = 500

export interface BatchContext {
  logics: ReadonlyMap<ActorKind, ActorLogic>
  states: PartedStates
  settings: Settings
  /** When the claim began; the turn's own time is read under the lock. */
  now: number
  time(): number
  log: Logger
  /** Events of one actor in one transaction, at most. */
  eventsEach: number
  /** Takes new rows of the outbox over; null: all of them wait for a claim. */
  sends: SendBatch | null
  finish: Finish
}

/** Thrown out of a transaction whose rows the database refused: which actors it held. */
export class BatchRefused extends Error {
  readonly actors: ActorRef[]
  constructor(actors: ActorRef[], cause: unknown) {
    super('the database refused the rows of a batch', { cause })
    this.name = 'BatchRefused'
    this.actors = actors
  }
}

/** What one transaction did. */
export interface Worked {
  /** The actors it held. */
  locked: ActorRef[]
  applied: AppliedActor[]
  /** Those whose inbox may hold more than one transaction takes. */
  more: ActorRef[]
  /** Those that a newer release has stored. */
  left: ActorRef[]
}

const NOTHING: Worked = { locked: [], applied: [], more: [], left: [] }

/** Works up to `limit` actors, none of those in `except` (ids). Throws `BatchRefused`. */
export async function workDue(
  trx: Transaction<Tables>,
  limit: number,
  context: BatchContext,
  except: readonly string[] = [],
): Promise<Worked> {
  const actors = await claimActors(trx, limit, context.now, except)
  return actors.length === 0 ? NOTHING : work(trx, actors, await readInboxes(trx, actors, context.eventsEach, context.now), context)
}

/** Works those of these actors that no other worker has. Throws `BatchRefused`. */
export async function workThese(trx: Transaction<Tables>, actors: readonly ActorRef[], context: BatchContext): Promise<Worked> {
  // Read in one go with the claim: what is read of actors that are not ours is put away.
  const [claimed, rows] = await Promise.all([claimThese(trx, actors), readInboxes(trx, actors, context.eventsEach, context.now)])
  const ours = new Set(claimed.map(({ id }) => id))
  return work(
    trx,
    claimed,
    rows.filter(({ actorId }) => ours.has(actorId)),
    context,
  )
}

/** Works the oldest event of one actor, or nothing when another worker has it. When `refusal` is given the event is not tried: it
 * is known to fail. */
export async function workOne(trx: Transaction<Tables>, ref: ActorRef, context: BatchContext, refusal?: unknown): Promise<Worked> {
  const [actor] = await claimThese(trx, [ref])
  if (actor === undefined) return NOTHING
  const rows = await readInboxes(trx, [actor], 1, context.now)
  if (refusal === undefined) return work(trx, [actor], rows, { ...context, eventsEach: 1 })
  for (const row of rows) await fail(trx, actor, row, refusal, context)
  return NOTHING
}

/** `rows`: the oldest events of these actors, read under their locks. */
async function work(trx: Transaction<Tables>, actors: ClaimedActor[], rows: InboxRow[], claimed: BatchContext): Promise<Worked> {
  // R4: the time of a turn is read under the lock. Read before it, a turn that waited for its claim would be older than the one
  // before it, and its lines would stand above those.
  const context = { ...claimed, now: claimed.time() }
  if (rows.length === 0) return { ...NOTHING, locked: actors }
  const quoted = await nameQuotes(trx, rows)
  const states = await loadParted(trx, actors, context)
  const stateOf = (actor: ClaimedActor) => states.get(actor.id)?.() ?? actor.state
  const all = applyEvents(actors, rows, context.logics, context.now, context.settings, stateOf)
  const { left = [], batch = [] } = Object.groupBy(all, ({ failed }) => (isOfNewerRelease(failed?.error) ? 'left' : 'batch')) // R5
  try {
    await store(trx, batch, quoted, context)
  } catch (error) {
    throw new BatchRefused(
      batch.map(({ actor }) => ({ slot: actor.slot, id: actor.id })),
      error,
    )
  }
  return {
    locked: actors,
    applied: batch,
    more: batch.filter((each) => each.applied.length === context.eventsEach).map(({ actor }) => actor),
    left: left.map(({ actor }) => actor),
  }
}

async function loadParted(
  trx: Transaction<Tables>,
  actors: readonly ClaimedActor[],
  { logics, states }: BatchContext,
): Promise<Map<string, () => unknown>> {
  const loaded = new Map<string, () => unknown>()
  for (const actor of actors) {
    const parted = logics.get(actor.kind)?.parts
    if (parted !== undefined) loaded.set(actor.id, await states.load(trx, actor, parted))
  }
  return loaded
}

async function store(trx: Transaction<Tables>, batch: AppliedActor[], quoted: Map<string, string>, context: BatchContext): Promise<void> {
  const { now } = context
  const rows = turnRows(batch, quoted, context.logics, now)
  for (const { actor, failed } of batch) if (failed !== null) await fail(trx, actor, failed.row, failed.error, context)
  await run(trx, [...recallSends(rows.recalls, now), ...readdressSends(rows.readdressed)]) // what this batch adds is not among them
  const leases = context.sends?.take(rows.outbox) ?? new Map<string, Lease>()
  const [outbox] = await context.finish([
    ...insertOutbox(rows.outbox, leases, now),
    ...updateActors(rows.actors, now),
    ...setParts(rows.parts),
    ...insertMessages(rows.messages),
    ...linkProviderIds(rows.links),
    ...insertDecisions(rows.decisions),
    ...insertLegs(rows.legs),
    ...updateScores(rows.scores),
    ...insertWrapUps(rows.wrapUps),
    ...setTimers(rows.timers),
    ...insertAlarms(rows.alarms, now),
    ...insertReceipts(rows.receipts, now),
    ...deleteInbox(rows.done), // R1
  ])
  if (rows.outbox.length > 0) context.sends?.stored(leavingOf(outbox))
  keepParted(rows.actors, batch, context.states)
}

function keepParted(written: readonly ActorWrite[], batch: readonly AppliedActor[], states: PartedStates): void {
  for (const { id, revisions } of written) {
    const last = batch.find(({ actor }) => actor.id === id)?.applied.at(-1)
    const newest = revisions?.[0]
    if (newest !== undefined && last !== undefined) states.keep(id, newest.id, last.turn.state)
  }
}

/** R3 */
async function fail(trx: Transaction<Tables>, actor: ActorRef, row: InboxRow, error: unknown, { now, log }: BatchContext): Promise<void> {
  const tries = row.tries + 1
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  if (tries < MAX_TRIES) {
    log.warn({ err: error, actor: actor.id, event: row.id, tries }, 'an event failed and is tried again')
    await postponeEvent(trx, row, tries, now + FIRST_PAUSE_MS * 2 ** (tries - 1))
    return
  }
  log.error({ err: error, actor: actor.id, event: row.id, tries }, 'an event failed too often and was set aside')
  const id = await insertQuarantine(trx, { source: 'event', channel: null, actor, reason, body: bytesOf(row) }, now)
  const detail = { conversationId: actor.id, eventId: row.id, quarantineId: id, reason }
  await raiseAlarms(trx, [{ slot: actor.slot, actorId: actor.id, code: 'event-set-aside', detail }], now)
  if (row.wantsReceipt) {
    const outcome = { kind: 'refused', code: 'event-set-aside', message: 'The event failed again and again and was set aside.' }
    await run(trx, insertReceipts([{ slot: row.slot, id: row.id, outcome }], now))
  }
  await run(trx, deleteInbox([row]))
}
