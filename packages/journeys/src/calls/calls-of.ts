// Pure.
import type { JourneyDefinition, Problem } from '../definition/journey.ts'
import { STEP_KINDS } from '../steps/catalogue.ts'

/** The servers a journey calls, `url` without its path, where in its file that is written, and the references to secrets sent there. */
export function callsOf(journey: JourneyDefinition): { url: string; path: Problem['path']; secrets: string[] }[] {
  return [...journey.steps].flatMap(([name, { kind, step }]) => {
    const call = STEP_KINDS.get(kind)?.calls?.(step)
    return call === undefined ? [] : [{ ...call, path: ['steps', name, ...call.path] }]
  })
}
