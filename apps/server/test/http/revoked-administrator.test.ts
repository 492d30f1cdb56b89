import { testDatabase } from '@baton/router/testing'
import { pino } from 'pino'
import t from 'tap'
import { client, started } from './running.ts'

await t.test('a start does not take a BATON_API_KEY that was revoked, says so, and goes on', async (t) => {
  const { address } = await testDatabase(t)
  const first = await started(t, { database: address })
  const call = client(first)
  const { items } = (await call('GET', '/api/v1/keys')).body
  const revoked = await fetch(`${first.url}/api/v1/keys/${String(items[0]?.['id'])}`, {
    method: 'DELETE',
    headers: {
      authorization: `Bearer ${String((await call('POST', '/api/v1/keys', { name: 'other', kind: 'administrator' })).body['key'])}`,
    },
  })
  t.equal(revoked.status, 204)
  t.equal((await call('GET', '/api/v1/keys')).status, 401)
  await first.close()

  const logged: string[] = []
  const second = await started(t, { database: address, log: pino({ level: 'error' }, { write: (line) => void logged.push(line) }) })
  t.match(await client(second)('GET', '/api/v1/keys'), { status: 401, body: { code: 'key-invalid' } })
  t.equal((await fetch(`${second.url}/readyz`)).status, 200)
  t.match(logged, [/BATON_API_KEY was revoked.*openssl rand -hex 24/])
})
