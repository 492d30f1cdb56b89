// Changes only the draft it is given. What closes by itself: the reply window and the marketing session. Every turn first closes what is over
// (step.ts), so a timer only has to bring a turn about. One is enough for both: of the next that closes. It is not moved when that one is
// extended: when it fires, it is set again.
import type { InboundMessage } from '../contract/message.ts'
import { setTimer } from './draft.ts'
import type { Draft } from './draft.ts'
import { REPLY_WINDOW_MS } from './facts.ts'

export function isClosingTimer(name: string): boolean {
  return name === 'reply-window' || name === 'marketing-session'
}

/** To be called when one of them opens or its timer has fired. */
export function watchClosings(draft: Draft): void {
  const { state, now } = draft
  const session = state.marketingSessions.at(-1)
  const windowAt = state.replyWindowClosesAt ?? 0
  const sessionAt = session !== undefined && session.closedAt === null ? session.closesAt : 0
  if (windowAt > now && (sessionAt <= now || windowAt <= sessionAt)) setTimer(draft, 'reply-window', windowAt)
  else if (sessionAt > now) setTimer(draft, 'marketing-session', sessionAt)
}

/** A message of the customer opens the reply window, or keeps it open for longer; a late one may do neither. */
export function slideWindow(draft: Draft, message: InboundMessage): void {
  const { state, now } = draft
  const closesAt = Math.min(message.at, now) + REPLY_WINDOW_MS
  if (closesAt <= (state.replyWindowClosesAt ?? 0)) return
  state.replyWindowClosesAt = closesAt
  if (state.machine.replyWindow === 'closed') watchClosings(draft)
}
