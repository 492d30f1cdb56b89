// Pure. What an agent's presence status means for work: which they may be given in it.
import { BUILT_IN } from '../config/presence.ts'
import type { Presence, StatusSettings } from '../config/presence.ts'
import type { OmniConfig } from '../config/settings.ts'
import type { AgentState, Item } from './state.ts'

/** As it is configured. A status that a newer publication removed keeps its meaning until the group's next look (`keepStatuses`). */
export function statusOf({ status, presence }: Pick<AgentState, 'status' | 'presence'>, config: OmniConfig): StatusSettings {
  return config.presence.statuses.get(status) ?? { id: status, label: status, base: presence, queues: null, numbers: null }
}

/** For agents whose status is gone from the configuration. `busy` is no status by itself: who was busy gets nothing new as `away` either. */
export function fallbackStatus(presence: Presence): StatusSettings {
  return BUILT_IN[presence] ?? (BUILT_IN['away'] as StatusSettings)
}

/** Work of this queue may be offered to them. */
export function servesQueue(entry: AgentState, queueId: string, config: OmniConfig): boolean {
  if (entry.presence !== 'online') return false
  const { queues } = statusOf(entry, config)
  return queues === null || queues.has(queueId)
}

/** Work from this number may be offered to them. */
export function servesNumber(entry: AgentState, number: string, config: OmniConfig): boolean {
  if (entry.presence !== 'online') return false
  const { numbers } = statusOf(entry, config)
  return numbers === null || numbers.has(number)
}

/** This work may be offered to them. */
export function serves(entry: AgentState, { place, number }: Pick<Item, 'place' | 'number'>, config: OmniConfig): boolean {
  return servesNumber(entry, number, config) && (place.kind === 'agent' || servesQueue(entry, place.id, config))
}
