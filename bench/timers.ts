// Many journey runs that let time pass, and the few whose time has come: how late are they, and does anybody else notice?
import { openDatabase } from '@baton/router'
import { micros } from './clock.ts'
import { spread } from './figures.ts'
import type { Spread } from './figures.ts'
import type { Outcome } from './outcome.ts'
import type { Stage } from './stage.ts'
import { storeWaiting } from './waiting.ts'
import type { WaitingRun } from './waiting.ts'

export interface TimersFigures {
  /** The same customers: with no run waiting, with all of them waiting and none due, with some that come due all the time, and with
   * as many that come due at one moment. */
  none: Outcome
  waiting: Outcome
  steady: Due
  atOnce: Due
  /** How long it took to store those that wait, seconds. */
  storing: number
}

export interface Due {
  outcome: Outcome
  count: number
  /** From the moment a run's timer was due to its message at the provider, ms. */
  lag: Spread
  lost: number
  doubled: number
}

export interface TimersWish {
  /** How many wait. */
  runs: number
  /** How many come due, each time. */
  due: number
  /** What customers write meanwhile. */
  rate: number
  seconds: number
}

export const TIMERS: Omit<TimersWish, 'seconds'> = { runs: 100_000, due: 500, rate: 50 }
const DAY = 86_400_000
/** Time to store what comes due, before it does: of each run, ms, and besides. */
const LEAD = { each: 4, besides: 500 }
const PREFIX = { asleep: '1777', steady: '1778', atOnce: '1779' }

export async function measureTimers(stage: Stage, wish: TimersWish): Promise<TimersFigures> {
  const { rate, seconds, runs, due } = wish
  const { host, user } = stage.parts.postgres
  const { pool, close } = openDatabase({ host, user, database: 'product', max: 1 })
  try {
    const none = await stage.run({ rate, seconds, customers: null })
    const started = performance.now()
    const now = Date.now()
    await storeWaiting(
      pool,
      stage.settings,
      // Tomorrow to in four weeks.
      Array.from({ length: runs }, (_, index) => ({
        digits: digitsOf(PREFIX.asleep, index),
        due: now + DAY + ((index * 7_919) % (27 * DAY)),
      })),
    )
    const storing = (performance.now() - started) / 1_000
    const waiting = await stage.run({ rate, seconds, customers: null })
    const steady = await comeDue(PREFIX.steady, (index) => (index * seconds * 1_000) / due)
    const atOnce = await comeDue(PREFIX.atOnce, () => (seconds * 1_000) / 3)
    return { none, waiting, steady, atOnce, storing }
  } finally {
    await close()
  }

  /** `after`: when, ms after all of them are stored, which is while customers write. */
  async function comeDue(prefix: string, after: (index: number) => number): Promise<Due> {
    const lead = LEAD.besides + due * LEAD.each
    let all: WaitingRun[] = []
    async function store(): Promise<void> {
      const began = Date.now() + lead
      all = Array.from({ length: due }, (_, index) => ({ digits: digitsOf(prefix, index), due: Math.round(began + after(index)) }))
      await storeWaiting(pool, stage.settings, all)
    }
    const outcome = await stage.run({ rate, seconds: seconds + lead / 1_000, customers: null }, { act: store, sends: due })
    return { outcome, ...lagOf(all, outcome) }
  }
}

function lagOf(runs: readonly WaitingRun[], { others }: Outcome): Omit<Due, 'outcome'> {
  const dues = new Map(runs.map(({ digits, due }) => [digits, due]))
  // The two clocks of one machine.
  const apart = Date.now() - micros() / 1_000
  const first = new Map<string, number>()
  for (const { digits, at } of others) if (!first.has(digits)) first.set(digits, at / 1_000 + apart)
  return {
    count: runs.length,
    lag: spread([...first].map(([digits, at]) => at - (dues.get(digits) ?? Number.NaN))),
    lost: runs.filter(({ digits }) => !first.has(digits)).length,
    doubled: others.length - first.size,
  }
}

function digitsOf(prefix: string, index: number): string {
  return `${prefix}${String(index).padStart(7, '0')}`
}
