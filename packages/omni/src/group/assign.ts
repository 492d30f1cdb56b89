// Pure. Who gets what. Work goes by priority, then age; each piece goes to the eligible agent its queue's model prefers.
// Eligible: online, a member of the queue (or the one agent it is meant for), able, with enough capacity left, and not one who just passed
// on it. Work that
// waits for its queue to open has nobody.
// Work-conserving: afterwards no queued piece has an eligible agent left.
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
  abilities: ReadonlySet<string>
  state: AgentState
}

/** Matches as many queued items as can be matched now. The state is only read. */
export function assign(state: GroupState, config: OmniConfig, now: number): Match[] {
  const load = loads(state, config)
  const online = new Map<string, Candidate>()
  for (const entry of state.agents) {
    const settings = config.agents.get(entry.id)
    if (settings === undefined || entry.presence !== 'online' || (load.get(entry.id) ?? 0) >= settings.capacity) continue
    online.set(entry.id, { settings, state: entry, abilities: abilitiesOf(settings) })
  }
  const served = new Map(state.served.map(({ queueId, agentId }) => [queueId, agentId]))
  const touched = new Map<string, number>()
  const matches: Match[] = []
  for (const item of inOrder(state.items, config)) {
    if (online.size === 0) break
    if (item.untilOpen) continue
    const queue = item.place.kind === 'queue' ? config.queues.get(item.place.id) : undefined
    const ids = item.place.kind === 'agent' ? [item.place.id] : (queue?.members ?? [])
    const weight = weightOf(item, config)
    const needs = needsOf(item, queue, now)
    const eligible = ids.flatMap((id) => {
      const candidate = online.get(id)
      if (candidate === undefined || (load.get(id) ?? 0) + weight > candidate.settings.capacity) return []
      return needs.every((need) => candidate.abilities.has(need)) && !hasJustPassed(item, id, now) ? [candidate] : []
    })
    const chosen = choose(eligible, { item, queue, load, served, touched })
    if (chosen === null) continue
    const agentId = chosen.settings.id
    matches.push({ sessionId: item.sessionId, agentId })
    load.set(agentId, (load.get(agentId) ?? 0) + weight)
    // Whoever is full is not looked at again: with many agents and more work this is most of the round.
    if ((load.get(agentId) ?? 0) >= chosen.settings.capacity) online.delete(agentId)
    touched.set(agentId, matches.length)
    if (queue !== undefined) served.set(queue.id, agentId)
  }
  return matches
}

/** Queued items, the next first. Work meant for one agent goes before work of queues. */
export function inOrder(items: readonly Item[], config: OmniConfig): Item[] {
  const priority = ({ place }: Item) => (place.kind === 'agent' ? -1 : (config.queues.get(place.id)?.priority ?? Infinity))
  return items
    .filter((item) => item.state.kind === 'queued')
    .map((item) => ({ item, priority: priority(item) }))
    .toSorted((a, b) => compare(a.priority, b.priority) || a.item.since - b.item.since || compare(a.item.sessionId, b.item.sessionId))
    .map(({ item }) => item)
}

export function hasJustPassed(item: Item, agentId: string, now: number): boolean {
  return item.passed.some((pass) => pass.agentId === agentId && pass.until > now)
}

interface Choice {
  item: Item
  queue: QueueSettings | undefined
  load: ReadonlyMap<string, number>
  served: ReadonlyMap<string, string>
  /** Agents who got work in this round, the later the higher. */
  touched: ReadonlyMap<string, number>
}

function choose(eligible: Candidate[], choice: Choice): Candidate | null {
  const preferred = eligible.find(({ settings }) => settings.id === choice.item.prefer)
  if (preferred !== undefined) return preferred
  // Somebody who has not passed on it yet goes before somebody who has.
  const fresh = eligible.filter(({ settings }) => !choice.item.passed.some((pass) => pass.agentId === settings.id))
  const rank = rankBy(choice)
  const sorted = (fresh.length > 0 ? fresh : eligible).toSorted((a, b) => {
    const left = rank(a)
    const right = rank(b)
    const at = left.findIndex((value, index) => value !== right[index])
    return at === -1 ? compare(a.settings.id, b.settings.id) : (left[at] as number) - (right[at] as number)
  })
  return sorted[0] ?? null
}

/** Lower ranks go first; ties go to whoever has waited longest for work. */
function rankBy({ queue, load, served, touched }: Choice): (candidate: Candidate) => number[] {
  const used = ({ settings }: Candidate) => load.get(settings.id) ?? 0
  const idle = ({ settings, state }: Candidate) => [touched.get(settings.id) ?? 0, state.lastWorkAt]
  switch (queue?.routing) {
    case 'most-available':
      return (candidate) => [used(candidate) - candidate.settings.capacity, ...idle(candidate)]
    case 'round-robin': {
      const { members } = queue
      const last = members.indexOf(served.get(queue.id) ?? '')
      return ({ settings }) => [(members.indexOf(settings.id) - last - 1 + members.length) % members.length]
    }
    case 'longest-idle':
      return idle
    default:
      return (candidate) => [used(candidate), ...idle(candidate)]
  }
}

function compare<V extends string | number>(a: V, b: V): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
