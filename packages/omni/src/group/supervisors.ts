// Pure. Who may act for others.
import type { Author, Outcome } from '@baton/router'
import type { GroupTurn } from './turn.ts'
import { refused } from './turn.ts'

/** Null: they may. The API and Baton itself always may; of the agents, supervisors may. */
export function mayNotSupervise({ config }: GroupTurn, by: Author | null): Extract<Outcome, { kind: 'refused' }> | null {
  if (by === null || by.kind === 'api' || by.kind === 'system') return null
  const isSupervisor = by.kind === 'agent' && config.agents.get(by.id)?.supervisor === true
  return isSupervisor ? null : refused('not-supervisor', by.id)
}

/** The same, for what an agent may do for themselves as well. */
export function mayNotActFor(turn: GroupTurn, agentId: string, by: Author | null): Extract<Outcome, { kind: 'refused' }> | null {
  return isSelf(agentId, by) ? null : mayNotSupervise(turn, by)
}

export function isSelf(agentId: string, by: Author | null): boolean {
  return by?.kind === 'agent' && by.id === agentId
}
