// What the sender of webhooks sees of a database whose connections break.
import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseAddress, Tables } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createLink } from '../../../../test/chaos/link.ts'
import type { Link } from '../../../../test/chaos/link.ts'
import { APP_SECRET, started, until } from './running.ts'

/** The database behind a network of ours. */
async function linked(
  t: Test,
  { host = '', user = '', database = '' }: DatabaseAddress,
): Promise<{ link: Link; address: DatabaseAddress }> {
  const link = await createLink(() => ({ path: `${host}/.s.PGSQL.5432` }))
  t.teardown(() => link.close())
  return { link, address: { host: '127.0.0.1', port: link.port, user, database } }
}

/** Posts one text message of a customer of its own. */
async function post(url: string, id: string): Promise<number> {
  const message = { from: `1555${id.padStart(7, '0')}`, id: `wamid.${id}`, timestamp: String(Math.floor(Date.now() / 1_000)), type: 'text' }
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '1', phone_number_id: '100000000000001' },
    messages: [{ ...message, text: { body: 'hi' } }],
  }
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '200000000000001', changes: [{ field: 'messages', value }] }],
  })
  const signature = `sha256=${createHmac('sha256', APP_SECRET).update(body).digest('hex')}`
  const response = await fetch(`${url}/webhooks/whatsapp`, { method: 'POST', headers: { 'x-hub-signature-256': signature }, body })
  await response.arrayBuffer()
  return response.status
}

/** What customers wrote, as far as it was applied. */
async function transcript(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select provider_id as id from message where direction = 'in' order by 1`.execute(db)
  return rows.map(({ id }) => id)
}

await t.test('however connections break, a webhook is answered 200 or 503, and what was answered 200 is stored', async (t) => {
  const { address: direct, db } = await testDatabase(t)
  const { link, address } = await linked(t, direct)
  const failures: unknown[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void failures.push(JSON.parse(line)) })
  const { url } = await started(t, { database: address, log })
  const seen = new Map<number, number>()
  const stored = new Set<string>()
  let next = 0
  let breaking = true
  async function sender(): Promise<void> {
    while (breaking) {
      const id = String((next += 1))
      const status = await post(url, id)
      seen.set(status, (seen.get(status) ?? 0) + 1)
      if (status === 200) stored.add(`wamid.${id}`)
    }
  }
  const senders = Array.from({ length: 8 }, sender)
  for (let round = 0; stored.size < 40 || round < 20; round += 1) {
    await pause(100)
    if (round % 2 === 0) link.cut()
    else
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(
        db,
      )
  }
  breaking = false
  await Promise.all(senders)
  const odd = [...seen.keys()].filter((status) => status !== 200 && status !== 503)
  t.same(odd, [], JSON.stringify(failures.filter((each) => (each as { code?: string }).code === 'internal-error')))
  await until(
    async () => new Set(await transcript(db)),
    (ids) => stored.isSubsetOf(ids),
  )
})

await t.test('connections that are dead without saying so are given up; what waited for them is done on others', async (t) => {
  const { address: direct, db } = await testDatabase(t)
  const { link, address } = await linked(t, direct)
  const { url } = await started(t, { database: address, statementTimeoutMs: 1_000 })
  t.equal(await post(url, '1'), 200)
  link.vanish()
  t.equal(await post(url, '2'), 200)
  const ids = await until(
    () => transcript(db),
    (found) => found.length === 2,
  )
  t.same(ids, ['wamid.1', 'wamid.2'], 'the worker got over it too')
})
