// Owns one transaction on one connection. Statements that are started together leave together, in the order in which they were
// started (the driver's pipeline mode): a turn waits for the database four times instead of twelve.
// R1: nothing is sent on behalf of a transaction once its end was. R2: it is committed when PostgreSQL says so.
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { DatabaseConnection, Driver, QueryResult, Transaction } from 'kysely'
import type pg from 'pg'
import { PIPELINE_PLANS } from './plans.ts'
import type { Prepare } from './prepared.ts'
import type { Tables } from './tables.ts'

/** Runs work in a transaction: committed when it resolves, rolled back when it throws. Work waits for its own statements. */
export type Transact = <T>(work: (trx: Transaction<Tables>) => Promise<T>) => Promise<T>

/** One text, so that it costs no answer of its own. */
const BEGIN = ['begin', ...PIPELINE_PLANS.map((setting) => `set local ${setting}`)].join('; ')

export function createTransact(pool: pg.Pool, prepare: Prepare): Transact {
  return async (work) => {
    const client = await pool.connect()
    const { trx, end } = bind(client, prepare)
    let broken: Error | undefined
    try {
      // The first statements of the work go out with it.
      const [, result] = await Promise.all([together(client, () => client.query(BEGIN)), work(trx)])
      end()
      const { command } = await client.query('commit')
      if (command !== 'COMMIT') throw new Error(`the transaction was not committed: ${command}`) // R2
      return result
    } catch (error) {
      end()
      await client.query('rollback').catch((failure: Error) => (broken = failure))
      throw error
    } finally {
      client.release(broken)
    }
  }
}

/** What is sent in one go of the event loop goes to the socket in one write: each costs the database a wake-up. */
function together<T>({ connection: { stream } }: pg.PoolClient, send: () => T): T {
  stream.cork()
  process.nextTick(() => stream.uncork())
  return send()
}

/** A Kysely that knows one connection and does not queue what is asked of it. */
function bind(client: pg.PoolClient, prepare: Prepare): { trx: Transaction<Tables>; end(): void } {
  let over = false
  let failure: unknown
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: { sql: string; parameters: readonly unknown[] }): Promise<QueryResult<R>> {
      if (over) throw new Error('a statement came after the end of its transaction') // R1
      try {
        const { rows, rowCount } = await together(client, () => client.query(prepare(sql, parameters)))
        return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) }
      } catch (error) {
        failure ??= error
        throw failure // those behind it fail too, for being in an aborted transaction: that is not news
      }
    },
    streamQuery() {
      throw new Error('a transaction of the pipeline reads no streams')
    },
  }
  return {
    trx: asTransaction(new Kysely<Tables>({ dialect: { ...DIALECT, createDriver: () => driverOf(connection) } })),
    end() {
      over = true
    },
  }
}

const DIALECT = {
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}

/** Begin, commit and rollback are ours. */
function driverOf(connection: DatabaseConnection): Driver {
  const never = (): Promise<never> => Promise.reject(new Error('the transaction is begun and ended by whoever opened it'))
  const nothing = (): Promise<void> => Promise.resolve()
  return {
    init: nothing,
    acquireConnection: () => Promise.resolve(connection),
    releaseConnection: nothing,
    destroy: nothing,
    beginTransaction: never,
    commitTransaction: never,
    rollbackTransaction: never,
  }
}

/** Kysely's own class has no way to be made around a connection; what functions that lock ask of it, this one keeps. */
function asTransaction(db: Kysely<Tables>): Transaction<Tables> {
  return db as Transaction<Tables>
}
