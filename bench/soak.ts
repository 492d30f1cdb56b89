// A constant rate for a long time, and every few seconds a sample of how it fares. R1: as many samples however long it takes.
import { setTimeout as pause } from 'node:timers/promises'
import { openDatabase } from '@baton/router'
import type { LoadWindow } from './load.ts'
import type { Received } from './provider.ts'
import type { Stage } from './stage.ts'
import { tableSizes } from './tables.ts'
import type { TableSizes } from './tables.ts'
import { createTally } from './tally.ts'
import type { Interval } from './tally.ts'
import { usageOf } from './usage.ts'

export interface Sample extends Interval {
  /** Seconds since the first message. */
  at: number
  /** Milliseconds a message. */
  cpu: { app: number; postgres: number } | null
  /** MB of the processes; of the first one's JavaScript heap, and of its buffers outside of it. */
  memory: { app: number; postgres: number; heap: number; external: number } | null
  tables: TableSizes
  /** Messages not replied to yet. */
  owed: number
}

export interface SoakWish {
  rate: number
  seconds: number
  /** Customers who return; one message of ten is of a new one. */
  customers: number
}

/** Half of what a small machine holds, by customers of whom each comes back after little more than a minute. */
export const SOAK: Omit<SoakWish, 'seconds'> = { rate: 150, customers: 10_000 }
const NEWCOMERS = 10
const MOST_SAMPLES = 360
const MEGABYTE = 1_048_576
/** How long nothing may come before what is owed counts as lost, and how long a double is waited for. */
const SILENCE_MS = 30_000
const MOMENT_MS = 500

export interface Soaked {
  samples: Sample[]
  /** Acknowledged and never replied to. */
  lost: number
  doubled: number
}

/** `told` is given each sample as it is taken. */
export async function soak(stage: Stage, wish: SoakWish, told: (sample: Sample) => Promise<void> | void): Promise<Soaked> {
  const { load, provider, product, postgres } = stage.parts
  const { pool, close } = openDatabase({ host: postgres.host, user: postgres.user, database: 'product', max: 1 })
  const plan = stage.plan({ ...wish, newcomers: NEWCOMERS })
  const samples: Sample[] = []
  const every = secondsBetween(wish.seconds) * 1_000
  await provider.call('collect') // what came late in an earlier run
  const tally = createTally(plan, await load.call<number>('start', plan))
  const began = performance.now()
  let before = await usage()

  function usage() {
    return Promise.all([usageOf(product.pids), usageOf([postgres.pid])])
  }

  async function collect(): Promise<{ interval: Interval; done: boolean }> {
    const { sends } = await provider.call<Received>('collect')
    const window = await load.call<LoadWindow>('take')
    return { interval: tally.add(sends, window), done: window.done }
  }

  async function sample(interval: Interval): Promise<void> {
    const after = await usage()
    const cpu = (which: 0 | 1) => ((after[which]?.cpuMs ?? Number.NaN) - (before[which]?.cpuMs ?? Number.NaN)) / interval.messages
    const [app, database] = after
    const taken: Sample = {
      ...interval,
      at: (performance.now() - began) / 1_000,
      cpu: app === null ? null : { app: cpu(0), postgres: cpu(1) },
      memory:
        app === null || database === null ? null : { app: app.megabytes, postgres: database.megabytes, ...(await heapOf(product.url)) },
      tables: await tableSizes(pool),
      owed: tally.owed(),
    }
    before = after
    samples.push(taken)
    await told(taken)
  }

  /** Waits for what is owed, then for doubles; gives back how many of those came. */
  async function settled(): Promise<number> {
    let doubled = 0
    for (let still = 0, last = -1; still < (tally.owed() === 0 ? 2 * MOMENT_MS : SILENCE_MS); still += MOMENT_MS) {
      await pause(MOMENT_MS)
      const { interval } = await collect()
      doubled += interval.doubled
      if (tally.owed() !== last) still = 0
      last = tally.owed()
    }
    return doubled
  }

  try {
    for (let next = began + every; ; next = Math.max(next, performance.now() - every) + every) {
      await pause(Math.max(0, next - performance.now()))
      const { interval, done } = await collect()
      await sample(interval)
      if (done) break
    }
    const late = await settled()
    return { samples, lost: tally.owed(), doubled: samples.reduce((sum, { doubled }) => sum + doubled, late) }
  } finally {
    await close()
  }
}

/** R1 */
export function secondsBetween(seconds: number): number {
  return Math.max(Math.min(10, seconds / 12), seconds / MOST_SAMPLES)
}

async function heapOf(url: string): Promise<{ heap: number; external: number }> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN) / MEGABYTE
  return { heap: figure('baton_nodejs_heap_size_used_bytes'), external: figure('baton_nodejs_external_memory_bytes') }
}
