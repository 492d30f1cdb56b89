// Owns which actors are said to have something in their inbox. Only hints: they save looking through the inbox, and whatever was
// never said, or forgotten here, is found by a look around.
// R1: an actor that is being worked is not given out again before that is over: a second loop of this process could only find it
// locked, and what came meanwhile would wait for the next look.
import type { ActorRef } from '../contract/actor.ts'

export interface Hints {
  /** False: there were too many, some were forgotten. */
  add(actors: readonly ActorRef[]): boolean
  /** Takes up to so many, the oldest first; each is busy until it is told to be `done`. */
  take(limit: number): ActorRef[]
  done(actors: readonly ActorRef[]): void
  /** Is there one to take? */
  any(): boolean
}

const MOST = 20_000

export function createHints(most: number = MOST): Hints {
  const waiting = new Map<string, ActorRef>()
  const busy = new Set<string>()
  /** Said again while they were busy. */
  const again = new Map<string, ActorRef>()

  return {
    add(actors) {
      let kept = true
      for (const actor of actors) {
        const where = busy.has(actor.id) ? again : waiting
        if (waiting.size + again.size < most) where.set(actor.id, actor)
        else kept = false
      }
      return kept
    },
    take(limit) {
      const taken: ActorRef[] = []
      for (const [id, actor] of waiting) {
        if (taken.length === limit) break
        waiting.delete(id)
        busy.add(id) // R1
        taken.push(actor)
      }
      return taken
    },
    done(actors) {
      for (const { id } of actors) {
        busy.delete(id)
        const said = again.get(id)
        if (said === undefined) continue
        again.delete(id)
        waiting.set(id, said)
      }
    },
    any: () => waiting.size > 0,
  }
}
