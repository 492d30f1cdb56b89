// Which migrations a database still lacks, without applying them.
import { readMigrations, type Database } from '@baton/router'
import { sql } from 'kysely'

export async function pendingMigrations({ db }: Database): Promise<string[]> {
  const all = await readMigrations()
  const { rows: tables } = await sql<{ present: boolean }>`select to_regclass('baton.migration') is not null as present`.execute(db)
  if (tables[0]?.present !== true) return all.map(({ name }) => name)
  const { rows } = await sql<{ name: string }>`select name from baton.migration`.execute(db)
  const applied = new Set(rows.map(({ name }) => name))
  return all.map(({ name }) => name).filter((name) => !applied.has(name))
}
