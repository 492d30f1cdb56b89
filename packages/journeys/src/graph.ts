// Pure. A journey as a Mermaid flow chart.
import type { JourneyDefinition } from './definition/journey.ts'
import { STEP_KINDS } from './steps/catalogue.ts'

/** Mermaid text, one node a step; branches that leave the journey get a node of their own. */
export function journeyGraph(journey: JourneyDefinition): string {
  const names = [...journey.steps.keys()]
  // Step names may be words Mermaid keeps for itself, such as `end`.
  const node = (name: string): string => `s${names.indexOf(name)}`
  const lines = ['flowchart TD', `  start((${quote(journey.name)})) --> ${node(journey.start)}`]
  for (const [name, { kind, step }] of journey.steps) {
    const found = STEP_KINDS.get(kind)
    if (found === undefined) continue
    lines.push(`  ${node(name)}[${quote(`${name} · ${kind}`)}]`)
    for (const [at, exit] of found.exits(step).entries()) {
      const label = exit.label === '' || kind === 'end' ? '' : `|${quote(exit.label)}|`
      if (exit.to !== null) lines.push(`  ${node(name)} -->${label} ${node(exit.to)}`)
      else lines.push(`  ${node(name)} -->${label} ${node(name)}x${at}([${quote(kind === 'end' ? exit.label : 'leaves')}])`)
    }
  }
  return `${lines.join('\n')}\n`
}

function quote(text: string): string {
  return `"${text.replace(/"/g, '#quot;')}"`
}
