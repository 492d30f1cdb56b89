// Pure. What agents, supervisors and the API do to an open service session.
import { z } from 'zod'
import type { Author, EngineOutput } from '@baton/router'
import { answered, armAutoEnd, giveToAgent, tellTaken, watchAbsence } from './agent-work.ts'
import type { Draft } from './draft.ts'
import { conclude, malformed, proceed, refuse, release, wrongStatus } from './draft.ts'
import type { AgentWork, OmniState, Session } from './session.ts'
import { reassign, takeOver, transferTo } from './transfer.ts'

const reason = z.object({ outcome: z.string().min(1).optional() })
type Action = (draft: Draft, before: Session, data: Record<string, unknown>, by: Author) => EngineOutput<OmniState>

/** Events by name. `session.end {outcome?}` · `session.pause` · `session.inactive` · `session.resume` ·
 * `session.transfer {to, otherwise?, note?, skills?, language?}` · `agent.sent`: the owner wrote to the customer ·
 * by supervisors `session.reassign {to, note?}` · `session.takeOver {note?}`. */
const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['session.end', end],
  ['session.pause', pause],
  ['session.inactive', inactivate],
  ['session.resume', resume],
  ['session.transfer', transferTo],
  ['session.reassign', reassign],
  ['session.takeOver', takeOver],
  ['agent.sent', agentSent],
])

/** The owner of a session may not do these to it. */
const FOR_SUPERVISORS: ReadonlySet<string> = new Set(['session.reassign', 'session.takeOver'])

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
  if (action === undefined) return refuse(before, 'unknown-event', event.name)
  const { sessionId } = event.data as { sessionId?: unknown }
  if (sessionId !== undefined && sessionId !== before.id) return refuse(before, 'session-over')
  if (event.by === undefined || !mayAct(draft, event.name, event.by))
    return refuse(before, FOR_SUPERVISORS.has(event.name) ? 'not-supervisor' : 'not-session-owner')
  return action(draft, before, event.data, event.by)
}

function mayAct({ session, context }: Draft, name: string, by: Author): boolean {
  if (by.kind === 'api' || by.kind === 'system') return true
  if (by.kind !== 'agent') return false
  if (context.config.agents.get(by.id)?.supervisor === true) return true
  if (FOR_SUPERVISORS.has(name)) return false
  const { work } = session.phase
  if (work.kind === 'offered' && work.agentId === by.id && name === 'agent.sent') return true
  return work.kind === 'agent' && work.id === by.id
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
  release(draft, { parked: true })
  draft.session.phase = { status: 'inactive', work }
}

function resume(draft: Draft, before: Session): EngineOutput<OmniState> {
  const work = ownedWork(draft)
  if (work === null || draft.session.phase.status === 'active') return wrongStatus(before)
  takeBack(draft, work)
  return proceed(draft, before)
}

/** A message by a supervisor or the API keeps the session alive, but is not work of its owner. An owner who is not there and writes all the same
 * counts as absent only since that message. */
function agentSent(draft: Draft, before: Session, _data: Record<string, unknown>, by: Author): EngineOutput<OmniState> {
  const { session } = draft
  answered(draft)
  const work = ownedWork(draft)
  const isOwner = work !== null && by.kind === 'agent' && work.id === by.id
  if (isOwner && session.phase.status !== 'active') takeBack(draft, work)
  else if (isOwner && work.awaySince !== null) work.awaySince = draft.context.now
  if (session.phase.status === 'waiting' && session.phase.work.kind === 'offered' && session.phase.work.agentId === by.id) {
    // Writing to the customer accepts the offer.
    tellTaken(draft, by.id, null)
    giveToAgent(draft, { kind: 'agent', id: by.id, queueId: null, awaySince: null })
  }
  return proceed(draft, before)
}

/** From `paused` or `inactive` back to work. After `inactive` the group has to count the agent as busy again, and says whether they are there.
 * An agent who is absent stays absent, with the full time limit again. */
function takeBack(draft: Draft, work: AgentWork): void {
  const wasInactive = draft.session.phase.status === 'inactive'
  if (wasInactive) tellTaken(draft, work.id, work.queueId)
  giveToAgent(draft, { ...work, awaySince: wasInactive || work.awaySince === null ? null : draft.context.now })
  watchAbsence(draft)
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
