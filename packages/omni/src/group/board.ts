// Pure. The routing group's snapshot, read for people and the API.
import type { OmniConfig } from '../config/settings.ts'
import { opensAt } from '../hours/opening-hours.ts'
import { heldBy, isOffered, loadOf, placeOf, presenceOf } from './group.ts'
import { asGroup } from './parts.ts'
import type { Item, Offered, Presence } from './state.ts'

/** An offer an agent may answer. Times are epoch milliseconds; `since` is the age of the work. */
export interface PendingOffer {
  offerId: string
  agentId: string
  conversationId: string
  sessionId: string
  number: string
  queueId: string | null
  contact: { id: string; name: string | null; phone: string | null }
  reason: string
  note: string | null
  /** The customer was promised to be called back. */
  callback: boolean
  since: number
  offeredAt: number
  expiresAt: number
}

/** A customer who was promised to be called back and is with nobody yet. `opensAt`: from when the work is given out, while it is not. */
export interface PendingCallback {
  conversationId: string
  sessionId: string
  number: string
  queueId: string
  contact: { id: string; name: string | null; phone: string | null }
  reason: string
  note: string | null
  since: number
  opensAt: number | null
  offeredTo: string | null
}

export interface AgentBoard {
  agents: {
    id: string
    name: string
    presence: Presence
    since: number | null
    capacity: number
    load: number
    offers: number
    /** Conversations they have. */
    conversations: string[]
    queues: string[]
  }[]
  queues: { id: string; name: string; waiting: number; offered: number; assigned: number; oldestSince: number | null; online: number }[]
}

/** Open offers, the oldest work first: of one agent, or of all (`agentId` null). `state` is that of the actor `group/default` (as
 * `createRoutingGroup().parts` reads it), or null before its first event. */
export function pendingOffers(state: unknown, agentId: string | null): PendingOffer[] {
  const { places, held } = asGroup(state)
  const offers: Iterable<Item>[] = agentId === null ? [...places].map(({ offered }) => offered) : [heldBy({ held }, agentId)]
  return offers
    .flatMap((items) => [...items].filter(isOffered))
    .toSorted((a: Offered, b: Offered) => a.since - b.since)
    .map((item) => ({
      offerId: item.state.offerId,
      agentId: item.state.agentId,
      conversationId: item.conversationId,
      sessionId: item.sessionId,
      number: item.number,
      queueId: item.place.kind === 'queue' ? item.place.id : null,
      contact: item.contact,
      reason: item.reason,
      note: item.note,
      callback: item.callback,
      since: item.since,
      offeredAt: item.state.at,
      expiresAt: item.state.expiresAt,
    }))
}

/** The oldest first. */
export function pendingCallbacks(state: unknown, config: OmniConfig, now: number): PendingCallback[] {
  return [...asGroup(state).places]
    .flatMap(({ ready, later, offered }) => [...ready, ...later, ...offered].filter(({ callback }) => callback))
    .toSorted((a, b) => a.since - b.since)
    .map(({ conversationId, sessionId, number, place, contact, reason, note, since, untilOpen, state: at }) => {
      const hours = untilOpen ? config.queues.get(place.id)?.hours : null
      const opening = hours == null ? null : opensAt(hours, now)
      const offeredTo = at.kind === 'offered' ? at.agentId : null
      return { conversationId, sessionId, number, queueId: place.id, contact, reason, note, since, opensAt: opening, offeredTo }
    })
}

/** Who is there and what waits, over all configured agents and queues. */
export function agentBoard(state: unknown, config: OmniConfig): AgentBoard {
  const group = asGroup(state)
  const assigned = Map.groupBy(group.items, (item) => (item.state.kind === 'assigned' ? `${item.place.kind}:${item.place.id}` : null))
  return {
    agents: [...config.agents.values()].map(({ id, name, capacity }) => {
      const held = [...heldBy(group, id)]
      return {
        id,
        name,
        presence: presenceOf(group, id),
        since: group.agents.get(id)?.since ?? null,
        capacity,
        load: loadOf(group, id, config),
        offers: held.filter(isOffered).length,
        conversations: held.flatMap((item) => (item.state.kind === 'assigned' ? [item.conversationId] : [])),
        queues: [...config.queues.values()].filter((queue) => queue.members.includes(id)).map((queue) => queue.id),
      }
    }),
    queues: [...config.queues.values()].map(({ id, name, members }) => {
      const { ready, later, offered } = placeOf(group, `queue:${id}`)
      const oldest = [ready, later, offered].flatMap((line) => line.first()?.since ?? [])
      return {
        id,
        name,
        waiting: ready.size + later.size,
        offered: offered.size,
        assigned: assigned.get(`queue:${id}`)?.length ?? 0,
        oldestSince: oldest.length === 0 ? null : Math.min(...oldest),
        online: members.filter((member) => presenceOf(group, member) === 'online').length,
      }
    }),
  }
}
