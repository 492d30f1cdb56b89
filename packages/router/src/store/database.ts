// Owns the pool of connections. R1: an idle connection that breaks never ends the process. R2: every session is READ COMMITTED,
// sees the schema `baton` only, and gives up on a statement, a lock or an idle transaction after a while. R3: a connection that is dead
// without saying so is given up too: PostgreSQL answers or gives up every statement in time, so one that says nothing for longer is dead.
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Logger } from '../contract/log.ts'
import { SESSION_PLANS } from './plans.ts'
import { createPrepare, preparing } from './prepared.ts'
import type { Tables } from './tables.ts'
import { createTransact } from './transaction.ts'
import type { Transact } from './transaction.ts'

/** Where a PostgreSQL is. A `url` wins over the parts; `host` may be a directory with a Unix socket. */
export interface DatabaseAddress {
  url?: string
  host?: string
  port?: number
  user?: string
  password?: string
  database?: string
}

export interface Database {
  db: Kysely<Tables>
  transact: Transact
  pool: pg.Pool
  /** For a connection outside the pool (LISTEN). */
  connection: pg.ClientConfig
  /** Names this pool among all that are connected: whoever has it knows its own wake-up calls. */
  origin: string
  close(): Promise<void>
}

export interface DatabaseOptions extends DatabaseAddress {
  /** Connections at most. */
  max?: number
  applicationName?: string
  /** How long a statement may take. Else 20 s. A connection that says nothing for a sixth longer is given up. */
  statementTimeoutMs?: number
  /** Idle connections do not keep the process alive. */
  allowExitOnIdle?: boolean
  log?: Pick<Logger, 'warn'>
}

/** Connects lazily: whether the database answers shows at the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const connection = connectionOf(options)
  const pool = new pg.Pool({
    ...connection,
    max: options.max ?? 10,
    // A new connection plans all of its statements again: those of a quieter minute are kept.
    idleTimeoutMillis: IDLE_MS,
    allowExitOnIdle: options.allowExitOnIdle ?? false,
    pipeline: true,
  })
  const onError = (error: Error): void => options.log?.warn({ err: error }, 'a database connection broke')
  // R1: the pool reports the idle connections, the client itself the ones that break while checked out between statements.
  pool.on('error', onError)
  pool.on('connect', (client) => {
    client.on('error', onError)
    limitSilence(client)
  })
  // R3: in use only. Nobody waits for the word of an idle one; keep-alives find out whether it is there.
  pool.on('acquire', (client) => void socketOf(client).setTimeout(Math.ceil((timeoutOf(options) * 7) / 6)))
  pool.on('release', (_error, client) => void socketOf(client).setTimeout(0))
  const prepare = createPrepare()
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: preparing(pool, prepare) }) })
  return {
    db,
    transact: createTransact(pool, prepare),
    pool,
    connection,
    origin: randomUUID(),
    async close() {
      await db.destroy()
      if (!pool.ending) await pool.end() // Kysely ends the pool only if a query went through Kysely
    },
  }
}

const IDLE_MS = 600_000

function timeoutOf({ statementTimeoutMs = 20_000 }: DatabaseOptions): number {
  return statementTimeoutMs
}

/** Gives the connection up when nothing has passed for as long as its socket waits. Whoever pipelines statements hears of each as it ends,
 * so what counts is the time without a word, not the time since a statement was sent. */
function limitSilence(client: pg.PoolClient): void {
  const socket = socketOf(client)
  socket.removeAllListeners('timeout')
  socket.on('timeout', () => {
    const error = new Error(`a database connection said nothing for ${socket.timeout} ms and was given up`)
    socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
  })
}

/** Until the connection is given back: what is asked of it may take longer than statements do. */
export function allowSilence(client: pg.PoolClient): void {
  socketOf(client).setTimeout(0)
}

/** The driver's own stream is a socket, or one with TLS on it. */
function socketOf(client: pg.PoolClient): Socket {
  return client.connection.stream as Socket
}

/** PostgreSQL finds out about processes that are gone without saying so in a minute, not in hours. */
const KEEP_ALIVE = ['tcp_keepalives_idle=30', 'tcp_keepalives_interval=10', 'tcp_keepalives_count=3']

function connectionOf(options: DatabaseOptions): pg.ClientConfig {
  const { url, own } = takeOptions(options.url)
  // R2
  const session = [
    'search_path=baton',
    'default_transaction_isolation=read\\ committed',
    `statement_timeout=${timeoutOf(options)}`,
    'lock_timeout=10000',
    'idle_in_transaction_session_timeout=30000',
    ...KEEP_ALIVE,
    ...SESSION_PLANS,
  ].map((setting) => `-c ${setting}`)
  return {
    ...(url === undefined ? partsOf(options) : { connectionString: url }),
    application_name: options.applicationName ?? 'baton',
    options: [own, ...session].filter((part) => part !== '').join(' '),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }
}

function partsOf({ host, port, user, password, database }: DatabaseAddress): pg.ClientConfig {
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
  }
}

/** An `options` parameter in the URL would replace ours: it is taken out and put in front of them. */
function takeOptions(url: string | undefined): { url: string | undefined; own: string } {
  const found = url === undefined ? null : /([?&])options=([^&]*)(&|$)/.exec(url)
  if (url === undefined || found === null) return { url, own: '' }
  const [whole, before, value, after] = found as unknown as [string, string, string, string]
  return { url: url.replace(whole, after === '&' ? before : ''), own: decodeURIComponent(value.replaceAll('+', ' ')) }
}
