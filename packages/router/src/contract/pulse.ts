import { performance } from 'node:perf_hooks'

/** When the loops of a part last came round. A loop that hangs in a call that never ends looks idle otherwise. */
export interface Pulse {
  /** Begins a loop: call `turn` whenever it comes round, whatever came of the turn, and `end` when it is over. */
  begin(): { turn(): void; end(): void }
  /** Milliseconds since the last turn of the loop that is furthest behind; null when none runs. */
  age(): number | null
}

export function createPulse(now: () => number = () => performance.now()): Pulse {
  const turns = new Map<symbol, number>()
  return {
    begin() {
      const loop = Symbol('loop')
      turns.set(loop, now())
      return { turn: () => void turns.set(loop, now()), end: () => void turns.delete(loop) }
    },
    age() {
      return turns.size === 0 ? null : now() - Math.min(...turns.values())
    },
  }
}
