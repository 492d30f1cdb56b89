// Pure. How the routing group is stored: what changes seldom in the actor's own row; each agent, piece of work and wrap-up as a part.
import type { Part, PartedState } from '@baton/router'
import { allWrapUps, groupOf, headOf, withAgent, withHead, withItem, withoutItem, withoutWrapUp, withWrapUp, wrapUpsOf } from './group.ts'
import type { Group } from './group.ts'
import { agentState, NEWEST, readHead, readState, workItem, wrapUpState } from './state.ts'
import type { GroupHead, WrapUp } from './state.ts'

const AGENT = 'agent:'
const ITEM = 'item:'
const WRAP_UP = 'wrapUp:'

/** The name of the part. */
export function wrapUpPart({ agentId, sessionId }: Pick<WrapUp, 'agentId' | 'sessionId'>): string {
  return `${WRAP_UP}${agentId}/${sessionId}`
}

export const groupParts: PartedState = {
  read(head, parts) {
    const stored = head as { version: number; agents?: unknown[]; items?: unknown[] } | null
    if (stored === null) return null
    const values = (prefix: string) => parts.flatMap(({ name, value }) => (name.startsWith(prefix) ? [value] : []))
    // Earlier releases stored agents and items in the head; now they are parts. Never both.
    const whole = { ...stored, agents: stored.agents ?? values(AGENT), items: stored.items ?? values(ITEM), wrapUps: values(WRAP_UP) }
    return groupOf(readState(whole), stored.version !== NEWEST)
  },
  refresh(state, head, changed) {
    return changed.reduce(withPart, withNewHead(asGroup(state), readHead(head)))
  },
  head: (state) => headOf(asGroup(state)),
}

/** The group that a turn is given: what `read`, `refresh` or a turn of this process made; null before the first event. */
export function asGroup(state: unknown): Group {
  return state === null || state === undefined ? groupOf(readState(null)) : (state as Group)
}

/** The parts of these names as they are now. */
export function changedParts(group: Group, names: ReadonlySet<string>): Part[] {
  const { agents, items, isForeign } = group
  const all = isForeign
    ? [
        ...names,
        ...[...agents].map(({ id }) => AGENT + id),
        ...[...items].map(({ sessionId }) => ITEM + sessionId),
        ...allWrapUps(group).map(wrapUpPart),
      ]
    : names
  return [...new Set(all)].map((name) => ({ name, value: valueOf(group, name) ?? null }))
}

function valueOf(group: Group, name: string): unknown {
  if (name.startsWith(AGENT)) return group.agents.get(name.slice(AGENT.length))
  if (name.startsWith(ITEM)) return group.items.get(name.slice(ITEM.length))
  const { agentId, sessionId } = wrapUpNamed(name)
  return wrapUpsOf(group, agentId).get(sessionId)
}

/** No id of an agent has a slash. */
function wrapUpNamed(name: string): Pick<WrapUp, 'agentId' | 'sessionId'> {
  const slash = name.indexOf('/')
  return { agentId: name.slice(WRAP_UP.length, slash), sessionId: name.slice(slash + 1) }
}

/** A stall may have begun with work that came and went while this process did not look: no part tells of it, only the head. */
function withNewHead(group: Group, head: GroupHead): Group {
  const next = withHead(group, head)
  if (group.outlook === null) return next
  const places = head.stalls.filter(({ place, since, alarmed }) => {
    const known = group.stalls.get(place)
    return known?.since !== since || known.alarmed !== alarmed
  })
  return { ...next, unseen: { ...group.unseen, places: [...group.unseen.places, ...places.map(({ place }) => place)] } }
}

/** A part as another process has changed it. Without an outlook nothing is noted, because the turn that makes one looks at everything. */
function withPart(group: Group, { name, value }: Part): Group {
  const { outlook, unseen } = group
  const id = name.slice(name.indexOf(':') + 1)
  if (name.startsWith(AGENT)) {
    const next = withAgent(group, agentState.parse(value))
    return outlook === null ? next : { ...next, unseen: { ...unseen, agents: [...unseen.agents, id] } }
  }
  if (name.startsWith(WRAP_UP)) {
    const { agentId, sessionId } = wrapUpNamed(name)
    const next = value === null ? withoutWrapUp(group, agentId, sessionId) : withWrapUp(group, wrapUpState.parse(value))
    return outlook === null ? next : { ...next, unseen: { ...unseen, agents: [...unseen.agents, agentId] } }
  }
  const next = value === null ? withoutItem(group, id) : withItem(group, workItem.parse(value))
  const items = [group.items.get(id), next.items.get(id)].filter((item) => item !== undefined)
  return outlook === null ? next : { ...next, unseen: { ...unseen, items: [...unseen.items, ...items] } }
}
