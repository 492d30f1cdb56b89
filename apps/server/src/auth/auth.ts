// Owns the tables of schema `auth`: users and API keys. R1: keys are stored as hashes only. R2: nobody signs up by himself.
// R3: reading a key never says "unknown" when the database is gone; it throws. R4: of what must not race, a process has one under way.
// R5: a key that was revoked is never good again: its row stays, so that no start takes it from a variable.
import { createHash } from 'node:crypto'
import { apiKey, defaultKeyHasher } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type { Pool } from 'pg'
import { createSemaphore } from '../semaphore.ts'
import { fromStatements, isOfAgent, KEY_KINDS, PERMISSIONS, PERMISSIONS_OF, toStatements } from './permissions.ts'
import type { KeyKind, Permission } from './permissions.ts'

/** A key as it is known: never the key itself. Times are epoch milliseconds. */
export interface StoredKey {
  id: string
  name: string
  kind: KeyKind
  agentId: string | null
  /** The name of the key that made it; null: a start did. */
  by: string | null
  permissions: Permission[]
  start: string
  createdAt: number
  expiresAt: number | null
}

export interface NewKey {
  name: string
  kind: KeyKind
  agentId?: string
  by?: string
  permissions?: readonly Permission[]
  /** Days it is good for, 1 to 365; for ever without. */
  expiresInDays?: number
}

export interface Auth {
  /** Creates or upgrades the tables. Safe when many processes start together. */
  migrate(): Promise<void>
  /** Makes an administrator key if there is none at all, and answers it then, which is the only time it is seen. */
  ensureAdministrator(): Promise<string | null>
  /** The key that was given (BATON_API_KEY) becomes an administrator's, and replaces the one given before; not one that was revoked. */
  takeAdministrator(given: string): Promise<'taken' | 'revoked'>
  createKey(key: NewKey): Promise<{ kind: 'created'; key: string; stored: StoredKey } | { kind: 'name-taken' }>
  findKey(key: string): Promise<StoredKey | null>
  listKeys(): Promise<StoredKey[]>
  /** Those of these ids whose keys are good now. */
  goodOf(ids: readonly string[]): Promise<Set<string>>
  isRevoked(key: string): Promise<boolean>
  /** False when there is no such key. */
  revokeKey(id: string): Promise<boolean>
}

const KEY_PREFIX = 'baton_'
const GIVEN_NAME = 'BATON_API_KEY'
const LOCK = 7_204_101

/** False: no Baton has begun with this database yet. */
export async function hasKeys(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>(`select to_regclass('auth.apikey') is not null as there`)
  return rows[0]?.there === true
}

export function createAuth(pool: Pool): Auth {
  const db = new Kysely<AuthTables>({ dialect: new PostgresDialect({ pool }) }).withSchema('auth')
  const oneAtATime = createSemaphore(1)

  /** R4: who waits for the lock holds a connection, and who has it needs another one. */
  async function alone<T>(work: () => Promise<T>): Promise<T> {
    const release = await oneAtATime.take()
    try {
      return await locked(pool, work)
    } finally {
      release()
    }
  }

  async function insertKey(key: NewKey, generate?: () => string): Promise<{ key: string; stored: StoredKey }> {
    const auth = authOver(pool, generate)
    const userId = await userOf(auth, key)
    const created = await auth.api.createApiKey({
      body: {
        userId,
        name: key.name,
        prefix: KEY_PREFIX,
        permissions: toStatements(key.permissions ?? PERMISSIONS_OF[key.kind]),
        metadata: { kind: key.kind, agentId: key.agentId ?? null, by: key.by ?? null, limited: key.permissions !== undefined },
        ...(key.expiresInDays === undefined ? {} : { expiresIn: key.expiresInDays * 86_400 }),
      },
    })
    const stored = await findKey(created.key)
    if (stored === null) throw new Error('an API key that was just made cannot be read back')
    return { key: created.key, stored }
  }

  async function findKey(key: string): Promise<StoredKey | null> {
    // Not auth.api.verifyApiKey: it reports a lost database as an invalid key, and writes a row on every check.
    const row = await keys(db)
      .where('key', '=', await defaultKeyHasher(key))
      .executeTakeFirst()
    return row === undefined ? null : storedKey(row)
  }

  async function isRevoked(key: string): Promise<boolean> {
    const hash = await defaultKeyHasher(key)
    const row = await db.selectFrom('apikey').select('id').where('key', '=', hash).where('enabled', '=', false).executeTakeFirst()
    return row !== undefined
  }

  async function nameTaken(name: string): Promise<boolean> {
    return (await keys(db).where('name', '=', name).executeTakeFirst()) !== undefined
  }

  return {
    findKey,
    isRevoked,
    migrate: () =>
      alone(async () => {
        const { runMigrations } = await getMigrations(authOptions(pool))
        await runMigrations()
      }),
    ensureAdministrator: () =>
      alone(async () => {
        const all = await keys(db).execute()
        if (all.some((row) => storedKey(row)?.kind === 'administrator')) return null
        return (await insertKey({ name: 'administrator', kind: 'administrator' })).key
      }),
    takeAdministrator: (given) =>
      alone(async () => {
        if ((await findKey(given)) !== null) return 'taken'
        if (await isRevoked(given)) return 'revoked' // R5
        // Deleted, not revoked: a release that is taken back brings the value before with it.
        await db.deleteFrom('apikey').where('name', '=', GIVEN_NAME).where('enabled', '=', true).execute()
        await insertKey({ name: GIVEN_NAME, kind: 'administrator' }, () => given)
        return 'taken'
      }),
    async createKey(key) {
      return alone(async () => {
        if (await nameTaken(key.name)) return { kind: 'name-taken' }
        return { kind: 'created', ...(await insertKey(key)) }
      })
    },
    async listKeys() {
      const rows = await keys(db).orderBy('createdAt').execute()
      return rows.flatMap((row) => storedKey(row) ?? [])
    },
    async goodOf(ids) {
      if (ids.length === 0) return new Set()
      const rows = await keys(db).clearSelect().select('id').where('id', 'in', ids).execute()
      return new Set(rows.map(({ id }) => id))
    },
    async revokeKey(id) {
      const done = await db
        .updateTable('apikey')
        .set({ enabled: false, expiresAt: null }) // R5: better-auth deletes what has expired
        .where('id', '=', id)
        .where('enabled', '=', true)
        .executeTakeFirst()
      return done.numUpdatedRows === 1n
    },
  }
}

