// Owns which actors this process has left to a newer release. A look leaves them out: it sees the oldest events only, and would find the
// same ones for ever and nobody behind them. R1: bounded, in number and in time; of those beyond it a look finds some again.
import type { ActorRef } from '../contract/actor.ts'

export interface LeftActors {
  /** True: some of them were not known. */
  add(actors: readonly ActorRef[]): boolean
  ids(): string[]
}

/** As many as a release may have touched before it was taken back. */
const MOST = 10_000
const FOR_MS = 600_000

/** `now` milliseconds. */
export function createLeftActors(most: number = MOST, now: () => number = () => performance.now()): LeftActors {
  const until = new Map<string, number>()
  return {
    add(actors) {
      const before = until.size
      for (const { id } of actors) if (!until.has(id) && until.size < most) until.set(id, now() + FOR_MS) // R1
      return until.size > before
    },
    ids() {
      for (const [id, end] of until) if (end <= now()) until.delete(id)
      return [...until.keys()]
    },
  }
}
