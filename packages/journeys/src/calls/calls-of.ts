// Pure.
import type { JourneyDefinition, Problem } from '../definition/journey.ts'
import { STEP_KINDS } from '../steps/catalogue.ts'

/** The servers a journey calls, `url` without its path, and where in its file that is written. */
export function callsOf(journey: JourneyDefinition): { url: string; path: Problem['path'] }[] {
  return [...journey.steps].flatMap(([name, { kind, step }]) => {
    const call = STEP_KINDS.get(kind)?.calls?.(step)
    return call === undefined ? [] : [{ url: call.url, path: ['steps', name, ...call.path] }]
  })
}
