// Everything a measurement needs, started in order and taken down in the reverse one.
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Settings } from '@baton/router'
import { startChild } from './child.ts'
import type { Child } from './child.ts'
import { prepareFloor } from './floor.ts'
import type { Floor } from './floor.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import { settingsOf } from './configuration.ts'
import type { Configuration } from './configuration.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome, Usages } from './outcome.ts'
import { startPostgres } from './postgres.ts'
import type { Postgres } from './postgres.ts'
import { publishConfiguration, startProduct } from './product.ts'
import type { Product } from './product.ts'
import type { Received, Reporting } from './provider.ts'
import { usageOf } from './usage.ts'

export interface StageOptions {
  /** How many numbers the customers write to. */
  numbers: number
  /** How many messages each of them may send: the most a provider allows, unless it is that which matters. */
  perSecond?: number
  /** See `Configuration`. */
  journeys?: Configuration['journeys']
  /** 1: one process with all roles; 2: web, and worker with sender. */
  processes: number
  /** Does the provider report statuses? */
  statuses: boolean
  profiles: string | null
}

export interface Stage {
  floor: Floor
  postgres: Postgres
  parts: Parts
  /** A load of customers nobody has heard of yet. */
  plan(wish: Wish): LoadPlan
  /** One run of the load, followed to its end. */
  run(wish: Wish, beside?: Beside): Promise<Outcome>
  /** What its processes are configured with. */
  settings: Settings
  /** Ends the product and starts it on a database, which may be empty. */
  restart(database: string): Promise<Product>
  /** Publishes the configuration with these journeys instead. */
  publish(journeys: Configuration['journeys']): Promise<void>
  close(): Promise<void>
}

/** See `LoadPlan`. */
export interface Wish {
  rate: number
  seconds: number
  customers: number | null
  newcomers?: number
}

/** What is done while a load runs. */
export interface Beside {
  act(): Promise<unknown>
  /** How many messages it leads to, all to people who are none of the load's. */
  sends: number
}

export interface Parts {
  load: Child
  provider: Child
  product: Product
  postgres: Postgres
}

const SECRET = 'secret-of-the-bench'
/** How long nothing may move before what is missing counts as lost. */
const SILENCE_MS = 30_000

export async function openStage(options: StageOptions): Promise<Stage> {
  const closing: (() => Promise<unknown>)[] = []
  async function close(): Promise<void> {
    for (let end = closing.pop(); end !== undefined; end = closing.pop()) await end()
  }
  try {
    return { ...(await build(options, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function build(options: StageOptions, closing: (() => Promise<unknown>)[]): Promise<Omit<Stage, 'close'>> {
  const directory = await mkdtemp(join(tmpdir(), 'baton-bench-'))
  closing.push(() => rm(directory, { recursive: true, force: true }))
  await chmod(directory, 0o755) // run by root, the database is another account's
  if (options.profiles !== null) await mkdir(options.profiles, { recursive: true })
  const postgres = await startPostgres(directory, { counting: options.profiles !== null })
  closing.push(() => postgres.stop())
  const floor = await prepareFloor(postgres, directory)
  closing.push(() => floor.close())
  await postgres.create('product')
  const provider = startChild('./provider.ts')
  closing.push(() => provider.stop())
  const load = startChild('./load.ts')
  closing.push(() => load.stop())
  const phoneNumberIds = Array.from({ length: options.numbers }, (_, index) => String(100_000_000_000_001 + index))
  const configuration = { phoneNumberIds, perSecond: options.perSecond ?? 1_000, journeys: options.journeys ?? [] }
  const providerUrl = `http://127.0.0.1:${await provider.call<number>('listen')}`
  async function start(database: string): Promise<Product> {
    const product = await startProduct({
      directory,
      databaseUrl: postgres.url(database),
      providerUrl,
      secret: SECRET,
      configuration,
      roles: options.processes === 1 ? ['web,worker,sender'] : ['web', 'worker,sender'],
      profiles: options.profiles,
    })
    if (options.statuses) await provider.call('report', { url: product.webhook, secret: SECRET } satisfies Reporting)
    return product
  }
  const parts: Parts = { load, provider, product: await start('product'), postgres }
  closing.push(() => parts.product.stop())
  let runs = 0
  const plan = ({ rate, seconds, customers, newcomers }: Wish): LoadPlan => {
    runs += 1
    const run = String(runs).padStart(2, '0')
    const count = Math.max(1, Math.round(rate * seconds))
    return { url: parts.product.webhook, secret: SECRET, phoneNumberIds, rate, count, run, customers, newcomers: newcomers ?? null }
  }
  return {
    floor,
    postgres,
    parts,
    plan,
    settings: settingsOf(configuration),
    async run(wish, beside) {
      // Each run pays for what it leaves behind, not for what the one before has left.
      await postgres.tidy('product')
      return measure(parts, plan(wish), beside)
    },
    publish: (journeys) =>
      publishConfiguration({ directory, databaseUrl: postgres.url('product'), configuration: { ...configuration, journeys } }),
    async restart(database) {
      await parts.product.stop()
      parts.product = await start(database)
      return parts.product
    },
  }
}

async function measure({ load, provider, product, postgres }: Parts, plan: LoadPlan, beside?: Beside): Promise<Outcome> {
  await provider.call('collect') // what came late in an earlier run
  async function usages(): Promise<Usages | null> {
    const [app, store, own] = await Promise.all([usageOf(product.pids), usageOf([postgres.pid]), usageOf([load.pid, provider.pid])])
    return app === null || store === null || own === null ? null : { app, postgres: store, load: own }
  }
  const before = await usages()
  const [result] = await Promise.all([load.call<LoadResult>('run', plan), beside?.act()])
  await drained(provider, result.status.filter((status) => status === 200).length + (beside?.sends ?? 0))
  const after = await usages()
  return outcomeOf({
    plan,
    load: result,
    alone: beside === undefined,
    received: await provider.call<Received>('collect'),
    usage: before === null || after === null ? null : { before, after },
  })
}

/** Resolves when every reply and status is through and a moment has passed in which a double would show, or nothing moves any more. */
async function drained(provider: Child, expected: number): Promise<void> {
  const MOMENT_MS = 500
  let last = ''
  let still = 0
  for (;;) {
    const count = await provider.call<{ sends: number; underWay: number }>('count')
    const now = JSON.stringify(count)
    still = now === last ? still + MOMENT_MS / 2 : 0
    last = now
    const done = count.sends >= expected && count.underWay === 0
    if (still >= (done ? MOMENT_MS : SILENCE_MS)) return
    await pause(MOMENT_MS / 2)
  }
}
