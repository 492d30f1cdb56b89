// Pure. The routing group while it is worked with: what state.ts describes, and the indexes by which it is looked at. A change gives another
// group, which shares all but what the change is about: an event costs what it changes, however much waits.
// R1 the indexes say what agents and items say; they are only changed together, here and in outlook.ts.
import type { OmniConfig } from '../config/settings.ts'
import { weightOf } from './needs.ts'
import { byText, OrderedMap } from './ordered-map.ts'
import type { Compare } from './ordered-map.ts'
import type { Outlook } from './outlook.ts'
import { NEWEST } from './state.ts'
import type { AgentState, Drain, Engine, GroupHead, GroupState, Item, Offered, Served, Stall, WrapUp } from './state.ts'

/** A moment, and the id of what it belongs to: the order of age. */
export type Age = readonly [at: number, id: string]
export const byAge: Compare<Age> = (a, b) => a[0] - b[0] || byText(a[1], b[1])
export type Line = OrderedMap<Age, Item>

/** Work of one place that no agent has, the oldest first. */
export interface Place {
  /** Queued, to be given out. */
  ready: Line
  /** Queued, but not given out before the queue opens. */
  later: Line
  offered: Line
}

export interface Group {
  readonly agents: OrderedMap<string, AgentState>
  /** By session. */
  readonly items: OrderedMap<string, Item>
  readonly served: OrderedMap<string, Served>
  readonly stalls: OrderedMap<string, Stall>
  readonly drains: OrderedMap<string, Drain>
  readonly engines: OrderedMap<string, Engine>
  /** By agent and session. */
  readonly wrapUps: OrderedMap<string, OrderedMap<string, WrapUp>>
  readonly tickAt: number | null
  /** By `keyOf`: the places in which something waits or is offered. */
  readonly places: OrderedMap<string, Place>
  /** What an agent has or is offered, by agent and session. */
  readonly held: OrderedMap<string, OrderedMap<string, Item>>
  /** The session that an open offer is about. */
  readonly offers: OrderedMap<string, string>
  /** What follows from the settings; null before the first turn. */
  readonly outlook: Outlook | null
  /** Changed by turns of other processes since the outlook was worked with: as it was, and as it is. */
  readonly unseen: { readonly items: readonly Item[]; readonly agents: readonly string[]; readonly places: readonly string[] }
  /** It was stored by a release that stored it otherwise: all of it has to be stored anew. */
  readonly isForeign: boolean
}

export function groupOf(state: GroupState, isForeign = false): Group {
  const empty: Group = {
    ...headMaps(state),
    agents: indexed(state.agents, ({ id }) => id),
    items: new OrderedMap(byText),
    wrapUps: new OrderedMap(byText),
    places: new OrderedMap(byText),
    held: new OrderedMap(byText),
    offers: new OrderedMap(byText),
    outlook: null,
    unseen: SEEN,
    isForeign,
  }
  return state.wrapUps.reduce(withWrapUp, state.items.reduce(withItem, empty))
}

/** As plain data, in the order of ids. */
export function stateOf(group: Group): GroupState {
  return { ...headOf(group), agents: [...group.agents], items: [...group.items], wrapUps: allWrapUps(group) }
}

export function headOf({ served, stalls, drains, engines, tickAt }: Group): GroupHead {
  return { version: NEWEST, served: [...served], stalls: [...stalls], drains: [...drains], engines: [...engines], tickAt }
}

export function withHead(group: Group, head: GroupHead): Group {
  return { ...group, ...headMaps(head) }
}

export function withAgent(group: Group, agent: AgentState): Group {
  return { ...group, agents: group.agents.with(agent.id, agent) }
}

/** Adds it, or replaces what there was of its session. */
export function withItem(group: Group, item: Item): Group {
  const { items, places, held, offers } = withoutItem(group, item.sessionId)
  const { state } = item
  return {
    ...group,
    items: items.with(item.sessionId, item),
    places: state.kind === 'assigned' ? places : places.with(keyOf(item), withWaiting(places.get(keyOf(item)) ?? EMPTY, item)),
    held: state.kind === 'queued' ? held : held.with(state.agentId, heldBy({ held }, state.agentId).with(item.sessionId, item)),
    offers: state.kind === 'offered' ? offers.with(state.offerId, item.sessionId) : offers,
  }
}

