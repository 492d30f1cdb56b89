// Bots behind HTTP. It keeps its connections and what it knows of who answers. Whatever goes wrong comes back as `bot.failed` with a
// reason: a call never throws.
import type { Clock, GuardOptions, ParticipantAdapter, ParticipantAnswer, ParticipantCall } from '@baton/router'
import { createGuardedAgent, systemClock } from '@baton/router'
import type { BotSettings } from '../config/settings.ts'
import { createCircuits } from './circuits.ts'
import type { CircuitState } from './circuits.ts'
import { createExchange, failure } from './exchange.ts'
import { speak } from './protocol.ts'
import type { Said } from './protocol.ts'
import { turnOf } from './turn.ts'

export interface HttpBotOptions {
  /** The bot as it is configured now. */
  bots(id: string): BotSettings | undefined
  /** The value behind a reference such as `env:FAQ_BOT_SECRET`; undefined when it is not set. */
  resolveSecret(reference: string): string | undefined
  clock?: Clock
  /** Bytes of an answer. */
  maxAnswerBytes?: number
  /** Whether a bot may be at an address that is neither public nor private; without it none is. */
  allowsAddress?(address: string): boolean
}

export interface HttpBot extends ParticipantAdapter {
  /** Of the bots this process has called. */
  circuits(): CircuitState[]
  /** Drops idle connections. */
  close(): Promise<void>
}

const MAX_ANSWER_BYTES = 256 * 1024

/** Calls the bots of config/bots.yaml. */
export function createHttpBot(options: HttpBotOptions): HttpBot {
  const { clock = systemClock, maxAnswerBytes = MAX_ANSWER_BYTES } = options
  // Whoever writes config/bots.yaml runs the server, and a bot often runs beside it.
  const allows: GuardOptions['allows'] = (address, network) =>
    network === 'loopback' || network === 'private' || options.allowsAddress?.(address) === true
  const dispatcher = createGuardedAgent({ allows })
  const circuits = createCircuits(clock)

  async function converse(call: ParticipantCall, bot: BotSettings, secret: string | null, signal: AbortSignal): Promise<Said> {
    if (!circuits.enter(bot)) return failure('bot-circuit-open')
    let said: Said = failure('bot-aborted')
    try {
      const timeoutMs = Math.min(call.timeoutMs, bot.timeoutMs)
      const exchange = createExchange({ url: bot.url, timeoutMs, signal, dispatcher, maxAnswerBytes })
      said = await speak(turnOf(call, bot), bot, { exchange, secret, now: () => clock.now() })
      return said
    } finally {
      const wasBrokenOff = said.kind === 'failed' && said.reason === 'bot-aborted'
      circuits.leave(bot, wasBrokenOff ? null : said.kind !== 'failed')
    }
  }

  return {
    kind: 'bot',
    async call(call, signal) {
      const bot = options.bots(call.target)
      if (bot === undefined) return toAnswer(call, failure('bot-unknown', call.target))
      const secret = bot.secret === null ? null : (options.resolveSecret(bot.secret) ?? '')
      if (secret === '') return toAnswer(call, failure('bot-secret-missing', bot.secret ?? undefined))
      return toAnswer(call, await converse(call, bot, secret, signal))
    },
    circuits: circuits.states,
    async close() {
      await dispatcher.close()
    },
  }
}

function toAnswer({ callId, target }: ParticipantCall, said: Said): ParticipantAnswer {
  const by = { kind: 'bot', id: target } as const
  switch (said.kind) {
    case 'replied':
      return { name: 'bot.replied', data: { callId, ...said.reply }, by }
    case 'deferred':
      return { name: 'bot.deferred', data: { callId, messages: said.messages }, by }
    case 'failed': {
      const { reason, detail } = said
      return { name: 'bot.failed', data: { callId, reason, ...(detail === undefined ? {} : { detail }) }, by }
    }
  }
}
