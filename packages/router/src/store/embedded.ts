// Owns a PostgreSQL server on a data directory of ours: makes it, starts it, finds it again after a crash, stops it.
// R1: a directory is either a complete cluster or not there: initdb works beside it and the result is renamed.
// R2: one server a directory; a second start adopts the first, unless the files it runs from are gone. R3: a Unix socket in a directory nobody else can enter, no network.
import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir, totalmem } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { Logger } from '../contract/log.ts'
import { chooseAccount, run } from './embedded/account.ts'
import type { Account } from './embedded/account.ts'
import { findBinaries } from './embedded/binaries.ts'
import type { Binaries } from './embedded/binaries.ts'
import { withFileLock } from './embedded/file-lock.ts'
import { answerOf, clearStaleLock, hasProgram, livePostmaster, usedByOthers } from './embedded/postmaster.ts'
import { StoreError } from './errors.ts'
import { pause } from './retry.ts'

export interface EmbeddedPostgres {
  /** For `openDatabase`: the directory of the socket, the superuser, the database every cluster has. */
  host: string
  user: string
  database: string
  /** It ran already: left over from a crash, or shared with another process. */
  adopted: boolean
  /** Ends all sessions and writes a checkpoint. */
  stop(): Promise<void>
  /** The same, unless somebody else uses it: another process may have adopted it. Whoever leaves last stops it. Close your own
   * sessions first. True: it was stopped. */
  leave(): Promise<boolean>
}

const TUNING: Record<string, string> = {
  max_connections: '200',
  shared_buffers: `${sharedMegabytes(Math.min(totalmem(), process.constrainedMemory() || Infinity))}MB`,
  max_wal_size: '2GB',
  min_wal_size: '2GB', // a file that is used again need not be filled with zeros while commits wait
  checkpoint_timeout: '15min',
  wal_compression: 'on',
  random_page_cost: '1.1',
  autovacuum_naptime: '15s',
  log_min_messages: 'warning',
  log_min_error_statement: 'panic', // statements carry customers' messages
  log_parameter_max_length_on_error: '0',
}

/** Of a memory of so many bytes, an eighth, as others use it too. With 128 MB for an hour's growing indexes every message had two pages written
 * out to make room, by whoever stored it, and had two or three read back (bench/README.md). */
export function sharedMegabytes(memory: number): number {
  return Math.min(Math.max(Math.floor(memory / 8 / 2 ** 20), 128), 1_024)
}

export interface EmbeddedOptions {
  /** Made when missing. */
  directory: string
  /** They go over the tuning; they do not reach a server that runs already. */
  settings?: Record<string, string>
  /** Told when it is waited for. */
  log?: Pick<Logger, 'warn'>
  /** How long a start may take without a word of it, whole seconds. It is waited for all the same: a recovery takes what it takes. */
  quietSeconds?: number
}

/** Starts or adopts the server of a directory. Throws `embedded-unsupported`, `-unreachable`, `-not-ours`, `-failed`. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory)
  const binaries = await findBinaries()
  const account = await chooseAccount(directory, [binaries.initdb])
  await createCluster(directory, binaries, account)
  const owner = account?.uid ?? process.getuid?.() ?? 0
  // A socket path has 107 bytes at most, so it is never inside the data directory. The lock is: nobody else can enter there, and it is the same
  // file for whoever has another directory for temporary files.
  const socket = join(tmpdir(), `baton-${createHash('sha256').update(`${owner}:${directory}`).digest('hex').slice(0, 12)}`)
  const lock = join(directory, 'baton.lock')
  const underLock = <T>(work: () => Promise<T>): Promise<T> =>
    withFileLock(lock, work, {
      onWait: ({ pid }) => options.log?.warn({ lock, pid }, 'waiting for the process that holds the lock of the embedded PostgreSQL'),
    })
  const { adopted, host } = await underLock(async () => {
    const found = await adopt(directory, options.log)
    if (found !== null && (await hasProgram(directory))) return { adopted: true, host: found }
    if (found !== null) {
      options.log?.warn(
        { directory },
        'the embedded PostgreSQL runs from files that were deleted; it is started again from those of this Baton',
      )
      await end(found)
    }
    await makeSocketDirectory(socket, owner, account)
    await clearStaleLock(directory, socket)
    await start({ ...options, directory }, socket, binaries, account)
    return { adopted: false, host: socket }
  })
  async function end(itsSocket: string): Promise<void> {
    const { code, output } = await run([binaries.pg_ctl, '-D', directory, '-w', '-m', 'fast', 'stop'], account)
    if (code !== 0 && (await livePostmaster(directory)) !== null)
      throw new StoreError('embedded-failed', `PostgreSQL did not stop: ${output}`)
    await rm(itsSocket, { recursive: true, force: true })
  }

  return {
    host,
    user: 'postgres',
    database: 'postgres',
    adopted,
    stop: () => underLock(() => end(host)),
    // Under the lock of those who adopt: nobody is given a server that is ending.
    leave: () =>
      underLock(async () => {
        if (await usedByOthers(host)) return false
        await end(host)
        return true
      }),
  }
}

/** R1. Of two processes that make the same cluster one wins the rename. */
async function createCluster(directory: string, { initdb }: Binaries, account: Account | null): Promise<void> {
  if (await isCluster(directory)) return
  const parent = dirname(directory)
  await mkdir(parent, { recursive: true })
  await clearAbandoned(directory)
  const fresh = `${directory}.new-${process.pid}`
  await mkdir(fresh, { mode: 0o700 })
  if (account !== null) await chown(fresh, account.uid, account.gid)
  const made = await run(
    [
      initdb,
      '-D',
      fresh,
      '-U',
      'postgres',
      '--auth-local=trust',
      '--auth-host=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      // In the order of code points like the C library's, without asking it for each comparison of two keys.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ],
    account,
  )
  if (made.code !== 0) {
    await rm(fresh, { recursive: true, force: true })
    throw new StoreError('embedded-failed', `initdb failed: ${made.output}`)
  }
  try {
    await rename(fresh, directory) // succeeds over an empty directory too
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    if (!(await isCluster(directory)))
      throw new StoreError('embedded-not-ours', `${directory} is not empty and no database.`, { cause: error })
  }
}

