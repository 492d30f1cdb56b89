// Pure. What is wrong with journeys beyond their shape. Errors refuse a publish, warnings do not.
import type { JourneyDefinition, Problem } from './definition/journey.ts'
import type { ErrorCode } from './errors.ts'
import { formOf } from './compile.ts'
import { conditionVariables } from './conditions.ts'
import { STEP_KINDS } from './steps/catalogue.ts'
import type { Exit, StepKind } from './steps/step.ts'
import { renderAll, variablesOf } from './templates.ts'
import type { Scope } from './templates.ts'

/** A path leads into the journey's own document. */
export interface Finding extends Problem {
  journey: string
  severity: 'error' | 'warning'
  code: ErrorCode
}

/** Checks journeys one by one and against each other. */
export function lintJourneys(definitions: readonly JourneyDefinition[]): Finding[] {
  // A retired journey is entered by nobody, so its words are free; a paused one gets its own back.
  const open = definitions.filter((journey) => journey.status !== 'retired')
  return [...definitions.flatMap(lintJourney), ...lintDuplicates(definitions), ...lintKeywords(open), ...lintEntries(open)]
}

interface Node {
  name: string
  kind: StepKind
  step: unknown
  exits: Exit[]
}
type Report = (code: ErrorCode, path: Problem['path'], message: string, fix?: string) => Finding

function lintJourney(journey: JourneyDefinition): Finding[] {
  const nodes = nodesOf(journey)
  const report: Report = (code, path, message, fix) => ({
    journey: journey.journey,
    severity: WARNINGS.has(code) ? 'warning' : 'error',
    code,
    path,
    message,
    ...(fix === undefined ? {} : { fix }),
  })
  const own = [...nodes.values()].flatMap((node) =>
    (node.kind.lint?.(node.step) ?? []).map((found) => report(found.code, ['steps', node.name, ...found.path], found.message, found.fix)),
  )
  return [
    ...lintGraph(journey, nodes, report),
    ...own,
    ...lintVariables(journey, nodes, report),
    ...lintReplyWindow(journey, nodes, report),
    ...lintPause(journey, report),
  ]
}

const WARNINGS: ReadonlySet<ErrorCode> = new Set([
  'variable-may-be-missing',
  'keyword-language-tie',
  'outside-reply-window',
  'step-unreachable',
  'pause-outlives-window',
])

function nodesOf(journey: JourneyDefinition): Map<string, Node> {
  const nodes = new Map<string, Node>()
  for (const [name, { kind, step }] of journey.steps) {
    const found = STEP_KINDS.get(kind)
    if (found !== undefined) nodes.set(name, { name, kind: found, step, exits: found.exits(step) })
  }
  return nodes
}

function lintGraph(journey: JourneyDefinition, nodes: Map<string, Node>, report: Report): Finding[] {
  const findings: Finding[] = []
  const unknown = (path: Problem['path'], to: string): Finding =>
    report('step-unknown', path, `there is no step ${to}`, `the steps are ${[...nodes.keys()].join(', ')}`)
  if (!nodes.has(journey.start)) findings.push(unknown(['start'], journey.start))
  for (const node of nodes.values()) {
    for (const exit of node.exits)
      if (exit.to !== null && !nodes.has(exit.to)) findings.push(unknown(['steps', node.name, ...exit.path], exit.to))
  }
  const reached = reachable(journey.start, nodes)
  for (const node of nodes.values()) {
    const path = ['steps', node.name]
    if (!reached.has(node.name))
      findings.push(report('step-unreachable', path, `nothing leads to ${node.name}`, 'remove it, or branch to it'))
    else if (![...reachable(node.name, nodes)].some((name) => nodes.get(name)?.exits.some((exit) => exit.to === null) === true)) {
      findings.push(report('no-end', path, `no end can be reached from ${node.name}`, 'add a step such as done: { end: completed }'))
    }
    if (inLoopWithoutPause(node, nodes))
      findings.push(report('loop-without-pause', path, `${node.name} comes back to itself without an ask or a wait`))
  }
  return findings
}

