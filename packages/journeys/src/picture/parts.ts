// Pure. A journey as boxes and the ways between them, for whoever draws it.
import type { JourneyDefinition } from '../definition/journey.ts'
import { nodesOf } from '../lint/finding.ts'
import type { Node } from '../lint/finding.ts'

/** `kind`: that of a step, `entry`, or `away` for what a branch leaves the journey by. */
export interface Part {
  id: string
  kind: string
  title: string
  /** What it says or does; may be empty. */
  says: string
}

/** `labels`: of all the branches that lead this way. */
export interface Way {
  from: string
  to: string
  labels: string[]
}

const ENTRY = 'entry'

export function partsOf(journey: JourneyDefinition): { parts: Part[]; ways: Way[] } {
  const nodes = nodesOf(journey)
  const parts: Part[] = [{ id: ENTRY, kind: 'entry', title: journey.name, says: entryOf(journey) }]
  const ways = new Map<string, Way>()
  const lead = (from: string, to: string, label: string): void => {
    const way = ways.get(`${from} ${to}`) ?? { from, to, labels: [] }
    ways.set(`${from} ${to}`, { ...way, labels: label === '' ? way.labels : [...way.labels, label] })
  }
  if (nodes.has(journey.start)) lead(ENTRY, `step ${journey.start}`, '')
  for (const node of nodes.values()) {
    parts.push({ id: `step ${node.name}`, kind: node.kind.kind, title: node.name, says: node.kind.shows?.(node.step) ?? '' })
    for (const { to, label, title } of awayFrom(node)) {
      const id = `away ${node.name} ${title}`
      if (!parts.some((part) => part.id === id)) parts.push({ id, kind: 'away', title, says: '' })
      lead(`step ${node.name}`, to ?? id, label)
    }
    for (const exit of node.exits) if (exit.to !== null && nodes.has(exit.to)) lead(`step ${node.name}`, `step ${exit.to}`, exit.label)
  }
  return { parts, ways: [...ways.values()] }
}

/** Branches that leave the journey; an end needs none, it is where the journey is left. */
function awayFrom({ kind, exits }: Node): { to: null; label: string; title: string }[] {
  if (kind.kind === 'end') return []
  return exits.flatMap(({ to, label, away }) => {
    if (to !== null) return []
    return [{ to, label: away === undefined ? label : label.replace(/(: )?to .*$/, ''), title: away?.join(', ') ?? 'the run ends' }]
  })
}

function entryOf({ entry, input }: JourneyDefinition): string {
  const ways = [
    ...(entry.keywords ?? []).map(({ text }) => text),
    ...(entry.referral === undefined ? [] : ['an advertisement']),
    ...(entry.any === undefined ? [] : ['any message']),
    ...(entry.event === undefined ? [] : [`event ${entry.event}`]),
  ]
  return [ways.length === 0 ? 'by API' : ways.join(', '), ...(input.length === 0 ? [] : [`with ${input.join(', ')}`])].join(' · ')
}
