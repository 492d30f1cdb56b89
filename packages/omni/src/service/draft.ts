// Pure. One turn of the engine while it is being worked out: a session that may be changed in place (it is this turn's own copy)
// and the effects so far.
import { withAttributes } from '@baton/router'
import { z } from 'zod'
import type { EngineContext, EngineEffect, EngineOutput, Verdict } from '@baton/router'
import type { OmniConfig } from '../config/settings.ts'
import type { ErrorCode } from '../errors.ts'
import { ERRORS } from '../errors.ts'
import { ROUTING_GROUP } from '../group/state.ts'
import type { LastAgent, OmniState, Session } from './session.ts'
import { stateOf, statusOf, targetOf } from './session.ts'

export interface Draft {
  session: Session
  effects: EngineEffect[]
  context: EngineContext<OmniConfig>
  lastAgent: LastAgent | null
}

/** Timers of a session; all go when it is over. */
export const TIMERS = {
  autoEnd: 'auto-end',
  botAnswer: 'bot-answer',
  agentAway: 'agent-away',
  inactive: 'inactive',
  objective: 'objective',
  position: 'position',
} as const

/** Nothing changed, and why. */
export function refuse(before: Session | null, code: ErrorCode, detail?: string): EngineOutput<OmniState> {
  const message = detail === undefined ? ERRORS[code] : `${detail}: ${ERRORS[code]}`
  return { state: stateOf(before), effects: [], verdict: { kind: 'refused', code, message } }
}

export function wrongStatus(before: Session): EngineOutput<OmniState> {
  return refuse(before, 'wrong-status', before.phase.status)
}

export function malformed(before: Session, error: z.ZodError): EngineOutput<OmniState> {
  return refuse(before, 'malformed-event', z.prettifyError(error))
}

export function unchanged(before: Session | null): EngineOutput<OmniState> {
  return { state: stateOf(before), effects: [], verdict: { kind: 'handled' } }
}

/** The session goes on; the verdict tells the status when it, or who works on it, is another than `before`. */
export function proceed(draft: Draft, before: Session | null): EngineOutput<OmniState> {
  const { session, effects } = draft
  const changed =
    before === null || statusOf(before.phase) !== statusOf(session.phase) || targetOf(before.phase) !== targetOf(session.phase)
  const verdict: Verdict = changed ? { kind: 'status', status: statusOf(session.phase) } : { kind: 'handled' }
  return { state: stateOf(session), effects, verdict }
}

/** The session is over: what it held is given back. */
export function conclude(draft: Draft, verdict: Verdict): EngineOutput<OmniState> {
  release(draft)
  for (const name of Object.values(TIMERS)) draft.effects.push({ type: 'timer.cancel', name })
  return { state: stateOf(null), effects: draft.effects, verdict }
}

/** Tells the routing group something about this session's work. */
export function tellGroup(draft: Draft, name: string, data: Record<string, unknown> = {}): void {
  const { session, effects } = draft
  session.commands += 1
  const full = { sessionId: session.id, request: session.request, ...data }
  effects.push({ type: 'command.send', to: ROUTING_GROUP, name, data: full, dedupe: `${session.id}/${session.commands}/${name}` })
}

/** Tells it of new work: under a new request number, which replaces the session's earlier ones, and with who the customer is. */
export function tellGroupOfWork(draft: Draft, name: 'work.requested' | 'work.taken', data: Record<string, unknown>): void {
  const { session, context } = draft
  session.request += 1
  const { phone, name: called } = context.contact.identity
  tellGroup(draft, name, {
    conversationId: context.conversationId,
    number: context.number.id,
    ...data,
    contact: { id: context.contact.id, name: called ?? null, phone: phone ?? null },
    reason: session.reason,
    note: session.note,
  })
}

/** Gives up what the session holds at present: its place in a queue, an agent's capacity, a bot's turn. `parked`: its agent may come back
 * to it, so there is nothing to wrap up yet. */
export function release(draft: Draft, { parked = false }: { parked?: boolean } = {}): void {
  const { phase } = draft.session
  if (phase.work.kind === 'bot') {
    if (phase.work.call !== null) draft.effects.push({ type: 'timer.cancel', name: TIMERS.botAnswer })
    return
  }
  const wasInactive = phase.status === 'inactive' || (phase.status === 'paused' && phase.by === 'upstream' && phase.was === 'inactive')
  if (phase.work.kind === 'agent') {
    if (!wasInactive) tellGroup(draft, 'work.released', { agentId: phase.work.id, wrapUp: !parked })
    return
  }
  // What waited when upstream took over was taken out of the queue then.
  if (phase.status === 'waiting') tellGroup(draft, 'work.cancelled')
}

/** Stored with the contact; the rest of this turn sees it already. */
export function learn(draft: Draft, attributes: Record<string, unknown>): void {
  draft.effects.push({ type: 'contact.set', attributes })
  const { contact } = draft.context
  draft.context = { ...draft.context, contact: { ...contact, attributes: withAttributes(contact.attributes, attributes).attributes } }
}

export function addNote(draft: Draft, text: string, author = SYSTEM, data?: Record<string, unknown>): void {
  draft.effects.push({ type: 'note.add', text, author, ...(data === undefined ? {} : { data }) })
}

export const SYSTEM = { kind: 'system', id: 'omni' } as { kind: 'system' | 'agent' | 'api' | 'bot' | 'journey'; id: string }