function reachable(from: string, nodes: Map<string, Node>, follows: (node: Node, exit: Exit) => boolean = () => true): Set<string> {
  const seen = new Set<string>()
  const visit = (name: string): void => {
    const node = nodes.get(name)
    if (node === undefined || seen.has(name)) return
    seen.add(name)
    for (const exit of node.exits) if (exit.to !== null && follows(node, exit)) visit(exit.to)
  }
  visit(from)
  return seen
}

// Kinds with `receive` wait for something; every other kind goes on at once.
function inLoopWithoutPause(node: Node, nodes: Map<string, Node>): boolean {
  const goesOn = (each: Node, exit: Exit): boolean => each.kind.receive === undefined && exit.after === undefined
  return node.exits.some((exit) => exit.to !== null && goesOn(node, exit) && reachable(exit.to, nodes, goesOn).has(node.name))
}

function lintVariables(journey: JourneyDefinition, nodes: Map<string, Node>, report: Report): Finding[] {
  const saved = [...nodes.values()].map((node) => node.kind.saves?.(node.step) ?? {})
  const known: Record<string, readonly string[] | null> = {
    contact: null,
    answers: saved.flatMap((each) => each.answers ?? []),
    input: journey.input,
    number: ['id', 'displayNumber'],
    journey: ['id', 'name'],
  }
  const sample: Scope = {
    contact: Object.fromEntries([['id', 'x'], ['tags', []], ...saved.flatMap((each) => each.attributes ?? []).map((name) => [name, 'x'])]),
    answers: Object.fromEntries((known['answers'] ?? []).map((name) => [name, 'x'])),
    input: Object.fromEntries(journey.input.map((name) => [name, 'x'])),
    number: { id: 'x', displayNumber: 'x' },
    journey: { id: 'x', name: 'x' },
  }
  return [...nodes.values()].flatMap((node) =>
    (node.kind.texts?.(node.step) ?? []).flatMap(({ path, text, language }) => {
      const at = ['steps', node.name, ...path]
      const names = language === 'cel' ? conditionVariables(text) : variablesOf(text)
      const unknown = names.filter((name) => !isKnown(name, known))
      if (unknown.length > 0)
        return unknown.map((name) => report('variable-unknown', at, `${name.join('.')} is never set`, fixFor(name, known)))
      const missing = language === 'cel' ? null : missingAttribute(text, sample)
      return missing === null
        ? []
        : [report('variable-may-be-missing', at, `${missing} may have no value`, `{{ ${missing} | default: '…' }}`)]
    }),
  )
}

function isKnown(name: string[], known: Record<string, readonly string[] | null>): boolean {
  const [root = '', member] = name
  if (!Object.hasOwn(known, root)) return false
  const members = known[root]
  return members === null || members === undefined || member === undefined || members.includes(member)
}

function fixFor(name: string[], known: Record<string, readonly string[] | null>): string {
  const [root = ''] = name
  if (!Object.hasOwn(known, root)) return `variables start with ${Object.keys(known).join('., ')}.`
  return root === 'input' ? 'list it under input' : `${root} has ${(known[root] ?? []).join(', ') || 'nothing'}`
}

function missingAttribute(text: string, sample: Scope): string | null {
  const result = renderAll(text, sample)
  return result.kind === 'ok' ? null : (/undefined variable: (contact\.[\w.]+)/.exec(result.reason)?.[1] ?? null)
}

const WINDOW = 24 * 3_600_000

