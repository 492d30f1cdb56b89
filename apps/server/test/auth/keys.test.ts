import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { createAuth } from '../../src/auth/auth.ts'
import { fromStatements, KEY_KINDS, PERMISSIONS, PERMISSIONS_OF, toStatements } from '../../src/auth/permissions.ts'

const database = await testDatabase(t, { max: 16 })

await t.test('processes that start together make the tables and the first administrator key once', async (t) => {
  await fresh()
  const made = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const auth = createAuth(database.pool)
      await auth.migrate()
      return auth.ensureAdministrator()
    }),
  )
  const keys = made.filter((key) => key !== null)
  t.equal(keys.length, 1)
  const auth = createAuth(database.pool)
  t.match(await auth.findKey(keys[0] as string), { kind: 'administrator', permissions: [...PERMISSIONS] })
  t.equal(await auth.ensureAdministrator(), null, 'and none is made at the next start')
})

await t.test('a given administrator key is taken, kept over a restart, and replaced by the next one given', async (t) => {
  const auth = await openAuth()
  t.equal(await auth.takeAdministrator('first-key'), 'taken')
  t.match(await auth.findKey('first-key'), { kind: 'administrator', start: '' })
  const { id } = (await auth.findKey('first-key')) ?? {}
  await auth.takeAdministrator('first-key')
  t.equal((await auth.findKey('first-key'))?.id, id)
  await auth.takeAdministrator('second-key')
  t.equal(await auth.findKey('first-key'), null)
  t.match(await auth.findKey('second-key'), { kind: 'administrator' })
  t.equal((await auth.listKeys()).length, 1)
  t.equal(await auth.takeAdministrator('first-key'), 'taken', 'and back')
  t.match(await auth.findKey('first-key'), { kind: 'administrator' })
})

await t.test('a key that was revoked is not taken as the administrator key, whoever gives it and however often', async (t) => {
  const auth = await openAuth()
  await auth.takeAdministrator('leaked')
  const { id = '' } = (await auth.findKey('leaked')) ?? {}
  await auth.revokeKey(id)
  t.equal(await auth.takeAdministrator('leaked'), 'revoked')
  t.equal(await auth.findKey('leaked'), null)
  t.equal(await auth.takeAdministrator('next'), 'taken')
  t.equal(await auth.takeAdministrator('leaked'), 'revoked')
  t.match(await auth.findKey('next'), { kind: 'administrator' }, 'and what was given before goes on')
  const made = await auth.createKey({ name: 'for a day', kind: 'administrator', expiresInDays: 1 })
  if (made.kind !== 'created') return
  await auth.revokeKey(made.stored.id)
  t.equal(await auth.takeAdministrator(made.key), 'revoked')
  const { rows } = await database.pool.query('select 1 from auth.apikey where id = $1 and "expiresAt" is null', [made.stored.id])
  t.equal(rows.length, 1, 'which is not forgotten when its time is over')
  t.strictSame([await auth.isRevoked('leaked'), await auth.isRevoked('next'), await auth.isRevoked('other')], [true, false, false])
})

await t.test('a key knows who made it; one that a start made has nobody', async (t) => {
  const auth = await openAuth()
  await auth.takeAdministrator('given')
  await auth.createKey({ name: 'crm', kind: 'integration', by: 'BATON_API_KEY' })
  t.match(await auth.listKeys(), [
    { name: 'BATON_API_KEY', by: null },
    { name: 'crm', by: 'BATON_API_KEY' },
  ])
})

await t.test('only a hash of a key is stored', async (t) => {
  const auth = await openAuth()
  await auth.takeAdministrator('a-key-somebody-chose')
  const made = await auth.createKey({ name: 'crm', kind: 'integration' })
  const { rows } = await database.pool.query('select * from auth.apikey')
  const stored = JSON.stringify(rows)
  t.notMatch(stored, /a-key-some/)
  t.ok(made.kind === 'created' && !stored.includes(made.key))
})