function authOver(pool: Pool, generate?: () => string) {
  return betterAuth(authOptions(pool, generate))
}

function authOptions(pool: Pool, generate?: () => string) {
  return {
    database: { db: new Kysely<object>({ dialect: new PostgresDialect({ pool }) }), type: 'postgres' as const, schemaName: 'auth' },
    // Nothing of this instance is mounted, so nothing is signed with it; keys are compared by hash.
    secret: createHash('sha256').update('baton: no cookies are signed').digest('hex'),
    baseURL: 'http://127.0.0.1',
    telemetry: { enabled: false },
    logger: { level: 'error' as const },
    plugins: [
      apiKey({
        enableMetadata: true,
        rateLimit: { enabled: false },
        // A key that somebody chose may be short: no part of it is kept in the clear.
        startingCharactersConfig: { shouldStore: generate === undefined, charactersLength: KEY_PREFIX.length + 4 },
        ...(generate === undefined ? {} : { customKeyGenerator: generate }),
      }),
    ],
  }
}

/** A key belongs to a user: one for each agent, one for each other key. */
async function userOf(auth: ReturnType<typeof authOver>, key: NewKey): Promise<string> {
  const { internalAdapter } = await auth.$context
  const local = isOfAgent(key.kind) ? `agent-${key.agentId}` : `key-${createHash('sha256').update(key.name).digest('hex').slice(0, 16)}`
  const email = `${local}@baton.invalid`
  const found = await internalAdapter.findUserByEmail(email)
  if (found !== null) return found.user.id
  const user = await internalAdapter.createUser({ email, name: key.agentId ?? key.name, emailVerified: false }, { method: 'admin' })
  return user.id
}

interface KeyRow {
  id: string
  name: string | null
  key: string
  start: string | null
  enabled: boolean
  permissions: string | null
  metadata: string | null
  createdAt: Date
  expiresAt: Date | null
}
interface AuthTables {
  apikey: KeyRow
}

function keys(db: Kysely<AuthTables>) {
  return db
    .selectFrom('apikey')
    .selectAll()
    .where('enabled', '=', true)
    .where((where) => where.or([where('expiresAt', 'is', null), where('expiresAt', '>', sql<Date>`now()`)]))
}

function storedKey(row: KeyRow): StoredKey | null {
  const metadata: unknown = JSON.parse(row.metadata ?? 'null')
  const about =
    typeof metadata === 'object' && metadata !== null
      ? (metadata as { kind?: unknown; agentId?: unknown; by?: unknown; limited?: unknown })
      : {}
  const kind = KEY_KINDS.find((known) => known === about.kind)
  if (kind === undefined || row.name === null) return null
  const statements = JSON.parse(row.permissions ?? '{}') as Record<string, string[]>
  return {
    id: row.id,
    name: row.name,
    kind,
    agentId: typeof about.agentId === 'string' ? about.agentId : null,
    by: typeof about.by === 'string' ? about.by : null,
    // An administrator may do what a newer release adds, too; other keys may do what was said when they were made.
    permissions: kind === 'administrator' && about.limited !== true ? [...PERMISSIONS] : fromStatements(statements),
    start: row.start ?? '',
    createdAt: row.createdAt.getTime(),
    expiresAt: row.expiresAt?.getTime() ?? null,
  }
}

/** One process at a time: starting and making keys are rare, and must not race. */
async function locked<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('set lock_timeout = 0; set statement_timeout = 0')
    await client.query('select pg_advisory_lock($1)', [LOCK])
    return await work()
  } finally {
    // Ends the session's lock even when the connection is broken: a released client could keep it.
    client.release(true)
  }
}