// The longest time that may have passed since the customer last wrote, per step; from a full window on it stays there.
function lintReplyWindow(journey: JourneyDefinition, nodes: Map<string, Node>, report: Report): Finding[] {
  const { keywords, referral, any } = journey.entry
  const byMessage = keywords !== undefined || referral !== undefined || any === true
  const elapsed = new Map<string, number>()
  const queue: { name: string; at: number }[] = [{ name: journey.start, at: byMessage ? 0 : WINDOW }]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { name, at } = next
    const node = nodes.get(name)
    if (node === undefined || (elapsed.get(name) ?? -1) >= at) continue
    elapsed.set(name, at)
    for (const exit of node.exits) {
      if (exit.to !== null) queue.push({ name: exit.to, at: exit.reply === true ? 0 : Math.min(WINDOW, at + (exit.after ?? 0)) })
    }
  }
  return [...nodes.values()]
    .filter((node) => node.kind.sends?.(node.step) === 'free-form' && elapsed.get(node.name) === WINDOW)
    .map((node) =>
      report(
        'outside-reply-window',
        ['steps', node.name],
        'the reply window may be closed when this is sent',
        'send a template, or wait less',
      ),
    )
}

function lintPause(journey: JourneyDefinition, report: Report): Finding[] {
  if (journey.pause.maxAge < WINDOW) return []
  const message = 'a reply that waits so long finds its reply window closed: neither the journey nor service could answer it in free form'
  return [report('pause-outlives-window', ['pause', 'maxAge'], message, 'wait less than 24h')]
}

function lintDuplicates(definitions: readonly JourneyDefinition[]): Finding[] {
  return definitions
    .filter((journey, at) => definitions.findIndex((other) => other.journey === journey.journey) < at)
    .map(({ journey }) => ({
      journey,
      severity: 'error',
      code: 'journey-duplicate',
      path: ['journey'],
      message: `another file defines ${journey}`,
    }))
}

function lintKeywords(definitions: readonly JourneyDefinition[]): Finding[] {
  const entries = definitions.flatMap((journey) =>
    (journey.entry.keywords ?? []).map((keyword, at) => ({ journey, keyword, at, form: formOf(keyword) })),
  )
  return entries.flatMap((entry, index) => {
    const { journey, keyword } = entry
    const rivals = entries
      .slice(0, index)
      .filter(
        (other) =>
          other.journey.journey !== journey.journey &&
          shareNumber(other.journey, journey) &&
          other.keyword.by === keyword.by &&
          other.keyword.priority === keyword.priority &&
          (other.form === entry.form || keyword.by === 'regex'),
      )
    return rivals.map((rival): Finding => {
      const byLanguage = rival.keyword.language !== keyword.language
      const same = keyword.by === 'regex' ? 'regular expressions of the same priority may both match' : `the same keyword as`
      return {
        journey: journey.journey,
        severity: byLanguage ? 'warning' : 'error',
        code: byLanguage ? 'keyword-language-tie' : 'keyword-collision',
        path: ['entry', 'keywords', entry.at],
        message: `${keyword.text}: ${same} ${rival.keyword.text} of ${rival.journey.journey}`,
        fix: 'give one of them a priority',
      }
    })
  })
}

function lintEntries(definitions: readonly JourneyDefinition[]): Finding[] {
  return definitions.flatMap((journey, index) => {
    const { entry } = journey
    const base = { journey: journey.journey, severity: 'error' as const }
    const others = definitions.slice(0, index).filter((other) => shareNumber(other, journey) && other.entry.priority === entry.priority)
    const rival = (name: 'any' | 'referral'): Finding[] =>
      others
        .filter((other) => entry[name] !== undefined && JSON.stringify(other.entry[name]) === JSON.stringify(entry[name]))
        .map((other) => ({
          ...base,
          code: 'entry-collision',
          path: ['entry', name],
          message: `${other.journey} takes the same messages`,
          fix: 'give one of them a priority',
        }))
    const byMessage = entry.keywords !== undefined || entry.referral !== undefined || entry.any === true
    const impossible: Finding[] =
      journey.input.length > 0 && byMessage
        ? [
            {
              ...base,
              code: 'entry-impossible',
              path: ['input'],
              message: 'a customer message gives no input',
              fix: 'remove the entry, or the input',
            },
          ]
        : []
    return [...rival('any'), ...rival('referral'), ...impossible]
  })
}

function shareNumber(a: JourneyDefinition, b: JourneyDefinition): boolean {
  return a.numbers === undefined || b.numbers === undefined || a.numbers.some((number) => b.numbers?.includes(number) === true)
}
