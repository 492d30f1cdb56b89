// Wakes what paused journeys keep waiting when another configuration comes into force here. R1 no wake is missed: a turn that was under
// way with the configuration before may put its timer back, so there is a second look once every such turn is over; a process that
// ended in between looks when it starts again. A look too many does no harm: what still has to wait goes on waiting.
import { PAUSED_TIMER } from '@baton/journeys'
import type { Logger, Settings, Timers } from '@baton/router'

/** Longer than a turn can take: its statements time out before. */
const TURN_IS_OVER_MS = 30_000

export interface JourneyWake {
  /** Called with every change of the settings. */
  onChange(settings: Settings): void
  close(): Promise<void>
}

export function createJourneyWake(options: {
  timers: Pick<Timers, 'bringForward'>
  log: Logger
  settings: Settings
  againAfterMs?: number
}): JourneyWake {
  const { timers, log, againAfterMs = TURN_IS_OVER_MS } = options
  let { version } = options.settings
  let again: NodeJS.Timeout | undefined
  let looking: Promise<unknown> = Promise.resolve()

  async function look(): Promise<void> {
    try {
      const woken = await timers.bringForward('marketing', PAUSED_TIMER)
      if (woken > 0) log.info({ conversations: woken }, 'looking again at what paused journeys keep waiting')
    } catch (error) {
      log.warn({ err: error }, 'what paused journeys keep waiting could not be looked at; trying again')
      lookAgain()
    }
  }
  function lookAgain(): void {
    clearTimeout(again)
    again = setTimeout(() => (looking = look()), againAfterMs).unref()
  }
  function lookTwice(): void {
    looking = Promise.all([looking, look()])
    lookAgain() // R1
  }
  lookTwice()
  return {
    onChange(settings) {
      if (settings.version === version) return
      version = settings.version
      lookTwice()
    },
    async close() {
      clearTimeout(again)
      await looking
      clearTimeout(again)
    },
  }
}
