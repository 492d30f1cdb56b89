// Pure. The routing group's snapshot: who is there, and every piece of work from its request until it is given back.
// R1 a service session has at most one item; its state says whether it is queued, offered or assigned, so it can be only one of them.
// R2 the newest request of a session replaces the older; what is said about an older one changes nothing.
// R3 matching never gives an agent more than their capacity, and never work of a queue they are not a member of.
import { NewerRelease } from '@baton/router'
import { z } from 'zod'
import type { OmniConfig } from '../config/settings.ts'
import { weightOf } from './needs.ts'

const NEWEST = 4

const presence = z.enum(['online', 'away', 'offline'])
export type Presence = z.infer<typeof presence>

const agent = z.strictObject({
  id: z.string(),
  presence,
  /** Of the presence. */
  since: z.number(),
  /** When they last got or gave back work, for the longest-idle model. */
  lastWorkAt: z.number(),
  /** Until when a console of theirs vouches for them; null: none ever did, or the last one has vanished. */
  leaseUntil: z.number().nullable(),
  /** What they were when their lease ran out, and when that was; null once they are heard of again. */
  lapsed: z.strictObject({ presence, at: z.number() }).nullable(),
})
export type AgentState = z.infer<typeof agent>

/** Waiting for any agent of a queue, or for this one agent. */
const place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('queue'), id: z.string() }),
  z.strictObject({ kind: z.literal('agent'), id: z.string() }),
])

const itemState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('queued') }),
  z.strictObject({ kind: z.literal('offered'), offerId: z.string(), agentId: z.string(), at: z.number(), expiresAt: z.number() }),
  z.strictObject({ kind: z.literal('assigned'), agentId: z.string(), at: z.number() }),
])

const item = z.strictObject({
  sessionId: z.string(),
  request: z.int(),
  conversationId: z.string(),
  number: z.string(),
  place,
  /** The agent who had the customer before: goes first. */
  prefer: z.string().nullable(),
  /** The age of the work; kept through declines and time-outs. */
  since: z.number(),
  /** When it began to wait while its queue was open: what the clocks of the queue count from. */
  waitingFrom: z.number(),
  /** Named by the hand-off, beside those of the queue. */
  skills: z.array(z.string()),
  language: z.string().nullable(),
  /** The longest wait of its queue is over, and what it says was done. */
  overdue: z.boolean(),
  /** It came, or was left, out of hours: not given out before its queue opens. */
  untilOpen: z.boolean(),
  /** The customer was promised to be called back. */
  callback: z.boolean(),
  /** Its queue may still send it elsewhere. */
  mayDivert: z.boolean(),
  /** Agents who declined or let it time out, and until when they are not asked again. */
  passed: z.array(z.strictObject({ agentId: z.string(), until: z.number() })),
  contact: z.strictObject({ id: z.string(), name: z.string().nullable(), phone: z.string().nullable() }),
  reason: z.string(),
  note: z.string().nullable(),
  state: itemState,
})
export type Item = z.infer<typeof item>
export type Offered = Item & { state: Extract<Item['state'], { kind: 'offered' }> }

/** Work waits here and nobody took any since then; `alarmed` once an alarm said so. */
const stall = z.strictObject({ place: z.string(), since: z.number(), alarmed: z.boolean() })

export const groupState = z.strictObject({
  version: z.literal(NEWEST),
  agents: z.array(agent),
  items: z.array(item),
  /** Who was served last in a queue, for the round-robin model. */
  served: z.array(z.strictObject({ queueId: z.string(), agentId: z.string() })),
  stalls: z.array(stall),
  /** When the group wants to be woken to look again; null: nothing to wait for. */
  tickAt: z.number().nullable(),
})
export type GroupState = z.infer<typeof groupState>

function emptyGroup(): GroupState {
  return { version: NEWEST, agents: [], items: [], served: [], stalls: [], tickAt: null }
}

/** The states this process has made. They were checked when they were read, and are what the schema says. */
const made = new WeakSet<object>()

/** The stored snapshot as a copy of its own, so a turn may change it in place; null before the first event. Of the events of one batch
 * only the first finds a state that has to be checked: with thousands of live items checking is most of a turn. */
export function readGroup(stored: unknown): GroupState {
  if (stored === null || stored === undefined) return emptyGroup()
  return made.has(stored) ? copyOf(stored as GroupState) : groupState.parse(upgrade(stored))
}

/** To be said of a state that a turn has made, before it is stored. */
export function asMade(state: GroupState): GroupState {
  made.add(state)
  return state
}

/** Entries are changed in place, their members only replaced. */
function copyOf(state: GroupState): GroupState {
  const entries = <E extends object>(list: readonly E[]): E[] => list.map((entry) => ({ ...entry }))
  return {
    ...state,
    agents: entries(state.agents),
    items: entries(state.items),
    served: entries(state.served),
    stalls: entries(state.stalls),
  }
}

interface OldState {
  version: number
  agents: Record<string, unknown>[]
  items: Record<string, unknown>[]
}

/** One step up from a version to the next. Version 1 knew no opening hours, version 2 no skills and limits, version 3 no leases. */
const UPGRADES: Record<number, (old: OldState) => Partial<OldState>> = {
  1: ({ items }) => ({ items: items.map((old) => ({ ...old, untilOpen: false, callback: false, mayDivert: false })) }),
  2: ({ items }) => ({ items: items.map((old) => ({ ...old, waitingFrom: old['since'], skills: [], language: null, overdue: false })) }),
  3: ({ agents }) => ({ agents: agents.map((old) => ({ ...old, leaseUntil: null, lapsed: null })) }),
}

function upgrade(stored: unknown): unknown {
  const old = stored as OldState
  if (old.version > NEWEST) throw new NewerRelease('a routing group', old.version, NEWEST)
  const step = UPGRADES[old.version]
  return step === undefined ? stored : upgrade({ ...old, ...step(old), version: old.version + 1 })
}

/** What is known of an agent; whoever is not known yet is offline. The state's own, so it may be changed. */
export function agentEntry(state: GroupState, agentId: string, now: number): AgentState {
  const known = state.agents.find((entry) => entry.id === agentId)
  if (known !== undefined) return known
  const entry: AgentState = { id: agentId, presence: 'offline', since: now, lastWorkAt: 0, leaseUntil: null, lapsed: null }
  state.agents.push(entry)
  return entry
}

export function presenceOf(state: GroupState, agentId: string): Presence {
  return state.agents.find((entry) => entry.id === agentId)?.presence ?? 'offline'
}

export function isOffered(entry: Item): entry is Offered {
  return entry.state.kind === 'offered'
}

/** The units of capacity each agent has in use, or is being offered. */
export function loads(state: GroupState, config: OmniConfig): Map<string, number> {
  const result = new Map<string, number>()
  for (const entry of state.items) {
    const { state: at } = entry
    if (at.kind !== 'queued') result.set(at.agentId, (result.get(at.agentId) ?? 0) + weightOf(entry, config))
  }
  return result
}
