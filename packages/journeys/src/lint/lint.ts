// Pure. What is wrong with journeys beyond their shape. Errors refuse a publish, warnings do not.
import type { JourneyDefinition } from '../definition/journey.ts'
import { STEP_KINDS } from '../steps/catalogue.ts'
import { lintEmptyKeywords, lintEntries, lintKeywords, lintShadowedOptions } from './entries.ts'
import { nodesOf, reporter } from './finding.ts'
import type { Finding } from './finding.ts'
import { lintGraph, lintStartLoops } from './graph.ts'
import { lintReplyWindows, WINDOW } from './reply-window.ts'
import { lintAttributes, lintVariables } from './variables.ts'

/** Checks journeys one by one and against each other. */
export function lintJourneys(definitions: readonly JourneyDefinition[]): Finding[] {
  // A retired journey is entered by nobody, so its words are free; a paused one gets its own back.
  const open = definitions.filter((journey) => journey.status !== 'retired')
  return [
    ...definitions.flatMap((journey) => [...lintJourney(journey), ...lintStarts(journey, definitions)]),
    ...lintReplyWindows(definitions),
    ...lintStartLoops(definitions),
    ...lintDuplicates(definitions),
    ...lintEmptyKeywords(open),
    ...lintKeywords(open),
    ...lintEntries(open),
    ...lintShadowedOptions(open),
  ]
}

function lintJourney(journey: JourneyDefinition): Finding[] {
  const nodes = nodesOf(journey)
  const report = reporter(journey)
  const own = [...nodes.values()].flatMap((node) =>
    (node.kind.lint?.(node.step) ?? []).map((found) => report(found.code, ['steps', node.name, ...found.path], found.message, found.fix)),
  )
  const rules = [lintGraph, lintVariables, lintAttributes]
  return [...rules.flatMap((rule) => rule(journey, nodes, report)), ...own, ...lintPause(journey)]
}

function lintPause(journey: JourneyDefinition): Finding[] {
  if (journey.pause.maxAge < WINDOW) return []
  const message = 'a reply that waits so long finds its reply window closed: neither the journey nor service could answer it in free form'
  return [reporter(journey)('pause-outlives-window', ['pause', 'maxAge'], message, 'wait less than 24h')]
}

/** A step that starts another journey names one that may start, and gives what it needs. */
function lintStarts(journey: JourneyDefinition, all: readonly JourneyDefinition[]): Finding[] {
  const report = reporter(journey)
  return [...journey.steps].flatMap(([name, { kind, step }]) => {
    const start = STEP_KINDS.get(kind)?.starts?.(step)
    if (start === undefined) return []
    const path = ['steps', name, ...start.path]
    const other = all.find(({ journey: id }) => id === start.journey)
    if (other === undefined)
      return [report('journey-not-there', path, `there is no journey ${start.journey}`, 'check its id, or add its file')]
    if (other.status === 'retired')
      return [report('journey-not-there', path, `${start.journey} is retired: it would not start`, 'start another one')]
    const missing = other.input.filter((input) => !start.gives.includes(input))
    if (missing.length === 0) return []
    return [report('start-without-input', path, `${start.journey} needs ${missing.join(', ')}`, `add input: { ${missing[0]}: … }`)]
  })
}

function lintDuplicates(definitions: readonly JourneyDefinition[]): Finding[] {
  return definitions
    .filter((journey, at) => definitions.findIndex((other) => other.journey === journey.journey) < at)
    .map((journey) => reporter(journey)('journey-duplicate', ['journey'], `another file defines ${journey.journey}`))
}
