import type { CircuitState } from '@baton/omni'
import type { Settings, Worker } from '@baton/router'
import type { QueryExecutorProvider } from 'kysely'
import type { Check } from './deps.ts'
import { ping } from './store/server.ts'
import { within } from './within.ts'

/** How long whoever watches a process waits for its database: Prometheus itself gives up after 10 s. */
export const ANSWER_MS = 2_000

/** No round of a loop takes longer: a statement is given up after 20 s, and a loop that only cannot reach the database comes round to try again. */
const STUCK_MS = 60_000

export type Loops = Record<string, Pick<Worker, 'pulse'> | null>

/** The milliseconds since the last beat of each part that this process has; null: not started. */
export function pulsesOf(parts: Loops): Record<string, number | null> {
  return Object.fromEntries(Object.entries(parts).flatMap(([name, part]) => (part === null ? [] : [[name, part.pulse()]])))
}

export interface ReadinessOptions {
  db: QueryExecutorProvider
  settings: () => Settings
  /** The parts that have loops of their own; null: not in this process. */
  loops: Loops
  /** Of the bots this process calls. */
  circuits: () => CircuitState[]
  /** The process was told to end and still answers. */
  isLeaving: () => boolean
}

/** What must be true for this process to do its work. A failed check is a value: its detail says why. */
export function createReadiness({ db, settings, loops, circuits, isLeaving }: ReadinessOptions): () => Promise<Check[]> {
  return async () => [
    await database(db),
    { name: 'configuration', ok: true, detail: `version ${settings().version}` },
    ...Object.entries(pulsesOf(loops)).map(([name, age]) => turning(name, age)),
    ...circuits().flatMap(interrupted),
    ...(isLeaving() ? [{ name: 'running', ok: false, detail: 'the process was told to end' }] : []),
  ]
}

function turning(name: string, age: number | null): Check {
  if (age === null) return { name, ok: false, detail: 'is not running' }
  const detail = `last beat ${Math.round(age)} ms ago`
  return { name, ok: age < STUCK_MS, detail: age < STUCK_MS ? detail : `stuck: ${detail}` }
}

/** Told, but no reason not to be ready: the bot's customers are with its fallback. */
function interrupted({ bot, state, failures, openUntil }: CircuitState): Check[] {
  if (openUntil === null) return []
  const detail = `circuit ${state} after ${failures} failures in a row; it is called again from ${new Date(openUntil).toISOString()} on`
  return [{ name: `bot:${bot}`, ok: true, detail }]
}

async function database(db: QueryExecutorProvider): Promise<Check> {
  const asked = ping(db).then(
    (): Check => ({ name: 'database', ok: true }),
    (error: unknown): Check => ({ name: 'database', ok: false, detail: error instanceof Error ? error.message : String(error) }),
  )
  return (await within(ANSWER_MS, asked)) ?? { name: 'database', ok: false, detail: `no answer within ${ANSWER_MS} ms` }
}
