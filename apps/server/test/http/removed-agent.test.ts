// The key of an agent whom the configuration in force does not have any more, in the whole server.
import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { readConfigFiles } from '../../src/config/files.ts'
import { publish } from '../../src/config/publish.ts'
import { apiRoutes } from './api-routes.ts'
import { client, CONFIG_DIR, started, until } from './running.ts'

await t.test('a key is refused on every route when its agent is not configured any more, and its streams end', async (t) => {
  const { address, db } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  const { body } = await call('POST', '/api/v1/keys', { name: 'ben', kind: 'agent', agentId: 'ben' })
  const authorization = `Bearer ${String(body['key'])}`
  const asBen = client(baton, { authorization })
  t.equal((await asBen('GET', '/api/v1/conversations')).status, 200)
  const [stream] = (await once(get(`${baton.url}/api/v1/events`, { headers: { authorization }, agent: false }), 'response')) as [
    IncomingMessage,
  ]
  stream.resume()
  const ended = once(stream, 'end')

  const read = await readConfigFiles(CONFIG_DIR)
  const files = read.kind === 'files' ? read.files : {}
  const queues = String(files['queues.yaml'])
    .replace(/.*id: ben,.*\n/, '')
    .replaceAll('agent:ben', 'agent:ana')
  const members = queues.replace('members: [agent:ana, agent:ana]', 'members: [agent:ana]')
  const by = { author: 'test', note: '', at: Date.now() }
  t.match(await publish(db, { ...files, 'queues.yaml': members }, by), { kind: 'published', version: 2 })
  await until(
    async () => baton.settings().version,
    (version) => version === 2,
  )
  for (const { method, url } of apiRoutes(baton.app))
    // One after the other, so that the first that lets the key in is named.
    // oxlint-disable-next-line no-await-in-loop
    t.match(await asBen(method, url), { status: 422, body: { code: 'agent-unknown', agent: 'ben' } }, `${method} ${url}`)
  await ended
})
