// Baton's own protocol: the turn as JSON, signed; the answer at once, or 202 and a signed post later.
import type { BotSettings } from '../config/settings.ts'
import { readAnswer, readInterim } from './answer.ts'
import { failure } from './exchange.ts'
import type { Conversing, Said } from './protocol.ts'
import { sign, SIGNATURE_HEADER, verify } from './signature.ts'
import type { Turn } from './turn.ts'

type BatonBot = Extract<BotSettings, { protocol: 'baton' }>

export async function speakBaton(turn: Turn, bot: BatonBot, { exchange, secret, now }: Conversing): Promise<Said> {
  const body = JSON.stringify(turn)
  const key = secret ?? ''
  const headers = { 'idempotency-key': turn.callId, [SIGNATURE_HEADER]: sign(key, body, now()) }
  const answered = await exchange({ body, headers })
  if (answered.kind === 'failed') return answered
  const { status, signature, text } = answered
  // A signature that is given has to be right, also where none is asked for.
  if (signature === null ? bot.signedAnswers : !verify(key, text, signature, now()))
    return failure('bot-signature', signature === null ? 'there is none' : undefined)
  if (status === 202) {
    if (bot.replyWithinMs === null) return failure('bot-status', 'HTTP 202, and the configuration has no replyWithin for the bot')
    const interim = readInterim(text)
    return interim.kind === 'malformed' ? failure('bot-malformed', interim.detail) : { kind: 'deferred', messages: interim.messages }
  }
  const answer = readAnswer(text)
  return answer.kind === 'malformed' ? failure('bot-malformed', answer.detail) : { kind: 'replied', reply: answer.reply }
}
