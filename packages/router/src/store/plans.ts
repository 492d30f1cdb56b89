// How the pipeline's statements are planned (docs/decisions/0010-plans-are-made-once.md).
import { sql } from 'kysely'
import type { Statement } from './statement.ts'

/** A prepared statement's plan is made once and kept, perhaps while its tables are still empty: reading the whole table looks
 * cheap then. Every statement here brings its keys; key by key is right whatever the size. Before PostgreSQL 18 a scan that is switched off and
 * unavoidable costs so much that it would be compiled first. */
export const SESSION_PLANS = ['enable_hashjoin=off', 'enable_mergejoin=off', 'jit=off']

/** For the pipeline's transactions: looking up each key in an index is right whatever the size of the table, and a plan made once is as good as one
 * made for these values. */
export const PIPELINE_PLANS = ['plan_cache_mode=force_generic_plan', 'enable_seqscan=off', 'enable_material=off']

/** For a statement that writes named rows of a queue table. Such a table is as good as empty whenever it is counted, so that walking along its whole
 * index, past all that is dead, looks cheaper than looking up some keys. Without plain index scans a bitmap for each key is what is left. */
export function byKey(statement: Statement): Statement[] {
  return [sql`set local enable_indexscan = off`, statement, sql`set local enable_indexscan = on`]
}
