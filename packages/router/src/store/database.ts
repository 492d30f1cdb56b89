// Owns the pool of connections. R1: an idle connection that breaks never ends the process. R2: every session is READ COMMITTED,
// sees the schema `baton` only, and gives up on a statement, a lock or an idle transaction after a while.
import { randomUUID } from 'node:crypto'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Logger } from '../contract/log.ts'
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
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: options.allowExitOnIdle ?? false,
    pipeline: true,
  })
  const onError = (error: Error): void => options.log?.warn({ err: error }, 'a database connection broke')
  // R1: the pool reports the idle connections, the client itself the ones that break while checked out between statements.
  pool.on('error', onError)
  pool.on('connect', (client) => client.on('error', onError))
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

/** A prepared statement's plan is made once and kept, perhaps while its tables are still empty: reading the whole table looks
 * cheap then. Every statement here brings its keys; key by key is right whatever the size. */
const PLANS = ['enable_hashjoin=off', 'enable_mergejoin=off']

function connectionOf(options: DatabaseOptions): pg.ClientConfig {
  const timeout = options.statementTimeoutMs ?? 30_000
  const { url, own } = takeOptions(options.url)
  // R2
  const session = [
    'search_path=baton',
    'default_transaction_isolation=read\\ committed',
    `statement_timeout=${timeout}`,
    'lock_timeout=10000',
    'idle_in_transaction_session_timeout=30000',
    ...PLANS,
  ].map((setting) => `-c ${setting}`)
  return {
    ...(url === undefined ? partsOf(options) : { connectionString: url }),
    application_name: options.applicationName ?? 'baton',
    options: [own, ...session].filter((part) => part !== '').join(' '),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
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
