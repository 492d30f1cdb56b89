import { performance } from 'node:perf_hooks'

/** When the loops of a part last came round. A loop that hangs in a call that never ends looks idle otherwise. */
export interface Pulse {
  /** Begins a loop: call `beat` whenever it comes round, whatever came of it, and `end` when it is over. */
  begin(): { beat(): void; end(): void }
  /** Milliseconds since the last beat of the loop that is furthest behind; null when none runs. */
  age(): number | null
}

export function createPulse(now: () => number = () => performance.now()): Pulse {
  const beats = new Map<symbol, number>()
  return {
    begin() {
      const loop = Symbol('loop')
      beats.set(loop, now())
      return { beat: () => void beats.set(loop, now()), end: () => void beats.delete(loop) }
    },
    age() {
      return beats.size === 0 ? null : now() - Math.min(...beats.values())
    },
  }
}
