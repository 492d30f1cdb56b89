// Pure. Two conversations of one customer become one, and service had them in both: what the session that ends leaves, and what the
// other takes up.
import type { EngineOutput, HandOff, Target } from '@baton/router'
import { parts } from '../config/targets.ts'
import { giveToAgent, queueFor, reactivate, watchAbsence } from './agent-work.ts'
import { luggage } from './bot-answers.ts'
import type { Draft } from './draft.ts'
import { proceed, release, unchanged } from './draft.ts'
import { tellBot, waitsSince } from './message.ts'
import type { BotWork, OmniState, Session } from './session.ts'
import { promisedBy, targetOf, unansweredBy } from './session.ts'
import { onward, requestAgain } from './targets.ts'

/** To whoever has the customer at present, else to their queue and where they were to go next; with their age, and what a bot has not
 * answered. */
export function leave(draft: Draft): HandOff {
  const { session } = draft
  const { work } = session.phase
  const queueId = work.kind === 'agent' ? queueFor(draft, work) : null
  const targets: Target[] = [targetOf(session.phase), ...(queueId === null ? [] : [`queue:${queueId}` as const]), ...session.targets]
  // Of an agent it is the age of the unanswered message, as when they are lost; a bot has no queue.
  const since = work.kind === 'agent' ? session.waitingSince : work.kind === 'bot' ? null : work.since
  const messages = unansweredBy(work)
  return {
    targets: [...new Set(targets)],
    // An agent does not start this one: they are asked like everybody else.
    reason: session.reason === 'agent-initiated' ? 'merged' : session.reason,
    ...luggage(session),
    ...(session.failed.length === 0 ? {} : { failed: session.failed }),
    ...(session.waitingSince === null ? {} : { waitingSince: session.waitingSince }),
    ...(since === null ? {} : { since }),
    ...(messages.length === 0 ? {} : { messages }),
  }
}

/** Whoever waits for an answer there waits for it here, as if they had written here; who does not changes nothing. */
export function takeUp(draft: Draft, before: Session, handOff: HandOff): EngineOutput<OmniState> {
  const waitingSince = handOff.waitingSince ?? handOff.since
  if (waitingSince === undefined) return unchanged(before)
  const { session } = draft
  spareTaker(draft)
  waitsSince(draft, waitingSince)
  const { phase } = session
  if (phase.status === 'active' && phase.work.kind === 'bot') return byBot(draft, before, phase.work, handOff)
  const since = handOff.since ?? draft.context.now
  if (phase.status === 'inactive') {
    session.callback = promisedBy(session) ?? handOff.callback ?? null
    reactivate(draft, phase.work, since)
  } else if (phase.status === 'paused' && phase.by === 'agent') giveToAgent(draft, phase.work)
  else if (phase.status === 'waiting') keepPlace(draft, handOff.callback ?? null, since)
  watchAbsence(draft)
  return proceed(draft, before)
}

/** An agent who took the customer without being there has left nothing of the other conversation unanswered until now: their time counts
 * from now, or from when the customer began to wait for them here. */
function spareTaker({ session, context }: Draft): void {
  const { work } = session.phase
  if (work.kind !== 'agent' || work.awaySince === null || work.takenAbsent !== true) return
  work.awaySince = Math.max(work.awaySince, session.waitingSince ?? context.now)
}

/** The older of two places in queues is the customer's, and a promise to call them back is kept. */
function keepPlace(draft: Draft, callback: string | null, since: number): void {
  const { session } = draft
  const { work } = session.phase
  if (work.kind !== 'queue') return
  const isNew = callback !== null && promisedBy(session) === null
  if (isNew) session.callback = callback
  if (isNew || since < work.since) requestAgain(draft, { ...work, since: Math.min(since, work.since) })
}

/** A bot is asked what the other was asked. Who waits for a person, there, is not given back to a bot. */
function byBot(draft: Draft, before: Session, work: BotWork, handOff: HandOff): EngineOutput<OmniState> {
  const { session } = draft
  const { messages = [], targets, since, callback } = handOff
  const isAtBot = targets[0] !== undefined && parts(targets[0]).kind === 'bot'
  if (isAtBot) return messages.length === 0 ? proceed(draft, before) : tellBot(draft, before, work, messages)
  release(draft)
  session.targets = [...new Set([...targets, ...session.targets])]
  session.callback = promisedBy(session) ?? callback ?? null
  return onward(draft, before, {
    messages: unansweredBy(work),
    visited: [targetOf(before.phase)],
    ...(since === undefined ? {} : { since }),
  })
}
