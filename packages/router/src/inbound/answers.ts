// Owns the callers that wait for the outcome of an event. Any process may apply it: its outcome comes back as a row that is
// looked for with growing pauses, one query for all who wait.
import type { Outcome } from '../contract/actor.ts'
import type { Logger } from '../contract/log.ts'
import type { Database } from '../store/database.ts'
import { findReceipts } from '../store/intake.ts'
import { pause } from '../store/retry.ts'

export interface Answers {
  /** The outcome, or null when the time is over: the event is applied all the same. */
  wait(event: { slot: number; id: string }, timeoutMs: number): Promise<Outcome | null>
  /** Look now: somebody in this process has just applied something. */
  look(): void
}

const SHORTEST_MS = 5
const LONGEST_MS = 200

export function createAnswers({ db }: Pick<Database, 'db'>, log: Pick<Logger, 'warn'>): Answers {
  const waiting = new Map<string, { slot: number; answer(outcome: Outcome | null): void }>()
  let nudge = new AbortController()
  let running = false

  async function run(): Promise<void> {
    for (let delay = SHORTEST_MS; waiting.size > 0; delay = Math.min(delay * 1.5, LONGEST_MS)) {
      await pause(delay, nudge.signal)
      if (nudge.signal.aborted) {
        nudge = new AbortController()
        delay = SHORTEST_MS
      }
      await lookOnce().catch((error: unknown) => log.warn({ err: error }, 'outcomes could not be read; looking again'))
    }
    running = false
  }

  async function lookOnce(): Promise<void> {
    const found = await findReceipts(
      db,
      [...waiting].map(([id, { slot }]) => ({ slot, id })),
    )
    for (const [id, outcome] of found) waiting.get(id)?.answer(outcome as Outcome)
  }

  return {
    wait({ slot, id }, timeoutMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => answer(null), timeoutMs)
        const answer = (outcome: Outcome | null): void => {
          clearTimeout(timer)
          waiting.delete(id)
          resolve(outcome)
        }
        waiting.set(id, { slot, answer })
        if (running) return nudge.abort()
        running = true
        void run()
      })
    },
    look: () => nudge.abort(),
  }
}
