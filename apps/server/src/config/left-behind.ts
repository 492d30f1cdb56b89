// What a publication leaves behind: runs that are under way stay on the version of their journey that they began with.
import type { QueryExecutorProvider } from 'kysely'
import { createRunReads } from '../store/runs.ts'
import type { JourneyDocument } from './journeys.ts'

export interface LeftBehind {
  journey: string
  version: string
  /** How many wait at each step. */
  steps: Record<string, number>
}

/** Runs of other versions than these journeys have; of a journey that is not among them, runs exit and are not listed. */
export async function runsLeftBehind(db: QueryExecutorProvider, documents: readonly JourneyDocument[]): Promise<LeftBehind[]> {
  const current = new Map(documents.map(({ journey, definition }) => [journey, definition.version]))
  const live = (await createRunReads(db).countLiveRuns()).filter(
    ({ journey, version }) => current.has(journey) && current.get(journey) !== version,
  )
  const versions = Map.groupBy(live, ({ journey, version }) => `${journey} ${version}`)
  return [...versions.values()].map((counts) => {
    const steps: Record<string, number> = {}
    for (const { step, count } of counts) steps[step] = (steps[step] ?? 0) + count
    return { journey: counts[0]?.journey ?? '', version: counts[0]?.version ?? '', steps }
  })
}

export function leftBehindText(left: readonly LeftBehind[]): string[] {
  return left.map(({ journey, version, steps }) => {
    const places = Object.entries(steps).map(([step, count]) => `${count} at ${step}`)
    return `${journey}: runs on version ${version} stay on it (${places.join(', ')}); POST /api/v1/journeys/${journey}/migrations brings them over`
  })
}
