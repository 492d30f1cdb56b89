// Owns the log of what happened, and who waits for it.
// R1 Every event has the next sequence number. R2 A waiter is answered once and then forgotten, also when its time is up.

import { boundedList } from './bounded-list.ts'
import type { ChatMessage, ChatStatus } from './chats.ts'
import { EmulatorError } from './errors.ts'
import type { RequestRecord } from './requests.ts'

/** `number` is a phone number id, `customer` a customer's key. */
export type EmulatorEvent = { seq: number; at: number } & EmulatorHappening
type EmulatorHappening =
  | { kind: 'message'; number: string; customer: string; message: ChatMessage }
  | { kind: 'status'; number: string; customer: string; messageId: string; status: ChatStatus }
  | { kind: 'read-by-business'; number: string; customer: string; messageId: string }
  | { kind: 'typing'; number: string; customer: string; until: number }
  | { kind: 'customer'; customer: string }
  | { kind: 'request'; request: RequestRecord }
  | { kind: 'webhook'; id: number; state: string; attempts: number }

export interface Events {
  emit(happening: EmulatorHappening): void
  /** The number of the latest event. */
  seq(): number
  since(seq: number): EmulatorEvent[]
  subscribe(listener: (event: EmulatorEvent) => void): () => void
  /** The first kept event after `after` (0 = all that are kept) that fits; waits for it if need be. Throws `emulator-wait-timed-out`. */
  waitFor(test: (event: EmulatorEvent) => boolean, timeoutMs: number, after?: number): Promise<EmulatorEvent>
  stop(): void
}

export function createEvents(now: () => number, cap: number): Events {
  const log = boundedList<EmulatorEvent>(cap)
  const listeners = new Set<(event: EmulatorEvent) => void>()
  const waiters = new Set<{ stop: () => void }>()
  let seq = 0

  function subscribe(listener: (event: EmulatorEvent) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  function since(after: number): EmulatorEvent[] {
    return log.all().filter((event) => event.seq > after)
  }

  return {
    emit(happening) {
      seq += 1
      const event = { seq, at: now(), ...happening }
      log.push(event)
      for (const listener of listeners) listener(event)
    },
    seq: () => seq,
    since,
    subscribe,
    waitFor(test, timeoutMs, after = 0) {
      const past = since(after).find(test)
      if (past) return Promise.resolve(past)
      return new Promise((resolve, reject) => {
        const unsubscribe = subscribe((event) => {
          if (!test(event)) return
          end()
          resolve(event)
        })
        const timer = setTimeout(() => giveUp(`Nothing fitting within ${timeoutMs} ms`), timeoutMs)
        const waiter = { stop: () => giveUp('The emulator was closed') }
        waiters.add(waiter)

        function end(): void {
          clearTimeout(timer)
          unsubscribe()
          waiters.delete(waiter)
        }
        function giveUp(why: string): void {
          end()
          const seen = since(after).slice(-10).map(summary)
          reject(new EmulatorError('emulator-wait-timed-out', `${why}; the latest events: ${seen.join('; ') || 'none'}`))
        }
      })
    },
    stop() {
      for (const waiter of waiters) waiter.stop()
      listeners.clear()
    },
  }
}

function summary(event: EmulatorEvent): string {
  if (event.kind === 'message') return `${event.message.direction} ${event.message.type} ${JSON.stringify(event.message.text ?? '')}`
  if (event.kind === 'status') return `status ${event.status}`
  if (event.kind === 'request') return `request ${event.request.outcome}`
  return event.kind
}
