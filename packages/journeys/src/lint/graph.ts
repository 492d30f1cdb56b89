// Pure. Whether the steps lead anywhere: to steps that exist, from the start, to an end, and not round in circles.
import type { JourneyDefinition, Problem } from '../definition/journey.ts'
import type { Exit } from '../steps/step.ts'
import { nodesOf, reporter } from './finding.ts'
import type { Finding, Node, Report } from './finding.ts'

export function lintGraph(journey: JourneyDefinition, nodes: Map<string, Node>, report: Report): Finding[] {
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
    if (inLoopWithoutPause(node, nodes, journey))
      findings.push(report('loop-without-pause', path, `${node.name} comes back to itself without an ask or a wait`))
  }
  return findings
}

/** The steps that can be reached from one, and it. */
export function reachable(from: string, nodes: Map<string, Node>, follows: (node: Node, exit: Exit) => boolean = () => true): Set<string> {
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

function inLoopWithoutPause(node: Node, nodes: Map<string, Node>, journey: JourneyDefinition): boolean {
  const follows = goesOn(journey)
  return node.exits.some((exit) => exit.to !== null && follows(node, exit) && reachable(exit.to, nodes, follows).has(node.name))
}

/** Ways that take no time. Kinds with `receive` wait for something; every other kind goes on at once. */
function goesOn({ messageCap }: JourneyDefinition): (node: Node, exit: Exit) => boolean {
  const skips = messageCap?.otherwise === 'skip'
  return ({ kind }, exit) =>
    exit.atOnce === true || (skips && exit.unsent === true) || (kind.receive === undefined && exit.after === undefined)
}

/** Journeys that start each other round in circles, without an ask or a wait on the way: a call between them lets that go on for ever. */
export function lintStartLoops(definitions: readonly JourneyDefinition[]): Finding[] {
  const starts = new Map(definitions.map((journey) => [journey.journey, startsAtOnce(journey)]))
  const comesTo = (from: string, goal: string, seen: Set<string>): boolean => {
    if (from === goal) return true
    if (seen.has(from)) return false
    seen.add(from)
    return (starts.get(from) ?? []).some(({ to }) => comesTo(to, goal, seen))
  }
  return definitions.flatMap((journey) =>
    (starts.get(journey.journey) ?? [])
      .filter(({ to }) => comesTo(to, journey.journey, new Set()))
      .map(({ to, path }) => {
        const message = to === journey.journey ? 'starts itself' : `starts ${to}, which leads back here`
        return reporter(journey)(
          'loop-without-pause',
          path,
          `${message} without an ask or a wait`,
          'put a wait between, or limit entry.reEntry',
        )
      }),
  )
}

/** What a journey starts in the moment it begins; nothing where it may not be entered again. A cap is no such limit: while the customer
 * writes nobody is kept out by it. */
function startsAtOnce(journey: JourneyDefinition): { to: string; path: Problem['path'] }[] {
  if (journey.entry.reEntry !== 'always') return []
  const nodes = nodesOf(journey)
  return [...reachable(journey.start, nodes, goesOn(journey))].flatMap((name) => {
    const node = nodes.get(name)
    const start = node?.kind.starts?.(node.step)
    return start === undefined ? [] : [{ to: start.journey, path: ['steps', name, ...start.path] }]
  })
}
