// Owns the names of prepared statements, one a text: PostgreSQL parses and plans each once a connection instead of every time,
// which is half of what the pipeline's short statements cost. R1: what texts there may be is bounded; those beyond are sent as they are.
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type pg from 'pg'

const MOST = 500

/** Gives a statement its name, if it has parameters; anything else may be several statements in one text. */
export type Prepare = (text: string, values: readonly unknown[]) => pg.QueryConfig

export function createPrepare(): Prepare {
  const names = new Map<string, string>()

  function nameOf(text: string): string | undefined {
    const known = names.get(text)
    if (known !== undefined || names.size >= MOST) return known // R1
    const name = `baton_${names.size}`
    names.set(text, name)
    return name
  }

  return (text, values) => {
    if (values.length === 0) return { text }
    const name = nameOf(text)
    return { ...(name === undefined ? {} : { name }), text, values: values as unknown[] }
  }
}

/** The pool as Kysely takes it, whose clients prepare. */
export function preparing(pool: pg.Pool, prepare: Prepare): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>()

  /** The same object a client, as Kysely remembers its connections by it. */
  function wrapped(client: pg.PoolClient): PostgresPoolClient {
    const query = (text: unknown, values: readonly unknown[] = []) => {
      return typeof text === 'string' ? client.query(prepare(text, values)) : client.query(text as string, values as unknown[])
    }
    return Object.create(client, { query: { value: query } }) as PostgresPoolClient
  }

  return {
    options: pool.options,
    async connect() {
      const client = await pool.connect()
      const known = clients.get(client) ?? wrapped(client)
      clients.set(client, known)
      return known
    },
    end: () => pool.end(),
  }
}
