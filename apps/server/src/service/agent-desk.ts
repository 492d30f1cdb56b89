import { agentBoard, liveQueues, NO_OMNI, pendingCallbacks, pendingOffers, statusChoices, workItems } from '@baton/omni'
import type { OmniConfig } from '@baton/omni'
import type { Logger, Receiver, Settings } from '@baton/router'
import type { Closing } from '../process/closing.ts'
import { createConsoles } from './consoles.ts'
import type { Consoles } from './consoles.ts'
import type { AgentDesk } from '../deps.ts'

/** All agents are in one routing group. */
const GROUP = 'group/default'

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
    groupOf: agents.groupOf,
    leaseMs: agents.leaseMs,
    renew: (key, agentIds) =>
      receiver.submit(
        { kind: 'routing-group', key },
        { type: 'engine.event', side: 'service', name: 'presence.renewed', data: { agentIds }, by: { kind: 'system', id: 'consoles' } },
      ),
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
    groups: () => [GROUP],
    groupOf: (agentId) => (config().agents.has(agentId) ? GROUP : null),
    groupOfQueue: (queueId) => (config().queues.has(queueId) ? GROUP : null),
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
