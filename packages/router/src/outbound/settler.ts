// Owns the results that are not recorded yet. What comes in while one transaction runs is the next transaction's batch.
// R1 a result is recorded only while its row still carries our token: whoever took the row over, or the status that settled it, stands.
// R2 the outbox row, the transcript, the conversation's event and the alarm are written together or not at all.
// R3 while the database is away results wait for it, as long as their leases hold: what is known is not made uncertain.
// R4 one result the database refuses does not take the others with it.
// R5 statuses that came before the provider's id was known are applied as soon as it is; the sweep finds what a crash leaves of them.
import { performance } from 'node:perf_hooks'
import type { Transaction } from 'kysely'
import type { ActorRef } from '../contract/actor.ts'
import type { Clock } from '../contract/clock.ts'
import type { Logger } from '../contract/log.ts'
import { appendEvents, insertAlarms } from '../store/append.ts'
import { aliasText, findWinners, linkAliases, moveAlias } from '../store/contacts.ts'
import type { AliasName } from '../store/contacts.ts'
import { deleteRows, lockHeld, postponeRows } from '../store/outbox.ts'
import { isTransient, pause } from '../store/retry.ts'
import { findParked, linkProviderIds, lockDeliveries, parkedOf, takeParked, updateDeliveries } from '../store/statuses.ts'
import type { DeliveryRow, Link, MessageKey } from '../store/statuses.ts'
import type { Tables } from '../store/tables.ts'
import type { Statement } from '../store/statement.ts'
import type { Finish, Transact } from '../store/transaction.ts'
import type { MessageOutcome, Settlement } from './settlement.ts'
import { applyStatuses } from './statuses.ts'
import { stopNumbers } from './stops.ts'
import type { NumbersWith } from './stops.ts'
import { tellUndocumented } from './undocumented.ts'

/** `stale`: somebody else had taken the row over. `lost`: it could not be recorded; the lease runs out and the row is uncertain. */
export type Settled = 'settled' | 'stale' | 'lost'

export interface Settler {
  /** Resolves when the result is recorded. Never rejects. */
  settle(settlement: Settlement): Promise<Settled>
  /** Resolves when nothing waits. */
  idle(): Promise<void>
}

interface Waiting {
  settlement: Settlement
  resolve(settled: Settled): void
}

export interface SettlerDeps {
  clock: Clock
  log: Logger
  transact: Transact
  /** How long a result waits for a database that is away, ms. */
  patienceMs: number
  numbersWith: NumbersWith
  /** Events were added to the inbox. */
  onInbox(): void
}

const BATCH = 200
const DATABASE_GONE_PAUSE_MS = 250

export function createSettler(deps: SettlerDeps): Settler {
  let waiting: Waiting[] = []
  let running: Promise<void> | null = null

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH)
      waiting = waiting.slice(BATCH)
      await record(batch)
    }
    running = null
  }

  async function record(batch: Waiting[], since = performance.now()): Promise<void> {
    try {
      const settlements = batch.map((each) => each.settlement)
      const { settled, events, parked } = await deps.transact((trx, finish) => {
        return settleAll(trx, finish, settlements, deps.numbersWith, deps.clock.now())
      })
      if (parked.length > 0) await applyParked(parked)
      for (const [index, each] of batch.entries()) each.resolve(settled[index] as Settled)
      if (events > 0 || parked.length > 0) deps.onInbox()
    } catch (error) {
      const [only] = batch
      if (isTransient(error) && performance.now() - since < deps.patienceMs) {
        await pause(DATABASE_GONE_PAUSE_MS)
        await record(batch, since)
      } else if (batch.length > 1) {
        for (const each of batch) await record([each], since)
      } else if (only !== undefined) {
        deps.log.error({ err: error, outboxId: only.settlement.row.id }, 'the result of a send could not be recorded')
        only.resolve('lost')
      }
    }
  }

  /** R5 */
  async function applyParked(providerIds: string[]): Promise<void> {
    try {
      await deps.transact(async (trx) => applyStatuses(trx, await takeParked(trx, providerIds), deps.clock.now(), deps.numbersWith))
    } catch (error) {
      deps.log.warn({ err: error }, 'statuses that were faster than the answers to their sends are left to the sweep')
    }
  }

  return {
    settle(settlement) {
      return new Promise((resolve) => {
        waiting.push({ settlement, resolve })
        // A microtask later, so that what ends together is recorded together.
        running ??= Promise.resolve().then(run)
      })
    },
    async idle() {
      while (running !== null) await running
    },
  }
}

