// Pure.
import type { JourneyDefinition, Problem } from '../definition/journey.ts'
import { STEP_KINDS } from '../steps/catalogue.ts'

type Path = Problem['path']

/** The servers a journey calls, `url` without its path, and the references to secrets sent there, each with where in its file it is written. */
export function callsOf(journey: JourneyDefinition): { url: string; path: Path; secrets: { reference: string; path: Path }[] }[] {
  return [...journey.steps].flatMap(([name, { kind, step }]) => {
    const call = STEP_KINDS.get(kind)?.calls?.(step)
    if (call === undefined) return []
    const inFile = <T extends { path: Path }>(found: T): T => ({ ...found, path: ['steps', name, ...found.path] })
    return [{ ...inFile(call), secrets: call.secrets.map(inFile) }]
  })
}
