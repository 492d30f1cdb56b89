// Owns the loop that turns due timers into events. R1: a timer fires once: its row goes in the transaction that puts the event
// into the inbox, and a row that a turn is moving at that moment is left to the next look.
import type { ActorRef } from '../contract/actor.ts'
import type { Clock } from '../contract/clock.ts'
import type { ConversationEvent } from '../contract/event.ts'
import { formatId, newUuid } from '../contract/ids.ts'
import { createPulse } from '../contract/pulse.ts'
import type { Logger } from '../contract/log.ts'
import type { Side } from '../contract/owner.ts'
import type { Database } from '../store/database.ts'
import { insertInbox } from '../store/intake.ts'
import { createNotifier } from '../store/notify.ts'
import { jittered, pause } from '../store/retry.ts'
import { bringForward, takeDueTimers } from '../store/turns.ts'
import { INBOX_CHANNEL } from './receiver.ts'

export interface TimersOptions {
  database: Database
  clock: Clock
  log: Logger
  /** Told after each commit that put something into the inboxes of these actors: wake the worker. */
  onFired(actors: ActorRef[]): void
  /** Timers in one transaction at most. */
  batchSize?: number
  /** How late a timer may be, ms of real time. */
  everyMs?: number
}

export interface Timers {
  start(): void
  stop(): Promise<void>
  /** Fires what is due now, one batch; gives how many. */
  runOnce(): Promise<number>
  /** Milliseconds since the last look; null when it is not started. */
  pulse(): number | null
  /** Makes an engine's timer due in every conversation that has it, because what it waits for may have come; gives how many. */
  bringForward(side: Side, name: string): Promise<number>
}

export function createTimers(options: TimersOptions): Timers {
  const { database, clock, log, batchSize = 200, everyMs = 250 } = options
  const notifier = createNotifier(database, INBOX_CHANNEL, log)
  const pulse = createPulse()
  let stopping = new AbortController()
  let running: Promise<void> | null = null

  async function fire(): Promise<number> {
    const now = clock.now()
    const fired = await database.transact(async (trx, finish) => {
      const due = await takeDueTimers(trx, batchSize, now)
      const rows = due.map(({ slot, actorId, name, at }) => {
        const event: ConversationEvent = { type: 'timer.fired', name, due: at }
        return { slot, id: formatId('ev', slot, newUuid(now)), actorId, at: now, wantsReceipt: false, event }
      })
      await finish(insertInbox(rows, now)) // R1
      return rows.map((row) => ({ slot: row.slot, id: row.actorId }))
    })
    if (fired.length > 0) {
      options.onFired(fired)
      notifier.notify()
    }
    return fired.length
  }

  async function loop(): Promise<void> {
    const { beat, end } = pulse.begin()
    let failures = 0
    while (!stopping.signal.aborted) {
      beat()
      try {
        const fired = await fire()
        failures = 0
        if (fired < batchSize) await pause(jittered(everyMs), stopping.signal)
      } catch (error) {
        failures += 1
        if (failures === 1) log.error({ err: error }, 'due timers could not be fired; trying again')
        await pause(jittered(Math.min(everyMs * 2 ** failures, 5_000)), stopping.signal)
      }
    }
    end()
  }

  return {
    start() {
      if (running !== null) return
      stopping = new AbortController()
      running = loop()
    },
    async stop() {
      stopping.abort()
      await running
      running = null
      await notifier.close()
    },
    runOnce: fire,
    pulse: pulse.age,
    bringForward: (side, name) => bringForward(database.db, `${side}:${name}`, clock.now()),
  }
}
