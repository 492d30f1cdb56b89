// Pure. The results of a journey: marks of its runs, counted by version and step.
import type { JourneyDefinition, JourneysConfig } from '@baton/journeys'
import { z } from 'zod'
import type { LiveCount, MarkCount } from '../store/runs.ts'
import { csvOf } from './csv.ts'

const counts = z.record(z.string(), z.int())

export const resultsSchema = z
  .object({
    journey: z.string(),
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    versions: z
      .array(
        z.object({
          version: z.string(),
          current: z.boolean().meta({ description: 'The version that whoever enters now gets.' }),
          started: z.int(),
          underWay: z.int().meta({ description: 'Now.' }),
          ended: z.int(),
          outcomes: counts.meta({ description: 'How many runs ended in each way.' }),
          migratedIn: z.int().meta({ description: 'Runs that came from another version.' }),
          migratedOut: z.int(),
          converted: z.int().meta({ description: 'Runs that met the goal.' }),
          conversion: z.number().nullable().meta({ description: 'converted / started; null when none started.' }),
          steps: z.array(
            z.object({
              step: z.string(),
              kind: z.string().nullable().meta({ description: 'Null when the version is not known any more.' }),
              entered: z.int(),
              postponed: z.int().meta({ description: 'Runs that came in quiet hours; they entered when those were over.' }),
              capped: counts.meta({ description: 'Messages that would have been one too many, by what became of them: skip, wait, end.' }),
              waiting: z.int().meta({ description: 'Runs that are at it now.' }),
              replied: counts.meta({ description: 'By option; valid: a typed answer.' }),
              invalid: z.int(),
              timedOut: z.int(),
              events: counts,
              calls: counts.meta({ description: 'Attempts at the call of an HTTP step, by status, or by the reason why there is none.' }),
              undelivered: z.int().meta({ description: 'Messages that were refused or failed to be delivered.' }),
              handedOff: counts.meta({ description: 'By reason.' }),
              ended: counts.meta({ description: 'Runs that ended here, by outcome.' }),
            }),
          ),
        }),
      )
      .meta({ description: 'The current one first.' }),
  })
  .meta({ id: 'JourneyResults' })
export type JourneyResults = z.output<typeof resultsSchema>
type VersionResults = JourneyResults['versions'][number]
type StepResults = VersionResults['steps'][number]

export interface ResultsInput {
  journey: string
  since: Date
  until: Date
  marks: readonly MarkCount[]
  live: readonly LiveCount[]
  /** Null when the number has no journeys. */
  config: JourneysConfig | null
}

export function resultsOf({ journey, since, until, marks, live, config }: ResultsInput): JourneyResults {
  const current = config?.journeys.get(journey)?.version
  const seen = [...marks, ...live].map(({ version }) => version)
  const versions = [...new Set(current === undefined ? seen : [current, ...seen])]
  return {
    journey,
    since: since.toISOString(),
    until: until.toISOString(),
    versions: versions.map((version) => ({
      ...versionResults(
        marks.filter((each) => each.version === version),
        live.filter((each) => each.version === version),
        config?.versions.get(version),
      ),
      version,
      current: version === current,
    })),
  }
}

function versionResults(
  marks: readonly MarkCount[],
  live: readonly LiveCount[],
  definition: JourneyDefinition | undefined,
): Omit<VersionResults, 'version' | 'current'> {
  const count = (what: string): number => sum(marks.filter((mark) => mark.what === what))
  const steps = new Set([...(definition?.steps.keys() ?? []), ...[...marks, ...live].map(({ step }) => step)])
  const started = count('started')
  const converted = count('converted')
  return {
    started,
    underWay: sum(live),
    ended: count('ended'),
    outcomes: byDetail(marks, 'ended'),
    migratedIn: count('migrated'),
    migratedOut: count('left'),
    converted,
    conversion: started === 0 ? null : converted / started,
    steps: [...steps].map((step) =>
      stepResults(
        step,
        definition?.steps.get(step)?.kind ?? null,
        marks.filter((mark) => mark.step === step),
        live.filter((each) => each.step === step),
      ),
    ),
  }
}

function stepResults(step: string, kind: string | null, marks: readonly MarkCount[], live: readonly LiveCount[]): StepResults {
  const count = (what: string): number => sum(marks.filter((mark) => mark.what === what))
  return {
    step,
    kind,
    entered: count('entered'),
    postponed: count('postponed'),
    capped: byDetail(marks, 'capped'),
    waiting: sum(live),
    replied: byDetail(marks, 'replied'),
    invalid: count('invalid'),
    timedOut: count('timed-out'),
    events: byDetail(marks, 'event'),
    calls: byDetail(marks, 'called'),
    undelivered: count('undelivered'),
    handedOff: byDetail(marks, 'handed-off'),
    ended: byDetail(marks, 'ended'),
  }
}

function sum(counted: readonly { count: number }[]): number {
  return counted.reduce((total, { count }) => total + count, 0)
}

function byDetail(marks: readonly MarkCount[], what: string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const mark of marks) if (mark.what === what) found[mark.detail ?? ''] = (found[mark.detail ?? ''] ?? 0) + mark.count
  return found
}

/** One line a figure, so that a new option or outcome is a new line and no new column. */
export function resultsCsv({ journey, versions }: JourneyResults): string {
  const lines = [['journey', 'version', 'current', 'step', 'kind', 'measure', 'detail', 'count']]
  for (const { version, current, steps, ...whole } of versions) {
    const line = (step: string, kind: string, measure: string, detail: string, count: number): void =>
      void lines.push([journey, version, String(current), step, kind, measure, detail, String(count)])
    for (const measure of ['started', 'underWay', 'ended', 'migratedIn', 'migratedOut', 'converted'] as const)
      line('', '', measure, '', whole[measure])
    for (const [outcome, count] of Object.entries(whole.outcomes)) line('', '', 'outcomes', outcome, count)
    for (const { step, kind, ...figures } of steps) {
      for (const [measure, figure] of Object.entries(figures)) {
        if (typeof figure === 'number') line(step, kind ?? '', measure, '', figure)
        else for (const [detail, count] of Object.entries(figure)) line(step, kind ?? '', measure, detail, count)
      }
    }
  }
  return csvOf(lines)
}
