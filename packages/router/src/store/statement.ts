// Statements as values: put together before any of them is sent, so that what cannot be written is refused while nothing has left.
import type { QueryExecutorProvider, QueryResult, RawBuilder } from 'kysely'

export type Statement = RawBuilder<unknown>

/** Sends them together, to be executed in this order; gives their results. */
export function run(db: QueryExecutorProvider, statements: readonly Statement[]): Promise<QueryResult<unknown>[]> {
  return Promise.all(statements.map((statement) => statement.execute(db)))
}
