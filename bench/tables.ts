// How large the product's tables are, in three kinds.
import type pg from 'pg'

/** All of them with their indexes. */
export interface TableSizes {
  /** Rows come and go: as large after an hour as after a minute. */
  queues: Size
  /** Rows of each customer: they grow with the customers only. */
  customers: Size & { count: number }
  /** Kept for weeks, or for ever: they grow with each message. */
  history: Size
}

export interface Size {
  bytes: number
  /** As PostgreSQL counts them, which is close. */
  rows: number
  dead: number
}

const KINDS = {
  queues: ['inbox', 'outbox'],
  customers: ['actor', 'alias', 'timer'],
  history: ['message', 'decision', 'seen', 'provider_message'],
}

export async function tableSizes(pool: pg.Pool): Promise<TableSizes> {
  const { rows } = await pool.query<{ name: string; bytes: number; rows: number; dead: number }>(
    `select relname as name, pg_total_relation_size(relid)::float8 as bytes, n_live_tup::float8 as rows, n_dead_tup::float8 as dead
     from pg_stat_user_tables where schemaname = 'baton'`,
  )
  const sizeOf = (names: string[]): Size => {
    const found = rows.filter(({ name }) => names.includes(name))
    if (found.length !== names.length) throw new Error(`not all of these tables are there: ${names.join(', ')}`)
    const sum = (of: (row: Size) => number) => found.reduce((total, row) => total + of(row), 0)
    return { bytes: sum((row) => row.bytes), rows: sum((row) => row.rows), dead: sum((row) => row.dead) }
  }
  const count = sizeOf(['actor']).rows
  return { queues: sizeOf(KINDS.queues), customers: { ...sizeOf(KINDS.customers), count }, history: sizeOf(KINDS.history) }
}
