import { pendingCallbacks, pendingOffers } from '@baton/omni'
import type { OmniConfig } from '@baton/omni'
import type { Settings } from '@baton/router'
import type { AgentDesk } from './deps.ts'

/** All agents are in one routing group. */
const GROUP = 'group/default'

/** The agents of the published configuration. */
export function createAgentDesk(settings: () => Settings): AgentDesk {
  // The server publishes what `compileOmni` made under this name, so the cast holds.
  const config = () => (settings().engines['omni'] as OmniConfig | undefined) ?? NOTHING
  return {
    groups: () => [GROUP],
    groupOf: (agentId) => (config().agents.has(agentId) ? GROUP : null),
    agents: () => [...config().agents.values()].map(({ id, name }) => ({ id, name })),
    pendingOffers,
    pendingCallbacks: (state, now) => pendingCallbacks(state, config(), now),
  }
}

const NOTHING: OmniConfig = { queues: new Map(), agents: new Map(), bots: new Map() }
