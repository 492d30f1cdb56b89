// Pure. A turn of a bot begins: what it is told, and until when it may think.
import type { InboundMessage } from '@baton/router'
import type { BotSettings } from '../config/settings.ts'
import type { Draft } from './draft.ts'
import { TIMERS } from './draft.ts'
import type { BotWork, TurnMessage } from './session.ts'

/** When the process that calls a bot dies, the answer is lost: this long after the time-out of the call the bot counts as failed. */
const ANSWER_GRACE_MS = 30_000
/** How many messages a turn is about. Of more, the oldest are left out; they are in the history. */
const TURN_LIMIT = 20

type LastTurn = Pick<BotWork, 'lastCallId' | 'lastMessages'>
const NO_TURN: LastTurn = { lastCallId: null }

/** Calls the bot with what the customer wrote and nobody has answered, which may be nothing when it takes over. `last`: of its work so far. */
export function callBot(draft: Draft, bot: BotSettings, unanswered: TurnMessage[], last: LastTurn = NO_TURN): BotWork {
  const { session, context, effects } = draft
  const callId = context.newId('ca')
  // Each bot that fails adds what came during its turn.
  const messages = unanswered.slice(-TURN_LIMIT)
  const { id, identity, attributes, tags } = context.contact
  const data = {
    number: context.number.id,
    contact: { id, identity, attributes, tags },
    session: { id: session.id, openedAt: session.openedAt, reason: session.reason },
    message: messages.at(-1) ?? null,
    messages,
    answers: session.answers,
    note: session.noteFor === 'agents' && !bot.notes ? null : session.note,
    journey: session.journey,
    replyWindow: context.replyWindow,
  }
  effects.push({ type: 'participant.call', kind: 'bot', callId, target: bot.id, data, timeoutMs: bot.timeoutMs })
  const deadline = context.now + bot.timeoutMs + ANSWER_GRACE_MS
  effects.push({ type: 'timer.set', name: TIMERS.botAnswer, at: deadline })
  const { lastCallId, lastMessages } = last
  const answered = lastMessages === undefined ? {} : { lastMessages }
  return { kind: 'bot', id: bot.id, call: { id: callId, deadline, messages }, pending: [], lastCallId, ...answered }
}

/** The messages wait until the turn in flight is answered. */
export function keepForNextTurn(work: BotWork, messages: TurnMessage[]): BotWork {
  return { ...work, pending: [...work.pending, ...messages].slice(-TURN_LIMIT) }
}

export function turnMessage({ providerId, at, content }: InboundMessage): TurnMessage {
  return { providerId, at, content: { ...content } }
}
