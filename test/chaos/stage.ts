// Owns one run: a database, the provider, the processes, a load balancer before them and a crowd of customers; waits until all is
// quiet; judges.
import { setTimeout as pause } from 'node:timers/promises'
import { createBalancer } from './balancer.ts'
import type { Change } from './change-list.ts'
import { NUMBERS, ROUND, writeConfiguration } from './configuration.ts'
import { startCrowd } from './customers.ts'
import type { Crowd } from './customers.ts'
import { collect } from './evidence.ts'
import { judge } from './judge.ts'
import type { Verdict } from './judge.ts'
import { watch } from './patience.ts'
import type { Posted } from './post.ts'
import type { ChaosDatabase, Postgres } from './postgres.ts'
import { createProcess } from './process.ts'
import type { BatonProcess } from './process.ts'
import { createProvider } from './provider.ts'
import type { Provider } from './provider.ts'
import { openSends, quiet } from './quiet.ts'

export interface Load {
  customers: number
  rounds: number
  words: number
  /** How long places in the crowd are taken again, seconds; 0: the crowd writes what it has to and is done. */
  seconds: number
}

/** What a fault can get hold of. */
export interface Stage {
  processes: readonly BatonProcess[]
  provider: Provider
  postgres: Postgres
  database: ChaosDatabase
  /** Resolves when this share of the load, 0 to 1, is through. */
  share(part: number): Promise<void>
  /** Resolves when it is true; throws when the crowd has finished before. */
  until(what: string, happened: () => boolean): Promise<void>
  /** Remembers the sends that are under way now: a process was just killed or stopped. */
  noteUnderWay(): Promise<void>
  /** Remembers one send as under way, by our message's id. */
  isUnderWay(messageId: string): void
  /** Something was not as the fault wants it: the run proves nothing, or a promise of its own was broken. */
  note(problem: string): void
}

export interface Fault {
  name: string
  /** What is done, for whoever reads the table. */
  what: string
  play(stage: Stage): Promise<void>
  /** The sender of webhooks must not see anything but 200. */
  quietSender?: boolean
  /** One word in so many arrives after the one that was written after it. */
  overtakenOneIn?: number
  /** What is changed in the code of the processes. */
  changes?: readonly Change[]
  /** PostgreSQL's files are on a disk of their own of so many MB. */
  diskMb?: number
  /** A negative control: broken promises must be found. What waits for ever is one of them, after so many seconds. */
  mustBreakWithin?: number
}

export interface Run {
  verdict: Verdict
  /** What the sender of webhooks saw that was not 200. */
  senderErrors: ReadonlyMap<Posted, number>
  /** Messages that were delivered twice. */
  twice: number
  /** Error lines of the processes' logs. */
  errors: string[]
  notes: string[]
}

export interface StageOptions {
  postgres: Postgres
  processes: number
  /** What is changed in the code of the processes, besides what the fault changes. */
  changes?: readonly Change[]
  /** Leases that nobody alive holds are made to have run out, instead of waiting for it. */
  ageOrphans: boolean
}

/** Seconds: several leases, and what a machine that others use needs to get over each. */
const LONGEST_STANDSTILL = 900

export async function play(fault: Fault, load: Load, options: StageOptions): Promise<Run> {
  const ends: (() => Promise<void>)[] = []
  try {
    return await playOn(fault, load, options, (end) => void ends.push(end))
  } finally {
    // oxlint-disable-next-line no-await-in-loop
    for (const end of ends.toReversed()) await end()
  }
}

