// Pure. What agents, supervisors and the API do to an open service session.
import { z } from 'zod'
import type { Author, EngineOutput, Target } from '@baton/router'
import { isKnown, parts } from '../config/targets.ts'
import { serviceTarget } from '../config/schemas.ts'
import { answered, armAutoEnd, giveToAgent } from './agent-work.ts'
import type { Draft } from './draft.ts'
import { addNote, conclude, learn, proceed, refuse, release, tellGroup } from './draft.ts'
import type { AgentWork, OmniState, Session } from './session.ts'
import { targetOf } from './session.ts'
import { advance } from './targets.ts'

const reason = z.object({ outcome: z.string().min(1).optional() })
const transfer = z.object({
  to: serviceTarget,
  otherwise: z.array(serviceTarget).default([]),
  note: z.string().optional(),
  skills: z.array(z.string()).optional(),
  language: z.string().optional(),
})

type Action = (draft: Draft, before: Session, data: Record<string, unknown>, by: Author) => EngineOutput<OmniState>

/** Events by name. `session.end {outcome?}` · `session.pause` · `session.inactive` · `session.resume` ·
 * `session.transfer {to, otherwise?, note?, skills?, language?}` · `agent.sent`: the owner wrote to the customer. */
const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['session.end', end],
  ['session.pause', pause],
  ['session.inactive', inactivate],
  ['session.resume', resume],
  ['session.transfer', transferTo],
  ['agent.sent', agentSent],
])

export function isAgentAction(name: string): boolean {
  return ACTIONS.has(name)
}

/** Checks who asks, then does it. */
export function act(
  draft: Draft,
  before: Session,
  event: { name: string; data: Record<string, unknown>; by?: Author },
): EngineOutput<OmniState> {
  const action = ACTIONS.get(event.name)
  const state: OmniState = { version: 3, session: before }
  if (action === undefined) return refuse(state, 'unknown-event', event.name)
  const { sessionId } = event.data as { sessionId?: unknown }
  if (sessionId !== undefined && sessionId !== before.id) return refuse(state, 'session-over')
  if (event.by === undefined || !mayAct(draft, event.name, event.by)) return refuse(state, 'not-session-owner')
  return action(draft, before, event.data, event.by)
}

function mayAct({ session, context }: Draft, name: string, by: Author): boolean {
  if (by.kind === 'api' || by.kind === 'system') return true
  if (by.kind !== 'agent') return false
  const { work } = session.phase
  if (work.kind === 'offered' && work.agentId === by.id && name === 'agent.sent') return true
  return (work.kind === 'agent' && work.id === by.id) || context.config.agents.get(by.id)?.supervisor === true
}

function end(draft: Draft, before: Session, data: Record<string, unknown>, by: Author): EngineOutput<OmniState> {
  const parsed = reason.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  return conclude(draft, { kind: 'ended', outcome: parsed.data.outcome ?? 'ended', by: `${by.kind}:${by.id}` })
}

function pause(draft: Draft, before: Session): EngineOutput<OmniState> {
  const { phase } = draft.session
  if (phase.status !== 'active' || phase.work.kind !== 'agent') return wrongStatus(before)
  draft.session.phase = { status: 'paused', by: 'agent', work: phase.work }
  return proceed(draft, before)
}

/** Gives the agent's capacity back; the customer's next message asks for the same agent again. */
function inactivate(draft: Draft, before: Session): EngineOutput<OmniState> {
  const work = ownedWork(draft)
  if (work === null || draft.session.phase.status === 'inactive') return wrongStatus(before)
  makeInactive(draft, work)
  return proceed(draft, before)
}

export function makeInactive(draft: Draft, work: AgentWork): void {
  release(draft)
  draft.session.phase = { status: 'inactive', work }
}

function resume(draft: Draft, before: Session): EngineOutput<OmniState> {
  const work = ownedWork(draft)
  if (work === null || draft.session.phase.status === 'active') return wrongStatus(before)
  takeBack(draft, work)
  return proceed(draft, before)
}

