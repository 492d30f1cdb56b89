// Owns this process's time. R1: when the machine's clock is set, by a person or a hypervisor, time here goes on as if nothing had been.
// R2: a machine whose clock is wrong from the start, or that slept, is corrected by PostgreSQL's, which all processes share: leases,
// timers and ids of one process mean the same to every other. R3: what differs by less than `APART_MS` is left as it is: to ask
// takes time itself, and machines whose clocks are kept (NTP) agree better than that.
import { performance } from 'node:perf_hooks'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Clock } from '../contract/clock.ts'
import type { Logger } from '../contract/log.ts'
import { pause } from './retry.ts'
import type { Tables } from './tables.ts'

export interface SteadyClock extends Clock {
  /** Another clock said `theirs` between two looks at this one. Gives by how much this one was wrong, ms; 0: it is left as it is. */
  compare(theirs: number, before: number, after: number): number
}

const APART_MS = 100
const EVERY_MS = 10_000

/** `wall`: the machine's clock; `monotonic`: one that nobody sets. Milliseconds. */
export function createSteadyClock(wall: () => number = () => Date.now(), monotonic: () => number = () => performance.now()): SteadyClock {
  let between = wall() - monotonic()
  let correction = 0

  function now(): number {
    const read = wall()
    const apart = read - monotonic()
    const jump = apart - between
    between = apart
    if (Math.abs(jump) > APART_MS) correction -= Math.round(jump) // R1
    return read + correction
  }

  return {
    now,
    compare(theirs, before, after) {
      const uncertain = (after - before) / 2
      const wrong = Math.round(theirs - before - uncertain)
      if (Math.abs(wrong) <= APART_MS + uncertain) return 0 // R3
      correction += wrong // R2
      return wrong
    },
  }
}

/** A clock of this process that is held to PostgreSQL's: compared now, and from time to time. */
export async function followDatabaseClock(db: Kysely<Tables>, log: Pick<Logger, 'warn'>): Promise<{ clock: Clock; stop(): Promise<void> }> {
  const clock = createSteadyClock()
  const stopping = new AbortController()

  async function compare(): Promise<void> {
    const before = clock.now()
    const { rows } = await sql<{ now: number }>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`.execute(db)
    const wrong = rows[0] === undefined ? 0 : clock.compare(rows[0].now, before, clock.now())
    if (wrong !== 0) log.warn({ ms: wrong }, 'the clock of this machine is not that of PostgreSQL, which is followed')
  }

  async function follow(): Promise<void> {
    for (;;) {
      await pause(EVERY_MS, stopping.signal)
      if (stopping.signal.aborted) return
      await compare().catch((error: unknown) => log.warn({ err: error }, 'the clock of PostgreSQL could not be read; asking again'))
    }
  }

  await compare()
  const following = follow()
  return {
    clock,
    async stop() {
      stopping.abort()
      await following
    },
  }
}
