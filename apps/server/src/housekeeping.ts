import { forgetOld } from '@baton/router'
import type { Clock, Logger, Tables } from '@baton/router'
import type { Kysely } from 'kysely'

export interface HousekeepingDeps {
  db: Kysely<Tables>
  clock: Clock
  log: Logger
  /** How long transcripts and what belongs to them are kept, ms; null: for ever. */
  historyMs: number | null
}

/** Forgets what is kept only for a while, batch by batch, until nothing old is left. Every worker may do it at the same time. */
export function createHousekeeping({ db, clock, log, historyMs }: HousekeepingDeps) {
  return async (signal: AbortSignal): Promise<void> => {
    let forgotten = 0
    try {
      for (let batch = 1; batch > 0 && !signal.aborted; forgotten += batch) batch = await forgetOld(db, clock.now(), historyMs)
    } catch (error) {
      log.warn({ err: error, forgotten }, 'old rows could not all be forgotten; the next run goes on')
    }
  }
}
