// Pure. Who is there. An agent says so; and from the moment a console of theirs shows itself, somebody has to say so again and again: an
// agent whose last console has vanished is taken offline when their lease runs out.
import { z } from 'zod'
import type { Outcome } from '@baton/router'
import { placesServed } from './assign.ts'
import { heldBy, isOffered, placeOf } from './group.ts'
import { fail, withdraw } from './offers.ts'
import type { AgentState, Item, Presence } from './state.ts'
import type { GroupTurn } from './turn.ts'
import { DONE, refused } from './turn.ts'

/** A tick that comes so late was kept back because nothing ran here: consoles could not be heard either. */
const LATE_MS = 10_000

const change = z.object({ agentId: z.string(), status: z.enum(['online', 'away', 'offline']) })
const renewal = z.object({ agentIds: z.array(z.string()) })

/** `presence.changed`. Offers of an agent who is not online go to somebody else at once; accepted work stays, and is told. */
export function changePresence(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = change.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { agentId, status } = parsed.data
  if (!turn.config.agents.has(agentId)) return refused('unknown-agent', agentId)
  const entry = turn.agent(agentId)
  const leaseUntil = entry.leaseUntil === null ? null : newLease(turn)
  setPresence(turn, { ...entry, lapsed: null, leaseUntil }, status)
  return DONE
}

/** `presence.renewed`: a console of each of these agents is there. Who was taken offline a short while ago gets back the presence they
 * had; nobody else comes online by it. Agents who are not configured any more are passed over. */
export function renewPresence(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = renewal.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  for (const agentId of parsed.data.agentIds) {
    if (!turn.config.agents.has(agentId)) continue
    const entry = turn.agent(agentId)
    const { lapsed } = entry
    const isBack = lapsed !== null && turn.now <= lapsed.at + turn.config.presence.returnWithinMs
    setPresence(turn, { ...entry, lapsed: null, leaseUntil: newLease(turn) }, isBack ? lapsed.presence : entry.presence)
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
    const { presence } = entry
    const lapsed = presence === 'offline' ? entry.lapsed : { presence, at: turn.now }
    setPresence(turn, { ...entry, leaseUntil: null, lapsed }, 'offline')
  }
}

function newLease({ now, config }: GroupTurn): number {
  return now + config.presence.leaseMs
}

/** `entry` is stored with this presence; what it means for their work follows when it is another than they had. */
function setPresence(turn: GroupTurn, entry: AgentState, presence: Presence): void {
  const { presence: before, id } = entry
  // From away to offline the agent stays absent since they went away.
  const since = before !== presence && (before === 'online' || presence === 'online') ? turn.now : entry.since
  const agent = turn.putAgent({ ...entry, presence, since })
  if (presence === before) return
  if (presence !== 'online') lookAtReserved(turn, id)
  for (const item of concernedBy(turn, id)) followPresence(turn, item, agent)
  for (const { id: queueId, hours, members } of turn.config.queues.values())
    if (hours !== null && members.includes(id)) turn.look.queues.add(queueId)
}

/** What waits for them alone is anybody's while they are not there. */
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

function followPresence(turn: GroupTurn, item: Item, { id, presence, since }: AgentState): void {
  if (item.state.kind === 'assigned') return turn.tell(item, 'agent.presence', { agentId: id, status: presence, since })
  if (presence === 'online') return
  if (item.place.kind === 'agent' && item.place.id === id) fail(turn, item, 'agent-offline')
  else if (isOffered(item)) withdraw(turn, item)
}
