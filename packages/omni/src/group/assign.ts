// Pure. Who gets what. Work goes by priority, then age; each piece goes to the eligible agent its queue's model prefers.
// Eligible: online, a member of the queue (or the one agent it is meant for), able, with enough capacity left, and not one who just passed
// on it. Work that waits for its queue to open has nobody.
// Work-conserving: afterwards no queued piece has an eligible agent left.
// What is learnt of a queue in a round (who of its members still has room, what nobody is able to do) holds to its end, because room only
// shrinks: thousands may wait in full queues, and are passed over without a look at any agent.
import type { AgentSettings, OmniConfig, QueueSettings } from '../config/settings.ts'
import { abilitiesOf, needsOf, weightOf } from './needs.ts'
import type { AgentState, GroupState, Item } from './state.ts'
import { loads } from './state.ts'

export interface Match {
  sessionId: string
  agentId: string
}

interface Candidate {
  settings: AgentSettings
  state: AgentState
}

/** One round. */
interface Round {
  config: OmniConfig
  now: number
  load: Map<string, number>
  /** Whoever is online and not full. */
  free: Map<string, Candidate>
  /** Members who had room at its beginning, by queue. */
  members: Map<QueueSettings, Candidate[]>
  /** What nobody with room in a queue is able to do. */
  hopeless: Map<QueueSettings, Set<string>>
  /** Who was served last in a queue. */
  served: Map<string, string>
  /** Agents who got work in this round, the later the higher. */
  touched: Map<string, number>
}

/** Matches as many queued items as can be matched now. The state is only read. */
export function assign(state: GroupState, config: OmniConfig, now: number): Match[] {
  const load = loads(state, config)
  const round: Round = {
    config,
    now,
    load,
    free: freeAgents(state, config, load),
    members: new Map(),
    hopeless: new Map(),
    served: new Map(state.served.map(({ queueId, agentId }) => [queueId, agentId])),
    touched: new Map(),
  }
  if (round.free.size === 0) return []
  const matches: Match[] = []
  const open = state.items.filter((item) => item.state.kind === 'queued' && !item.untilOpen && hasMembers(round, item))
  for (const item of inOrder(open, config)) {
    if (round.free.size === 0) break
    const chosen = candidateFor(round, item)
    if (chosen === null) continue
    const agentId = chosen.settings.id
    matches.push({ sessionId: item.sessionId, agentId })
    const used = usedBy(round, chosen) + weightOf(item, config)
    load.set(agentId, used)
    if (used >= chosen.settings.capacity) round.free.delete(agentId)
    round.touched.set(agentId, matches.length)
    if (item.place.kind === 'queue') round.served.set(item.place.id, agentId)
  }
  return matches
}

/** Queued items, the next first. Work meant for one agent goes before work of queues. */
export function inOrder(items: readonly Item[], config: OmniConfig): Item[] {
  return items
    .filter((item) => item.state.kind === 'queued')
    .map((item) => ({ item, priority: priorityOf(item, config) }))
    .toSorted((a, b) => compare(a.priority, b.priority) || a.item.since - b.item.since || compare(a.item.sessionId, b.item.sessionId))
    .map(({ item }) => item)
}

export function hasJustPassed(item: Item, agentId: string, now: number): boolean {
  return item.passed.some((pass) => pass.agentId === agentId && pass.until > now)
}

function priorityOf({ place }: Item, config: OmniConfig): number {
  return place.kind === 'agent' ? -1 : (config.queues.get(place.id)?.priority ?? Infinity)
}

function freeAgents(state: GroupState, config: OmniConfig, load: ReadonlyMap<string, number>): Map<string, Candidate> {
  const free = new Map<string, Candidate>()
  for (const entry of state.agents) {
    const settings = config.agents.get(entry.id)
    if (settings === undefined || entry.presence !== 'online' || (load.get(entry.id) ?? 0) >= settings.capacity) continue
    free.set(entry.id, { settings, state: entry })
  }
  return free
}

function hasMembers(round: Round, { place }: Item): boolean {
  if (place.kind === 'agent') return round.free.has(place.id)
  const queue = round.config.queues.get(place.id)
  return queue !== undefined && membersOf(round, queue).length > 0
}

/** Members of a queue who had room when the round began. */
function membersOf(round: Round, queue: QueueSettings): Candidate[] {
  const known = round.members.get(queue)
  if (known !== undefined) return known
  const found = queue.members.flatMap((id) => round.free.get(id) ?? [])
  round.members.set(queue, found)
  return found
}

function candidateFor(round: Round, item: Item): Candidate | null {
  const { config, now } = round
  const queue = item.place.kind === 'queue' ? config.queues.get(item.place.id) : undefined
  if (queue === undefined) {
    const meant = item.place.kind === 'agent' ? round.free.get(item.place.id) : undefined
    return meant !== undefined && hasRoom(round, meant, item) && !hasJustPassed(item, item.place.id, now) ? meant : null
  }
  const needs = needsOf(item, queue, now)
  const hopeless = round.hopeless.get(queue)
  const asked = needs.join(' ')
  if (hopeless?.has(asked) === true) return null
  const able = membersOf(round, queue).filter(
    (candidate) => hasRoom(round, candidate, item) && needs.every((need) => abilitiesOf(candidate.settings).has(need)),
  )
  if (able.length === 0) {
    round.hopeless.set(queue, (hopeless ?? new Set()).add(asked))
    return null
  }
  const eligible = able.filter(({ settings }) => !hasJustPassed(item, settings.id, now))
  return choose(eligible, item, queue, round)
}

function hasRoom(round: Round, candidate: Candidate, item: Item): boolean {
  return usedBy(round, candidate) + weightOf(item, round.config) <= candidate.settings.capacity
}

function usedBy({ load }: Round, { settings }: Candidate): number {
  return load.get(settings.id) ?? 0
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
      const last = places.get(round.served.get(queue.id) ?? '') ?? -1
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

function compare<V extends string | number>(a: V, b: V): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
