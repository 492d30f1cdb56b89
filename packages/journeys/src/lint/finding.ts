// Pure. What the parts of the lint share: a finding, and a journey as nodes with the ways that lead out of them.
import type { JourneyDefinition, Problem } from '../definition/journey.ts'
import type { ErrorCode } from '../errors.ts'
import { STEP_KINDS } from '../steps/catalogue.ts'
import type { Exit, StepKind } from '../steps/step.ts'

/** A path leads into the journey's own document. */
export interface Finding extends Problem {
  journey: string
  severity: 'error' | 'warning'
  code: ErrorCode
  /** An error that refuses a publish, and no start of what is published: what it is about is harmless, or refused as it happens. */
  onlyPublishing?: true
}

export interface Node {
  name: string
  kind: StepKind
  step: unknown
  exits: Exit[]
}

export type Report = (code: ErrorCode, path: Problem['path'], message: string, fix?: string) => Finding

const WARNINGS: ReadonlySet<ErrorCode> = new Set([
  'variable-may-be-missing',
  'keyword-language-tie',
  'step-unreachable',
  'pause-outlives-window',
  // Some servers take their key in no other way.
  'call-secret-in-address',
])

const ONLY_PUBLISHING: ReadonlySet<ErrorCode> = new Set(['attribute-reserved', 'call-secret-written'])

/** Makes the findings of one journey; errors refuse a publish, warnings do not. */
export function reporter({ journey }: JourneyDefinition): Report {
  return (code, path, message, fix) => ({
    journey,
    severity: WARNINGS.has(code) ? 'warning' : 'error',
    code,
    path,
    message,
    ...(fix === undefined ? {} : { fix }),
    ...(ONLY_PUBLISHING.has(code) ? { onlyPublishing: true } : {}),
  })
}

export function nodesOf(journey: JourneyDefinition): Map<string, Node> {
  const nodes = new Map<string, Node>()
  for (const [name, { kind, step }] of journey.steps) {
    const found = STEP_KINDS.get(kind)
    if (found !== undefined) nodes.set(name, { name, kind: found, step, exits: found.exits(step) })
  }
  return nodes
}

export function shareNumber(a: JourneyDefinition, b: JourneyDefinition): boolean {
  return a.numbers === undefined || b.numbers === undefined || a.numbers.some((number) => b.numbers?.includes(number) === true)
}
