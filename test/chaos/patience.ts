// Says when a run stands still: something waits for what will never come.
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_MS = 250

export interface Patience {
  /** Nothing moved for too long. */
  over(): boolean
  /** Resolves when it is over, or the watch has ended. */
  watched: Promise<void>
  end(): void
}

/** `mark`: anything that changes as long as the run goes on. */
export function watch(mark: () => unknown, ms: number): Patience {
  let over = false
  let ended = false
  async function look(): Promise<void> {
    let before = mark()
    let since = Date.now()
    while (!ended && !over) {
      await pause(LOOK_MS)
      const now = mark()
      if (now !== before) [before, since] = [now, Date.now()]
      over = Date.now() - since > ms
    }
  }
  return { over: () => over, watched: look(), end: () => void (ended = true) }
}
