// Owns the loops that apply what waits in the inbox. Told by this process whose inbox it is, woken by a call of another, or looking
// around by itself.
// R1: nothing outside the database depends on a turn before it is committed. R2: a lost database is waited for; a row it refuses
// is found by going actor by actor, event by event, and holds up nobody else.
import type { Transaction } from 'kysely'
import type { ActorLogic, ActorRef, StoredActor, Turn } from '../contract/actor.ts'
import type { Clock } from '../contract/clock.ts'
import type { InboxEvent } from '../contract/event.ts'
import type { Logger } from '../contract/log.ts'
import { createPulse } from '../contract/pulse.ts'
import type { Settings } from '../contract/settings.ts'
import type { Database } from '../store/database.ts'
import { createNotifier, listen, OUTBOX_CHANNEL } from '../store/notify.ts'
import { isInfrastructure, jittered, pause } from '../store/retry.ts'
import type { Tables } from '../store/tables.ts'
import type { Finish } from '../store/transaction.ts'
import type { SendBatch } from '../store/turns.ts'
import { createHints } from './hints.ts'
import { createLeftActors } from './left.ts'
import { createPartedStates } from './parted.ts'
import { INBOX_CHANNEL } from './receiver.ts'
import { BatchRefused, workDue, workOne, workThese } from './batch.ts'
import type { BatchContext, Worked } from './batch.ts'

export interface WorkerOptions {
  database: Database
  clock: Clock
  settings(): Settings
  /** One for each kind of actor. */
  logics: ActorLogic[]
  log: Logger
  /** The sender of this process: takes the sends of a transaction over. Without one, those of other processes are called. */
  openSendBatch?(): SendBatch
  /** Told after the commit, in order, with the milliseconds since their transaction began. */
  onCommitted(turns: CommittedTurn[], ms: number): void
  /** Actors in one transaction at most (20–50 took a sixth of the database's time per event of one at a time). */
  batchSize?: number
  /** Loops: while one waits for the database another steps. */
  concurrency?: number
  /** How long a missed wake-up may cost, ms. */
  sweepMs?: number
}

export interface CommittedTurn {
  actor: StoredActor
  event: InboxEvent<unknown>
  turn: Turn
}

export interface Worker {
  start(): void
  /** Resolves when the turns under way are committed. */
  stop(): Promise<void>
  /** There is something in the inboxes of these actors; without a name: perhaps in some. */
  wake(actors?: readonly ActorRef[]): void
  /** Resolves when the turns that are under way now are over, however they end: whatever begins after goes by what holds now. */
  turnsOver(): Promise<void>
  /** One look, for tests and tools; gives how many events were applied. */
  runOnce(): Promise<number>
  /** Milliseconds since the last beat of the loop that is furthest behind; null when it is not started. */
  pulse(): number | null
}

/** When an actor that another process holds is tried again: about the length of a turn. */
const MISSED_MS = 25

