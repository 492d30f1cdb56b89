// Owns one transaction on one connection. Statements that are started together leave together, in the order in which they were
// started (the driver's pipeline mode), the last ones with the commit: a turn waits for the database twice instead of twelve times.
// R1: nothing is sent on behalf of a transaction once its end was. R2: it is committed when PostgreSQL says so. R3: what leaves with the
// commit is put together before anything of it is sent, so a row that cannot be written takes the commit with it.
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, Transaction } from 'kysely'
import type pg from 'pg'
import { PIPELINE_PLANS } from './plans.ts'
import type { Prepare } from './prepared.ts'
import type { Statement } from './statement.ts'
import type { Tables } from './tables.ts'

/** Runs work in a transaction: committed when it resolves, rolled back when it throws. Work waits for its own statements. */
export type Transact = <T>(work: (trx: Transaction<Tables>, finish: Finish) => Promise<T>) => Promise<T>

/** Sends these statements and the commit in one go; gives their results when all of it is committed. Work may send nothing afterwards. */
export type Finish = (statements: readonly Statement[]) => Promise<QueryResult<unknown>[]>

/** One text, so that it costs no answer of its own. */
const BEGIN = ['begin', ...PIPELINE_PLANS.map((setting) => `set local ${setting}`)].join('; ')

export function createTransact(pool: pg.Pool, prepare: Prepare): Transact {
  return async (work) => {
    const client = await pool.connect()
    const { trx, send, end } = bind(client, prepare)
    let finished = false
    const commit = async (): Promise<void> => {
      finished = true
      end()
      const { command } = await together(client, () => client.query('commit'))
      if (command !== 'COMMIT') throw new Error(`the transaction was not committed: ${command}`) // R2
    }
    const finish: Finish = async (statements) => {
      const queries = statements.map((statement) => statement.compile(trx)) // R3
      const sent = queries.map(send)
      const committed = commit()
      committed.catch(() => {}) // of a statement that failed its own error says more
      const results = await Promise.all(sent)
      await committed
      return results
    }
    let broken: Error | undefined
    try {
      // The first statements of the work go out with it.
      const [, result] = await Promise.all([together(client, () => client.query(BEGIN)), work(trx, finish)])
      if (!finished) await commit()
      return result
    } catch (error) {
      end()
      // A commit that was sent has ended it, kept or not; PostgreSQL warns of a rollback then. Does the connection still answer?
      await client.query(finished ? 'select 1' : 'rollback').catch((failure: Error) => (broken = failure))
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
function bind(client: pg.PoolClient, prepare: Prepare): { trx: Transaction<Tables>; send: typeof send; end(): void } {
  let over = false
  let failure: unknown
  async function send<R>({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): Promise<QueryResult<R>> {
    if (over) throw new Error('a statement came after the end of its transaction') // R1
    try {
      const { rows, rowCount } = await together(client, () => client.query(prepare(sql, parameters)))
      return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) }
    } catch (error) {
      failure ??= error
      throw failure // those behind it fail too, for being in an aborted transaction: that is not news
    }
  }
  const connection: DatabaseConnection = {
    executeQuery: send,
    streamQuery() {
      throw new Error('a transaction of the pipeline reads no streams')
    },
  }
  return {
    trx: asTransaction(new Kysely<Tables>({ dialect: { ...DIALECT, createDriver: () => driverOf(connection) } })),
    send,
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
