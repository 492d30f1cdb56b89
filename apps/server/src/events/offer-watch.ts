// Owns which offers are open, as far as this process has seen: offers are told by comparing the routing group with its last state.
import type { PendingOffer } from '@baton/omni'
import type { AgentDesk } from '../deps.ts'
import { offerView } from '../http/offer-schema.ts'
import type { StreamEvent } from './stream-event.ts'

export interface OfferWatch {
  /** Reads the group anew, telling nobody. */
  take(state: unknown): void
  /** The offers of an agent; of all agents for `all`. */
  open(agentId: string): PendingOffer[]
  /** What the changed group means: offers that came and went. */
  compare(state: unknown): StreamEvent[]
}

export function createOfferWatch(agents: Pick<AgentDesk, 'hasAgent' | 'pendingOffers'>): OfferWatch {
  let known = new Map<string, PendingOffer>()

  function offersIn(state: unknown): Map<string, PendingOffer> {
    const offers = agents.pendingOffers(state, null).filter(({ agentId }) => agents.hasAgent(agentId))
    return new Map(offers.map((offer) => [offer.offerId, offer]))
  }

  return {
    take(state) {
      known = offersIn(state)
    },
    open(agentId) {
      const all = [...known.values()]
      return agentId === 'all' ? all : all.filter((offer) => offer.agentId === agentId)
    },
    compare(state) {
      const before = known
      const after = (known = offersIn(state))
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
