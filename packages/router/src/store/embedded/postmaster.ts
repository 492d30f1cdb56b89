// What a data directory tells of the server that runs, or ran, on it.
import { access, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { isDatabaseGone, pause } from '../retry.ts'
import { processExists } from './file-lock.ts'

export interface Postmaster {
  pid: number
  /** The directory of its Unix socket. */
  socket: string
}

/** The server named by `postmaster.pid`, or null when there is none or its process is gone. */
export async function livePostmaster(directory: string): Promise<Postmaster | null> {
  const text = await readPidFile(directory)
  if (text === null) return null
  const [pid, , , , socket] = text.split('\n')
  return (await isServer(Number(pid))) ? { pid: Number(pid), socket: socket ?? '' } : null
}

/** Are the files of the server that was started last still there? Without them one that runs answers, and fails at whatever it has not loaded
 * yet: another installation's, which was deleted or exchanged meanwhile. */
export async function hasProgram(directory: string): Promise<boolean> {
  const started = await readFile(join(directory, 'postmaster.opts'), 'utf8').catch(() => '')
  const [program = ''] = started.split(' "')
  if (program === '') return true // it tells nothing
  return access(program).then(
    () => true,
    () => false,
  )
}

/** PostgreSQL clears a lock file by itself when its process is gone, but not when the pid still "exists": as a zombie nobody
 * has reaped, or as another program that got the number after a restart of the container. */
export async function clearStaleLock(directory: string, socket: string): Promise<void> {
  if ((await readPidFile(directory)) === null || (await livePostmaster(directory)) !== null) return
  for (const file of [join(directory, 'postmaster.pid'), join(socket, '.s.PGSQL.5432.lock'), join(socket, '.s.PGSQL.5432')]) {
    await rm(file, { force: true })
  }
}

/** Does a server answer there? `busy`: it says that it is starting up, recovering or ending. */
export async function answerOf(socket: string): Promise<'ready' | 'busy' | 'none'> {
  const client = new pg.Client({ host: socket, user: 'postgres', database: 'postgres', connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined) // it is told by connect() as well
  try {
    await client.connect()
    await client.end()
    return 'ready'
  } catch (error) {
    return (error as { code?: unknown }).code === CANNOT_CONNECT_NOW ? 'busy' : 'none' // why is in the server's log
  }
}

const CANNOT_CONNECT_NOW = '57P03'

const GOING = { tries: 30, everyMs: 100 }

/** Are there sessions of others? One that has just been closed is still listed for a moment, so it is looked more than once. */
export async function usedByOthers(socket: string): Promise<boolean> {
  const client = new pg.Client({ host: socket, user: 'postgres', database: 'postgres', connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined) // the statements tell it
  try {
    await client.connect()
    for (let tries = 0; tries < GOING.tries; tries += 1) {
      const { rows } = await client.query<{ others: boolean }>(
        `select exists (select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()) as others`,
      )
      if (rows[0]?.others !== true) return false
      await pause(GOING.everyMs)
    }
    return true
  } catch (error) {
    return !isDatabaseGone(error) // where nothing answers, nobody is; any other failure says nothing
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function readPidFile(directory: string): Promise<string | null> {
  return readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => null)
}

async function isServer(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return processExists(pid) // no /proc elsewhere, and launchd reaps zombies
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8')
    return !/\) [ZX] /.test(status) && (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('postgres')
  } catch {
    return false // the process is gone
  }
}
