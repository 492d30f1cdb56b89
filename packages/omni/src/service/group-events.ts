// Pure. What the routing group says about this session's work. Whatever is about another session or an older request is stale.
import { z } from 'zod'
import type { EngineOutput } from '@baton/router'
import { isThere, PRESENCES } from '../config/presence.ts'
import { serviceTarget } from '../config/schemas.ts'
import { HINDRANCES } from '../config/settings.ts'
import { ROUTING_GROUP } from '../group/state.ts'
import { armAutoEnd, giveToAgent, loseAgent, takeUpCallback, watchAbsence } from './agent-work.ts'
import type { Draft } from './draft.ts'
import { addNote, malformed, proceed, refuse, SYSTEM, unchanged } from './draft.ts'
import { isInLine, tellPosition, watchPosition, workPlaced } from './position.ts'
import type { AgentWork, Held, OmniState, Session } from './session.ts'
import { heldSchema, promisedBy, stateOf } from './session.ts'
import { onward } from './targets.ts'
import type { Arrival } from './targets.ts'

const about = z.object({ sessionId: z.string(), request: z.int() })
const queued = z.object({
  position: z.int(),
  held: heldSchema.nullable().default(null),
  waitMs: z.number().nullable().default(null),
})
const diverted = z.object({ to: serviceTarget, why: z.enum([...HINDRANCES, 'drained']), opensAt: z.number().nullable() })
const assigned = z.object({ agentId: z.string(), queueId: z.string().nullable().default(null) })
const lost = z.object({ agentId: z.string() })
const declined = z.object({ agentId: z.string(), reason: z.string() })
/** `taken`: the agent, who was not there already, has taken the work by their own choice. */
const presence = z.object({ agentId: z.string(), status: z.enum(PRESENCES), since: z.number(), taken: z.boolean().default(false) })

/** Applies one event; null when it no longer fits what the session is doing. */
type Hearing = (draft: Draft, before: Session, data: Record<string, unknown>) => EngineOutput<OmniState> | null

/** `work.queued {position, held, waitMs}` · `work.placed {position, waitMs}` · `work.diverted {to, why, opensAt}`: the queue sends it
 * elsewhere · `work.failed {reason}` · `offer.declined {agentId, reason}` · `agent.assigned {agentId, queueId}` · `agent.lost {agentId}` ·
 * `agent.presence {agentId, status, since, taken?}`. All carry `sessionId` and `request`. */
const HEARINGS: ReadonlyMap<string, Hearing> = new Map<string, Hearing>([
  ['work.queued', workQueued],
  ['work.placed', workPlaced],
  ['work.diverted', workDiverted],
  ['work.failed', workFailed],
  ['offer.declined', offerDeclined],
  ['agent.assigned', agentAssigned],
  ['agent.lost', agentLost],
  ['agent.presence', agentPresence],
])

export function isGroupEvent(name: string): boolean {
  return HEARINGS.has(name)
}

export function hearGroup(draft: Draft, before: Session, name: string, data: Record<string, unknown>): EngineOutput<OmniState> {
  const head = about.safeParse(data)
  if (!head.success) return refuse(before, 'malformed-event', `${name}: ${z.prettifyError(head.error)}`)
  const { sessionId, request } = head.data
  if (sessionId !== before.id || request !== before.request) return stale(before, name, data)
  return HEARINGS.get(name)?.(draft, before, data) ?? unchanged(before)
}

/** An agent who was given work that nobody waits for any more hands it back, or the group would count it for ever. */
export function stale(before: Session | null, name: string, data: Record<string, unknown>): EngineOutput<OmniState> {
  const head = about.safeParse(data)
  if (name !== 'agent.assigned' || !head.success) return unchanged(before)
  const dedupe = `${head.data.sessionId}/stale/${head.data.request}`
  const effect = { type: 'command.send', to: ROUTING_GROUP, name: 'work.released', data: head.data, dedupe } as const
  return { state: stateOf(before), effects: [effect], verdict: { kind: 'handled' } }
}

function workQueued(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const { session } = draft
  const { phase } = session
  const parsed = queued.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  if (phase.status !== 'waiting' || phase.work.kind !== 'queue') return null
  const { position } = parsed.data
  const held = heldNow(phase.work.held, parsed.data.held)
  if (held?.callback === true) session.callback = promisedBy(session) ?? phase.work.id
  session.phase = { status: 'waiting', work: { ...phase.work, position, held } }
  if (held === null || held.opened === true) {
    // Who was in line already, and comes back from an offer, is told when their interval is over.
    const isNew = phase.work.position === null || !isInLine(before)
    if (isNew && promisedBy(session) === null) tellPosition(draft, phase.work.id, position, parsed.data.waitMs)
    if (held !== null) watchPosition(draft, phase.work.id)
    return proceed(draft, before)
  }
  greet(draft, phase.work.id, held.why)
  // The session must not end by itself before the queue opens.
  if (held.why === 'closed') armAutoEnd(draft)
  const inputs = { queue: phase.work.id, why: held.why, policy: held.callback ? 'callback' : 'wait', ...opening(held.opensAt) }
  return { ...proceed(draft, before), because: { rule: 'queue-policy', inputs } }
}

