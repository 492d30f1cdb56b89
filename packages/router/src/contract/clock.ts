/** Where time comes from. Everything that is stored or compared uses it, so a test or the demo can turn the hands. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** A clock whose hands can be moved forward; it runs on from there. */
export interface MovableClock extends Clock {
  /** Moves the clock forward by so many milliseconds. */
  advance(ms: number): void
}

export function movableClock(base: Clock = systemClock): MovableClock {
  let offset = 0
  return {
    now: () => base.now() + offset,
    advance(ms) {
      offset += ms
    },
  }
}
