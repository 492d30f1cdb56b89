// What everything stands on: the database, up to date, and its clock.
import { followDatabaseClock, migrate, openDatabase, startEmbedded } from '@baton/router'
import type { Clock, Database } from '@baton/router'
import type { Logger } from 'pino'
import { createAuth } from '../auth/auth.ts'
import type { Auth } from '../auth/auth.ts'
import type { BatonOptions } from '../baton.ts'
import type { Closing } from './closing.ts'

/** Connections of a process for its work. */
const POOL = 20

export interface Foundation {
  database: Database
  auth: Auth
  clock: Clock
}

export async function layFoundation(options: BatonOptions, log: Logger, closing: Closing): Promise<Foundation> {
  const database = await connect(options, closing)
  closing.push(() => database.close())
  await migrate(database)
  const auth = createAuth(database.pool)
  await auth.migrate()
  return { database, auth, clock: options.clock ?? (await databaseClock(database, log, closing)) }
}

async function connect({ database: where, statementTimeoutMs, log }: BatonOptions, closing: Closing): Promise<Database> {
  const limits = { max: POOL, log, ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }) }
  if (!('directory' in where)) return openDatabase({ ...where, ...limits })
  const server = await startEmbedded({ directory: where.directory, log })
  // Whoever leaves last stops it: another process may have adopted it, and this one may have found it after a crash.
  closing.push(() => server.leave())
  return openDatabase({ host: server.host, user: server.user, database: server.database, ...limits })
}

async function databaseClock({ db }: Database, log: Logger, closing: Closing): Promise<Clock> {
  const { clock, stop } = await followDatabaseClock(db, log)
  closing.push(stop)
  return clock
}