async function isCluster(directory: string): Promise<boolean> {
  const version = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => null)
  if (version === null) return false
  if (version.trim() !== '18')
    throw new StoreError('embedded-not-ours', `${directory} was made by PostgreSQL ${version.trim()}; this is 18.`)
  return true
}

/** What an initdb left that was killed. */
async function clearAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(dirname(directory))) {
    const pid = name.startsWith(`${basename(directory)}.new-`) ? Number(name.slice(name.lastIndexOf('-') + 1)) : null
    if (pid === null || pid === process.pid) continue
    const found = await stat(join(dirname(directory), name)).catch(() => null)
    if (found !== null && Date.now() - found.mtimeMs > 600_000) await rm(join(dirname(directory), name), { recursive: true, force: true })
  }
}

/** R3 */
async function makeSocketDirectory(socket: string, owner: number, account: Account | null): Promise<void> {
  await mkdir(socket, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const found = await lstat(socket)
  const ours = found.isDirectory() && (found.uid === owner || found.uid === process.getuid?.())
  if (!ours) throw new StoreError('embedded-not-ours', `${socket} belongs to somebody else.`)
  if (found.uid !== owner && account !== null) await chown(socket, account.uid, account.gid)
  await chmod(socket, 0o700)
}

/** R2. A server that is starting up or recovering is waited for, as long as it says so. */
async function adopt(directory: string, log?: EmbeddedOptions['log']): Promise<string | null> {
  let isTold = false
  for (let unanswered = 0; unanswered < 120;) {
    const running = await livePostmaster(directory)
    if (running === null) return null
    const answer = running.socket === '' ? 'none' : await answerOf(running.socket)
    if (answer === 'ready') return running.socket
    if (answer === 'none') unanswered += 1
    else if (!isTold) {
      isTold = true
      log?.warn({ directory }, 'waiting for the embedded PostgreSQL, which is starting, recovering or ending')
    }
    await pause(250)
  }
  throw new StoreError('embedded-failed', `A PostgreSQL runs on ${directory} and does not answer.`)
}

async function start(
  { directory, settings, log: told, quietSeconds = 60 }: EmbeddedOptions,
  socket: string,
  { pg_ctl }: Binaries,
  account: Account | null,
): Promise<void> {
  const log = join(directory, 'server.log')
  const size = await stat(log).then(
    (found) => found.size,
    () => 0,
  )
  if (size > 10_000_000) await rename(log, `${log}.1`)
  const options = Object.entries({ ...TUNING, ...settings, listen_addresses: '', unix_socket_directories: socket }).map(
    ([name, value]) => `-c ${name}=${value}`,
  )
  const command = [pg_ctl, '-D', directory, '-w', '-t', String(quietSeconds), '-l', log, '-o', options.join(' '), 'start']
  const { code, output } = await run(command, account)
  // It gives up waiting, not the server: that one needs its directory.
  if (code === 0 || (await adopt(directory, told)) !== null) return
  await rm(socket, { recursive: true, force: true })
  const tail = (await readFile(log, 'utf8').catch(() => '')).slice(-800)
  throw new StoreError('embedded-failed', `PostgreSQL did not start: ${output.trim()}\n${tail}`)
}
