// Owns which offers are open, as far as this process has seen: offers are told by comparing a routing group with its last state.
import type { AgentDesk, Offer } from '../deps.ts'
import { offerView } from '../http/offer-schema.ts'
import type { Reads } from '../reads.ts'
import type { StreamEvent } from './stream-event.ts'

interface AgentOffer extends Offer {
  agentId: string
}

export interface OfferWatch {
  /** Reads all groups anew, telling nobody. */
  load(): Promise<void>
  /** The offers of an agent; of all agents for `all`. */
  open(agentId: string): AgentOffer[]
  /** What a changed group means: offers that came and went. */
  compare(groupKey: string, state: unknown): StreamEvent[]
}

export function createOfferWatch(agents: AgentDesk, reads: Pick<Reads, 'getActorState'>): OfferWatch {
  /** By group, then by offer. */
  const groups = new Map<string, Map<string, AgentOffer>>()

  function offersIn(groupKey: string, state: unknown): Map<string, AgentOffer> {
    const members = agents.agents().filter(({ id }) => agents.groupOf(id) === groupKey)
    const offers = members.flatMap(({ id: agentId }) => agents.pendingOffers(state, agentId).map((offer) => ({ ...offer, agentId })))
    return new Map(offers.map((offer) => [offer.id, offer]))
  }

  return {
    async load() {
      groups.clear()
      const keys = new Set(agents.agents().flatMap(({ id }) => agents.groupOf(id) ?? []))
      for (const key of keys) groups.set(key, offersIn(key, await reads.getActorState('routing-group', key)))
    },
    open(agentId) {
      const all = [...groups.values()].flatMap((offers) => [...offers.values()])
      return agentId === 'all' ? all : all.filter((offer) => offer.agentId === agentId)
    },
    compare(groupKey, state) {
      const before = groups.get(groupKey) ?? new Map<string, AgentOffer>()
      const after = offersIn(groupKey, state)
      groups.set(groupKey, after)
      return [
        ...[...before.values()].filter(({ id }) => !after.has(id)).map((offer) => toEvent('offer.closed', offer)),
        ...[...after.values()].filter(({ id }) => !before.has(id)).map((offer) => toEvent('offer.created', offer)),
      ]
    },
  }
}

function toEvent(event: 'offer.created' | 'offer.closed', { agentId, ...offer }: AgentOffer): StreamEvent {
  return { event, data: { ...offerView(offer), agentId }, agentId }
}
