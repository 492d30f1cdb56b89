// Pure. What the routing group says about this session's work. Whatever is about another session or an older request is stale.
import { z } from 'zod'
import type { EngineOutput } from '@baton/router'
import { serviceTarget } from '../config/schemas.ts'
import { giveToAgent, loseAgent, watchAbsence } from './agent-work.ts'
import type { Draft } from './draft.ts'
import { conclude, GROUP, proceed, refuse, SYSTEM, unchanged } from './draft.ts'
import type { AgentWork, OmniState, Session } from './session.ts'
import { advance } from './targets.ts'

const about = z.object({ sessionId: z.string(), request: z.int() })
const queued = z.object({ position: z.int(), unstaffed: z.boolean().default(false) })
const diverted = z.object({ to: serviceTarget })
const assigned = z.object({ agentId: z.string(), queueId: z.string().nullable().default(null) })
const lost = z.object({ agentId: z.string() })
const presence = z.object({ agentId: z.string(), status: z.enum(['online', 'away', 'offline']), since: z.number() })

/** Applies one event; null when it does not fit what the session is doing any more. */
type Hearing = (draft: Draft, before: Session, data: Record<string, unknown>) => EngineOutput<OmniState> | null

/** `work.queued {position, unstaffed}` · `work.diverted {to}`: nobody there, the queue sends it elsewhere · `work.failed {reason}` ·
 * `agent.assigned {agentId, queueId}` · `agent.lost {agentId}` · `agent.presence {agentId, status, since}`. All carry
 * `sessionId` and `request`. */
const HEARINGS: ReadonlyMap<string, Hearing> = new Map<string, Hearing>([
  ['work.queued', workQueued],
  ['work.diverted', workDiverted],
  ['work.failed', workFailed],
  ['agent.assigned', agentAssigned],
  ['agent.lost', agentLost],
  ['agent.presence', agentPresence],
])

export function isGroupEvent(name: string): boolean {
  return HEARINGS.has(name)
}

export function hearGroup(draft: Draft, before: Session, name: string, data: Record<string, unknown>): EngineOutput<OmniState> {
  const state: OmniState = { version: 1, session: before }
  const head = about.safeParse(data)
  if (!head.success) return refuse(state, 'malformed-event', `${name}: ${z.prettifyError(head.error)}`)
  const { sessionId, request } = head.data
  if (sessionId !== before.id || request !== before.request) return stale(state, name, data)
  return HEARINGS.get(name)?.(draft, before, data) ?? unchanged(state)
}

/** An agent who was given work that nobody waits for any more hands it back, or the group would count it for ever. */
export function stale(state: OmniState, name: string, data: Record<string, unknown>): EngineOutput<OmniState> {
  const head = about.safeParse(data)
  if (name !== 'agent.assigned' || !head.success) return unchanged(state)
  const dedupe = `${head.data.sessionId}/stale/${head.data.request}`
  const effect = { type: 'command.send', to: GROUP, name: 'work.released', data: head.data, dedupe } as const
  return { state, effects: [effect], verdict: { kind: 'handled' } }
}

function workQueued(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const { session, context, effects } = draft
  const { phase } = session
  const parsed = queued.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  if (phase.status !== 'waiting' || phase.work.kind !== 'queue') return null
  const { position, unstaffed } = parsed.data
  session.phase = { status: 'waiting', work: { ...phase.work, position, unstaffed } }
  const queue = context.config.queues.get(phase.work.id)
  const text = queue?.waitingMessage ?? null
  if (unstaffed && text !== null && context.replyWindow.open && !session.greeted.includes(phase.work.id)) {
    session.greeted.push(phase.work.id)
    const ref = `waiting/${session.id}/${phase.work.id}`
    effects.push({ type: 'message.send', ref, content: { kind: 'text', text }, purpose: 'service', author: SYSTEM })
  }
  return proceed(draft, before)
}

function workDiverted(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const { session } = draft
  const parsed = diverted.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  if (session.phase.status !== 'waiting' || session.phase.work.kind !== 'queue') return null
  const here = session.phase.work.id
  session.diverted.push(here)
  // The queue itself comes last: if nobody else can take it, it waits there after all.
  session.targets = [parsed.data.to, ...session.targets, `queue:${here}`]
  return onward(draft, before)
}

function workFailed(draft: Draft, before: Session): EngineOutput<OmniState> | null {
  const { phase } = draft.session
  if (phase.status !== 'waiting') return null
  const here = phase.work.kind === 'queue' ? (`queue:${phase.work.id}` as const) : (`agent:${phase.work.agentId}` as const)
  if (advance(draft, { messages: [], visited: [here] })) return proceed(draft, before)
  return conclude(draft, { kind: 'error', reason: 'no-target', next: null })
}

function agentAssigned(draft: Draft, before: Session, data: Record<string, unknown>): EngineOutput<OmniState> | null {
  const parsed = assigned.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  if (draft.session.phase.status !== 'waiting') return null
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
  const { agentId, status, since } = parsed.data
  const work = agentWork(draft, agentId)
  if (work === null) return null
  work.awaySince = status === 'online' ? null : since
  watchAbsence(draft)
  return proceed(draft, before)
}

/** The agent's work while they own it, in whatever open status. The draft's own, so it may be changed. */
function agentWork({ session: { phase } }: Draft, agentId: string): AgentWork | null {
  if (phase.status === 'inactive' || phase.work.kind !== 'agent') return null
  return phase.work.id === agentId ? phase.work : null
}

function onward(draft: Draft, before: Session): EngineOutput<OmniState> {
  if (advance(draft)) return proceed(draft, before)
  return conclude(draft, { kind: 'error', reason: 'no-target', next: null })
}

function malformed(before: Session, error: z.ZodError): EngineOutput<OmniState> {
  return refuse({ version: 1, session: before }, 'malformed-event', z.prettifyError(error))
}
