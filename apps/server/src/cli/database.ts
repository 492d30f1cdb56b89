// The database a command works on: the one of DATABASE_URL, or the embedded one, started when nothing runs yet.
import { openDatabase, startEmbedded, type Database } from '@baton/router'
import { sql } from 'kysely'
import type { Environment } from './environment.ts'

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
      // A server that ran before belongs to somebody else; one we started may have been adopted meanwhile.
      const mine = !server.adopted && !(await hasOtherSessions(database))
      await database.close()
      if (mine) await server.stop()
    },
  }
}

async function hasOtherSessions({ db }: Database): Promise<boolean> {
  const { rows } = await sql<{ others: boolean }>`
    select exists (select from pg_stat_activity where backend_type = 'client backend' and application_name <> 'baton-cli') as others`.execute(
    db,
  )
  return rows[0]?.others ?? false
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
