// Pure. Proves that the reply window is open whenever a journey sends free-form messages, or says where it may not be.
//
// For every step the analysis works out the most time that can have passed since the customer last wrote when a run arrives there,
// carried along every way through every journey until nothing grows any more. (The least is always nothing: a customer may write
// at any time.) A reply sets it to nothing; waits and time-outs add to it, and so do quiet hours before a message that is no answer;
// `window.open` as a condition bounds it. A message that is no answer may wait for a cap without bound. What service, upstream or a pause
// adds while a run is suspended is not in it: the gate refuses such a message, with an alarm.
import type { JourneyDefinition } from '../definition/journey.ts'
import { longestQuiet } from '../local-time.ts'
import type { Exit } from '../steps/step.ts'
import { nodesOf, reporter } from './finding.ts'
import type { Finding, Node } from './finding.ts'

export const WINDOW = 24 * 3_600_000
/** The provider's clock has whole seconds, messages travel, and the gate closes a little early. */
const SAFE = WINDOW - 60_000

/** How a run comes to a step. `answering`: in the same moment as a message of the customer. `awake`: in the same moment as a message of
 * its own journey, so outside of its quiet hours. `asleep`: at any time of the day. Quiet hours only matter to the last. */
type Mood = 'answering' | 'awake' | 'asleep'

/** `via`: the arrival that `most` comes from. */
interface Arrival {
  journey: JourneyDefinition
  node: Node
  mood: Mood
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

/** The most time since the customer wrote with which a run does what there is to do at each step of a journey. */
export function mostAt(definitions: readonly JourneyDefinition[], journey: string): Map<string, number> {
  const most = new Map<string, number>()
  for (const arrival of arrivalsOf(definitions, entriesOf(definitions)))
    if (arrival.journey.journey === journey) most.set(arrival.node.name, Math.max(most.get(arrival.node.name) ?? 0, acts(arrival)))
  return most
}

function entriesOf(definitions: readonly JourneyDefinition[]): (Seed & { journey: string })[] {
  return definitions.map((definition) => ({ journey: definition.journey, step: definition.start, most: atEntry(definition) }))
}

function unsafe(definitions: readonly JourneyDefinition[], arrivals: readonly Arrival[]) {
  return definitions.flatMap((journey) =>
    [...nodesOf(journey).values()].flatMap((node) => {
      if (node.kind.sends?.(node.step) !== 'free-form') return []
      const late = arrivals.filter((each) => each.journey.journey === journey.journey && each.node.name === node.name && acts(each) > SAFE)
      const [arrival] = late.toSorted((a, b) => acts(b) - acts(a))
      return arrival === undefined ? [] : [{ journey, node, arrival }]
    }),
  )
}

function arrivalsOf(definitions: readonly JourneyDefinition[], seeds: readonly (Seed & { journey: string })[]): Arrival[] {
  const byId = new Map(definitions.map((journey) => [journey.journey, { journey, nodes: nodesOf(journey) }]))
  const arrivals = new Map<string, Arrival>()
  const queue: Arrival[] = []
  const limit = [...byId.values()].reduce((sum, { nodes }) => sum + 3 * nodes.size, 1)

  function arrive(id: string, step: string, mood: Mood, most: number, via: Arrival | null): void {
    const found = byId.get(id)
    const node = found?.nodes.get(step)
    if (found === undefined || node === undefined) return
    const key = `${id}/${step}/${mood}`
    const known = arrivals.get(key)
    if (known === undefined) {
      const arrival = { journey: found.journey, node, mood, most, via, raised: 0 }
      arrivals.set(key, arrival)
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

  for (const { journey, step, most } of seeds) arrive(journey, step, most === 0 ? 'answering' : 'asleep', most, null)
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    for (const exit of from.node.exits) {
      const { mood, most } = passed(from, exit)
      if (exit.to !== null) arrive(from.journey.journey, exit.to, mood, most, from)
    }
    const other = byId.get(from.node.kind.starts?.(from.node.step).journey ?? '')?.journey
    // Another journey has other quiet hours.
    if (other !== undefined) arrive(other.journey, other.start, from.mood === 'answering' ? from.mood : 'asleep', from.most, from)
  }
  return [...arrivals.values()]
}

/** How long after the customer wrote the step does what it does: a message that is no answer waits for the end of quiet hours. */
function acts({ node, journey, mood, most }: Arrival): number {
  const { quietHours, messageCap } = journey
  if (node.kind.sends?.(node.step) === undefined) return most
  // Others may take the room that it waited for, again and again.
  if (messageCap?.otherwise === 'wait' && mood !== 'answering') return Infinity
  return quietHours === undefined || mood !== 'asleep' ? most : most + longestQuiet(quietHours)
}

/** A message begins at nothing. Who is brought in by API or an event may never have written. */
function atEntry({ entry, input }: JourneyDefinition): number {
  const byMessage = entry.keywords !== undefined || entry.referral !== undefined || entry.any === true
  return byMessage && entry.event === undefined && input.length === 0 ? 0 : Infinity
}

function passed(from: Arrival, exit: Exit): { mood: Mood; most: number } {
  if (exit.reply === true) return { mood: 'answering', most: 0 }
  const most = acts(from)
  if (exit.after !== undefined) return { mood: 'asleep', most: most + exit.after }
  const mood = from.mood === 'asleep' && from.node.kind.sends?.(from.node.step) !== undefined ? 'awake' : from.mood
  return { mood, most: exit.window === 'open' ? Math.min(most, SAFE) : most }
}

/** Whether a way leads through here already: the way shown must not go round in circles. */
function isBefore(arrival: Arrival, via: Arrival | null): boolean {
  for (let at = via; at !== null; at = at.via) if (at === arrival) return true
  return false
}

function since(arrival: Arrival): string {
  const most = acts(arrival)
  if (most === Infinity) return 'nothing bounds the time since the customer wrote'
  let quiet = false
  for (let at: Arrival | null = arrival; at !== null; at = at.via) quiet ||= acts(at) > at.most
  return `up to ${Math.round(most / 360_000) / 10} h after the customer wrote${quiet ? ', quiet hours included' : ''}`
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
