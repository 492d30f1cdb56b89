// Pure. What work asks of an agent: skills of its queue and of its hand-off, and the customer's language. Some are relaxed with time, so
// that nobody waits for ever for an expert.
import type { AgentSettings, OmniConfig, QueueSettings } from '../config/settings.ts'
import type { Item } from './state.ts'

/** Skills and languages in one set of names; no skill contains a colon. */
export function abilitiesOf(agent: AgentSettings): ReadonlySet<string> {
  const known = abilities.get(agent)
  if (known !== undefined) return known
  const found = new Set([...agent.skills, ...agent.languages.map(languageNeed)])
  abilities.set(agent, found)
  return found
}

/** An agent's settings never change; another publication makes others. */
const abilities = new WeakMap<AgentSettings, ReadonlySet<string>>()

/** What is still asked of whoever takes it at `now`. */
export function needsOf(item: Item, queue: QueueSettings | undefined, now: number): string[] {
  return standingNeeds(item, queue, now).map(({ need }) => need)
}

/** The same, with until when; null: for good. */
export function standingNeeds(item: Item, queue: QueueSettings | undefined, now: number): readonly Need[] {
  return allNeeds(item, queue).filter(({ until }) => until === null || now < until)
}

/** When less is asked next; null: never. */
export function nextRelaxation(item: Item, queue: QueueSettings | undefined, now: number): number | null {
  const moments = allNeeds(item, queue).flatMap(({ until }) => (until !== null && until > now ? [until] : []))
  return moments.length === 0 ? null : Math.min(...moments)
}

/** Capacity units that work takes: what its queue says, and one without a queue. */
export function weightOf({ place }: Pick<Item, 'place'>, config: OmniConfig): number {
  return place.kind === 'queue' ? (config.queues.get(place.id)?.weight ?? 1) : 1
}

export interface Need {
  need: string
  until: number | null
}

/** Most work does, and this is asked of every piece that waits, at every event. */
function asksForNothing(item: Item, { skills, language }: QueueSettings): boolean {
  return skills.length === 0 && item.skills.length === 0 && (language === null || item.language === null)
}
const NO_NEEDS: readonly Need[] = []

/** Skills named by a hand-off are asked for like those of the queue that are not relaxed. Work for one agent asks for nothing else. */
function allNeeds(item: Item, queue: QueueSettings | undefined): readonly Need[] {
  if (queue === undefined || asksForNothing(item, queue)) return NO_NEEDS
  const until = (after: number | null) => (after === null ? null : item.waitingFrom + after)
  const { language } = queue
  return [
    ...queue.skills.map(({ skill, relaxAfterMs }) => ({ need: skill, until: until(relaxAfterMs) })),
    ...item.skills.map((skill) => ({ need: skill, until: null })),
    ...(language === null || item.language === null ? [] : [{ need: languageNeed(item.language), until: until(language.relaxAfterMs) }]),
  ]
}

function languageNeed(language: string): string {
  return `language:${language}`
}
