// Owns the schema `baton`. R1: each file of migrations/ is applied once, in the order of its number, whoever else starts at the
// same time. R2: all pending files in one transaction, or none. R3: an applied file never changes. R4: an older release may work on what a
// newer one has migrated, if every file it does not know says that it only adds (a column with a default, a table, an index).
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { StoreError } from './errors.ts'
import { allowSilence } from './database.ts'
import type { Database } from './database.ts'
import * as rowTypes from './row-types.ts'

const DIRECTORY = join(import.meta.dirname, 'migrations')
// Any number nobody else locks. Only start-up waits for it: nothing depends on it in the message path.
const LOCK = 7_242_116_650

export interface Migration {
  name: string
  checksum: string
  text: string
  /** Its first line says so: a release without this file neither sees what it adds nor needs to. */
  onlyAdds: boolean
}

const ONLY_ADDS = '-- Only adds.'

/** Brings the schema up to date; gives the names of the files it applied. Throws `migration-changed` when an applied file is not
 * what it was, `migration-unknown` when a newer program has applied one that does more than add. */
export async function migrate({ pool }: Pick<Database, 'pool'>, directory: string = DIRECTORY): Promise<string[]> {
  const migrations = await readMigrations(directory)
  const client = await pool.connect()
  try {
    await client.query('begin')
    // Waiting for twenty others, or building an index, may take longer than a message is worth.
    await client.query('set local lock_timeout = 0; set local statement_timeout = 0')
    allowSilence(client)
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]) // R1
    const applied = await applyPending(client, migrations)
    await client.query('commit')
    return applied
  } catch (error) {
    // The connection may be what failed; the first error is the one to tell.
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release(true) // it has no limits any more
  }
}

/** The numbered files, in order. Throws `migration-misnamed` when a number is missing or taken twice. */
export async function readMigrations(directory: string = DIRECTORY): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted()
  names.forEach((name, index) => {
    if (Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]) !== index + 1)
      throw new StoreError('migration-misnamed', `${join(directory, name)}: expected ${String(index + 1).padStart(4, '0')}_<name>.sql here`)
  })
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(directory, name), 'utf8')
      return { name, text, checksum: createHash('sha256').update(text).digest('hex'), onlyAdds: text.startsWith(ONLY_ADDS) }
    }),
  )
}

async function applyPending(client: pg.PoolClient, migrations: Migration[]): Promise<string[]> {
  // Names are written out: the search path of this connection need not be ours.
  await client.query(`create schema if not exists baton; set local search_path = baton;
    create table if not exists migration (name text primary key, checksum text not null, applied_at timestamptz not null);
    do $$ begin -- looked for first: "if not exists" would lock the table before, and wait for a backup that reads it
      if not exists (select from pg_attribute where attrelid = 'migration'::regclass and attname = 'only_adds') then
        alter table migration add column only_adds boolean not null default false;
      end if;
    end $$`)
  const { rows } = await client.query<Applied>('select name, checksum, only_adds as "onlyAdds" from migration order by name')
  const known = rows.filter((row) => isKnown(row, migrations))
  const pending = migrations.slice(known.length)
  const [other] = rows.filter((row) => !known.includes(row))
  if (other !== undefined && pending.length > 0) throw unknown(other) // no newer release lacks a file of ours
  for (const { name, text, checksum, onlyAdds } of pending) {
    await client.query(text) // no parameters: the simple protocol takes many statements at once
    await client.query('insert into migration (name, checksum, applied_at, only_adds) values ($1, $2, clock_timestamp(), $3)', [
      name,
      checksum,
      onlyAdds,
    ])
  }
  await makeRowTypes(client)
  return pending.map(({ name }) => name)
}

/** What is there stays: a process of another release may still use its own. */
async function makeRowTypes(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'baton'::regnamespace and relkind = 'c'`,
  )
  const made = new Set(rows.map(({ name }) => name))
  for (const { name, columns } of Object.values(rowTypes)) if (!made.has(name)) await client.query(`create type ${name} as (${columns})`)
}

type Applied = Omit<Migration, 'text'>

/** False: it is a newer release's, and only adds (R4). Throws for what this program must not work on. */
function isKnown(applied: Applied, migrations: Migration[]): boolean {
  const own = migrations.find(({ name }) => name === applied.name)
  if (own === undefined) {
    if (!applied.onlyAdds) throw unknown(applied)
    return false
  }
  // R3
  if (own.checksum !== applied.checksum)
    throw new StoreError(
      'migration-changed',
      `${applied.name} was changed after it had been applied. Restore it and write a new migration instead.`,
    )
  return true
}

function unknown({ name }: Applied): StoreError {
  return new StoreError(
    'migration-unknown',
    `The database has applied ${name}, which this program does not have: it is older than the database.`,
  )
}
