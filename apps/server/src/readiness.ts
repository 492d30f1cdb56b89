import type { Settings } from '@baton/router'
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'
import type { Check } from './deps.ts'

const ANSWER_MS = 2_000

/** What must be true for this process to do its work. A failed check is a value: its detail says why. */
export function createReadiness({ db, settings, isLeaving }: ReadinessOptions): () => Promise<Check[]> {
  return async () => {
    const checks: Check[] = [await database(db), { name: 'configuration', ok: true, detail: `version ${settings().version}` }]
    return isLeaving() ? [...checks, { name: 'running', ok: false, detail: 'the process was told to end' }] : checks
  }
}

interface ReadinessOptions {
  db: QueryExecutorProvider
  settings: () => Settings
  /** The process was told to end and still answers. */
  isLeaving: () => boolean
}

async function database(db: QueryExecutorProvider): Promise<Check> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Check>((resolve) => {
    timer = setTimeout(resolve, ANSWER_MS, { name: 'database', ok: false, detail: `no answer within ${ANSWER_MS} ms` })
  })
  const asked = sql`select 1`.execute(db).then(
    (): Check => ({ name: 'database', ok: true }),
    (error: unknown): Check => ({ name: 'database', ok: false, detail: error instanceof Error ? error.message : String(error) }),
  )
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}
