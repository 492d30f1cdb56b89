// Pure. Who gets what. Work goes by priority, then age; each piece goes to the eligible agent its queue's model prefers.
// Eligible: in a status in which this work is offered, a member of the queue (or the one agent it is meant for), able, with enough capacity
// left, and not one who just passed on it. Work that waits for its queue to open has nobody, and work that is reserved for the agent the
// customer had nobody else.
// Queues whose work is not Baton's to give out are left alone (`givesOut`).
// Work-conserving: afterwards no queued piece has an eligible agent left. As that was so before, only what changed since can be matched: work
// that was looked at, with anybody, and agents who were looked at, with anything that waits where they serve.
// What is learnt of a queue in a round (who of its members still has room, what nobody is able to do) holds to its end, because room only
// shrinks: thousands may wait in full queues, and are passed over without a look at any agent.
import type { AgentSettings, OmniConfig, QueueSettings } from '../config/settings.ts'
import { serves, servesNumber, servesQueue } from './availability.ts'
import { byAge, ageOf, keyOf, placeOf } from './group.ts'
import type { Group } from './group.ts'
import { abilitiesOf, needsOf, weightOf } from './needs.ts'
import type { Outlook } from './outlook.ts'
import type { AgentState, Item } from './state.ts'
import type { Look } from './turn.ts'

export interface Match {
  item: Item
  agentId: string
}

interface Candidate {
  settings: AgentSettings
  state: AgentState
}

/** One round. */
interface Round {
  group: Group
  config: OmniConfig
  now: number
  free: Outlook['free']
  /** Some status is bound to numbers, so that work of one number may have nobody where work of another has. */
  bindsNumbers: boolean
  /** Units in use by whoever got work in this round. */
  used: Map<string, number>
  /** Who got full in this round. */
  full: Set<string>
  /** Members who had room at its beginning, by queue. */
  members: Map<QueueSettings, Candidate[]>
  /** What nobody with room in a queue is able to do. */
  hopeless: Map<QueueSettings, Set<string>>
  /** Who was served last in a queue, in this round. */
  served: Map<string, string>
  /** Agents who got work in this round, the later the higher. */
  touched: Map<string, number>
}

/** Matches as many queued items as can be matched now. `look`: what changed since nothing was left to match. The group is only read. */
export function assign(group: Group & { outlook: Outlook }, look: Pick<Look, 'items' | 'agents'>, now: number): Match[] {
  const { config, free } = group.outlook
  const round: Round = {
    group,
    config,
    now,
    free,
    bindsNumbers: [...config.presence.statuses.values()].some(({ numbers }) => numbers !== null),
    used: new Map(),
    full: new Set(),
    members: new Map(),
    hopeless: new Map(),
    served: new Map(),
    touched: new Map(),
  }
  const matches: Match[] = []
  for (const item of inOrder(sourcesOf(round, look), round)) {
    if (round.full.size === free.size) break
    if (matches.at(-1)?.item === item) continue // found twice in a row: as what was looked at, and in its place
    const chosen = candidateFor(round, item)
    if (chosen === null) continue
    const agentId = chosen.settings.id
    matches.push({ item, agentId })
    const used = usedBy(round, chosen) + weightOf(item, config)
    round.used.set(agentId, used)
    if (used >= chosen.settings.capacity) round.full.add(agentId)
    round.touched.set(agentId, matches.length)
    if (item.place.kind === 'queue') round.served.set(item.place.id, agentId)
  }
  return matches
}

/** Whether Baton finds the agents for work of this place: not while a routing engine elsewhere does, nor where it is to wait for one. */
function givesOut({ engines }: Pick<Group, 'engines'>, { queues }: OmniConfig, key: string): boolean {
  const queue = key.startsWith(QUEUE) ? queues.get(key.slice(QUEUE.length)) : undefined
  return queue === undefined || (queue.routing !== 'wait' && engines.get(queue.id) === undefined)
}
const QUEUE = 'queue:'

export function hasJustPassed(item: Item, agentId: string, now: number): boolean {
  return item.passed.some((pass) => pass.agentId === agentId && pass.until > now)
}

/** Work of one place, the oldest first. Work meant for one agent goes before work of queues. */
interface Source {
  priority: number
  queue: QueueSettings | undefined
  work: Iterator<Item>
  /** Of interest while one of these has room; null: while anybody has. */
  agents: readonly string[] | null
}

