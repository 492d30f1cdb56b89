// Owns who may do what only a few can do at once. R1: no more than `most` do; whoever comes then waits for its turn, the first to come
// first, and for `waitMs` milliseconds at most.
import { within } from '../within.ts'

export interface Turns {
  /** Answers how to end the turn, or null when there was none in time. */
  take(): Promise<(() => void) | null>
}

export function createTurns(most: number, waitMs: number): Turns {
  let free = most
  const waiting = new Set<() => void>()

  function begun(): () => void {
    let over = false
    return () => {
      if (over) return
      over = true
      const [next] = waiting
      if (next === undefined) free += 1
      else next()
    }
  }

  return {
    async take() {
      if (free > 0) {
        free -= 1
        return begun()
      }
      let go = () => {}
      const turn = new Promise<true>((resolve) => {
        go = () => {
          waiting.delete(go)
          resolve(true)
        }
      })
      waiting.add(go)
      await within(waitMs, turn)
      // Whoever still waits has waited too long.
      return waiting.delete(go) ? null : begun()
    },
  }
}
