// The ways bots are spoken to. Each turns a turn into requests and the answers into what the engine is told; how requests are made, and
// what happens when they fail, is the same for all (`http-bot.ts`).
import type { BotSettings } from '../config/settings.ts'
import type { BotReply } from './answer.ts'
import { speakBaton } from './baton.ts'
import type { Exchange, Failure } from './exchange.ts'
import { speakOpenai } from './openai.ts'
import { speakRasa } from './rasa.ts'
import type { Turn } from './turn.ts'

/** `deferred`: the bot will post its reply later; `messages` are said meanwhile. */
export type Said = { kind: 'replied'; reply: Omit<BotReply, 'callId'> } | { kind: 'deferred'; messages: BotReply['messages'] } | Failure

export interface Conversing {
  exchange: Exchange
  /** Null: the bot asks for none. */
  secret: string | null
  /** Epoch milliseconds. */
  now(): number
}

export function speak(turn: Turn, bot: BotSettings, conversing: Conversing): Promise<Said> {
  switch (bot.protocol) {
    case 'baton':
      return speakBaton(turn, bot, conversing)
    case 'rasa':
      return speakRasa(turn, conversing)
    case 'openai':
      return speakOpenai(turn, bot, conversing)
  }
}
