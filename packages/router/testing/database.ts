// A real database for a test file. Owns one PostgreSQL server per machine and user, shared by all test processes and left running;
// in it a template per schema, and a clone of that per call. BATON_TEST_DATABASE_URL names another server instead.
// R1: a template is complete before it has its name. R2: clones of dead processes are dropped by whoever comes next.
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openDatabase } from '../src/store/database.ts'
import type { Database, DatabaseAddress } from '../src/store/database.ts'
import { startEmbedded } from '../src/store/embedded.ts'
import { StoreError } from '../src/store/errors.ts'
import { migrate, readMigrations } from '../src/store/migrate.ts'
import * as rowTypes from '../src/store/row-types.ts'

export interface TestDatabase extends Database {
  /** For another process, or a second pool. */
  address: DatabaseAddress
}

/** A migrated, empty database for this test alone; it goes away with it. */
export async function testDatabase(t: { teardown(fn: () => Promise<void>): void }, options: { max?: number } = {}): Promise<TestDatabase> {
  const server = await testServer()
  const admin = new pg.Client(connectionTo(server, 'postgres'))
  await admin.connect()
  const name = `baton_test_${process.pid}_${process.hrtime.bigint().toString(36)}`
  try {
    const template = await ensureTemplate(admin, server)
    await admin.query(`create database ${name} template ${template}`)
  } finally {
    await admin.end()
  }
  const address = addressOf(server, name)
  const database = openDatabase({ ...address, max: options.max ?? 10, applicationName: 'baton-test', allowExitOnIdle: true })
  t.teardown(async () => {
    await database.close()
    const client = new pg.Client(connectionTo(server, 'postgres'))
    await client.connect()
    await client.query(`drop database if exists ${name} with (force)`)
    await client.end()
  })
  return { ...database, address }
}

async function testServer(): Promise<DatabaseAddress> {
  const url = process.env['BATON_TEST_DATABASE_URL']
  if (url !== undefined && url !== '') return { url }
  const directory = join(tmpdir(), `baton-test-${userInfo().username}`, 'postgresql')
  // Its data is worth nothing: no syncing, and after a crash of the machine it is made anew.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' }
  const start = (): Promise<DatabaseAddress> =>
    startEmbedded({ directory, settings }).then(({ host, user, database }) => ({ host, user, database }))
  return start().catch(async (error: unknown) => {
    if (!(error instanceof StoreError) || error.code !== 'embedded-failed') throw error
    await rm(directory, { recursive: true, force: true })
    return start()
  })
}

/** One template per set of migrations and row types; the advisory lock makes the others wait for whoever builds it. */
async function ensureTemplate(admin: pg.Client, server: DatabaseAddress): Promise<string> {
  const migrations = await readMigrations()
  const checksum = createHash('sha256')
    .update([...migrations, ...Object.values(rowTypes)].map((each) => ('checksum' in each ? each.checksum : each.name)).join())
    .digest('hex')
    .slice(0, 16)
  const template = `baton_template_${checksum}`
  if (await exists(admin, template)) return template
  await admin.query('select pg_advisory_lock(7242116651)')
  if (!(await exists(admin, template))) {
    await dropAbandoned(admin, server)
    const building = `${template}_building`
    await admin.query(`drop database if exists ${building} with (force)`)
    await admin.query(`create database ${building} template template0 encoding 'UTF8'`)
    const database = openDatabase({ ...addressOf(server, building), max: 1 })
    await migrate(database).finally(() => database.close())
    await admin.query(`alter database ${building} rename to ${template}`) // R1
  }
  await admin.query('select pg_advisory_unlock(7242116651)')
  return template
}

async function exists(admin: pg.Client, name: string): Promise<boolean> {
  return (await admin.query('select from pg_database where datname = $1', [name])).rowCount === 1
}

/** R2. Only where a pid means something: on our own machine. */
async function dropAbandoned(admin: pg.Client, server: DatabaseAddress): Promise<void> {
  if (server.url !== undefined) return
  const { rows } = await admin.query<{ datname: string }>(`select datname from pg_database where datname like 'baton\\_test\\_%'`)
  for (const { datname } of rows) {
    if (!alive(Number(datname.split('_')[2]))) await admin.query(`drop database if exists ${datname} with (force)`)
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function addressOf(server: DatabaseAddress, database: string): DatabaseAddress {
  if (server.url === undefined) return { ...server, database }
  // Not by `new URL`: it refuses the form for a Unix socket, postgres://user@/database?host=/directory.
  return { url: server.url.replace(/^(\w+:\/\/[^/?]*)(?:\/[^?]*)?/, `$1/${database}`) }
}

function connectionTo(server: DatabaseAddress, database: string): pg.ClientConfig {
  const { url, ...parts } = addressOf(server, database)
  return url === undefined ? parts : { connectionString: url }
}
