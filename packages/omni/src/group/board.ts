// Pure. Offers and callbacks of the routing group, read for people and the API.
import type { OmniConfig } from '../config/settings.ts'
import { opensAt } from '../hours/opening-hours.ts'
import { heldBy, isOffered } from './group.ts'
import { asGroup } from './parts.ts'
import type { Item, Offered } from './state.ts'

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

/** A customer who was promised to be called back and is with nobody yet. `queueId` null: one agent alone is asked. `opensAt`: from when the
 * work is given out, while it is not. */
export interface PendingCallback {
  conversationId: string
  sessionId: string
  number: string
  queueId: string | null
  contact: { id: string; name: string | null; phone: string | null }
  reason: string
  note: string | null
  since: number
  opensAt: number | null
  offeredTo: string | null
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
      const queueId = place.kind === 'queue' ? place.id : null
      return { conversationId, sessionId, number, queueId, contact, reason, note, since, opensAt: opening, offeredTo }
    })
}
