// deploy/postgres/owner.sql as psql reads it, and a Baton on what it made. The image that runs it was not at hand.
import { readFileSync } from 'node:fs'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t from 'tap'
import { started } from '../http/running.ts'

const script = readFileSync(new URL('../../../../deploy/postgres/owner.sql', import.meta.url), 'utf8')

await t.test('a role that owns its database and may do nothing else is enough for Baton', async (t) => {
  const { db, address } = await testDatabase(t)
  const name = `baton_owner_${process.pid}`
  const statements = script
    .replaceAll(/^(--|\\getenv ).*$/gm, '')
    .replaceAll(":'password'", "'of-the-test'")
    .replaceAll(/\bbaton\b/g, name)
    .split(';')
    .filter((statement) => statement.trim() !== '')
  t.teardown(async () => {
    await sql.raw(`drop database if exists ${name} with (force)`).execute(db)
    await sql.raw(`drop role if exists ${name}`).execute(db)
  })
  for (const statement of statements) await sql.raw(statement).execute(db)
  const { rows } = await sql`select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = ${name}`.execute(db)
  t.strictSame(rows, [{ rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolbypassrls: false }])

  const { url } = address
  const owned = url === undefined ? { ...address, user: name, database: name } : { url: addressFor(url, name) }
  const baton = await started(t, { database: owned })
  t.equal((await fetch(`${baton.url}/healthz`)).status, 200)
})

function addressFor(url: string, name: string): string {
  const other = new URL(url)
  Object.assign(other, { username: name, password: 'of-the-test', pathname: `/${name}` })
  return other.href
}