/** A customer who is not served on the day on which the queue opens is held again when it closes. They were told of the first opening, and their
 * clock goes on counting from it. */
function heldNow(before: Held | null, now: Held | null): Held | null {
  if (before?.why !== 'closed') return now
  if (now === null) return { ...before, opened: true }
  return now.why === 'closed' ? { ...now, opensAt: before.opensAt } : now
}

/** Says once why they have to wait. */
function greet({ session, context, effects }: Draft, queueId: string, why: Held['why']): void {
  const queue = context.config.queues.get(queueId)
  const text = (why === 'closed' ? queue?.closedMessage : queue?.waitingMessage) ?? null
  const greeting = `${queueId}/${why === 'closed' ? 'closed' : 'waiting'}`
  if (text === null || !context.replyWindow.open || session.greeted.includes(greeting)) return
  session.greeted.push(greeting)
  const ref = `waiting/${session.id}/${greeting}`
  effects.push({ type: 'message.send', ref, content: { kind: 'text', text }, purpose: 'service', author: SYSTEM })
}

function opening(at: number | null): { opensAt?: string } {
  return at === null ? {} : { opensAt: new Date(at).toISOString() }
}

function workDiverted(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const { session } = draft
  const parsed = diverted.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  if (session.phase.status !== 'waiting' || session.phase.work.kind !== 'queue') return null
  const { to, why, opensAt } = parsed.data
  const { id: here, since } = session.phase.work
  session.diverted.push(here)
  // The queue itself comes last: if nobody else can take it, it waits there after all.
  session.targets = [to, ...session.targets, `queue:${here}`]
  const inputs = { queue: here, why, policy: 'divert', to, ...opening(opensAt) }
  // That a queue is drained is not the customer's fault: they keep their age wherever they go.
  const age: Partial<Arrival> = why === 'drained' ? { since } : { home: { queueId: here, since } }
  return { ...onward(draft, before, age), because: { rule: 'queue-policy', inputs } }
}

/** They have waited all the same: what comes next has their age. */
function workFailed(draft: Draft, before: Session): EngineOutput<OmniState> | null {
  const { phase } = draft.session
  if (phase.status !== 'waiting') return null
  const here = phase.work.kind === 'queue' ? (`queue:${phase.work.id}` as const) : (`agent:${phase.work.agentId}` as const)
  return onward(draft, before, { visited: [here], since: phase.work.since })
}

/** Whoever takes it next reads why it was not taken. */
function offerDeclined(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const parsed = declined.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  const { agentId, reason } = parsed.data
  const name = draft.context.config.agents.get(agentId)?.name ?? agentId
  addNote(draft, `${name} declined: ${reason}`, undefined, { declined: agentId, reason })
  return proceed(draft, before)
}

function agentAssigned(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const parsed = assigned.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  if (draft.session.phase.status !== 'waiting') return null
  takeUpCallback(draft)
  giveToAgent(draft, { kind: 'agent', id: parsed.data.agentId, queueId: parsed.data.queueId, awaySince: null })
  return proceed(draft, before)
}

function agentLost(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const parsed = lost.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  const work = agentWork(draft, parsed.data.agentId)
  if (work === null) return null
  loseAgent(draft, work)
  return proceed(draft, before)
}

function agentPresence(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const parsed = presence.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  const { agentId, status, since, taken } = parsed.data
  const work = agentWork(draft, agentId)
  if (work === null) return null
  work.awaySince = isThere(status) ? null : Math.max(since, work.awaySince ?? 0)
  work.takenAbsent = taken
  // An agent who takes it while they are offline has not left the customer, so it is not queued again; the time limit holds for them too.
  if (status === 'offline' && !taken && mustRequeue(draft, work)) loseAgent(draft, work)
  else watchAbsence(draft)
  return proceed(draft, before)
}

/** While upstream holds the conversation nobody else could answer either. */
function mustRequeue({ session: { phase }, context }: Draft, { queueId }: AgentWork): boolean {
  const isUpstream = phase.status === 'paused' && phase.by === 'upstream'
  return !isUpstream && queueId !== null && context.config.queues.get(queueId)?.whenOffline === 'requeue'
}

/** The agent's work while they own it, in whatever open status. The draft's own, so it may be changed. */
function agentWork({ session: { phase } }: Draft, agentId: string): AgentWork | null {
  if (phase.status === 'inactive' || phase.work.kind !== 'agent') return null
  return phase.work.id === agentId ? phase.work : null
}
