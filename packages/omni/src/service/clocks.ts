// Pure. Timers of a session. Each is lazy: it is armed once, and when it fires looks at how things stand by now.
import type { EngineOutput } from '@baton/router'
import { makeInactive } from './agent-actions.ts'
import { armAutoEnd, autoEndAt, inactiveAfter, watchAbsence } from './agent-work.ts'
import { failBot } from './bot-answers.ts'
import type { Draft } from './draft.ts'
import { conclude, proceed, release, TIMERS, unchanged } from './draft.ts'
import { positionDue } from './position.ts'
import type { BotWork, OmniState, Session } from './session.ts'
import { promisedBy, unansweredBy } from './session.ts'
import { onward } from './targets.ts'

export function timerDue(draft: Draft, before: Session, name: string): EngineOutput<OmniState> {
  if (name === TIMERS.autoEnd) return autoEnd(draft, before)
  if (name === TIMERS.botAnswer) return botAnswer(draft, before)
  if (name === TIMERS.inactive) return inactivity(draft, before)
  if (name === TIMERS.position) return positionDue(draft, before)
  if (name === TIMERS.agentAway) {
    watchAbsence(draft)
    return proceed(draft, before)
  }
  return unchanged(before)
}

/** A forgotten session must not block keywords for ever. While upstream has the conversation, nothing is known of its messages. */
function autoEnd(draft: Draft, before: Session): EngineOutput<OmniState> {
  const { session, context } = draft
  const { phase } = session
  if (phase.status === 'paused' && phase.by === 'upstream') session.lastActivityAt = context.now
  if (autoEndAt(draft) > context.now) {
    armAutoEnd(draft)
    return proceed(draft, before)
  }
  const waited = { sessionId: session.id, waitingSince: session.waitingSince ?? session.openedAt }
  const promised = promisedBy(session)
  if (promised !== null) {
    // A promise does not run out: somebody is told, and told again; and no bot can keep it.
    draft.effects.push({ type: 'alarm.raise', code: 'callback-overdue', detail: waited })
    draft.effects.push({ type: 'timer.set', name: TIMERS.autoEnd, at: context.now + context.number.serviceSessions.autoEndAfter })
    return phase.work.kind === 'bot' ? backToPromise(draft, before, phase.work, promised) : proceed(draft, before)
  }
  if (phase.status === 'waiting') draft.effects.push({ type: 'alarm.raise', code: 'ended-unanswered', detail: waited })
  const outcome = session.agentInitiated && !session.answered ? 'unanswered' : 'auto-ended'
  return conclude(draft, { kind: 'ended', outcome, by: 'timer' })
}

/** Back to the queue that promised; it may not send them elsewhere again. */
function backToPromise(draft: Draft, before: Session, work: BotWork, queueId: string): EngineOutput<OmniState> {
  const { session } = draft
  session.targets.unshift(`queue:${queueId}`)
  session.diverted.push(queueId)
  release(draft)
  return onward(draft, before, { messages: unansweredBy(work), since: session.waitingSince ?? session.openedAt })
}

function botAnswer(draft: Draft, before: Session): EngineOutput<OmniState> {
  const { phase } = draft.session
  if (phase.status !== 'active' || phase.work.kind !== 'bot' || phase.work.call === null) return unchanged(before)
  if (phase.work.call.deadline <= draft.context.now) return failBot(draft, phase.work, 'bot-no-answer')
  draft.effects.push({ type: 'timer.set', name: TIMERS.botAnswer, at: phase.work.call.deadline })
  return proceed(draft, before)
}

/** Only a silent customer makes a session inactive, never a slow agent. The timer starts anew when an agent gets the session, so the agent has
 * always had it for the full time. */
function inactivity(draft: Draft, before: Session): EngineOutput<OmniState> {
  const { session, context, effects } = draft
  const { phase } = session
  if (phase.status !== 'active' || phase.work.kind !== 'agent') return unchanged(before)
  const after = inactiveAfter(draft, phase.work)
  if (after === null) return unchanged(before)
  const at = session.lastActivityAt + after
  if (at <= context.now && session.waitingSince === null) makeInactive(draft, phase.work)
  else effects.push({ type: 'timer.set', name: TIMERS.inactive, at: at > context.now ? at : context.now + after })
  return proceed(draft, before)
}