function sourcesOf(round: Round, look: Pick<Look, 'items' | 'agents'>): Source[] {
  const { group, config, free } = round
  if (free.size === 0) return []
  const agents = new Map<string, string[]>()
  for (const agentId of look.agents) {
    if (!free.has(agentId)) continue
    for (const key of placesServed(config, agentId)) {
      if (!givesOut(group, config, key)) continue
      const known = agents.get(key)
      if (known === undefined) agents.set(key, [agentId])
      else known.push(agentId)
    }
  }
  const sources = [...agents].map(([key, serving]) => sourceOf(config, key, placeOf(group, key).ready, serving))
  const others = [...look.items].flatMap((sessionId) => {
    const item = group.items.get(sessionId)
    return item?.state.kind === 'queued' && !item.untilOpen ? [item] : []
  })
  for (const [key, items] of Map.groupBy(others, keyOf))
    if (givesOut(group, config, key)) sources.push(sourceOf(config, key, items.toSorted(byItemAge), null))
  return sources
}

function sourceOf(config: OmniConfig, key: string, work: Iterable<Item>, agents: readonly string[] | null): Source {
  const queue = key.startsWith(QUEUE) ? config.queues.get(key.slice(QUEUE.length)) : undefined
  const priority = key.startsWith('agent:') ? -1 : (queue?.priority ?? Infinity)
  return { priority, queue, work: work[Symbol.iterator](), agents }
}

/** In the order in which they are tried. Places for which nobody is left are skipped as a whole. */
function* inOrder(sources: readonly Source[], round: Round): Generator<Item> {
  const open = sources.flatMap((source) => headOf(source) ?? [])
  while (open.length > 0) {
    const best = open.reduce((first, other) => (goesBefore(other, first) ? other : first))
    if (!isOver(best.source, round)) yield best.item
    const next = isOver(best.source, round) ? null : headOf(best.source)
    if (next === null) open.splice(open.indexOf(best), 1)
    else best.item = next.item
  }
}

interface Head {
  source: Source
  item: Item
}

function headOf(source: Source): Head | null {
  const next = source.work.next()
  return next.done === true ? null : { source, item: next.value }
}

function goesBefore(a: Head, b: Head): boolean {
  return a.source.priority === b.source.priority ? byItemAge(a.item, b.item) < 0 : a.source.priority < b.source.priority
}

function byItemAge(a: Item, b: Item): number {
  return byAge(ageOf(a), ageOf(b))
}

function isOver({ queue, agents }: Source, { full, hopeless }: Round): boolean {
  return (queue !== undefined && hopeless.get(queue)?.has('') === true) || (agents !== null && agents.every((id) => full.has(id)))
}

const placesByAgent = new WeakMap<OmniConfig, ReadonlyMap<string, string[]>>()
/** Keys of the places whose work this agent may get. A configuration never changes. */
export function placesServed(config: OmniConfig, agentId: string): readonly string[] {
  const known = placesByAgent.get(config)
  if (known !== undefined) return known.get(agentId) ?? []
  const found = new Map([...config.agents.keys()].map((id) => [id, [`agent:${id}`]]))
  for (const { id, members } of config.queues.values()) for (const member of members) found.get(member)?.push(`queue:${id}`)
  placesByAgent.set(config, found)
  return found.get(agentId) ?? []
}

/** Members of a queue who had room for its work when the round began. */
function membersOf(round: Round, queue: QueueSettings): Candidate[] {
  const known = round.members.get(queue)
  if (known !== undefined) return known
  const { free, config } = round
  const key = `queue:${queue.id}`
  const ids =
    free.size < queue.members.length
      ? [...free].flatMap(({ agentId }) => (placesServed(config, agentId).includes(key) ? [agentId] : []))
      : queue.members.filter((id) => free.has(id))
  const found = ids.flatMap((id) => candidateOf(round, id) ?? []).filter(({ state }) => servesQueue(state, queue.id, config))
  round.members.set(queue, found)
  return found
}

function candidateOf({ group, config, free }: Round, agentId: string): Candidate | null {
  const settings = config.agents.get(agentId)
  const state = group.agents.get(agentId)
  return settings === undefined || state === undefined || !free.has(agentId) ? null : { settings, state }
}

