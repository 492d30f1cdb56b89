// What a database's schema is beside the one this release would make, without changing it.
import { readMigrations, type Database } from '@baton/router'
import { sql } from 'kysely'

export interface SchemaState {
  /** Migrations it still lacks. */
  pending: string[]
  /** Those of a newer release. */
  newer: { name: string; onlyAdds: boolean }[]
}

/** False: no Baton has begun with this database yet. */
export async function hasSchema({ db }: Database): Promise<boolean> {
  const { rows } = await sql<{ present: boolean }>`select to_regclass('baton.migration') is not null as present`.execute(db)
  return rows[0]?.present === true
}

export async function readSchemaState(database: Database): Promise<SchemaState> {
  const { db } = database
  const own = (await readMigrations()).map(({ name }) => name)
  if (!(await hasSchema(database))) return { pending: own, newer: [] }
  // Before the first start of this release the column may not be there.
  const { rows } = await sql<{ name: string; onlyAdds: boolean }>`
    select name, coalesce((to_jsonb(m) ->> 'only_adds')::boolean, false) as "onlyAdds" from baton.migration m order by name`.execute(db)
  const applied = new Set(rows.map(({ name }) => name))
  return { pending: own.filter((name) => !applied.has(name)), newer: rows.filter(({ name }) => !own.includes(name)) }
}
