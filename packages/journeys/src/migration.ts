// Pure. Whether runs may go over from one version of a journey to another, and what becomes of those that wait at a step: the same
// answer beforehand, for people, and in the turn of each run.
import { isDeepStrictEqual } from 'node:util'
import type { JourneyDefinition, Problem } from './definition/journey.ts'
import { longestQuiet } from './local-time.ts'
import { nodesOf } from './lint/finding.ts'
import { lintArrivals, mostAt } from './lint/reply-window.ts'
import type { Seed } from './lint/reply-window.ts'
import { reachable } from './lint/graph.ts'
import { unboundIn } from './lint/variables.ts'
import type { Exit } from './steps/step.ts'
import { STEP_KINDS } from './steps/catalogue.ts'

/** `stays`: it goes on waiting as it does, with the question it asked and the time that is left. `enters`: it comes to the step anew. */
export interface PlannedStep {
  from: string
  to: string
  how: 'stays' | 'enters'
}

/** Plans the migration of runs at the steps that `map` names, from → to. Problems: paths into `{ steps: map }`. `all`: the journeys
 * that are published, for those that steps start. */
export function planMigration(
  from: JourneyDefinition,
  to: JourneyDefinition,
  map: Readonly<Record<string, string>>,
  all: readonly JourneyDefinition[],
): { steps: PlannedStep[]; problems: Problem[] } {
  const steps: PlannedStep[] = []
  const problems: Problem[] = []
  const waits = mostAt([from, ...all.filter(({ journey }) => journey !== from.journey)], from.journey)
  for (const [old, next] of Object.entries(map)) {
    const complain = (message: string, fix: string): void => void problems.push({ path: ['steps', old], message, fix })
    const missing = !from.steps.has(old) ? ([from, old] as const) : !to.steps.has(next) ? ([to, next] as const) : null
    if (missing !== null) {
      const [{ version, steps: known }, name] = missing
      complain(`version ${version} has no step ${name}`, `its steps are ${[...known.keys()].join(', ')}`)
      continue
    }
    const how = staysAt(from, old, to, next) ? 'stays' : 'enters'
    steps.push({ from: old, to: next, how })
    const unbound = unboundFrom(from, to, next)
    if (unbound.length > 0)
      complain(`what follows needs ${unbound.join(', ')}, which runs of version ${from.version} never got`, 'give it a default in the text')
    const most = waits.get(old) ?? Infinity
    const seeds =
      how === 'enters' ? [{ step: next, most: Infinity }] : [...seedsOf(from, old, to, next, most), ...postponed(from, to, next, most)]
    for (const message of lintArrivals([to, ...all.filter(({ journey }) => journey !== to.journey)], to.journey, seeds))
      complain(message, 'lead it to a step that branches on window.open, or to a template')
  }
  return { steps, problems }
}

/** Whether a run that waits at one step may go on waiting at the other: what it asked can still be answered there. */
export function staysAt(from: JourneyDefinition, old: string, to: JourneyDefinition, next: string): boolean {
  const [before, after] = [from.steps.get(old), to.steps.get(next)]
  if (before === undefined || after === undefined || before.kind !== after.kind) return false
  return STEP_KINDS.get(before.kind)?.takesOver?.(before.step, after.step) === true
}

// What the run waited for at the old step counts, as long as that lets it wait.
function seedsOf(from: JourneyDefinition, old: string, to: JourneyDefinition, next: string, most: number): Seed[] {
  const longest = Math.max(0, ...exitsOf(from, old).map((exit) => (exit.served === true ? 0 : (exit.after ?? 0))))
  return exitsOf(to, next).flatMap((exit) => {
    if (exit.to === null || exit.reply === true) return []
    return [{ step: exit.to, most: most + Math.max(longest, exit.after ?? 0) }]
  })
}

// Runs that quiet hours or a cap keep from asking stay at the step too, and ask only then what the other one asks. Quiet hours that are the
// same are over by then: they are in `most` already, and come with the arrival once more.
function postponed(from: JourneyDefinition, to: JourneyDefinition, next: string, most: number): Seed[] {
  const { quietHours, messageCap } = from
  if (quietHours === undefined && messageCap?.otherwise !== 'wait') return []
  const counted = quietHours !== undefined && isDeepStrictEqual(quietHours, to.quietHours) ? longestQuiet(quietHours) : 0
  return [{ step: next, most: Math.max(0, most - counted) }]
}

function exitsOf(journey: JourneyDefinition, name: string): Exit[] {
  return nodesOf(journey).get(name)?.exits ?? []
}

function unboundFrom(from: JourneyDefinition, to: JourneyDefinition, step: string): string[] {
  const nodes = nodesOf(to)
  const ahead = [...reachable(step, nodes)].flatMap((name) => nodes.get(name) ?? [])
  const saved = [...nodesOf(from).values(), ...ahead].flatMap((node) => node.kind.saves?.(node.step).answers ?? [])
  return [...new Set(unboundIn(ahead, { answers: saved, input: from.input }))]
}
