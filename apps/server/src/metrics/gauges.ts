// Figures that are asked for at the moment they are read: what waits in the database, and how this process stands.
// R1: no label holds a contact, a text or an id of a conversation; a number counts by its name only while it is configured.
// R2: they come in time to say that the database does not answer; what has not come yet is not asked for again.
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { CircuitState, LiveQueue } from '@baton/omni'
import { ANSWER_MS } from '../readiness.ts'
import type { WaitingRows } from '../store/waiting.ts'
import { within } from '../within.ts'

export interface Sources {
  waiting(): Promise<WaitingRows[]>
  /** Events that nobody will ever apply. */
  stranded(): Promise<number>
  /** Configured numbers, and those of them that send nothing until somebody releases them. */
  numbers(): Promise<{ configured: readonly string[]; halted: number }>
  /** How the configured queues stand, at the moment given with them (epoch milliseconds). */
  queues(): Promise<{ at: number; queues: LiveQueue[] }>
  /** Of this process. */
  process(): ProcessFigures
}

export interface ProcessFigures {
  pool: { totalCount: number; idleCount: number; waitingCount: number }
  /** Updates that wait to be stored or are being stored. */
  intake: number
  /** Milliseconds since each loop's last beat; null: not started. */
  loops: Record<string, number | null>
  /** Of the bots it has called. */
  circuits: CircuitState[]
}

const CIRCUITS = { closed: 0, 'half-open': 1, open: 2 } as const

/** Registers them; call what it gives back before they are read. */
export function createGauges(registers: Registry[], sources: Partial<Sources>): () => Promise<void> {
  const gauge = (name: string, help: string, ...labelNames: string[]) => new Gauge({ name, help, labelNames, registers })
  const waiting = gauge('baton_waiting_rows', 'Rows that wait to be worked', 'table', 'kind', 'lane')
  const oldest = gauge('baton_waiting_seconds', 'How long the oldest row that is due has been due', 'table', 'kind', 'lane')
  const lag = gauge('baton_number_lag_seconds', 'How long the oldest message of a number that is due has been due', 'number')
  const stranded = gauge('baton_stranded_events', 'Events whose actor does not exist: nobody will ever apply them')
  const database = gauge('baton_database_up', 'Whether the database answered when the figures were asked for')
  const halted = gauge('baton_halted_numbers', 'Configured numbers that send nothing until they are released')
  const connections = gauge('baton_database_connections', 'Connections of the pool of this process', 'state')
  const queued = gauge('baton_database_pool_waiting', 'Callers that wait for a connection of the pool')
  const intake = gauge('baton_intake_waiting', 'Updates of this process that wait to be stored, or are being stored')
  const loops = gauge('baton_loop_age_seconds', 'Time since the last beat of a loop of this process', 'loop')
  const circuits = gauge(
    'baton_bot_circuit',
    'Whether this process calls a bot: 0 yes (closed), 1 once, to try it (half open), 2 no (open)',
    'bot',
  )

  const showQueues = queueGauges(gauge)

  function showWaiting(rows: WaitingRows[], configured: readonly string[]): void {
    for (const each of [waiting, oldest, lag]) each.reset()
    const lags = new Map<string, number>()
    const sums = new Map<string, { labels: Record<string, string>; rows: number; oldest: number }>()
    for (const { table, kind, lane, rows: count, oldest: age, numberId } of rows) {
      const labels = { table, kind, lane }
      const sum = sums.get(JSON.stringify(labels)) ?? { labels, rows: 0, oldest: 0 }
      sums.set(JSON.stringify(labels), { labels, rows: sum.rows + count, oldest: Math.max(sum.oldest, age) })
      if (numberId !== null && configured.includes(numberId)) lags.set(numberId, Math.max(lags.get(numberId) ?? 0, age)) // R1
    }
    for (const { labels, rows: count, oldest: age } of sums.values()) {
      waiting.set(labels, count)
      oldest.set(labels, age)
    }
    for (const number of configured) lag.set({ number }, lags.get(number) ?? 0)
  }

  function showProcess({ pool, intake: size, loops: ages, circuits: states }: ProcessFigures): void {
    connections.set({ state: 'used' }, pool.totalCount - pool.idleCount)
    connections.set({ state: 'idle' }, pool.idleCount)
    queued.set(pool.waitingCount)
    intake.set(size)
    circuits.reset()
    for (const { bot, state } of states) circuits.set({ bot }, CIRCUITS[state])
    for (const [loop, age] of Object.entries(ages)) if (age !== null) loops.set({ loop }, age / 1_000)
  }

  const askWaiting = inTime(() => sources.waiting?.())
  const askStranded = inTime(() => sources.stranded?.())
  const askNumbers = inTime(() => sources.numbers?.())
  const askQueues = inTime(() => sources.queues?.())

  return async () => {
    const process = sources.process?.()
    if (process !== undefined) showProcess(process)
    // A lost database is when the figures of the process are wanted most: they come without what only it knows.
    const [rows, lost, numbers, queues] = await Promise.all([askWaiting(), askStranded(), askNumbers(), askQueues()])
    const kinds = new Set([rows, lost, numbers, queues].map(({ kind }) => kind))
    // One that is late beside others that came is a long table, or a lock on it: the database is there.
    database.set(kinds.has('failed') || (kinds.has('late') && !kinds.has('answered')) ? 0 : 1)
    if (numbers.kind === 'answered') halted.set(numbers.value.halted)
    if (queues.kind === 'answered') showQueues(queues.value)
    if (lost.kind === 'answered') stranded.set(lost.value)
    if (rows.kind === 'answered') showWaiting(rows.value, numbers.kind === 'answered' ? numbers.value.configured : [])
  }
}

type Answer<T> = { kind: 'answered'; value: T } | { kind: 'failed' | 'late' | 'unasked' }

/** R2 */
function inTime<T>(ask: () => Promise<T> | undefined): () => Promise<Answer<T>> {
  let asked: Promise<Answer<T>> | undefined
  return async () => {
    asked ??= ask()
      ?.then(
        (value): Answer<T> => ({ kind: 'answered', value }),
        (): Answer<T> => ({ kind: 'failed' }),
      )
      .finally(() => (asked = undefined))
    return asked === undefined ? { kind: 'unasked' } : ((await within(ANSWER_MS, asked)) ?? { kind: 'late' })
  }
}

/** Registers those of the queues. */
function queueGauges(gauge: (name: string, help: string, ...labelNames: string[]) => Gauge) {
  const customers = gauge(
    'baton_queue_customers',
    'Customers of a queue: `waiting`, `offered` to an agent, or `active` with one',
    'queue',
    'state',
  )
  const oldest = gauge('baton_queue_oldest_wait_seconds', 'How long the longest of those who wait or are offered has waited', 'queue')
  const agents = gauge('baton_queue_agents', 'Members of a queue who are `online`, and those of them who are `free`', 'queue', 'state')
  return ({ at, queues }: { at: number; queues: LiveQueue[] }): void => {
    for (const each of [customers, oldest, agents]) each.reset()
    for (const { id: queue, waiting, offered, active, oldestSince, online, free } of queues) {
      for (const [state, count] of Object.entries({ waiting, offered, active })) customers.set({ queue, state }, count)
      for (const [state, count] of Object.entries({ online, free })) agents.set({ queue, state }, count)
      oldest.set({ queue }, oldestSince === null ? 0 : (at - oldestSince) / 1_000)
    }
  }
}
