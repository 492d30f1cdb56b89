import { pendingOffers } from '@baton/omni'
import type { OmniConfig } from '@baton/omni'
import type { Settings } from '@baton/router'
import type { AgentDesk } from './deps.ts'

/** All agents are in one routing group. */
const GROUP = 'group/default'

/** The agents of the published configuration. */
export function createAgentDesk(settings: () => Settings): AgentDesk {
  const configured = () => (settings().engines['omni'] as OmniConfig | undefined)?.agents ?? new Map<string, { id: string; name: string }>()
  return {
    groupOf: (agentId) => (configured().has(agentId) ? GROUP : null),
    agents: () => [...configured().values()].map(({ id, name }) => ({ id, name })),
    pendingOffers,
  }
}
