// Pure. An agent has the session: how it got there, how it comes back to a queue, and the clocks that watch over it.
import type { Draft } from './draft.ts'
import { addNote, SYSTEM, tellGroupOfWork, TIMERS } from './draft.ts'
import type { AgentWork, WaitingWork } from './session.ts'
import { heldIn, promisedBy } from './session.ts'
import { requestAgent, requestQueue } from './targets.ts'

const DEFAULT_AWAY_LIMIT_MS = 5 * 60_000

/** The agent works on it from now on; what was promised is theirs to keep. */
export function giveToAgent(draft: Draft, work: AgentWork): void {
  draft.session.phase = { status: 'active', work }
  draft.session.callback = null
  watchInactivity(draft, work)
}

/** An agent takes up what waits. A promise to call back is kept from here on: the session's clocks run again, and a template asks the
 * customer for an answer when nothing else may be sent: that of the queue where they wait, or else of the one that promised. */
export function takeUpCallback(draft: Draft): void {
  const { session, context, effects } = draft
  const promised = promisedBy(session)
  if (promised === null) return
  session.lastActivityAt = context.now
  armAutoEnd(draft)
  const { work } = session.phase
  const templateOf = (queueId: string) => context.config.queues.get(queueId)?.callbackTemplate
  const template = (work.kind === 'queue' ? templateOf(work.id) : null) ?? templateOf(promised) ?? null
  if (template === null || context.replyWindow.open) return
  const content = { kind: 'template' as const, ...template }
  effects.push({ type: 'message.send', ref: `callback/${session.id}/${session.request}`, content, purpose: 'utility', author: SYSTEM })
}

/** The agent has it without an offer: the group only counts it. */
export function tellTaken(draft: Draft, agentId: string, queueId: string | null): void {
  tellGroupOfWork(draft, 'work.taken', { agentId, queueId })
}

/** When the session ends by itself. Lazy: the timer is armed once and looks at this again when it fires. Whoever waits for a queue to open
 * is not forgotten before it has. */
export function autoEndAt(draft: Draft): number {
  const { session, context } = draft
  const { autoEndAfter, unansweredAfter } = context.number.serviceSessions
  const opened = heldIn(session)?.opensAt ?? 0
  return Math.max(session.lastActivityAt, opened) + (session.agentInitiated && !session.answered ? unansweredAfter : autoEndAfter)
}

export function armAutoEnd(draft: Draft): void {
  draft.effects.push({ type: 'timer.set', name: TIMERS.autoEnd, at: autoEndAt(draft) })
}

/** After how much silence an agent's conversation becomes inactive by itself, milliseconds; null: its queue says nothing about it. */
export function inactiveAfter({ context }: Draft, { queueId }: AgentWork): number | null {
  return queueId === null ? null : (context.config.queues.get(queueId)?.inactiveAfterMs ?? null)
}

/** Counts from when the agent got it: while nobody had it, the customer was waiting, not silent. */
function watchInactivity(draft: Draft, work: AgentWork): void {
  const after = inactiveAfter(draft, work)
  if (after !== null) draft.effects.push({ type: 'timer.set', name: TIMERS.inactive, at: draft.context.now + after })
}

/** Somebody wrote to the customer. */
export function answered({ session, context }: Draft): void {
  if (session.waitingSince !== null) session.firstResponseAt ??= context.now
  session.waitingSince = null
  session.lastActivityAt = context.now
}

/** An agent who is away while their customer waits keeps the session until the queue's limit, then it is queued again. An agent who
 * took it without being there never left: their time counts only from the first message that they leave unanswered. */
export function watchAbsence(draft: Draft): void {
  const { phase, waitingSince } = draft.session
  if (phase.status !== 'active' || phase.work.kind !== 'agent') return
  const { work } = phase
  if (work.awaySince === null || waitingSince === null) return
  const limit = (work.queueId === null ? undefined : draft.context.config.queues.get(work.queueId)?.awayLimitMs) ?? DEFAULT_AWAY_LIMIT_MS
  const at = (work.takenAbsent === true ? Math.max(work.awaySince, waitingSince) : work.awaySince) + limit
  if (draft.context.now >= at) loseAgent(draft, work)
  else draft.effects.push({ type: 'timer.set', name: TIMERS.agentAway, at })
}

/** The agent is gone: somebody else gets the session, with its history and the age of the unanswered message. */
export function loseAgent(draft: Draft, work: AgentWork): void {
  const name = draft.context.config.agents.get(work.id)?.name ?? work.id
  addNote(draft, `${name} is away; the conversation waits for another agent.`)
  const queueId = queueFor(draft, work)
  const since = draft.session.waitingSince ?? draft.context.now
  const { phase } = draft.session
  if (phase.status === 'paused' && phase.by === 'upstream') {
    // Nobody else could answer now either: it waits from when upstream lets go.
    const place: WaitingWork =
      queueId === null ? { kind: 'offered', agentId: work.id, since } : { kind: 'queue', id: queueId, since, position: null, held: null }
    draft.session.phase = { ...phase, work: place, was: 'waiting' }
    return
  }
  // No release: the new request replaces the group's record of the old one.
  if (queueId === null) requestAgent(draft, work.id, since)
  else requestQueue(draft, queueId, { since })
}

/** Back from `inactive`: the same agent if they can take it at once, else the queue. `since`: the age of the work. */
export function reactivate(draft: Draft, work: AgentWork, since: number = draft.context.now): void {
  const queueId = queueFor(draft, work)
  if (queueId === null) requestAgent(draft, work.id, since)
  else requestQueue(draft, queueId, { prefer: work.id, since })
}

/** The queue the session came through, else one of the agent's, else the number's entry queue. */
export function queueFor(draft: Draft, work: AgentWork): string | null {
  const { queues } = draft.context.config
  if (work.queueId !== null && queues.has(work.queueId)) return work.queueId
  for (const queue of queues.values()) if (queue.members.includes(work.id)) return queue.id
  const entry = draft.context.number.serviceSessions.entry.find((target) => target.startsWith('queue:'))?.slice('queue:'.length)
  return entry !== undefined && queues.has(entry) ? entry : null
}
