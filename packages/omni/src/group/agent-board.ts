// Pure. Who is there and what waits in the routing group, read for people and the API.
import type { Presence } from '../config/presence.ts'
import type { AgentSettings, OmniConfig } from '../config/settings.ts'
import { placesServed } from './assign.ts'
import { servesQueue, statusOf } from './availability.ts'
import { mayChoose } from './presence.ts'
import { heldBy, keyOf, loadOf, placeOf, wrapUpsOf } from './group.ts'
import type { Group } from './group.ts'
import { asGroup } from './parts.ts'
import type { AgentState, Item, WrapUp } from './state.ts'

/** A conversation an agent has, since `at`. Times are epoch milliseconds. */
export interface AgentWorkLine {
  conversationId: string
  sessionId: string
  number: string
  queueId: string | null
  contact: Item['contact']
  at: number
}

/** An agent as things stand. `since`: of the status; null for whoever never said anything. `used`: units of their
 * capacity, with offers and wrap-ups. */
export interface AgentLine {
  id: string
  name: string
  supervisor: boolean
  status: { id: string; label: string }
  presence: Presence
  since: number | null
  capacity: number
  used: number
  free: number
  offers: number
  work: AgentWorkLine[]
  wrapUps: Omit<WrapUp, 'agentId'>[]
  queues: string[]
  skills: string[]
  languages: string[]
}

/** A queue as things stand. `online`: members who may be offered its work now, whether or not they have room. */
export interface QueueLine {
  id: string
  name: string
  waiting: number
  offered: number
  assigned: number
  oldestSince: number | null
  online: number
  drained: { to: string; since: number } | null
  /** The routing engine that gives out its work, since when, and until when it counts as there; null: Baton does. */
  engine: { since: number; until: number } | null
}

export interface AgentBoard {
  agents: AgentLine[]
  queues: QueueLine[]
}

/** A status as agents choose it. */
export interface StatusChoice {
  id: string
  label: string
  presence: Presence
  queues: string[] | null
  numbers: string[] | null
}

/** The statuses an agent may choose; none for somebody who is no agent. */
export function statusChoices(agentId: string, config: OmniConfig): StatusChoice[] {
  const agent = config.agents.get(agentId)
  const list = (ids: ReadonlySet<string> | null) => (ids === null ? null : [...ids])
  return [...config.presence.statuses.values()].flatMap((status) => {
    if (agent === undefined || !mayChoose(agent, status)) return []
    const { id, label, base, queues, numbers } = status
    return [{ id, label, presence: base, queues: list(queues), numbers: list(numbers) }]
  })
}

/** Over all configured agents and queues. `state` is that of the actor `group/default` (as
 * `createRoutingGroup().parts` reads it), or null before its first event. */
export function agentBoard(state: unknown, config: OmniConfig): AgentBoard {
  const group = asGroup(state)
  return { agents: agentLines(group, config), queues: queueLines(group, config) }
}

const ABSENT = { status: 'offline', presence: 'offline' } as const

/** A line, and what it was made from. */
interface Known {
  entry: AgentState | undefined
  held: ReturnType<typeof heldBy>
  wrapUps: ReturnType<typeof wrapUpsOf>
  line: AgentLine
}
const linesByConfig = new WeakMap<OmniConfig, Map<string, Known>>()

/** A line stays the same object until something about its agent changes, so boards of thousands of agents are compared without reading lines. */
function agentLines(group: Group, config: OmniConfig): AgentLine[] {
  const known = linesByConfig.get(config) ?? new Map<string, Known>()
  linesByConfig.set(config, known)
  return [...config.agents.values()].map((agent) => {
    const [entry, held, wrapUps] = [group.agents.get(agent.id), heldBy(group, agent.id), wrapUpsOf(group, agent.id)]
    const before = known.get(agent.id)
    if (before?.entry === entry && before?.held === held && before.wrapUps === wrapUps) return before.line
    const line = agentLine(group, config, agent)
    known.set(agent.id, { entry, held, wrapUps, line })
    return line
  })
}

function agentLine(group: Group, config: OmniConfig, agent: AgentSettings): AgentLine {
  const items = [...heldBy(group, agent.id)]
  const used = loadOf(group, agent.id, config)
  return {
    ...standing(agent, group.agents.get(agent.id), config),
    used,
    free: Math.max(0, agent.capacity - used),
    offers: items.filter((item) => item.state.kind === 'offered').length,
    work: items.flatMap(workLine),
    wrapUps: [...wrapUpsOf(group, agent.id)].map(({ agentId: _agentId, ...entry }) => entry),
    queues: placesServed(config, agent.id).flatMap((key) => (key.startsWith(QUEUE) ? [key.slice(QUEUE.length)] : [])),
  }
}
const QUEUE = 'queue:'

function standing({ id, name, supervisor, capacity, skills, languages }: AgentSettings, entry: AgentState | undefined, config: OmniConfig) {
  const status = statusOf(entry ?? ABSENT, config)
  return {
    id,
    name,
    supervisor,
    status: { id: status.id, label: status.label },
    presence: entry?.presence ?? ABSENT.presence,
    since: entry?.statusSince ?? null,
    capacity,
    skills,
    languages,
  }
}

function workLine({ conversationId, sessionId, number, place, contact, state }: Item): AgentWorkLine[] {
  if (state.kind !== 'assigned') return []
  return [{ conversationId, sessionId, number, queueId: place.kind === 'queue' ? place.id : null, contact, at: state.at }]
}

/** All configured queues. */
export function queueLines(group: Group, config: OmniConfig): QueueLine[] {
  const assigned = Map.groupBy(group.items, (item) => (item.state.kind === 'assigned' ? keyOf(item) : null))
  return [...config.queues.values()].map(({ id, name, members }) => {
    const { ready, later, offered } = placeOf(group, `queue:${id}`)
    const oldest = [ready, later, offered].flatMap((line) => line.first()?.since ?? [])
    const drain = group.drains.get(id)
    const engine = group.engines.get(id)
    return {
      id,
      name,
      waiting: ready.size + later.size,
      offered: offered.size,
      assigned: assigned.get(`queue:${id}`)?.length ?? 0,
      oldestSince: oldest.length === 0 ? null : Math.min(...oldest),
      online: members.filter((member) => isServing(group.agents.get(member), id, config)).length,
      drained: drain === undefined ? null : { to: drain.to, since: drain.since },
      engine: engine === undefined ? null : { since: engine.since, until: engine.until },
    }
  })
}

/** May be offered work of the queue now, whether or not they have room. */
export function isServing(entry: AgentState | undefined, queueId: string, config: OmniConfig): boolean {
  return entry !== undefined && servesQueue(entry, queueId, config)
}
