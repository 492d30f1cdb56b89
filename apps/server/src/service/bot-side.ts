import { createHttpBot, readPosted } from '@baton/omni'
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
  const botDesk: BotDesk = {
    read(botId, post) {
      const bot = configuration.bot(botId)
      const secret = bot?.protocol === 'baton' ? configuration.secret(bot.secret) : null
      // Of a bot that is none, or may not post, nothing is said: its address is like any other's with a wrong signature.
      return bot === undefined || secret === null || secret === ''
        ? { kind: 'unsigned' }
        : readPosted(post, { bot, secret, now: clock.now() })
    },
  }
  return { bots, botDesk }
}
