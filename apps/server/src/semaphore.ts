// Owns who may do what only a few can do at once. R1: no more than `most` do; whoever comes then waits, the first to come first.
import { within } from './within.ts'

/** Says that it is done, once however often it is called. */
export type Release = () => void

export interface Semaphore {
  take(): Promise<Release>
  /** Waits for so many milliseconds at most, and answers null when there was no room in time. */
  take(waitMs: number): Promise<Release | null>
}

export function createSemaphore(most: number): Semaphore {
  let free = most
  const waiting = new Set<() => void>()

  function taken(): Release {
    let done = false
    return () => {
      if (done) return
      done = true
      const [next] = waiting
      if (next === undefined) free += 1
      else next()
    }
  }

  function take(): Promise<Release>
  function take(waitMs: number): Promise<Release | null>
  async function take(waitMs?: number): Promise<Release | null> {
    if (free > 0) {
      free -= 1
      return taken()
    }
    let go = () => {}
    const room = new Promise<true>((resolve) => {
      go = () => {
        waiting.delete(go)
        resolve(true)
      }
    })
    waiting.add(go)
    await (waitMs === undefined ? room : within(waitMs, room))
    // Whoever still waits has waited too long.
    return waiting.delete(go) ? null : taken()
  }

  return { take }
}
