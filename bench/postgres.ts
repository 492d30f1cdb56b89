// A PostgreSQL of the bench's own, as `baton start` would start it: durable, with the product's tuning, in a directory that goes away.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase, startEmbedded } from '@baton/router'

export interface Postgres {
  /** The postmaster; its children do the work. */
  pid: number
  version: string
  /** The directory of its socket. */
  host: string
  user: string
  /** Makes an empty database. */
  create(name: string): Promise<void>
  /** Makes it a server that has been in use: there are files of the log to be used again, and not one to be filled with zeros every few
   * seconds while commits wait. */
  age(): Promise<void>
  /** Does at once what autovacuum would do while something else is measured. */
  tidy(name: string): Promise<void>
  /** In the administrator's own database. */
  query<R extends object>(text: string): Promise<R[]>
  url(database: string): string
  stop(): Promise<void>
}

/** Counts what each statement costs; not for measuring, as counting costs too. */
const COUNTING = { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_planning': 'on' }

/** As many as the product's tuning keeps: 16 MB each. */
const WAL_FILES = 128

export async function startPostgres(directory: string, options: { counting: boolean }): Promise<Postgres> {
  const data = join(directory, 'postgres')
  const { host, user, database, stop } = await startEmbedded({ directory: data, settings: options.counting ? COUNTING : {} })
  const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0])
  const { pool, close } = openDatabase({ host, user, database, max: 1 })
  const { rows } = await pool.query<{ version: string; durable: string }>(
    `select current_setting('server_version') as version, current_setting('synchronous_commit') || current_setting('fsync') as durable`,
  )
  if (rows[0]?.durable !== 'onon') throw new Error('commits are not durable: nothing measured here would count')
  return {
    pid,
    version: rows[0].version,
    host,
    user,
    query: async <R extends object>(text: string) => (await pool.query<R>(text)).rows,
    async create(name) {
      await pool.query(`create database ${name}`)
    },
    async age() {
      for (let file = 0; file < WAL_FILES; file += 1) {
        await pool.query(`select pg_logical_emit_message(true, 'bench', 'x')`)
        await pool.query('select pg_switch_wal()')
      }
      await pool.query('checkpoint')
    },
    async tidy(name) {
      const other = openDatabase({ host, user, database: name, max: 1, statementTimeoutMs: 0 })
      await other.pool.query('vacuum (analyze)').finally(() => other.close())
      await pool.query('checkpoint')
    },
    url: (name) => `postgres://${user}@${encodeURIComponent(host)}/${name}`,
    async stop() {
      await close()
      await stop()
    },
  }
}
