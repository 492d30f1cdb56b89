// Owns a PostgreSQL server of the suite's own, because it is killed. What is committed is written at once; it is not synced to the
// disk, as only processes die here, never the machine.
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import { isDatabaseGone, openDatabase, startEmbedded } from '@baton/router'
import type { Database } from '@baton/router'
import type pg from 'pg'

export interface Postgres {
  /** The path of its Unix socket. */
  socket: string
  /** An empty database, and a pool of the suite's own. */
  createDatabase(): Promise<ChaosDatabase>
  /** SIGKILL for the postmaster and all its processes, together. */
  kill(): Promise<void>
  /** After `kill`, or when it ended by itself: back when it answers. */
  restart(): Promise<void>
  /** Only with a disk of its own: not a byte is left on it, until `freeDisk`. */
  fillDisk(): Promise<void>
  freeDisk(): Promise<void>
  stop(): Promise<void>
}

export interface ChaosDatabase {
  name: string
  /** Waits for a server that is away. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  drop(): Promise<void>
}

const run = promisify(execFile)

const SETTINGS = { fsync: 'off', max_connections: '200', wal_level: 'minimal', max_wal_senders: '0', idle_session_timeout: '0' }

/** `diskMb`: its files go on a disk of their own of that size, a tmpfs; only root can mount one. */
export async function startPostgres(diskMb?: number): Promise<Postgres> {
  const home = await mkdtemp(path.join(tmpdir(), 'baton-chaos-pg-'))
  if (diskMb !== undefined) await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m`, 'tmpfs', home])
  await chmod(home, 0o755) // root lends PostgreSQL another account, which has to get in
  const start = () =>
    startEmbedded({
      directory: path.join(home, 'data'),
      settings: { ...SETTINGS, ...(diskMb === undefined ? {} : { max_wal_size: '64MB' }) },
    })
  let server = await start()
  const admin = () => openDatabase({ host: server.host, user: server.user, database: 'postgres', max: 1, applicationName: 'chaos-admin' })
  let databases = 0

  return {
    socket: path.join(server.host, '.s.PGSQL.5432'),
    async createDatabase() {
      const name = `chaos_${(databases += 1)}`
      await once(admin(), `create database ${name}`)
      const database = openDatabase({ host: server.host, user: server.user, database: name, max: 6, applicationName: 'chaos' })
      return {
        name,
        query: (text, values) => patiently(database, text, values),
        async drop() {
          await database.close()
          await once(admin(), `drop database if exists ${name} with (force)`)
        },
      }
    },
    async kill() {
      const all = await once<{ pid: number }>(admin(), 'select pid from pg_stat_activity where pid <> pg_backend_pid()')
      const [postmaster] = await once<{ pid: number }>(
        admin(),
        `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::integer as pid`,
      )
      for (const { pid } of [...(postmaster === undefined ? [] : [postmaster]), ...all]) kill(pid)
    },
    async restart() {
      server = await start()
    },
    async fillDisk() {
      const ballast = await open(path.join(home, 'ballast'), 'w')
      const block = Buffer.alloc(1 << 16)
      try {
        for (let size = block.length; size >= 1; size = size >> 1) {
          // oxlint-disable-next-line no-empty
          while (await fits(ballast, block.subarray(0, size))) {}
        }
      } finally {
        await ballast.close()
      }
    },
    freeDisk: () => rm(path.join(home, 'ballast')),
    async stop() {
      await server.stop()
      if (diskMb !== undefined) await run('umount', [home])
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function fits(file: FileHandle, bytes: Uint8Array): Promise<boolean> {
  try {
    await file.write(bytes)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}

async function once<Row extends pg.QueryResultRow>(database: Database, text: string): Promise<Row[]> {
  try {
    return (await database.pool.query<Row>(text)).rows
  } finally {
    await database.close()
  }
}

async function patiently<Row extends pg.QueryResultRow>({ pool }: Database, text: string, values: unknown[] = []): Promise<Row[]> {
  for (;;) {
    try {
      return (await pool.query<Row>(text, values)).rows
    } catch (error) {
      if (!isDatabaseGone(error)) throw error
      await pause(100)
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it ended by itself meanwhile
  }
}
