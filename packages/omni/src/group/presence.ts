// Pure. Who is there. An agent says so; and from the moment a console of theirs shows itself, somebody has to say so again and again: an
// agent whose last console has vanished is taken offline when their lease runs out.
import { z } from 'zod'
import type { Outcome } from '@baton/router'
import { fail, withdraw } from './offers.ts'
import { agentEntry, isOffered } from './state.ts'
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
  const entry = agentEntry(turn.state, agentId, turn.now)
  entry.lapsed = null
  if (entry.leaseUntil !== null) extend(turn, entry)
  setPresence(turn, entry, status)
  return DONE
}

/** `presence.renewed`: a console of each of these agents is there. Who was taken offline a short while ago gets back the presence they
 * had; nobody else comes online by it. Agents who are not configured any more are passed over. */
export function renewPresence(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = renewal.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  for (const agentId of parsed.data.agentIds) {
    if (!turn.config.agents.has(agentId)) continue
    const entry = agentEntry(turn.state, agentId, turn.now)
    const { lapsed } = entry
    entry.lapsed = null
    extend(turn, entry)
    if (lapsed !== null && turn.now <= lapsed.at + turn.config.presence.returnWithinMs) setPresence(turn, entry, lapsed.presence)
  }
  return DONE
}

/** Takes agents offline whose lease has run out. `due`: when the group wanted to look. */
export function endLeases(turn: GroupTurn, due: number): void {
  const couldHear = turn.now - due < LATE_MS
  for (const entry of turn.state.agents) {
    if (entry.leaseUntil === null || entry.leaseUntil > turn.now) continue
    if (!couldHear) {
      extend(turn, entry)
      continue
    }
    entry.leaseUntil = null
    if (entry.presence === 'offline') continue
    entry.lapsed = { presence: entry.presence, at: turn.now }
    setPresence(turn, entry, 'offline')
  }
}

/** When the next of them runs out. */
export function leaseEnds({ state }: GroupTurn): number[] {
  return state.agents.flatMap(({ leaseUntil }) => leaseUntil ?? [])
}

function extend({ now, config }: GroupTurn, entry: AgentState): void {
  entry.leaseUntil = now + config.presence.leaseMs
}

function setPresence(turn: GroupTurn, entry: AgentState, status: Presence): void {
  if (entry.presence === status) return
  const wasOnline = entry.presence === 'online'
  entry.presence = status
  // From away to offline the agent stays absent since they went away.
  if (wasOnline || status === 'online') entry.since = turn.now
  for (const item of turn.state.items) followPresence(turn, item, entry)
}

function followPresence(turn: GroupTurn, item: Item, { id, presence, since }: AgentState): void {
  if (item.state.kind === 'assigned') {
    if (item.state.agentId === id) turn.tell(item, 'agent.presence', { agentId: id, status: presence, since })
    return
  }
  if (presence === 'online') return
  if (item.place.kind === 'agent' && item.place.id === id) fail(turn, item, 'agent-offline')
  else if (isOffered(item) && item.state.agentId === id) withdraw(turn, item)
}