export function createWorker(options: WorkerOptions): Worker {
  const { database, clock, log } = options
  const { batchSize = 32, concurrency = 2, sweepMs = 500 } = options
  const logics = new Map(options.logics.map((logic) => [logic.kind, logic]))
  const hints = createHints()
  const left = createLeftActors()
  const states = createPartedStates()
  const outbox = createNotifier(database, OUTBOX_CHANNEL, log)
  const sleepers = new Set<() => void>()
  const underWay = new Set<Promise<Worked>>()
  const pulse = createPulse()
  let stopping = new AbortController()
  /** Nobody knows whose inbox holds something: look through all of them. */
  let unsure = true
  let lookedAt = -Infinity
  let lookedLast = false
  let toldOfNewer = false
  let running: Promise<void>[] = []
  let listening: { close(): Promise<void> } | null = null

  function wake(actors?: readonly ActorRef[]): void {
    if (actors === undefined || !hints.add(actors)) unsure = true
    wakeOne()
  }

  function wakeOne(): void {
    for (const wakeUp of sleepers) return wakeUp() // it wakes the next when it leaves something
  }

  async function loop(): Promise<void> {
    const { beat, end } = pulse.begin()
    let failures = 0
    while (!stopping.signal.aborted) {
      beat()
      if (!hints.any() && !isLookDue()) {
        await sleep()
        continue
      }
      try {
        await batch(takeHints())
        failures = 0
      } catch (error) {
        failures += 1
        unsure = true
        if (failures === 1) log.error({ err: error }, 'the worker could not reach or use the database; trying again')
        await pause(jittered(Math.min(50 * 2 ** failures, 2_000)), stopping.signal) // R2
      }
    }
    end()
  }

  function isLookDue(): boolean {
    return unsure || performance.now() - lookedAt >= sweepMs
  }

  async function sleep(): Promise<void> {
    const { signal } = stopping
    await new Promise<void>((resolve) => {
      const wakeUp = (): void => {
        clearTimeout(timer)
        sleepers.delete(wakeUp)
        signal.removeEventListener('abort', wakeUp)
        resolve()
      }
      const timer = setTimeout(wakeUp, jittered(sweepMs))
      sleepers.add(wakeUp)
      signal.addEventListener('abort', wakeUp)
    })
  }

  /** One transaction, or several when its rows are refused. `hinted` null: a look. Gives how many events were applied. */
  async function batch(hinted: ActorRef[] | null): Promise<number> {
    if (hinted === null) {
      lookedAt = performance.now()
      unsure = false
    }
    lookedLast = hinted === null
    if (hints.any()) wakeOne()
    try {
      const { worked, events } = await transaction(hinted)
      // A look sees the oldest events only, perhaps all of a few conversations: who found many looks again, who found what has just come
      // leaves it to the hints. What is left to a newer release is a reason once: the next look leaves it out.
      const isMore = Math.max(worked.locked.length, events) >= batchSize && worked.locked.length > worked.left.length
      if (hinted === null && (left.add(worked.left) || isMore)) wake()
      if (hinted !== null && worked.locked.length < hinted.length) missed(hinted, worked.locked)
      if (!hints.add(worked.more)) unsure = true
      return events
    } finally {
      if (hinted !== null) hints.done(hinted)
    }
  }

  /** Null: it is time for a look. Looks and hints take turns, so that neither waits for ever for the other. */
  function takeHints(): ActorRef[] | null {
    return hints.any() && (lookedLast || !isLookDue()) ? hints.take(batchSize) : null
  }

  /** What another process holds: it may have read the inbox before the hint's event was there. */
  function missed(hinted: ActorRef[], locked: ActorRef[]): void {
    const held = new Set(locked.map(({ id }) => id))
    const others = hinted.filter(({ id }) => !held.has(id))
    setTimeout(() => wake(others), MISSED_MS).unref()
  }

  async function transaction(hinted: ActorRef[] | null): Promise<{ worked: Worked; events: number }> {
    const started = performance.now()
    try {
      const worked = await withSendBatch((trx, batchContext) =>
        hinted === null ? workDue(trx, batchSize, batchContext, left.ids()) : workThese(trx, hinted, batchContext),
      )
      tellOfNewer(worked)
      return { worked, events: committed(worked, started) }
    } catch (error) {
      if (!(error instanceof BatchRefused) || isInfrastructure(error.cause)) throw error
      log.warn({ err: error.cause, actors: error.actors.length }, 'the rows of a batch were refused; going actor by actor')
      let events = 0
      for (const actor of error.actors) events += await alone(actor)
      return { worked: { locked: error.actors, applied: [], more: error.actors, left: [] }, events }
    }
  }

  /** The turns of a transaction are under way until it has ended. */
  async function underWayUntil(over: Promise<Worked>): Promise<Worked> {
    underWay.add(over)
    try {
      return await over
    } finally {
      underWay.delete(over)
    }
  }

  /** One transaction, whose sends the sender of this process takes over. */
  async function withSendBatch(work: (trx: Transaction<Tables>, batchContext: BatchContext) => Promise<Worked>): Promise<Worked> {
    const sends = options.openSendBatch?.() ?? null
    try {
      const worked = await underWayUntil(database.transact((trx, finish) => work(trx, context(sends, finish))))
      sends?.end(true)
      return worked
    } catch (error) {
      sends?.end(false)
      throw error
    }
  }

  /** Once, as it is so at every look of a rolling restart. */
  function tellOfNewer({ left: [actor] }: Worked): void {
    if (actor === undefined || toldOfNewer) return
    toldOfNewer = true
    log.warn({ actor: actor.id }, 'a newer release has stored conversations that this one cannot read; they are left to it')
  }

  /** R2. One event; the next round takes the rest. */
  async function alone(actor: ActorRef): Promise<number> {
    const started = performance.now()
    try {
      return committed(await withSendBatch((trx, batchContext) => workOne(trx, actor, batchContext)), started)
    } catch (error) {
      if (!(error instanceof BatchRefused) || isInfrastructure(error.cause)) throw error
      return committed(await withSendBatch((trx, batchContext) => workOne(trx, actor, batchContext, error.cause)), started)
    }
  }

  function committed({ applied: actors }: Worked, started: number): number {
    const turns = actors.flatMap(({ actor, applied }) => applied.map(({ event, turn }) => ({ actor, event, turn })))
    if (options.openSendBatch === undefined && turns.some(({ turn }) => leaves(turn))) outbox.notify()
    if (turns.length > 0) {
      try {
        options.onCommitted(turns, performance.now() - started) // R1
      } catch (error) {
        log.error({ err: error }, 'a listener to committed turns threw')
      }
    }
    return turns.length
  }

  function context(sends: SendBatch | null, finish: Finish): BatchContext {
    const time = () => clock.now()
    return { logics, states, settings: options.settings(), now: time(), time, log, eventsEach: 100, sends, finish }
  }

  return {
    wake,
    pulse: pulse.age,
    start() {
      if (running.length > 0) return
      stopping = new AbortController()
      listening = listen(database, INBOX_CHANNEL, wake, log)
      running = Array.from({ length: concurrency }, loop)
    },
    async stop() {
      stopping.abort()
      await Promise.all([...running, listening?.close()])
      await outbox.close()
      running = []
      listening = null
    },
    async turnsOver() {
      await Promise.allSettled(underWay)
    },
    runOnce: () => batch(null),
  }
}

function leaves({ sends, calls, commands, reads = [] }: Turn): boolean {
  return sends.length + calls.length + commands.length + reads.length > 0
}
