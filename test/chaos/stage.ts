// Owns one run: a database, the provider, two processes and a crowd of customers; waits until all is quiet; judges.
import { setTimeout as pause } from 'node:timers/promises'
import { testDatabase } from '@baton/router/testing'
import type { TestDatabase } from '@baton/router/testing'
import { NUMBERS, ROUND, writeConfiguration } from './configuration.ts'
import { startCrowd } from './customers.ts'
import type { Crowd } from './customers.ts'
import { collect } from './evidence.ts'
import { judge } from './judge.ts'
import type { Verdict } from './judge.ts'
import type { Posted } from './post.ts'
import { createProcess } from './process.ts'
import type { BatonProcess } from './process.ts'
import { createProvider } from './provider.ts'
import type { Provider } from './provider.ts'

export interface Load {
  customers: number
  rounds: number
  words: number
  /** How long places in the crowd are taken again, seconds; 0: the crowd writes what it has to and is done. */
  seconds: number
}

/** What a fault can get hold of. */
export interface Stage {
  processes: [BatonProcess, BatonProcess]
  provider: Provider
  database: TestDatabase
  /** Resolves when this share of the load, 0 to 1, is through. */
  share(part: number): Promise<void>
  /** Resolves when it is true; throws when the crowd has finished before. */
  until(what: string, happened: () => boolean): Promise<void>
  /** Remembers the sends that are under way now: a process was just killed or stopped. */
  noteUnderWay(): Promise<void>
  note(problem: string): void
}

export interface Run {
  verdict: Verdict
  troubles: ReadonlyMap<Posted, number>
  twice: number
  swallowed: number
  /** Error lines of the processes' logs. */
  errors: string[]
  notes: string[]
}

export type Fault = (stage: Stage) => Promise<void>

interface Teardown {
  teardown(end: () => Promise<void>): void
}

/** `ageOrphans`: leases that nobody alive holds are made to have run out, instead of waiting for it. */
export async function play(t: Teardown, fault: Fault, load: Load, { ageOrphans }: { ageOrphans: boolean }): Promise<Run> {
  const database = await testDatabase(t)
  const configuration = await writeConfiguration()
  t.teardown(configuration.remove)
  // oxlint-disable-next-line prefer-const
  let processes: [BatonProcess, BatonProcess]
  const urls = (turn: number): string[] => {
    const running = processes.map((each) => each.url()).filter((url) => url !== null)
    return turn % 2 === 0 ? running : running.toReversed()
  }
  let deliveries = 0
  const provider = await createProvider(() => urls((deliveries += 1)))
  t.teardown(provider.close)
  const options = { databaseUrl: urlOf(database), configDir: configuration.dir, dataDir: `${configuration.dir}/data` }
  processes = [
    createProcess('a', { ...options, provider: provider.doors[0].url }),
    createProcess('b', { ...options, provider: provider.doors[1].url }),
  ]
  t.teardown(async () => void (await Promise.all(processes.map((each) => each.end('SIGKILL')))))
  await Promise.all(processes.map((each) => each.start()))

  const rounds = followRounds(database)
  t.teardown(rounds.stop)
  const until = Date.now() + load.seconds * 1000
  const crowd = startCrowd({
    ...load,
    emulator: provider.emulator,
    urls,
    roundsOf: rounds.of,
    async isStored(wamid) {
      const { rowCount } = await database.pool.query(`select from seen where key like '%' || $1`, [wamid])
      return rowCount !== 0
    },
    until: load.seconds === 0 ? 0 : until,
  })
  const underWay = new Set<string>()
  const notes: string[] = []
  const stage: Stage = {
    processes,
    provider,
    database,
    ...progress(crowd, load),
    async noteUnderWay() {
      for (const row of await openSends(database)) if (row.messageId !== null) underWay.add(row.messageId)
    },
    note: (problem) => notes.push(problem),
  }
  await Promise.all([crowd.finished, fault(stage)])
  await quiet(stage, ageOrphans)
  const errors = processes.flatMap((each) => each.errors().map((line) => `${each.name} ${line}`))
  const verdict = judge(await collect(database.pool, provider.emulator, crowd.customers, underWay))
  return { verdict, errors, notes, troubles: crowd.troubles(), twice: crowd.twice(), swallowed: crowd.swallowed() }
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
function followRounds({ pool }: TestDatabase): { of(phone: string): number; stop(): Promise<void> } {
  const stopping = new AbortController()
  let finished = new Map<string, number>()
  const following = follow()
  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      const { rows } = await pool.query<{ phone: string; rounds: number }>(
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
    async stop() {
      stopping.abort()
      await following
    },
  }
}

interface OpenSend {
  id: string
  messageId: string | null
  status: string
  token: string | null
}

async function openSends({ pool }: TestDatabase): Promise<OpenSend[]> {
  const { rows } = await pool.query<OpenSend>(
    `select id, payload ->> 'messageId' as "messageId", status, lease_token as token from outbox
     where status in ('leased', 'sending', 'maybe-sent') order by id`,
  )
  return rows
}

const LOOK_MS = 500
/** Leases that have not changed for so many looks, while no process waits for the provider, are nobody's. */
const ORPHANED_LOOKS = 6

/** Resolves when nothing waits any more. The caller's time limit ends it. */
async function quiet({ database, provider }: Stage, ageOrphans: boolean): Promise<void> {
  let before = ''
  let same = 0
  for (;;) {
    const { rows } = await database.pool.query<{ waiting: number }>(
      `select (select count(*) from inbox)::integer + (select count(*) from outbox)::integer
         + (select count(*) from timer where at <= now())::integer as waiting`,
    )
    if (rows[0]?.waiting === 0) {
      await provider.emulator.settled()
      return
    }
    await pause(LOOK_MS)
    const now = JSON.stringify(await openSends(database))
    const busy = provider.doors.some((door) => door.asking() > 0)
    same = now === before && !busy ? same + 1 : 0
    before = now
    if (!ageOrphans || same === 0) continue
    // Every status has arrived; what is still uncertain was not sent.
    await provider.emulator.settled()
    await database.pool.query(`update outbox set available_at = now() where status = 'maybe-sent' and lease_until is null`)
    if (same < ORPHANED_LOOKS) continue
    await database.pool.query(`update outbox set lease_until = now() where status in ('leased', 'sending')`)
    same = 0
  }
}

/** The database as operators name it, over a Unix socket or not. */
function urlOf({ address }: TestDatabase): string {
  const { url, host = '', user = '', database = '' } = address
  return url ?? `postgres://${encodeURIComponent(user)}@/${database}?host=${encodeURIComponent(host)}`
}

export const SHORT: Load = { customers: 15 * NUMBERS.length, rounds: 2, words: 4, seconds: 0 }