function transferTo(draft: Draft, before: Session, data: Record<string, unknown>, by: Author): EngineOutput<OmniState> {
  const state: OmniState = { version: 3, session: before }
  const parsed = transfer.safeParse(data)
  if (!parsed.success) return malformed(before, parsed.error)
  const { to, otherwise, note, skills, language } = parsed.data
  const { session, context } = draft
  const { phase } = session
  if (phase.status === 'paused' && phase.by === 'upstream') return wrongStatus(before)
  const unknown = [to, ...otherwise].find((target) => !isKnown(target, context.config))
  if (unknown !== undefined) return refuse(state, 'unknown-target', unknown)
  if (targetOf(phase) === to) return refuse(state, 'already-there', to)
  if (parts(to).kind === 'bot' && !context.replyWindow.open) return refuse(state, 'window-closed', to)
  release(draft)
  if (language !== undefined) learn(draft, { language })
  const targets: Target[] = [to, ...otherwise]
  addNote(draft, note ?? `Transferred to ${to}.`, author(by), { transfer: { from: targetOf(phase), to } })
  session.targets = targets
  session.diverted = []
  session.note = note ?? session.note
  session.skills = skills ?? session.skills
  if (advance(draft)) return proceed(draft, before)
  return conclude(draft, { kind: 'error', reason: 'no-target', next: null })
}

/** A supervisor's or the API's own message is no work of the owner: only a sign of life. */
function agentSent(draft: Draft, before: Session, _data: Record<string, unknown>, by: Author): EngineOutput<OmniState> {
  const { session } = draft
  answered(draft)
  const work = ownedWork(draft)
  const isOwner = work !== null && by.kind === 'agent' && work.id === by.id
  if (isOwner && session.phase.status !== 'active') takeBack(draft, work)
  if (session.phase.status === 'waiting' && session.phase.work.kind === 'offered' && session.phase.work.agentId === by.id) {
    // Writing to the customer accepts the offer.
    tellTaken(draft, by.id, null)
    giveToAgent(draft, { kind: 'agent', id: by.id, queueId: null, awaySince: null })
  }
  return proceed(draft, before)
}

/** From `paused` or `inactive` back to work. After `inactive` the group has to count the agent as busy again. */
function takeBack(draft: Draft, work: AgentWork): void {
  if (draft.session.phase.status === 'inactive') tellTaken(draft, work.id, work.queueId)
  giveToAgent(draft, { ...work, awaySince: null })
}

/** The agent has it without an offer: the group only counts it. */
function tellTaken(draft: Draft, agentId: string, queueId: string | null): void {
  const { session, context } = draft
  session.request += 1
  const { phone, name } = context.contact.identity
  tellGroup(draft, 'work.taken', {
    conversationId: context.conversationId,
    number: context.number.id,
    agentId,
    queueId,
    contact: { id: context.contact.id, name: name ?? null, phone: phone ?? null },
    reason: session.reason,
    note: session.note,
  })
}

/** An agent opens the session: it is theirs at once, and ends by itself if the customer never answers. */
export function openForAgent(draft: Draft, agentId: string): void {
  draft.session.agentInitiated = true
  tellTaken(draft, agentId, null)
  giveToAgent(draft, { kind: 'agent', id: agentId, queueId: null, awaySince: null })
  armAutoEnd(draft)
}

/** The agent's work, unless nobody owns it or upstream has the conversation. */
function ownedWork({ session: { phase } }: Draft): AgentWork | null {
  if (phase.status === 'paused' && phase.by === 'upstream') return null
  return phase.work.kind === 'agent' ? phase.work : null
}

function wrongStatus(before: Session): EngineOutput<OmniState> {
  return refuse({ version: 3, session: before }, 'wrong-status', before.phase.status)
}

function malformed(before: Session, error: z.ZodError): EngineOutput<OmniState> {
  return refuse({ version: 3, session: before }, 'malformed-event', z.prettifyError(error))
}

function author(by: Author): Parameters<typeof addNote>[2] {
  return by.kind === 'agent' || by.kind === 'api' ? { kind: by.kind, id: by.id } : undefined
}
