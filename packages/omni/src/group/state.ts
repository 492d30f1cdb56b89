// Pure. The routing group as plain data: who is there, and every piece of work from its request until it is given back.
// R1 a service session has at most one item; its state says whether it is queued, offered or assigned, so it can be only one of them.
// R2 the newest request of a session replaces the older; what is said about an older one changes nothing.
// R3 matching never gives an agent more than their capacity, and never work of a queue they are not a member of.
import { NewerRelease } from '@baton/router'
import { z } from 'zod'
import { PRESENCES } from '../config/presence.ts'

export const NEWEST = 7

/** All queues and agents are in one routing group. */
export const ROUTING_GROUP = { kind: 'routing-group', key: 'group/default' } as const

const presence = z.enum(PRESENCES)

const newestAgent = z.strictObject({
  id: z.string(),
  /** What they say they are, by a name of the configuration, and since when. */
  status: z.string(),
  statusSince: z.number(),
  /** What that means for work. */
  presence,
  /** Since when they are there, or are not. */
  since: z.number(),
  /** When they last got or gave back work, for the longest-idle model. */
  lastWorkAt: z.number(),
  /** Until when a console of theirs vouches for them; null: none ever did, or the last one has vanished. */
  leaseUntil: z.number().nullable(),
  /** The status they had when their lease ran out, and when that was; null once they are heard of again. */
  lapsed: z.strictObject({ status: z.string(), at: z.number() }).nullable(),
})
/** Agents are stored one by one, so some may still be as an earlier release wrote them, which knew presences but no statuses. */
export const agentState = z.preprocess(withStatus, newestAgent)
export type AgentState = Readonly<z.infer<typeof agentState>>

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

export const workItem = z.strictObject({
  sessionId: z.string(),
  request: z.int(),
  /** One more with every change: a routing engine elsewhere says with it which state of the item it has seen. */
  version: z.int().default(0),
  conversationId: z.string(),
  number: z.string(),
  place,
  /** The agent who had the customer before: goes first. */
  prefer: z.string().nullable(),
  /** Until when it waits for that agent alone, if they are there; null: for nobody. */
  reservedUntil: z.number().nullable(),
  /** The age of the work; kept through declines and time-outs. */
  since: z.number(),
  /** When it began to wait while its queue was open: what the clocks of the queue count from. */
  waitingFrom: z.number(),
  /** Named by the hand-off, beside those of the queue. */
  skills: z.array(z.string()),
  language: z.string().nullable(),
  /** It has waited for `maxWait` of its queue, and what the queue says about that was done. */
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
export type Item = Readonly<z.infer<typeof workItem>>
export type Offered = Item & { state: Extract<Item['state'], { kind: 'offered' }> }

/** An agent is done with a conversation and its capacity is held until then. */
export const wrapUpState = z.strictObject({
  agentId: z.string(),
  sessionId: z.string(),
  conversationId: z.string(),
  number: z.string().nullable().default(null),
  queueId: z.string(),
  since: z.number(),
  until: z.number(),
})
export type WrapUp = Readonly<z.infer<typeof wrapUpState>>

/** A queue that gets nothing new, and where it goes instead. */
const drain = z.strictObject({ queueId: z.string(), to: z.string(), since: z.number() })
export type Drain = Readonly<z.infer<typeof drain>>

/** The routing engine of a queue, from its first heartbeat until it has been silent for too long. `until`: when that will be. */
const engine = z.strictObject({ queueId: z.string(), since: z.number(), until: z.number() })
export type Engine = Readonly<z.infer<typeof engine>>

/** Work waits at this place, and since then nobody took the oldest of it. `alarmed`: an alarm has said so. */
const stall = z.strictObject({ place: z.string(), since: z.number(), alarmed: z.boolean() })
export type Stall = Readonly<z.infer<typeof stall>>

/** The agent who was served last in a queue, for the round-robin model. */
const served = z.strictObject({ queueId: z.string(), agentId: z.string() })
export type Served = Readonly<z.infer<typeof served>>

/** What there is beside agents, work and wrap-ups. */
export const groupHead = z.strictObject({
  version: z.literal(NEWEST),
  served: z.array(served),
  stalls: z.array(stall),
  drains: z.array(drain),
  engines: z.array(engine),
  /** When the group wants to be woken to look again; null: nothing to wait for. */
  tickAt: z.number().nullable(),
})
export type GroupHead = Readonly<z.infer<typeof groupHead>>

export const groupState = z.strictObject({
  ...groupHead.shape,
  agents: z.array(agentState),
  items: z.array(workItem),
  wrapUps: z.array(wrapUpState).default([]),
})
export type GroupState = z.infer<typeof groupState>

/** From what is stored, by whatever release; null: nothing yet. Throws `NewerRelease`. */
export function readState(stored: unknown): GroupState {
  if (stored === null || stored === undefined)
    return { version: NEWEST, agents: [], items: [], wrapUps: [], served: [], stalls: [], drains: [], engines: [], tickAt: null }
  return groupState.parse(upgrade(stored))
}

/** The head alone, of a state that is stored in parts. Throws `NewerRelease`. */
export function readHead(stored: unknown): GroupHead {
  return groupHead.parse(upgrade(stored))
}

interface OldState {
  version: number
  drains: unknown[]
  engines: unknown[]
  agents: Record<string, unknown>[]
  items: Record<string, unknown>[]
}

/** One step up from a version to the next. Version 1 knew no opening hours, version 2 no skills and limits, version 3 no leases; version 4 was
 * stored whole, and knew nobody to whom customers return, version 5 no drained queues, version 6 no routing engines. */
const UPGRADES: Record<number, (old: OldState) => Partial<OldState>> = {
  1: ({ items }) => ({ items: items.map((old) => ({ ...old, untilOpen: false, callback: false, mayDivert: false })) }),
  2: ({ items }) => ({ items: items.map((old) => ({ ...old, waitingFrom: old['since'], skills: [], language: null, overdue: false })) }),
  3: ({ agents }) => ({ agents: agents.map((old) => ({ ...old, leaseUntil: null, lapsed: null })) }),
  4: ({ items }) => ({ items: items.map((old) => ({ ...old, reservedUntil: null })) }),
  5: () => ({ drains: [] }),
  6: () => ({ engines: [] }),
}

function withStatus(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || 'status' in stored) return stored
  const old = stored as { presence: string; since: number; lapsed: { presence: string; at: number } | null }
  const lapsed = old.lapsed === null ? null : { status: old.lapsed.presence, at: old.lapsed.at }
  return { ...old, status: old.presence, statusSince: old.since, lapsed }
}

function upgrade(stored: unknown): unknown {
  const old = stored as OldState
  if (old.version > NEWEST) throw new NewerRelease('a routing group', old.version, NEWEST)
  const step = UPGRADES[old.version]
  return step === undefined ? stored : upgrade({ ...old, ...step(old), version: old.version + 1 })
}
