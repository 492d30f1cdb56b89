// Owns the table config_version: immutable, numbered, in one unbroken row of numbers.
// R1 a version is never changed or removed; R2 two publishers at the same moment get two numbers, or one version if they
// publish the same; R3 content equal to the newest version publishes nothing.
import { sql, type QueryExecutorProvider } from 'kysely'
import type { ConfigFiles } from '../config/files.ts'

export interface ConfigVersion {
  version: number
  publishedAt: Date
  author: string
  note: string
  files: ConfigFiles
}

/** The channel running processes listen on for new versions. */
export const CONFIG_CHANNEL = 'baton_config'

/** False: the migration that makes the table is still to come. */
export async function hasVersions(db: QueryExecutorProvider): Promise<boolean> {
  const { rows } = await sql<{ present: boolean }>`select to_regclass('baton.config_version') is not null as present`.execute(db)
  return rows[0]?.present === true
}

/** The newest version, if its number is above `after`. */
export async function newestVersion(db: QueryExecutorProvider, after = 0): Promise<ConfigVersion | null> {
  const [row] = await readVersions(db, sql`where version > ${after} order by version desc limit 1`)
  return row ?? null
}

/** Versions with a number above `after`, oldest first. */
export function versionsAfter(db: QueryExecutorProvider, after: number): Promise<ConfigVersion[]> {
  return readVersions(db, sql`where version > ${after} order by version`)
}

/** The files under journeys/ of the versions above `after` up to `last`, each text once: most versions change one file of many. */
export async function journeyTextsIn(db: QueryExecutorProvider, after: number, last: number): Promise<string[]> {
  const { rows } = await sql<{ text: string }>`
    select file.value as text from config_version, jsonb_each_text(files) as file
    where version > ${after} and version <= ${last} and file.key like 'journeys/%'
    group by file.value order by min(version), file.value`.execute(db)
  return rows.map(({ text }) => text)
}

/** Adds the next version, or answers with the newest one when its files are the same, or it is not the one that `follows` names. */
export async function insertVersion(
  db: QueryExecutorProvider,
  next: { files: ConfigFiles; author: string; note: string; at: number; follows?: number },
): Promise<{ kind: 'inserted' | 'unchanged' | 'superseded'; version: number }> {
  for (;;) {
    const newest = await newestVersion(db)
    if (next.follows !== undefined && newest?.version !== next.follows) return { kind: 'superseded', version: newest?.version ?? 0 }
    if (newest !== null && sameFiles(newest.files, next.files)) return { kind: 'unchanged', version: newest.version } // R3
    const version = (newest?.version ?? 0) + 1
    // R2: the primary key decides who was first; the other one looks again.
    const { rows } = await sql<{ version: number }>`
      insert into config_version (version, published_at, author, note, files)
      values (${version}, ${new Date(next.at)}, ${next.author}, ${next.note}, ${JSON.stringify(next.files)}::jsonb)
      on conflict (version) do nothing
      returning version`.execute(db)
    if (rows.length === 1) return { kind: 'inserted', version }
  }
}

/** Tells running processes to look; a lost message is made up for by their poll. */
export async function announceVersion(db: QueryExecutorProvider, version: number): Promise<void> {
  await sql`select pg_notify(${CONFIG_CHANNEL}, ${String(version)})`.execute(db)
}

async function readVersions(db: QueryExecutorProvider, tail: ReturnType<typeof sql>): Promise<ConfigVersion[]> {
  const { rows } = await sql<{ version: number; published_at: Date; author: string; note: string; files: ConfigFiles }>`
    select version, published_at, author, note, files from config_version ${tail}`.execute(db)
  return rows.map(({ published_at, ...row }) => ({ ...row, publishedAt: published_at }))
}

function sameFiles(a: ConfigFiles, b: ConfigFiles): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