await t.test('an agent key knows its agent; keys of one name exist once until they are revoked', async (t) => {
  const auth = await openAuth()
  const made = await auth.createKey({ name: 'ana', kind: 'agent', agentId: 'ana' })
  t.match(made, { kind: 'created', stored: { kind: 'agent', agentId: 'ana', permissions: [...PERMISSIONS_OF.agent] } })
  t.strictSame(await auth.createKey({ name: 'ana', kind: 'observer' }), { kind: 'name-taken' })
  if (made.kind !== 'created') return
  t.equal(await auth.revokeKey(made.stored.id), true)
  t.equal(await auth.revokeKey(made.stored.id), false)
  t.equal(await auth.findKey(made.key), null)
  t.equal((await auth.createKey({ name: 'ana', kind: 'agent', agentId: 'ana' })).kind, 'created')
})

await t.test('more keys are made at once than there are connections', async (t) => {
  const auth = await openAuth()
  const names = Array.from({ length: 20 }, (_, n) => `key ${n}`)
  const made = await Promise.all(names.map((name) => auth.createKey({ name, kind: 'observer' })))
  t.ok(made.every(({ kind }) => kind === 'created'))
  t.equal((await auth.listKeys()).length, 20)
})

await t.test('of some keys it is told which are good: neither revoked nor expired', async (t) => {
  const auth = await openAuth()
  const idOf = async (name: string) => {
    const made = await auth.createKey({ name, kind: 'observer', expiresInDays: 1 })
    return made.kind === 'created' ? made.stored.id : ''
  }
  const [good, revoked, expired] = [await idOf('good'), await idOf('revoked'), await idOf('expired')]
  await auth.revokeKey(revoked)
  await database.pool.query(`update auth.apikey set "expiresAt" = now() - interval '1 second' where id = $1`, [expired])
  t.same(await auth.goodOf([good, revoked, expired, 'nobody']), new Set([good]))
  t.same(await auth.goodOf([]), new Set())
})

await t.test('a key may have fewer permissions than its kind, and an end', async (t) => {
  const auth = await openAuth()
  const made = await auth.createKey({ name: 'bot', kind: 'integration', permissions: ['message:send'], expiresInDays: 1 })
  t.match(made, { stored: { permissions: ['message:send'] } })
  if (made.kind !== 'created') return
  t.ok(await auth.findKey(made.key))
  await database.pool.query(`update auth.apikey set "expiresAt" = now() - interval '1 second'`)
  t.equal(await auth.findKey(made.key), null)
})

await t.test('an administrator may do what a newer release adds, unless the key was made for less', async (t) => {
  const auth = await openAuth()
  await auth.takeAdministrator('of-an-older-release')
  const permissions = JSON.stringify(toStatements(['key:manage']))
  const metadata = JSON.stringify({ kind: 'administrator', agentId: null })
  await database.pool.query('update auth.apikey set permissions = $1, metadata = $2', [permissions, metadata])
  t.match(await auth.findKey('of-an-older-release'), { permissions: [...PERMISSIONS] })
  const made = await auth.createKey({ name: 'releases only', kind: 'administrator', permissions: ['journey:publish'] })
  t.match(made, { stored: { permissions: ['journey:publish'] } })
  t.strictSame((await auth.listKeys()).find(({ name }) => name === 'releases only')?.permissions, ['journey:publish'])
})

await t.test('when the database is gone a key is not called unknown', async (t) => {
  const auth = await openAuth()
  await database.pool.query('alter schema auth rename to away')
  await t.rejects(auth.findKey('any'))
})

await t.test('permissions come back from storage as they went in, for every kind of key', async (t) => {
  for (const kind of KEY_KINDS)
    t.strictSame(
      fromStatements(toStatements(PERMISSIONS_OF[kind])),
      PERMISSIONS.filter((one) => PERMISSIONS_OF[kind].includes(one)),
    )
  t.strictSame(fromStatements({ unknown: ['thing'], message: ['send', 'other'] }), ['message:send'])
})

/** Without tables, as on the first start. */
async function fresh() {
  await database.pool.query('drop schema if exists auth cascade; drop schema if exists away cascade')
  return createAuth(database.pool)
}

async function openAuth() {
  const auth = await fresh()
  await auth.migrate()
  return auth
}
