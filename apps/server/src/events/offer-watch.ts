// Owns which offers are open, as far as this process has seen: offers are told by comparing a routing group with its last state.
import type { PendingOffer } from '@baton/omni'
import type { AgentDesk } from '../deps.ts'
import { offerView } from '../http/offer-schema.ts'
import type { StreamEvent } from './stream-event.ts'

export interface OfferWatch {
  /** Reads a group anew, telling nobody. */
  take(groupKey: string, state: unknown): void
  /** The offers of an agent; of all agents for `all`. */
  open(agentId: string): PendingOffer[]
  /** What a changed group means: offers that came and went. */
  compare(groupKey: string, state: unknown): StreamEvent[]
}

export function createOfferWatch(agents: Pick<AgentDesk, 'groupOf' | 'pendingOffers'>): OfferWatch {
  /** By group, then by offer. */
  const groups = new Map<string, Map<string, PendingOffer>>()

  function offersIn(groupKey: string, state: unknown): Map<string, PendingOffer> {
    const offers = agents.pendingOffers(state, null).filter(({ agentId }) => agents.groupOf(agentId) === groupKey)
    return new Map(offers.map((offer) => [offer.offerId, offer]))
  }

  return {
    take(groupKey, state) {
      groups.set(groupKey, offersIn(groupKey, state))
    },
    open(agentId) {
      const all = [...groups.values()].flatMap((offers) => [...offers.values()])
      return agentId === 'all' ? all : all.filter((offer) => offer.agentId === agentId)
    },
    compare(groupKey, state) {
      const before = groups.get(groupKey) ?? new Map<string, PendingOffer>()
      const after = offersIn(groupKey, state)
      groups.set(groupKey, after)
      return [
        ...[...before.values()].filter(({ offerId }) => !after.has(offerId)).map((offer) => toEvent('offer.closed', offer)),
        ...[...after.values()].filter(({ offerId }) => !before.has(offerId)).map((offer) => toEvent('offer.created', offer)),
      ]
    },
  }
}

function toEvent(event: 'offer.created' | 'offer.closed', offer: PendingOffer): StreamEvent {
  return { event, data: offerView(offer), agentId: offer.agentId }
}
