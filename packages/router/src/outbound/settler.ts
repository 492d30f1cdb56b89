// Owns the results that are not recorded yet. What comes in while one transaction runs is the next transaction's batch.
// R1 a result is recorded only while its row still carries our token: whoever took the row over, or the status that settled it, stands.
// R2 the outbox row, the transcript, the conversation's event and the alarm are written together or not at all.
// R3 while the database is away results wait for it, as long as their leases hold: what is known is not made uncertain.
// R4 one result the database refuses does not take the others with it.
import { performance } from 'node:perf_hooks'
import type { Transaction } from 'kysely'
import type { Clock } from '../contract/clock.ts'
import type { Logger } from '../contract/log.ts'
import { appendEvents, raiseAlarms } from '../store/append.ts'
import { deleteRows, lockHeld, postponeRows } from '../store/outbox.ts'
import { isTransient, pause } from '../store/retry.ts'
import { linkProviderIds, lockDeliveries, takeParked, writeDeliveries } from '../store/statuses.ts'
import type { DeliveryRow, MessageKey } from '../store/statuses.ts'
import type { Tables } from '../store/tables.ts'
import type { Transact } from '../store/transaction.ts'
import type { MessageOutcome, Settlement } from './settlement.ts'
import { applyStatuses } from './statuses.ts'
import { stopNumbers } from './stops.ts'
import type { NumbersWith } from './stops.ts'

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
      const { settled, events } = await deps.transact((trx) =>
        settleAll(
          trx,
          batch.map((each) => each.settlement),
          deps.numbersWith,
          deps.clock.now(),
        ),
      )
      for (const [index, each] of batch.entries()) each.resolve(settled[index] as Settled)
      if (events > 0) deps.onInbox()
    } catch (error) {
      const [only] = batch
      if (isTransient(error) && performance.now() - since < deps.patienceMs) {
        await pause(DATABASE_GONE_PAUSE_MS)
        await record(batch, since)
      } else if (batch.length > 1) {
        for (const each of batch) await record([each], since)
      } else if (only !== undefined) {
        deps.log.error({ err: error, outboxId: only.settlement.held.id }, 'the result of a send could not be recorded')
        only.resolve('lost')
      }
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

async function settleAll(
  trx: Transaction<Tables>,
  all: Settlement[],
  numbersWith: NumbersWith,
  now: number,
): Promise<{ settled: Settled[]; events: number }> {
  const [ours, lines] = await Promise.all([
    lockHeld(
      trx,
      all.map((each) => each.held),
    ),
    lockDeliveries(trx, all.flatMap(lineOf)),
  ])
  const held = all.filter((each) => ours.has(each.held.id))
  const [, , , , events] = await Promise.all([
    settleRows(trx, held),
    recordMessages(trx, held, lines, numbersWith, now),
    stopNumbers(
      trx,
      { halts: held.flatMap((each) => each.halt ?? []), pauses: held.flatMap((each) => each.pause ?? []) },
      numbersWith,
      now,
    ),
    raiseAlarms(
      trx,
      held.flatMap((each) => each.alarms),
      now,
    ),
    appendEvents(
      trx,
      held.flatMap((each) => each.events),
      now,
    ),
  ])
  return { settled: all.map((each) => (ours.has(each.held.id) ? 'settled' : 'stale')), events }
}

function lineOf({ held: { slot }, message }: Settlement): MessageKey[] {
  return message === null ? [] : [{ slot, id: message.id }]
}

async function settleRows(trx: Transaction<Tables>, held: Settlement[]): Promise<void> {
  const gone = held.filter((each) => each.row === 'delete').map((each) => each.held)
  const kept = held.flatMap(({ held: { slot, id }, row }) => (row === 'delete' ? [] : [{ slot, id, ...row }]))
  await Promise.all([deleteRows(trx, gone), postponeRows(trx, kept)])
}

/** `lines`: what the transcript says of the messages, locked. */
async function recordMessages(
  trx: Transaction<Tables>,
  held: Settlement[],
  lines: DeliveryRow[],
  numbersWith: NumbersWith,
  now: number,
): Promise<void> {
  const outcomes = new Map(
    held.flatMap(({ held: { slot }, message }) => (message === null ? [] : [[`${slot}/${message.id}`, { slot, message }]])),
  )
  const links: { providerId: string; slot: number; id: string; actorId: string }[] = []
  const written: DeliveryRow[] = []
  for (const row of lines) {
    const outcome = outcomes.get(`${row.slot}/${row.id}`)?.message
    if (outcome === undefined) continue
    written.push({ ...row, ...deliveryOf(row, outcome, now) })
    if (outcome.status === 'accepted') links.push({ providerId: outcome.providerId, slot: row.slot, id: row.id, actorId: row.actorId })
  }
  const [, , parked] = await Promise.all([
    writeDeliveries(trx, written),
    linkProviderIds(trx, links, now),
    takeParked(
      trx,
      links.map((link) => link.providerId),
    ),
  ])
  await applyStatuses(trx, parked, now, numbersWith)
}

/** A status may have been faster than the response: then only the provider's id is news. */
function deliveryOf(row: DeliveryRow, outcome: MessageOutcome, now: number): Partial<DeliveryRow> {
  const open = ['queued', 'sending', 'maybe-sent'].includes(row.status)
  switch (outcome.status) {
    case 'accepted': {
      const providerId = outcome.providerId
      return open
        ? { status: 'accepted', reason: outcome.held ? 'held-for-quality' : null, providerId }
        : { providerId: row.providerId ?? providerId }
    }
    case 'maybe-sent':
      return open ? { status: 'maybe-sent' } : {}
    case 'failed':
      return open ? { status: 'failed', reason: outcome.code, error: outcome.error, failedAt: now } : {}
  }
}
