// The database a command works on: the one of DATABASE_URL, or the embedded one, started when nothing runs yet.
import { openDatabase, startEmbedded, type Database } from '@baton/router'
import { hasSchema, readSchemaState } from '../store/schema-state.ts'
import type { SchemaState } from '../store/schema-state.ts'
import type { Environment } from './environment.ts'
import type { Report } from './output.ts'

export interface Connected {
  database: Database
  close(): Promise<void>
}

export async function connectDatabase({ databaseUrl, postgresDir }: Environment): Promise<Connected> {
  if (databaseUrl !== null) {
    const database = openDatabase({ url: databaseUrl, max: 2, applicationName: 'baton-cli' })
    return { database, close: () => database.close() }
  }
  const server = await startEmbedded({ directory: postgresDir })
  const { host, user, database: name } = server
  const database = openDatabase({ host, user, database: name, max: 2, applicationName: 'baton-cli' })
  return {
    database,
    async close() {
      await database.close()
      // One that ran before belongs to somebody else, even while they have no session; one of ours may have been adopted.
      if (!server.adopted) await server.leave()
    },
  }
}

/** Runs a command's work on the database and closes it whatever happens. */
export async function withDatabase<T>(environment: Environment, work: (database: Database) => Promise<T>): Promise<T> {
  const { database, close } = await connectDatabase(environment)
  try {
    return await work(database)
  } finally {
    await close()
  }
}

/** The same for a command that only reads: it brings no schema up to date, as older processes may still work on it. `null`: there is
 * none yet, and so nothing to read. */
export function withReadDatabase(environment: Environment, work: (database: Database | null) => Promise<Report>): Promise<Report> {
  return withDatabase(environment, async (database) => {
    if (!(await hasSchema(database))) return work(null)
    const problem = schemaProblem(await readSchemaState(database))
    return problem === null ? work(database) : { exit: 1, text: problem, data: { problem } }
  })
}

/** Why a command that only reads cannot work on this schema, and what to do; null when it can. */
function schemaProblem({ pending, newer }: SchemaState): string | null {
  const changed = newer.filter(({ onlyAdds }) => !onlyAdds).map(({ name }) => name)
  if (changed.length > 0) return `a newer Baton has changed the database (${changed.join(', ')}) — fix: use that one`
  if (pending.length === 0) return null
  const [first = ''] = pending
  const which = pending.length === 1 ? first : `${first} and ${pending.length - 1} more`
  return `the database is older than this Baton (it lacks ${which}), and this command only reads — fix: baton migrate brings it up to date`
}
