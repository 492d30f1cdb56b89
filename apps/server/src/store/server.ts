// What is asked of the database server itself.
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'

export interface ServerRow {
  version: string
  /** 150004 for 15.4. */
  number: string
  now: Date
}

export async function readServer(db: QueryExecutorProvider): Promise<ServerRow | null> {
  const { rows } = await sql<ServerRow>`
    select current_setting('server_version') as version, current_setting('server_version_num') as number, clock_timestamp() as now`.execute(
    db,
  )
  return rows[0] ?? null
}

/** Throws when the database does not answer. */
export async function ping(db: QueryExecutorProvider): Promise<void> {
  await sql`select 1`.execute(db)
}
