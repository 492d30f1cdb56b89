import { performance } from 'node:perf_hooks'
import type { ActorLogic } from '@baton/router'

/** The same logic, telling how long each step took. */
export function timed(logic: ActorLogic, stepped: (kind: string, ms: number) => void): ActorLogic {
  return {
    ...logic,
    step(stored, event, now, settings) {
      const started = performance.now()
      try {
        return logic.step(stored, event, now, settings)
      } finally {
        stepped(logic.kind, performance.now() - started)
      }
    },
  }
}