function candidateFor(round: Round, item: Item): Candidate | null {
  const { config, now } = round
  const queue = item.place.kind === 'queue' ? config.queues.get(item.place.id) : undefined
  if (queue === undefined) {
    const meant = item.place.kind === 'agent' ? candidateOf(round, item.place.id) : null
    return meant !== null && mayHave(round, meant, item) && !hasJustPassed(item, item.place.id, now) ? meant : null
  }
  const needs = needsOf(item, queue, now)
  const hopeless = round.hopeless.get(queue)
  const asked = round.bindsNumbers ? `${item.number} ${needs.join(' ')}` : needs.join(' ')
  if (hopeless?.has(asked) === true) return null
  const able = membersOf(round, queue).filter(
    (candidate) => mayHave(round, candidate, item) && needs.every((need) => abilitiesOf(candidate.settings).has(need)),
  )
  if (able.length === 0) {
    round.hopeless.set(queue, (hopeless ?? new Set()).add(asked))
    return null
  }
  const eligible = able.filter(({ settings }) => !hasJustPassed(item, settings.id, now))
  if (isReserved(round, item, queue)) return eligible.find(({ settings }) => settings.id === item.prefer) ?? null
  return choose(eligible, item, queue, round)
}

/** It waits for the agent the customer had, who is there, may have it, and has not passed on it. */
function isReserved({ group, config, now }: Round, item: Item, queue: QueueSettings): boolean {
  const { prefer, reservedUntil } = item
  if (prefer === null || reservedUntil === null || reservedUntil <= now) return false
  const entry = group.agents.get(prefer)
  if (entry === undefined || !serves(entry, item, config)) return false
  const settings = config.agents.get(prefer)
  if (settings === undefined || !queue.members.includes(prefer) || item.passed.some(({ agentId }) => agentId === prefer)) return false
  return needsOf(item, queue, now).every((need) => abilitiesOf(settings).has(need))
}

/** They have room for it, and a status in which work of its number is offered. */
function mayHave(round: Round, candidate: Candidate, item: Item): boolean {
  const { config } = round
  return (
    usedBy(round, candidate) + weightOf(item, config) <= candidate.settings.capacity && servesNumber(candidate.state, item.number, config)
  )
}

function usedBy({ used, free }: Round, { settings }: Candidate): number {
  return used.get(settings.id) ?? free.get(settings.id)?.used ?? 0
}

function choose(eligible: Candidate[], item: Item, queue: QueueSettings, round: Round): Candidate | null {
  const preferred = eligible.find(({ settings }) => settings.id === item.prefer)
  if (preferred !== undefined) return preferred
  // Somebody who has not passed on it yet goes before somebody who has.
  const fresh = eligible.filter(({ settings }) => !item.passed.some((pass) => pass.agentId === settings.id))
  const rank = rankBy(queue, round)
  const ranked = (fresh.length > 0 ? fresh : eligible).map((candidate) => ({ candidate, rank: rank(candidate) }))
  if (ranked.length === 0) return null
  return ranked.reduce((best, other) => (isBefore(other, best) ? other : best)).candidate
}

interface Ranked {
  candidate: Candidate
  rank: number[]
}

function isBefore(a: Ranked, b: Ranked): boolean {
  const at = a.rank.findIndex((value, index) => value !== b.rank[index])
  return at === -1 ? a.candidate.settings.id < b.candidate.settings.id : (a.rank[at] as number) < (b.rank[at] as number)
}

/** Lower ranks go first; ties go to whoever has waited longest for work. */
function rankBy(queue: QueueSettings, round: Round): (candidate: Candidate) => number[] {
  const idle = ({ settings, state }: Candidate) => [round.touched.get(settings.id) ?? 0, state.lastWorkAt]
  switch (queue.routing) {
    case 'most-available':
      return (candidate) => [usedBy(round, candidate) - candidate.settings.capacity, ...idle(candidate)]
    case 'round-robin': {
      const places = placesIn(queue)
      const last = places.get(round.served.get(queue.id) ?? round.group.served.get(queue.id)?.agentId ?? '') ?? -1
      return ({ settings }) => [((places.get(settings.id) ?? 0) - last - 1 + places.size) % places.size]
    }
    case 'longest-idle':
      return idle
    default:
      return (candidate) => [usedBy(round, candidate), ...idle(candidate)]
  }
}

const placesByQueue = new WeakMap<QueueSettings, ReadonlyMap<string, number>>()
/** Where each member stands in the list. A queue's settings never change; another publication makes others. */
function placesIn(queue: QueueSettings): ReadonlyMap<string, number> {
  const known = placesByQueue.get(queue)
  if (known !== undefined) return known
  const places = new Map(queue.members.map((id, index) => [id, index]))
  placesByQueue.set(queue, places)
  return places
}
