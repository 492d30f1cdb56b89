// Wakes what paused journeys keep waiting when another configuration comes into force here. R1 no wake is missed: a turn that was under
// way with the configuration before may put its timer back, so there is another look when every such turn is over, however long it
// took; a process that ended in between looks when it starts again. R2 nor is one missed with a broken connection: what was committed
// there may show a little later, so there is a last look after a while. A look too many does no harm: what still has to wait goes on
// waiting.
import { PAUSED_TIMER } from '@baton/journeys'
import type { Logger, Settings, Timers, Worker } from '@baton/router'

/** When a look is repeated, for what failed. */
const AGAIN_MS = 30_000

export interface JourneyWake {
  /** Called with every change of the settings. */
  onChange(settings: Settings): void
  close(): Promise<void>
}

export function createJourneyWake(options: {
  timers: Pick<Timers, 'bringForward'>
  worker: Pick<Worker, 'turnsOver'>
  log: Logger
  settings: Settings
  againAfterMs?: number
}): JourneyWake {
  const { timers, worker, log, againAfterMs = AGAIN_MS } = options
  let { version } = options.settings
  let again: NodeJS.Timeout | undefined
  let looking: Promise<unknown> = Promise.resolve()

  async function look(): Promise<void> {
    try {
      const woken = await timers.bringForward('marketing', PAUSED_TIMER)
      if (woken > 0) log.info({ conversations: woken }, 'looking again at what paused journeys keep waiting')
    } catch (error) {
      log.warn({ err: error }, 'what paused journeys keep waiting could not be looked at; trying again')
      lookLater()
    }
  }
  function lookLater(): void {
    clearTimeout(again)
    again = setTimeout(() => (looking = Promise.all([looking, look()])), againAfterMs).unref()
  }
  function lookAround(): void {
    const turnsOver = worker.turnsOver()
    looking = Promise.all([looking, look(), turnsOver.then(look)]) // R1
    lookLater() // R2
  }
  lookAround()
  return {
    onChange(settings) {
      if (settings.version === version) return
      version = settings.version
      lookAround()
    },
    async close() {
      clearTimeout(again)
      await looking
      clearTimeout(again)
    },
  }
}
