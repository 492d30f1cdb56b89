// How long until Baton is there: from the start of its process to `ready`, and to the first reply of a customer who wrote at once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openDatabase } from '@baton/router'
import { median } from './figures.ts'
import type { Stage } from './stage.ts'
import { usageOf } from './usage.ts'
import { storeWaiting } from './waiting.ts'

export interface ColdStartFigures {
  /** A Node process that does nothing, ms: no program starts in less. */
  bare: number
  /** With a database in which there is nothing, not even a schema; and with one that has been in use. */
  empty: Start
  full: Start
  /** A reply when the process is warm, p50 in ms. */
  warm: number
}

/** Medians, ms. */
export interface Start {
  /** From the start of the process until `/readyz` says so. */
  ready: number
  /** CPU time of the process until then: what is left of a start on a machine that does nothing else. */
  cpu: number
  /** From the moment the first message was due, after that, to its reply at the provider. */
  reply: number
}

const ROUNDS = 3
const DAY = 86_400_000

/** `contacts`: conversations in the full database, each with a run that waits. */
export async function measureColdStart(stage: Stage, { contacts }: { contacts: number }): Promise<ColdStartFigures> {
  const { host, user } = stage.parts.postgres
  const { pool, close } = openDatabase({ host, user, database: 'product', max: 1 })
  const due = Date.now() + DAY
  await storeWaiting(
    pool,
    stage.settings,
    Array.from({ length: contacts }, (_, index) => ({ digits: `1777${String(index).padStart(7, '0')}`, due: due + index })),
  ).finally(close)
  const warm = await stage.run({ rate: 20, seconds: 5, customers: null })
  const rounds = { bare: [] as number[], empty: [] as Start[], full: [] as Start[] }
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.bare.push(await bareStart())
    await stage.parts.postgres.create(`empty${round}`)
    rounds.empty.push(await start(`empty${round}`))
    rounds.full.push(await start('product'))
  }
  return { bare: median(rounds.bare), empty: medians(rounds.empty), full: medians(rounds.full), warm: warm.reply.p50 }

  async function start(database: string): Promise<Start> {
    const { readyMs, pids } = await stage.restart(database)
    const cpu = (await usageOf(pids))?.cpuMs ?? Number.NaN
    const { reply, lost } = await stage.run({ rate: 1, seconds: 1, customers: null })
    if (lost > 0) throw new Error('the first message was not replied to')
    return { ready: readyMs, cpu, reply: reply.max }
  }
}

async function bareStart(): Promise<number> {
  const began = performance.now()
  await once(spawn(process.execPath, ['--eval', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - began
}

function medians(starts: readonly Start[]): Start {
  const of = (figure: keyof Start) => median(starts.map((start) => start[figure]))
  return { ready: of('ready'), cpu: of('cpu'), reply: of('reply') }
}