interface Recorded {
  settled: Settled[]
  /** How many events were added to the inbox. */
  events: number
  /** Provider ids that statuses were faster than. */
  parked: string[]
}

async function settleAll(
  trx: Transaction<Tables>,
  finish: Finish,
  all: Settlement[],
  numbersWith: NumbersWith,
  now: number,
): Promise<Recorded> {
  const [ours, lines] = await Promise.all([
    lockHeld(
      trx,
      all.map((each) => each.row),
    ),
    lockDeliveries(trx, all.flatMap(lineOf)),
  ])
  const valid = all.filter((each) => ours.has(each.row.id))
  const halts = valid.flatMap((each) => each.halt ?? [])
  const pauses = valid.flatMap((each) => each.pause ?? [])
  const [events] = await Promise.all([
    appendEvents(
      trx,
      valid.flatMap((each) => each.events),
      now,
    ),
    stopNumbers(trx, { halts, pauses }, numbersWith, now),
    tellUndocumented(
      trx,
      valid.flatMap((each) => each.refusal ?? []),
      now,
    ),
    learnNames(trx, valid.flatMap(linksOf)),
  ])
  const { written, links } = deliveriesOf(valid, lines, now)
  const alarms = valid.flatMap((each) => each.alarms)
  const results = await finish([
    ...settleRows(valid),
    ...updateDeliveries(written),
    ...linkProviderIds(links),
    ...insertAlarms(alarms, now),
    ...findParked(links.map(({ providerId }) => providerId)),
  ])
  const last = results.at(-1)
  return {
    settled: all.map((each) => (ours.has(each.row.id) ? 'settled' : 'stale')),
    events,
    parked: links.length === 0 || last === undefined ? [] : parkedOf(last),
  }
}

/** Names of the recipients, as the provider has them. What is new, of a conversation that was merged meanwhile, leads to where it went:
 * one statement more, and only for a name that nobody knew. */
async function learnNames(trx: Transaction<Tables>, links: ReturnType<typeof linksOf>): Promise<void> {
  const learnt = await linkAliases(trx, links)
  if (learnt.size === 0) return
  const winners = await findWinners(trx, [...learnt.values()])
  if (winners.size === 0) return
  for (const { name, actor } of links) {
    const winner = winners.get(actor.id)
    if (winner !== undefined && learnt.has(aliasText(name))) await moveAlias(trx, name, winner)
  }
}

function lineOf({ row: { slot }, message }: Settlement): MessageKey[] {
  return message === null ? [] : [{ slot, id: message.id }]
}

function linksOf({ row: { slot, actorId }, names }: Settlement): { name: AliasName; actor: ActorRef }[] {
  return names.map((name) => ({ name, actor: { slot, id: actorId } }))
}

function settleRows(settlements: Settlement[]): Statement[] {
  const gone = settlements.filter(({ kept }) => kept === null).map(({ row }) => row)
  const later = settlements.flatMap(({ row: { slot, id }, kept }) => (kept === null ? [] : [{ slot, id, ...kept }]))
  return [...deleteRows(gone), ...postponeRows(later)]
}

/** `lines`: what the transcript says of the messages, locked. */
function deliveriesOf(settlements: Settlement[], lines: DeliveryRow[], now: number): { written: DeliveryRow[]; links: Link[] } {
  const outcomes = new Map(
    settlements.flatMap(({ row: { slot }, message }) => (message === null ? [] : [[`${slot}/${message.id}`, message] as const])),
  )
  const written: DeliveryRow[] = []
  const links: Link[] = []
  for (const row of lines) {
    const { slot, id, actorId } = row
    const outcome = outcomes.get(`${slot}/${id}`)
    if (outcome === undefined) continue
    written.push({ ...row, ...deliveryOf(row, outcome, now) })
    if (outcome.status === 'accepted') links.push({ providerId: outcome.providerId, slot, id, actorId, at: now })
  }
  return { written, links }
}

/** A status may have been faster than the response: then only the provider's id is news. */
function deliveryOf(row: DeliveryRow, outcome: MessageOutcome, now: number): Partial<DeliveryRow> {
  const open = ['queued', 'sending', 'maybe-sent'].includes(row.status)
  switch (outcome.status) {
    case 'accepted': {
      const providerId = outcome.providerId
      return open
        ? { status: 'accepted', reason: outcome.heldForQuality ? 'held-for-quality' : null, providerId }
        : { providerId: row.providerId ?? providerId }
    }
    case 'maybe-sent':
      return open ? { status: 'maybe-sent' } : {}
    case 'failed':
      return open ? { status: 'failed', reason: outcome.code, error: outcome.error, failedAt: now } : {}
  }
}
