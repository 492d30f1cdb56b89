// Pure. Proves that the reply window is open whenever a journey sends free-form messages, or says where it may not be.
//
// For every step the analysis works out the most time that can have passed since the customer last wrote when a run arrives there,
// carried along every way through every journey until nothing grows any more. (The least is always nothing: a customer may write
// at any time.) A reply sets it to nothing; waits and time-outs add to it; `window.open` as a condition bounds it. What service,
// upstream or a pause adds while a run is suspended is not in it: the gate refuses such a message, with an alarm.
import type { JourneyDefinition } from '../definition/journey.ts'
import type { Exit } from '../steps/step.ts'
import { nodesOf, reporter } from './finding.ts'
import type { Finding, Node } from './finding.ts'

export const WINDOW = 24 * 3_600_000
/** The provider's clock has whole seconds, messages travel, and the gate closes a little early. */
const SAFE = WINDOW - 60_000

/** `via`: the arrival that `most` comes from. */
interface Arrival {
  journey: JourneyDefinition
  node: Node
  most: number
  via: Arrival | null
  raised: number
}

/** Every free-form message that may be due outside the window, in the order written. */
export function lintReplyWindows(definitions: readonly JourneyDefinition[]): Finding[] {
  const arrivals = arrivalsOf(definitions, entriesOf(definitions))
  return unsafe(definitions, arrivals).map(({ journey, node, arrival }) =>
    reporter(journey)(
      'outside-reply-window',
      ['steps', node.name],
      `the reply window may be closed when this is sent: ${since(arrival)} (${wayTo(arrival, entryName(firstOf(arrival).journey))})`,
      'send a template, wait less, or branch on window.open before it',
    ),
  )
}

/** A run that comes to a step of a journey otherwise than by its entry, at most so long after the customer wrote. */
export interface Seed {
  step: string
  most: number
}

/** What may be sent too late by runs that come in by these seeds only. */
export function lintArrivals(definitions: readonly JourneyDefinition[], journey: string, seeds: readonly Seed[]): string[] {
  const arrivals = arrivalsOf(
    definitions,
    seeds.map((seed) => ({ journey, ...seed })),
  )
  return unsafe(definitions, arrivals).map(
    ({ arrival }) => `the reply window may be closed on the way: ${since(arrival)} (${wayTo(arrival, 'a move')})`,
  )
}

/** The most time since the customer wrote with which a run comes to each step of a journey. */
export function mostAt(definitions: readonly JourneyDefinition[], journey: string): Map<string, number> {
  const arrivals = [...arrivalsOf(definitions, entriesOf(definitions)).values()].filter((arrival) => arrival.journey.journey === journey)
  return new Map(arrivals.map(({ node, most }) => [node.name, most]))
}

function entriesOf(definitions: readonly JourneyDefinition[]): (Seed & { journey: string })[] {
  return definitions.map((definition) => ({ journey: definition.journey, step: definition.start, most: atEntry(definition) }))
}

function unsafe(definitions: readonly JourneyDefinition[], arrivals: Map<string, Arrival>) {
  return definitions.flatMap((journey) =>
    [...nodesOf(journey).values()].flatMap((node) => {
      const arrival = arrivals.get(keyOf(journey, node.name))
      return node.kind.sends?.(node.step) !== 'free-form' || arrival === undefined || arrival.most <= SAFE
        ? []
        : [{ journey, node, arrival }]
    }),
  )
}

function keyOf(journey: JourneyDefinition, step: string): string {
  return `${journey.journey}/${step}`
}

function arrivalsOf(definitions: readonly JourneyDefinition[], seeds: readonly (Seed & { journey: string })[]): Map<string, Arrival> {
  const byId = new Map(definitions.map((journey) => [journey.journey, { journey, nodes: nodesOf(journey) }]))
  const arrivals = new Map<string, Arrival>()
  const queue: Arrival[] = []
  const limit = [...byId.values()].reduce((sum, { nodes }) => sum + nodes.size, 1)

  function arrive(id: string, step: string, most: number, via: Arrival | null): void {
    const found = byId.get(id)
    const node = found?.nodes.get(step)
    if (found === undefined || node === undefined) return
    const known = arrivals.get(keyOf(found.journey, step))
    if (known === undefined) {
      const arrival = { journey: found.journey, node, most, via, raised: 0 }
      arrivals.set(keyOf(found.journey, step), arrival)
      queue.push(arrival)
      return
    }
    if (most <= known.most) return
    known.raised += 1
    // Raised more often than there are steps, it is in a loop that adds time without the customer writing: it has no bound.
    known.most = known.raised > limit ? Infinity : most
    if (!isBefore(known, via)) known.via = via
    queue.push(known)
  }

  for (const { journey, step, most } of seeds) arrive(journey, step, most, null)
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    for (const exit of from.node.exits) if (exit.to !== null) arrive(from.journey.journey, exit.to, passed(from, exit), from)
    const other = byId.get(from.node.kind.starts?.(from.node.step).journey ?? '')?.journey
    if (other !== undefined) arrive(other.journey, other.start, from.most, from)
  }
  return arrivals
}

/** A message begins at nothing. Who is brought in by API or an event may never have written. */
function atEntry({ entry, input }: JourneyDefinition): number {
  const byMessage = entry.keywords !== undefined || entry.referral !== undefined || entry.any === true
  return byMessage && entry.event === undefined && input.length === 0 ? 0 : Infinity
}

function passed({ most }: Arrival, exit: Exit): number {
  if (exit.reply === true) return 0
  return exit.window === 'open' ? Math.min(most, SAFE) : most + (exit.after ?? 0)
}

/** Whether a way leads through here already: the way shown must not go round in circles. */
function isBefore(arrival: Arrival, via: Arrival | null): boolean {
  for (let at = via; at !== null; at = at.via) if (at === arrival) return true
  return false
}

function since({ most }: Arrival): string {
  return most === Infinity
    ? 'nothing bounds the time since the customer wrote'
    : `up to ${Math.round(most / 360_000) / 10} h after the customer wrote`
}

/** `a message → offer → remind`. */
function wayTo(arrival: Arrival, from: string): string {
  const steps: string[] = []
  for (let at: Arrival | null = arrival; at !== null; at = at.via)
    steps.unshift(at.journey === arrival.journey ? at.node.name : `${at.journey.journey}.${at.node.name}`)
  return [from, ...steps].join(' → ')
}

function entryName(journey: JourneyDefinition): string {
  return journey.entry.event ?? (atEntry(journey) === 0 ? 'a message' : 'the API')
}

function firstOf(arrival: Arrival): Arrival {
  let first = arrival
  while (first.via !== null) first = first.via
  return first
}
