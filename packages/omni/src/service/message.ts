// Pure. A customer message while service owns the conversation.
import { countsAsMessage } from '@baton/router'
import type { EngineInput, EngineOutput } from '@baton/router'
import { giveToAgent, armAutoEnd, reactivate, watchAbsence } from './agent-work.ts'
import { callBot, keepForNextTurn, turnMessage } from './bot-call.ts'
import { failBot, passOver } from './bot-answers.ts'
import type { Draft } from './draft.ts'
import { addNote, proceed, unchanged } from './draft.ts'
import type { BotWork, OmniState, Session, TurnMessage } from './session.ts'
import { requestAgain } from './targets.ts'

export function customerWrote(draft: Draft, before: Session, input: Extract<EngineInput, { kind: 'message' }>): EngineOutput<OmniState> {
  if (!countsAsMessage(input.message.content)) return unchanged(before)
  const { session, context } = draft
  noticeKeyword(draft, input.recognition.entry)
  delete session.handedOn
  waitsSince(draft, context.now)
  const { phase } = session
  const message = turnMessage(input.message)
  if (phase.status === 'inactive') reactivate(draft, phase.work)
  else if (phase.status === 'paused' && phase.by === 'agent') giveToAgent(draft, phase.work)
  else if (phase.status === 'paused') return wakeUp(draft, before, message)
  else if (phase.status === 'active' && phase.work.kind === 'bot') return tellBot(draft, before, phase.work, [message])
  watchAbsence(draft)
  return proceed(draft, before)
}

/** The customer is there, and waits for an answer from then on at the latest. */
export function waitsSince(draft: Draft, since: number): void {
  const { session, context } = draft
  session.lastActivityAt = context.now
  session.waitingSince = Math.min(session.waitingSince ?? since, since)
  if (!session.agentInitiated || session.answered) return
  session.answered = true
  armAutoEnd(draft)
}

/** Upstream has let go, or the message would not have come: what was going on goes on. */
export function wakeUp(draft: Draft, before: Session, message: TurnMessage | null): EngineOutput<OmniState> {
  const { phase } = draft.session
  if (phase.status !== 'paused' || phase.by !== 'upstream') return unchanged(before)
  const { work, was } = phase
  if (work.kind === 'bot') {
    draft.session.phase = { status: 'active', work }
    return message === null ? proceed(draft, before) : tellBot(draft, before, work, [message])
  }
  if (work.kind !== 'agent') requestAgain(draft, work)
  else if (was === 'inactive' && message !== null) reactivate(draft, work)
  else if (was === 'inactive') draft.session.phase = { status: 'inactive', work }
  else if (was === 'paused' && message === null) draft.session.phase = { status: 'paused', by: 'agent', work }
  else giveToAgent(draft, work)
  watchAbsence(draft)
  return proceed(draft, before)
}

export function tellBot(draft: Draft, before: Session, work: BotWork, messages: TurnMessage[]): EngineOutput<OmniState> {
  const { session, context } = draft
  const bot = context.config.bots.get(work.id)
  if (bot === undefined) return failBot(draft, keepForNextTurn(work, messages), 'bot-unknown')
  if (!context.replyWindow.open) return passOver(draft, before, work, messages)
  const next = work.call === null ? callBot(draft, bot, messages, work) : keepForNextTurn(work, messages)
  session.phase = { status: 'active', work: next }
  return proceed(draft, before)
}

/** Service keeps the conversation; the agent is told, and the data lets them end the session and start the journey in one click. */
function noticeKeyword(draft: Draft, entry: Extract<EngineInput, { kind: 'message' }>['recognition']['entry']): void {
  if (entry === null || entry.by !== 'keyword') return
  const keyword = entry.keyword ?? entry.id
  addNote(draft, `The customer sent the keyword "${keyword}".`, undefined, { keyword, journey: entry.id })
}
