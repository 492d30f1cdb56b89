import { createHttpBot, isSignature, readPosted } from '@baton/omni'
import type { HttpBot } from '@baton/omni'
import type { Clock } from '@baton/router'
import type { Closing } from '../process/closing.ts'
import type { Configuration } from '../config/configuration.ts'
import type { BotDesk } from '../deps.ts'

/** The bots as they are called, and as they call back. */
export function createBotSide(
  configuration: Pick<Configuration, 'bot' | 'secret' | 'outgoing'>,
  clock: Clock,
  closing: Pick<Closing, 'push'>,
): { bots: HttpBot; botDesk: BotDesk } {
  const bots = createHttpBot({
    bots: (id) => configuration.bot(id),
    resolveSecret: (reference) => configuration.secret(reference) ?? undefined,
    clock,
    allowsAddress: (address) => configuration.outgoing().allowsAddress(address),
  })
  closing.push(() => bots.close())
  /** Null: it is none, or may not post. Nothing is said of it: its address is like any other's with a wrong signature. */
  const posting = (botId: string) => {
    const bot = configuration.bot(botId)
    const secret = bot?.protocol === 'baton' ? configuration.secret(bot.secret) : null
    return bot === undefined || secret === null || secret === '' ? null : { bot, secret }
  }
  const botDesk: BotDesk = {
    mayBeFrom: (botId, signature) => signature !== null && isSignature(signature) && posting(botId) !== null,
    read(botId, post) {
      const by = posting(botId)
      return by === null ? { kind: 'unsigned' } : readPosted(post, { ...by, now: clock.now() })
    },
  }
  return { bots, botDesk }
}
