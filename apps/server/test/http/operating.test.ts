// What operators rely on, in the whole server with the emulator in the provider's place.
import { mkdtemp, rm, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openDatabase, startEmbedded } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t from 'tap'
import { DEMO_SECRETS } from '../../src/whatsapp/emulation.ts'
import { client, started, until } from './running.ts'

const CUSTOMER = '15557770001'

await t.test('what the provider lists is known at the start, a change is followed, and a send is judged by it', async (t) => {
  const database = await testDatabase(t)
  const baton = await started(t, { database: database.address })
  const call = client(baton)
  const list = () => call('GET', '/api/v1/templates')
  const first = await until(list, ({ body }) => body.items.length > 1)
  const offer = first.body.items.find(({ name }) => name === 'spring_offer')
  t.match(offer, { language: 'en', status: 'APPROVED', category: 'MARKETING', account: /^\d+$/ })
  const known = () => [...baton.settings().numbers.keys()].map((id) => baton.settings().templates.get(id)?.get('spring_offer/en')?.status)
  await until(
    async () => known(),
    (statuses) => statuses.every((status) => status === 'APPROVED'),
  )

  baton.emulator?.changeTemplate('spring_offer', 'en', { status: 'PAUSED' })
  await until(
    async () => known(),
    (statuses) => statuses.every((status) => status === 'PAUSED'),
  )
  const template = { kind: 'template', name: 'spring_offer', language: 'en', variables: { first_name: 'Kim' } }
  const refused = await call('POST', '/api/v1/messages', { number: 'main', to: CUSTOMER, purpose: 'marketing', content: template })
  t.match(refused, { status: 422, body: { code: 'template-not-approved' } })

  await sql`delete from template where name = 'appointment_reminder'`.execute(database.db)
  // Its webhook says the quality and not the status, so the whole list is fetched again, and with it what was lost.
  baton.emulator?.changeTemplate('spring_offer', 'en', { quality: 'RED' })
  const again = await until(list, ({ body }) => body.items.some(({ name }) => name === 'appointment_reminder'))
  t.match(
    again.body.items.find(({ name }) => name === 'spring_offer'),
    { quality: 'RED', status: 'PAUSED' },
  )
})

await t.test('a halted number keeps what waits; it is listed, counted, and sends everything when it is released', async (t) => {
  const database = await testDatabase(t)
  const baton = await started(t, { database: database.address })
  const call = client(baton)
  const halted = async () => /^baton_halted_numbers (\d+)$/m.exec(await (await fetch(`${baton.url}/metrics`)).text())?.[1]
  t.equal(await halted(), '0')
  await sql`insert into number_state (number_id, halted_at, halted_reason, updated_at)
    values ('main', now(), '131031 account locked', now()), ('of-old', now(), 'x', now())`.execute(database.db)
  t.equal(await halted(), '1', 'numbers that are not configured do not count')

  baton.emulator?.say('100000000000001', CUSTOMER, 'hello')
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items.length === 1,
  )
  const sent = await call('POST', `/api/v1/conversations/${String(found.body.items[0]?.['id'])}/messages`, { text: 'We are on it.' })
  t.equal(sent.status, 202)
  const { body } = await call('GET', '/api/v1/numbers')
  t.match(
    body.items.find(({ id }) => id === 'main'),
    { halted: { reason: '131031 account locked' }, defaultApp: 'service' },
  )
  const isSent = () => baton.emulator?.sends().some(({ callbackData }) => callbackData === sent.body['id']) === true
  t.equal(isSent(), false)

  t.match(await call('POST', '/api/v1/numbers/main/release'), { status: 200, body: { id: 'main', halted: null } })
  await until(async () => isSent(), Boolean)
  t.equal(await halted(), '0')
})

await t.test('old rows are forgotten from the start on', async (t) => {
  const database = await testDatabase(t)
  await sql`insert into seen (slot, key, at) values (1, 'old', ${new Date(0)}), (1, 'young', now())`.execute(database.db)
  await started(t, { database: database.address })
  await until(
    () => database.db.selectFrom('seen').select('key').execute(),
    (rows) => !rows.some(({ key }) => key === 'old'),
  )
  t.strictSame(await database.db.selectFrom('seen').select('key').where('key', '=', 'young').execute(), [{ key: 'young' }])
})

await t.test('the embedded database goes on for another process that uses it', async (t) => {
  // Not in the directory of the test runner: PostgreSQL may have to run as another user, who could not enter it.
  const place = await mkdtemp(path.join(tmpdir(), 'baton-operating-'))
  await chmod(place, 0o755)
  t.teardown(() => rm(place, { recursive: true, force: true }))
  const directory = path.join(place, 'postgres')
  const baton = await started(t, { database: { directory } })
  const server = await startEmbedded({ directory })
  t.teardown(() => server.stop())
  t.equal(server.adopted, true)
  const other = openDatabase({ host: server.host, user: server.user, database: server.database })
  await sql`select 1`.execute(other.db)
  await baton.close()
  t.match(await sql`select count(*)::integer as versions from config_version`.execute(other.db), { rows: [{ versions: 1 }] })
  await other.close()
  t.equal(await server.leave(), true)
})

await t.test('a process that was told to end says so, answers all the same, and has its connections closed', async (t) => {
  const baton = await started(t, { database: (await testDatabase(t)).address })
  const ask = async (route: string): Promise<[number, string | null]> => {
    const response = await fetch(`${baton.url}${route}`)
    await response.arrayBuffer()
    return [response.status, response.headers.get('connection')]
  }
  t.same(await ask('/readyz'), [200, 'keep-alive'])
  await baton.drain(0)
  t.same(await ask('/readyz'), [503, 'close'])
  const token = DEMO_SECRETS.WHATSAPP_VERIFY_TOKEN
  t.same(await ask(`/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1`), [200, 'close'])
})