async function playOn(fault: Fault, load: Load, options: StageOptions, atEnd: (end: () => Promise<void>) => void): Promise<Run> {
  const { postgres } = options
  const database = await postgres.createDatabase()
  atEnd(database.drop)
  const configuration = await writeConfiguration()
  atEnd(configuration.remove)
  const processes: BatonProcess[] = []
  const changes = [...(options.changes ?? []), ...(fault.changes ?? [])]
  const balancer = createBalancer(processes)
  const provider = await createProvider(balancer.deliver)
  atEnd(provider.close)
  for (const name of 'abcdefgh'.slice(0, options.processes)) {
    const each = { socket: postgres.socket, database: database.name, provider: provider.port, configDir: configuration.dir, changes }
    processes.push(await createProcess(name, each))
  }
  atEnd(async () => void (await Promise.all(processes.map((each) => each.close()))))
  await Promise.all(processes.map((each) => each.start()))
  balancer.start()
  atEnd(balancer.close)

  const rounds = followRounds(database)
  atEnd(rounds.stop)
  const crowd = startCrowd({
    ...load,
    emulator: provider.emulator,
    deliver: balancer.deliver,
    roundsOf: rounds.of,
    overtakenOneIn: fault.overtakenOneIn ?? 0,
    until: load.seconds === 0 ? 0 : Date.now() + load.seconds * 1000,
  })
  const underWay = new Set<string>()
  const notes: string[] = []
  const stage: Stage = {
    processes,
    provider,
    postgres,
    database,
    ...progress(crowd, load),
    async noteUnderWay() {
      for (const row of await openSends(database)) if (row.messageId !== null) underWay.add(row.messageId)
    },
    isUnderWay: (messageId) => void underWay.add(messageId),
    note: (problem) => notes.push(problem),
  }
  const patience = watch(() => `${crowd.acknowledged()} ${rounds.all()}`, (fault.mustBreakWithin ?? LONGEST_STANDSTILL) * 1000)
  atEnd(async () => patience.end())
  void patience.watched.then(crowd.stop)
  await Promise.all([crowd.finished, fault.play(stage)])
  await quiet(stage, options.ageOrphans, patience.over)
  if (patience.over()) stage.note('the run stood still: something waited for what did not come')
  if (fault.overtakenOneIn !== undefined && crowd.overtaken() === 0) stage.note('no message was overtaken')
  const senderErrors = balancer.errors()
  if (fault.quietSender === true && senderErrors.size > 0)
    notes.push(`the sender of webhooks saw ${[...senderErrors].map(([what, times]) => `${times} × ${what}`).join(', ')}`)
  const errors = processes.flatMap((each) => each.errors().map((line) => `${each.name} ${line}`))
  const verdict = judge(await collect(database, provider.emulator, crowd.customers, underWay))
  return { verdict, errors, notes, senderErrors, twice: crowd.twice() }
}

function progress(crowd: Crowd, load: Load): Pick<Stage, 'share' | 'until'> {
  const total = load.customers * load.rounds * (load.words + 2)
  const started = Date.now()
  let over = false
  void crowd.finished.then(() => (over = true))
  const through = (): number => (load.seconds > 0 ? (Date.now() - started) / (load.seconds * 1000) : crowd.acknowledged() / total)
  async function until(what: string, happened: () => boolean): Promise<void> {
    while (!happened()) {
      if (over) throw new Error(`the crowd finished before ${what}`)
      await pause(5)
    }
  }
  return { until, share: (part) => until(`${part} of the load was through`, () => through() >= part) }
}

/** How many rounds each customer's conversation has finished, looked up for all at once. */
function followRounds(database: ChaosDatabase): { of(phone: string): number; all(): number; stop(): Promise<void> } {
  const stopping = new AbortController()
  let finished = new Map<string, number>()
  const following = follow()
  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      const rows = await database.query<{ phone: string; rounds: number }>(
        `select a.phone, count(*)::integer as rounds from message m join actor a on a.slot = m.slot and a.id = m.actor_id
         where m.direction = 'out' and m.content ->> 'text' = $1 group by a.phone`,
        [ROUND.hearsLast],
      )
      finished = new Map(rows.map(({ phone, rounds }) => [phone, rounds]))
      await pause(50)
    }
  }
  return {
    of: (phone) => finished.get(phone) ?? 0,
    all: () => [...finished.values()].reduce((total, rounds) => total + rounds, 0),
    async stop() {
      stopping.abort()
      await following
    },
  }
}

export const SHORT: Load = { customers: 15 * NUMBERS.length, rounds: 2, words: 4, seconds: 0 }
