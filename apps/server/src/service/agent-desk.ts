import { agentBoard, liveQueues, NO_OMNI, pendingCallbacks, pendingOffers, ROUTING_GROUP, statusChoices, workItems } from '@baton/omni'
import type { OmniConfig } from '@baton/omni'
import type { Logger, Receiver, Settings } from '@baton/router'
import type { Closing } from '../process/closing.ts'
import { createConsoles } from './consoles.ts'
import type { Consoles } from './consoles.ts'
import type { AgentDesk } from '../deps.ts'

export interface AgentSideOptions {
  settings: () => Settings
  receiver: Pick<Receiver, 'submit'>
  log: Logger
  closing: Pick<Closing, 'push'>
}

/** The agents, and the consoles they have at this process. */
export function createAgentSide({ settings, receiver, log, closing }: AgentSideOptions): { agents: AgentDesk; consoles: Consoles } {
  const agents = createAgentDesk(settings)
  const consoles = createConsoles({
    isAgent: agents.hasAgent,
    leaseMs: agents.leaseMs,
    renew: (agentIds) =>
      receiver.submit(ROUTING_GROUP, {
        type: 'engine.event',
        side: 'service',
        name: 'presence.renewed',
        data: { agentIds },
        by: { kind: 'system', id: 'consoles' },
      }),
    log,
  })
  closing.push(() => consoles.close())
  return { agents, consoles }
}

/** The agents of the published configuration. */
function createAgentDesk(settings: () => Settings): AgentDesk {
  // The server publishes what `compileOmni` made under this name, so the cast holds.
  const config = () => (settings().engines['omni'] as OmniConfig | undefined) ?? NO_OMNI
  return {
    hasAgent: (agentId) => config().agents.has(agentId),
    hasQueue: (queueId) => config().queues.has(queueId),
    agents: () => [...config().agents.values()].map(({ id, name }) => ({ id, name })),
    leaseMs: () => config().presence.leaseMs,
    pendingOffers,
    pendingCallbacks: (state, now) => pendingCallbacks(state, config(), now),
    board: (state) => agentBoard(state, config()),
    statuses: (agentId) => statusChoices(agentId, config()),
    workItems: (state) => workItems(state, config()),
    liveQueues: (state, now) => liveQueues(state, config(), now),
  }
}
