// Owns the loops that apply what waits in the inbox. Woken by this process, by a call of another, or by looking around itself.
// R1: nothing outside the database depends on a turn before it is committed. R2: a lost database is waited for; a row it refuses
// is found by going actor by actor, event by event, and holds up nobody else.
import type { ActorLogic, ActorRef, StoredActor, Turn } from '../contract/actor.ts'
import type { Clock } from '../contract/clock.ts'
import type { InboxEvent } from '../contract/event.ts'
import type { Logger } from '../contract/log.ts'
import type { Settings } from '../contract/settings.ts'
import type { Database } from '../store/database.ts'
import { listen } from '../store/notify.ts'
import { isInfrastructure, jittered, pause } from '../store/retry.ts'
import type { AppliedActor } from './apply.ts'
import { INBOX_CHANNEL } from './receiver.ts'
import { BatchRefused, turnOfMany, turnOfOne } from './turn.ts'
import type { TurnContext } from './turn.ts'

export interface WorkerOptions {
  database: Database
  clock: Clock
  settings(): Settings
  /** One for each kind of actor. */
  logics: ActorLogic[]
  log: Logger
  /** Told after the commit, in order. */
  onCommitted(turns: CommittedTurn[]): void
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
  /** There may be something in the inbox. */
  wake(): void
  /** One batch, for tests and tools; gives how many events were applied. */
  runOnce(): Promise<number>
}

export function createWorker(options: WorkerOptions): Worker {
  const { database, clock, log } = options
  const { batchSize = 32, concurrency = 2, sweepMs = 500 } = options
  const logics = new Map(options.logics.map((logic) => [logic.kind, logic]))
  const sleepers = new Set<() => void>()
  let stopping = new AbortController()
  let calls = 0
  let running: Promise<void>[] = []
  let listening: { close(): Promise<void> } | null = null

  function wake(): void {
    calls += 1
    for (const wakeUp of sleepers) return wakeUp() // one is enough: it wakes the next when its batch is full
  }

  async function loop(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const seen = calls
      try {
        const { actors } = await batch()
        failures = 0
        if (actors >= batchSize) wake()
        if (actors === 0 && calls === seen) await sleep()
      } catch (error) {
        failures += 1
        if (failures === 1) log.error({ err: error }, 'the worker could not reach or use the database; trying again')
        await pause(jittered(Math.min(50 * 2 ** failures, 2_000)), stopping.signal) // R2
      }
    }
  }

  async function sleep(): Promise<void> {
    const ended = new AbortController()
    const wakeUp = (): void => {
      sleepers.delete(wakeUp)
      ended.abort()
    }
    sleepers.add(wakeUp)
    stopping.signal.addEventListener('abort', wakeUp)
    await pause(jittered(sweepMs), ended.signal)
    stopping.signal.removeEventListener('abort', wakeUp)
    sleepers.delete(wakeUp)
  }

  async function batch(): Promise<{ actors: number; events: number }> {
    try {
      return committed(await database.transact((trx) => turnOfMany(trx, batchSize, context())))
    } catch (error) {
      if (!(error instanceof BatchRefused) || isInfrastructure(error.cause)) throw error
      log.warn({ err: error.cause, actors: error.actors.length }, 'the rows of a batch were refused; going actor by actor')
      let events = 0
      for (const actor of error.actors) events += (await alone(actor)).events
      return { actors: error.actors.length, events }
    }
  }

  /** R2. One event; the next round takes the rest. */
  async function alone(actor: ActorRef): Promise<{ actors: number; events: number }> {
    try {
      return committed(await database.transact((trx) => turnOfOne(trx, actor, context())))
    } catch (error) {
      if (!(error instanceof BatchRefused) || isInfrastructure(error.cause)) throw error
      return committed(await database.transact((trx) => turnOfOne(trx, actor, context(), error.cause)))
    }
  }

  function committed(actors: AppliedActor[]): { actors: number; events: number } {
    const turns = actors.flatMap(({ actor, applied }) => applied.map(({ event, turn }) => ({ actor, event, turn })))
    if (turns.length > 0) {
      try {
        options.onCommitted(turns) // R1
      } catch (error) {
        log.error({ err: error }, 'a listener to committed turns threw')
      }
    }
    return { actors: actors.length, events: turns.length }
  }

  function context(): TurnContext {
    return { logics, settings: options.settings(), now: clock.now(), time: () => clock.now(), log, eventsEach: 100 }
  }

  return {
    wake,
    start() {
      if (running.length > 0) return
      stopping = new AbortController()
      listening = listen(database, INBOX_CHANNEL, wake, log)
      running = Array.from({ length: concurrency }, loop)
    },
    async stop() {
      stopping.abort()
      await Promise.all([...running, listening?.close()])
      running = []
      listening = null
    },
    async runOnce() {
      return (await batch()).events
    },
  }
}
