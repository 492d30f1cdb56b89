// Owns, for each bot, whether this process calls it. R1: after `failures` calls in a row that came to nothing the circuit is open: no call
// is made, so that customers are not kept waiting for a bot that is down. R2: after `openForMs` it is half open: one call is made, and
// only one; if it succeeds the circuit is closed, else it is open for as long again. R3: a bot that moved to another address starts anew.
import type { Clock } from '@baton/router'
import type { BotSettings } from '../config/settings.ts'

/** `openUntil`: epoch milliseconds, null unless it is open. `failures`: in a row. */
export interface CircuitState {
  bot: string
  state: 'closed' | 'open' | 'half-open'
  failures: number
  openUntil: number | null
}

export interface Circuits {
  /** Whether the bot may be called now. Who may has to call `leave`. */
  enter(bot: BotSettings): boolean
  /** What came of it; `null`: it was broken off by this side, and says nothing about the bot. */
  leave(bot: BotSettings, succeeded: boolean | null): void
  /** Of all bots that were called. */
  states(): CircuitState[]
}

interface Circuit {
  url: string
  failures: number
  openUntil: number | null
  probing: boolean
}

export function createCircuits(clock: Clock): Circuits {
  const circuits = new Map<string, Circuit>()

  function of({ id, url }: BotSettings): Circuit {
    const known = circuits.get(id)
    if (known?.url === url) return known
    const circuit: Circuit = { url, failures: 0, openUntil: null, probing: false }
    circuits.set(id, circuit) // R3
    return circuit
  }

  return {
    enter(bot) {
      const circuit = of(bot)
      if (circuit.openUntil === null) return true
      if (circuit.probing || clock.now() < circuit.openUntil) return false
      circuit.probing = true // R2
      return true
    },
    leave(bot, succeeded) {
      const circuit = of(bot)
      circuit.probing = false
      if (succeeded === null) return
      circuit.failures = succeeded ? 0 : circuit.failures + 1
      const { failures, openForMs } = bot.circuit
      if (succeeded) circuit.openUntil = null
      else if (circuit.failures >= failures) circuit.openUntil = clock.now() + openForMs // R1
    },
    states: () =>
      [...circuits].map(([bot, { failures, openUntil }]) => {
        const state = openUntil === null ? 'closed' : clock.now() < openUntil ? 'open' : 'half-open'
        return { bot, state, failures, openUntil }
      }),
  }
}
