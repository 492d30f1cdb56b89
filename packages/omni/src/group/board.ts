// Pure. The routing group's snapshot, read for people and the API.
import type { OmniConfig } from '../config/settings.ts'
import { opensAt } from '../hours/opening-hours.ts'
import type { Item, Presence } from './state.ts'
import { isOffered, loads, presenceOf, readGroup } from './state.ts'

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

/** Open offers, the oldest work first: of one agent, or of all (`agentId` null). `state` is the snapshot of the actor `group/default`, or
 * null before its first event; reading it is what takes time, so ask once for all. */
export function pendingOffers(state: unknown, agentId: string | null): PendingOffer[] {
  return readGroup(state)
    .items.filter(isOffered)
    .filter((item) => agentId === null || item.state.agentId === agentId)
    .toSorted((a, b) => a.since - b.since)
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
  return readGroup(state)
    .items.filter((item) => item.callback && item.state.kind !== 'assigned')
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
  const group = readGroup(state)
  const load = loads(group, config)
  return {
    agents: [...config.agents.values()].map(({ id, name, capacity }) => ({
      id,
      name,
      presence: presenceOf(group, id),
      since: group.agents.find((entry) => entry.id === id)?.since ?? null,
      capacity,
      load: load.get(id) ?? 0,
      offers: group.items.filter((item) => holds(item, 'offered', id)).length,
      conversations: group.items.filter((item) => holds(item, 'assigned', id)).map((item) => item.conversationId),
      queues: [...config.queues.values()].filter((queue) => queue.members.includes(id)).map((queue) => queue.id),
    })),
    queues: [...config.queues.values()].map(({ id, name, members }) => {
      const items = group.items.filter((item) => item.place.kind === 'queue' && item.place.id === id)
      const count = (kind: Item['state']['kind']) => items.filter((item) => item.state.kind === kind).length
      const waiting = items.filter((item) => item.state.kind !== 'assigned').map((item) => item.since)
      return {
        id,
        name,
        waiting: count('queued'),
        offered: count('offered'),
        assigned: count('assigned'),
        oldestSince: waiting.length === 0 ? null : Math.min(...waiting),
        online: members.filter((member) => presenceOf(group, member) === 'online').length,
      }
    }),
  }
}

function holds({ state }: Item, kind: Item['state']['kind'], agentId: string): boolean {
  return state.kind === kind && state.kind !== 'queued' && state.agentId === agentId
}