export function withoutItem(group: Group, sessionId: string): Group {
  const old = group.items.get(sessionId)
  if (old === undefined) return group
  const { items, places, held, offers } = group
  const { state } = old
  return {
    ...group,
    items: items.without(sessionId),
    places: state.kind === 'assigned' ? places : withPlace(places, keyOf(old), withoutWaiting(placeOf(group, keyOf(old)), old)),
    held: state.kind === 'queued' ? held : withHeld(held, state.agentId, heldBy(group, state.agentId).without(sessionId)),
    offers: state.kind === 'offered' ? offers.without(state.offerId) : offers,
  }
}

export function withWrapUp(group: Group, wrapUp: WrapUp): Group {
  const { agentId, sessionId } = wrapUp
  return { ...group, wrapUps: group.wrapUps.with(agentId, wrapUpsOf(group, agentId).with(sessionId, wrapUp)) }
}

export function withoutWrapUp(group: Group, agentId: string, sessionId: string): Group {
  const left = wrapUpsOf(group, agentId).without(sessionId)
  return { ...group, wrapUps: left.size === 0 ? group.wrapUps.without(agentId) : group.wrapUps.with(agentId, left) }
}

export function wrapUpsOf({ wrapUps }: Pick<Group, 'wrapUps'>, agentId: string): OrderedMap<string, WrapUp> {
  return wrapUps.get(agentId) ?? NO_WRAP_UP
}

export function allWrapUps({ wrapUps }: Group): WrapUp[] {
  return [...wrapUps].flatMap((ofAgent) => [...ofAgent])
}

export function keyOf({ place }: Pick<Item, 'place'>): string {
  return `${place.kind}:${place.id}`
}

export function ageOf({ since, sessionId }: Item): Age {
  return [since, sessionId]
}

export function placeOf({ places }: Pick<Group, 'places'>, key: string): Place {
  return places.get(key) ?? EMPTY
}

export function heldBy({ held }: Pick<Group, 'held'>, agentId: string): OrderedMap<string, Item> {
  return held.get(agentId) ?? NOTHING
}

/** The units of capacity an agent has in use, wraps up, or is being offered. */
export function loadOf(group: Pick<Group, 'held' | 'wrapUps'>, agentId: string, config: OmniConfig): number {
  const work = [...heldBy(group, agentId)].reduce((sum, item) => sum + weightOf(item, config), 0)
  const inQueue = ({ queueId }: WrapUp) => ({ place: { kind: 'queue' as const, id: queueId } })
  return [...wrapUpsOf(group, agentId)].reduce((sum, wrapUp) => sum + weightOf(inQueue(wrapUp), config), work)
}

export function offerOf({ items, offers }: Group, offerId: string): Offered | undefined {
  const item = items.get(offers.get(offerId) ?? '')
  return item !== undefined && isOffered(item) ? item : undefined
}

export function isOffered(item: Item): item is Offered {
  return item.state.kind === 'offered'
}

export const SEEN: Group['unseen'] = { items: [], agents: [], places: [] }

const NO_LINE: Line = new OrderedMap(byAge)
const EMPTY: Place = { ready: NO_LINE, later: NO_LINE, offered: NO_LINE }
const NOTHING: OrderedMap<string, Item> = new OrderedMap(byText)
const NO_WRAP_UP: OrderedMap<string, WrapUp> = new OrderedMap(byText)

function lineOf({ state, untilOpen }: Item): keyof Place {
  if (state.kind === 'offered') return 'offered'
  return untilOpen ? 'later' : 'ready'
}

function withWaiting(place: Place, item: Item): Place {
  const line = lineOf(item)
  return { ...place, [line]: place[line].with(ageOf(item), item) }
}

function withoutWaiting(place: Place, item: Item): Place {
  const line = lineOf(item)
  return { ...place, [line]: place[line].without(ageOf(item)) }
}

function withPlace(places: Group['places'], key: string, place: Place): Group['places'] {
  return place.ready.size + place.later.size + place.offered.size === 0 ? places.without(key) : places.with(key, place)
}

function withHeld(held: Group['held'], agentId: string, items: OrderedMap<string, Item>): Group['held'] {
  return items.size === 0 ? held.without(agentId) : held.with(agentId, items)
}

function headMaps({ served, stalls, drains, engines, tickAt }: Omit<GroupHead, 'version'>) {
  return {
    served: indexed(served, ({ queueId }) => queueId),
    stalls: indexed(stalls, ({ place }) => place),
    drains: indexed(drains, ({ queueId }) => queueId),
    engines: indexed(engines, ({ queueId }) => queueId),
    tickAt,
  }
}

/** Of several entries with one key the last counts. */
function indexed<E>(entries: readonly E[], key: (entry: E) => string): OrderedMap<string, E> {
  return entries.reduce((map, entry) => map.with(key(entry), entry), new OrderedMap<string, E>(byText))
}
