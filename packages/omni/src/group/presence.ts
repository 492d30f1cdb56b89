// Pure. Who is there. An agent says so, by one of the configured statuses; and from the moment a console of theirs shows itself, somebody
// has to say so again and again: an agent whose last console has vanished is taken offline when their lease runs out.
import { z } from 'zod'
import type { Author, Outcome } from '@baton/router'
import { isThere } from '../config/presence.ts'
import type { Presence, StatusSettings } from '../config/presence.ts'
import type { AgentSettings } from '../config/settings.ts'
import { placesServed } from './assign.ts'
import { fallbackStatus, serves } from './availability.ts'
import { heldBy, isOffered, placeOf } from './group.ts'
import { fail, withdraw } from './offers.ts'
import type { AgentState, Item } from './state.ts'
import { isSelf, mayNotActFor } from './supervisors.ts'
import type { GroupTurn } from './turn.ts'
import { DONE, refused } from './turn.ts'

/** A tick that comes this late was kept back because Baton did not run: then it could not hear consoles either. */
export const LATE_MS = 10_000

const change = z.object({ agentId: z.string(), status: z.string() })
const renewal = z.object({ agentIds: z.array(z.string()) })

/** `presence.changed`. Offers that the agent may not have in the new status go to somebody else at once; accepted work stays, and is
 * told. Refused: `unknown-agent`, `unknown-status`, `status-not-allowed`, `not-supervisor`. */
export function changePresence(turn: GroupTurn, data: Record<string, unknown>, by: Author | null): Outcome {
  const parsed = change.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { agentId, status } = parsed.data
  const agent = turn.config.agents.get(agentId)
  if (agent === undefined) return refused('unknown-agent', agentId)
  const refusal = mayNotActFor(turn, agentId, by)
  if (refusal !== null) return refusal
  const settings = turn.config.presence.statuses.get(status)
  if (settings === undefined) return refused('unknown-status', status)
  if (!mayChoose(agent, settings)) return refused('status-not-allowed', status)
  const entry = turn.agent(agentId)
  const leaseUntil = entry.leaseUntil === null ? null : newLease(turn)
  if (by !== null && !isSelf(agentId, by)) turn.record('presence.changed', by, { agentId, from: entry.status, to: status })
  setStatus(turn, { ...entry, lapsed: null, leaseUntil }, settings)
  return DONE
}

/** Leaving is open to everybody. */
export function mayChoose({ statuses }: AgentSettings, { id }: StatusSettings): boolean {
  return statuses === null || id === 'offline' || statuses.includes(id)
}

/** A newly published configuration, by which every agent is looked at, may have taken a status away, or changed what it means. */
export function keepStatuses(turn: GroupTurn): void {
  const { statuses } = turn.config.presence
  for (const id of turn.look.agents) {
    const entry = turn.group.agents.get(id)
    if (entry === undefined) continue
    const settings = statuses.get(entry.status) ?? fallbackStatus(entry.presence)
    if (settings.id !== entry.status || settings.base !== entry.presence) setStatus(turn, entry, settings)
  }
}

/** `presence.renewed`: a console of each of these agents is there. Who was taken offline a short while ago gets back the status they
 * had; nobody else comes online by it. Agents who are not configured any more are passed over. */
export function renewPresence(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = renewal.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  for (const agentId of parsed.data.agentIds) {
    if (!turn.config.agents.has(agentId)) continue
    const entry = turn.agent(agentId)
    const { lapsed } = entry
    const isBack = lapsed !== null && turn.now <= lapsed.at + turn.config.presence.returnWithinMs
    const status = isBack ? turn.config.presence.statuses.get(lapsed.status) : undefined
    setStatus(turn, { ...entry, lapsed: null, leaseUntil: newLease(turn) }, status ?? { id: entry.status, base: entry.presence })
  }
  return DONE
}

/** Takes agents offline whose lease has run out. `due`: when the group wanted to look. */
export function endLeases(turn: GroupTurn, due: number): void {
  const couldHear = turn.now - due < LATE_MS
  for (const entry of turn.group.agents) {
    if (entry.leaseUntil === null || entry.leaseUntil > turn.now) continue
    if (!couldHear) {
      turn.putAgent({ ...entry, leaseUntil: newLease(turn) })
      continue
    }
    const lapsed = entry.presence === 'offline' ? entry.lapsed : { status: entry.status, at: turn.now }
    setStatus(turn, { ...entry, leaseUntil: null, lapsed }, entry.presence === 'offline' ? { id: entry.status, base: 'offline' } : OFFLINE)
  }
}

function newLease({ now, config }: GroupTurn): number {
  return now + config.presence.leaseMs
}

const OFFLINE = fallbackStatus('offline')

/** Stores `entry` with this status. If the status is another than before, the agent's work follows it. */
function setStatus(turn: GroupTurn, entry: AgentState, { id: status, base }: Pick<StatusSettings, 'id' | 'base'>): void {
  const { presence: before, id } = entry
  const isSame = entry.status === status && before === base
  // An agent who goes from away to offline is absent since they went away.
  const since = isThere(before) === isThere(base) ? entry.since : turn.now
  const agent = turn.putAgent({ ...entry, status, statusSince: isSame ? entry.statusSince : turn.now, presence: base, since })
  if (isSame) return
  lookAtReserved(turn, id)
  for (const item of concernedBy(turn, id)) followStatus(turn, item, agent, before)
  for (const { id: queueId, hours, members } of turn.config.queues.values())
    if (hours !== null && members.includes(id)) turn.look.queues.add(queueId)
}

/** Work that is reserved for this agent may go to anybody while their status does not allow it: it is looked at again. */
function lookAtReserved({ group, config, look }: GroupTurn, agentId: string): void {
  for (const key of placesServed(config, agentId))
    for (const { sessionId, prefer, reservedUntil } of placeOf(group, key).ready)
      if (prefer === agentId && reservedUntil !== null) look.items.add(sessionId)
}

/** What they have or are offered, and what is meant for them alone. */
function concernedBy({ group }: GroupTurn, agentId: string): Item[] {
  const { ready, offered } = placeOf(group, `agent:${agentId}`)
  const all = [...heldBy(group, agentId), ...ready, ...offered]
  return [...new Map(all.map((item) => [item.sessionId, item])).values()]
}

/** Conversations the agent has are told of another presence. Work that was offered to them, or is meant for them, stays only where the status
 * allows it. */
function followStatus(turn: GroupTurn, item: Item, entry: AgentState, before: Presence): void {
  const { id, presence, since } = entry
  if (item.state.kind === 'assigned') {
    if (presence !== before) turn.tell(item, 'agent.presence', { agentId: id, status: presence, since })
    return
  }
  if (serves(entry, item, turn.config)) return
  if (item.place.kind === 'agent' && item.place.id === id) fail(turn, item, 'agent-offline')
  else if (isOffered(item)) withdraw(turn, item)
}
