// Pure. Whether the steps lead anywhere: to steps that exist, from the start, to an end, and not round in circles.
import type { JourneyDefinition, Problem } from '../definition/journey.ts'
import type { Exit } from '../steps/step.ts'
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
    if (inLoopWithoutPause(node, nodes, journey.messageCap?.otherwise === 'skip'))
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

// Kinds with `receive` wait for something; every other kind goes on at once.
function inLoopWithoutPause(node: Node, nodes: Map<string, Node>, skips: boolean): boolean {
  const goesOn = (each: Node, exit: Exit): boolean =>
    exit.atOnce === true || (skips && exit.unsent === true) || (each.kind.receive === undefined && exit.after === undefined)
  return node.exits.some((exit) => exit.to !== null && goesOn(node, exit) && reachable(exit.to, nodes, goesOn).has(node.name))
}
