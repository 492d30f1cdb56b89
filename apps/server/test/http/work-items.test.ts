// What a routing engine elsewhere reads and says, and one at work.
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { readConfigFiles } from '../../src/config/files.ts'
import { publish } from '../../src/config/publish.ts'
import { appOf, as, fakeParts, workItem } from './fake-parts.ts'
import { runRoutingEngine } from './routing-engine.ts'
import { client, CONFIG_DIR, started, until } from './running.ts'

const NUMBER = '100000000000001'

await t.test('work items come in pages, the oldest first, of one queue or all', async (t) => {
  const parts = fakeParts()
  parts.workItems.push(
    workItem('se_1', { since: 1, needs: [{ name: 'refunds', until: 0 }], passed: [{ agentId: 'ana', until: 0 }] }),
    workItem('se_2', { since: 2, queueId: 'vip', closed: { opensAt: 60_000 } }),
    workItem('se_3', { since: 2, offer: { id: 'of_1', agentId: 'ana', expiresAt: 0 } }),
  )
  const app = await appOf(t, parts)
  const get = async (query: string) => (await app.inject({ url: `/api/v1/work-items${query}`, headers: as('engine-key') })).json()
  const first = await get('?limit=2')
  const at = '1970-01-01T00:00:00.000Z'
  t.match(first.items, [
    { id: 'se_1', needs: [{ name: 'refunds', until: at }], passed: [{ agentId: 'ana', until: at }], closed: null },
    { id: 'se_2', closed: { opensAt: '1970-01-01T00:01:00.000Z' } },
  ])
  const second = await get(`?limit=2&cursor=${encodeURIComponent(first.nextCursor)}`)
  t.match(second, { items: [{ id: 'se_3', offer: { agentId: 'ana', expiresAt: at } }], nextCursor: null })
  t.match(await get('?queue=vip'), { items: [{ id: 'se_2' }], nextCursor: null })
  t.match(await get('?cursor=x'), { code: 'cursor-invalid' })
})

await t.test('an assignment and a heartbeat are asked of the routing group, by keys that may route only', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const post = (url: string, payload: object, key = 'engine-key') =>
    app.inject({ method: 'POST', url: `/api/v1${url}`, headers: as(key), payload })
  const assignment = { agentId: 'ana', offerId: 'of_1', expiresAt: '2026-11-23T10:00:30.000Z', version: '1.2' }
  parts.next.outcome = { kind: 'done', data: assignment }
  const answer = await post('/work-items/se_1/assignments', { agentId: 'ana', version: '1.1' })
  t.strictSame([answer.statusCode, answer.json()], [201, assignment])
  t.match(parts.asked.at(-1), {
    to: { kind: 'routing-group', key: 'group/default' },
    event: { name: 'work.routed', data: { sessionId: 'se_1', agentId: 'ana', version: '1.1' } },
  })
  parts.next.outcome = { kind: 'refused', code: 'work-item-changed', message: 'changed' }
  t.match((await post('/work-items/se_1/assignments', { agentId: 'ana', version: '1.1' })).json(), {
    status: 409,
    code: 'work-item-changed',
  })
  parts.next.outcome = { kind: 'done', data: { queueId: 'general', until: '2026-11-23T10:00:30.000Z' } }
  t.match((await post('/queues/general/engine-heartbeat', {})).json(), { queueId: 'general', until: '2026-11-23T10:00:30.000Z' })
  t.match((await post('/queues/nope/engine-heartbeat', {})).json(), { code: 'queue-not-found' })
  t.equal((await post('/work-items/se_1/assignments', { agentId: 'ana' })).statusCode, 400)
  t.equal((await post('/work-items/se_1/assignments', { agentId: 'ana', version: '1.1' }, 'boss-key')).statusCode, 403)
  t.equal((await app.inject({ url: '/api/v1/conversations', headers: as('engine-key') })).statusCode, 403)
})

await t.test('an engine gives out the work of its queue, and Baton does when the engine is gone', async (t) => {
  const { address, db } = await testDatabase(t)
  const read = await readConfigFiles(CONFIG_DIR)
  const files = read.kind === 'files' ? read.files : {}
  const queues = String(files['queues.yaml']).replace('    routing: least-active\n', '    routing: external\n    engine: { silence: 5s }\n')
  await publish(db, { ...files, 'queues.yaml': queues }, { author: 'test', note: '', at: Date.now() })
  const baton = await started(t, { database: address })
  const { emulator } = baton
  if (emulator === null) throw new Error('no emulator')
  const call = client(baton)
  const [ana, ben] = ['ana', 'ben'].map((id) => client(baton, { 'baton-agent': id })) as [typeof call, typeof call]
  const { body: made } = await call('POST', '/api/v1/keys', { name: 'engine', kind: 'routing-engine' })

  t.equal((await ana('PUT', '/api/v1/agents/me/presence', { status: 'online' })).status, 200)
  const engine = new AbortController()
  const options = { url: baton.url, key: String(made['key']), queueId: 'general', heartbeatMs: 1_000, signal: engine.signal }
  const running = runRoutingEngine(options)
  await until(
    () => call('GET', '/api/v1/queues'),
    ({ body }) => body.items.some(({ id, engine: heard }) => id === 'general' && heard !== null),
  )
  const write = (phone: string) => {
    emulator.createCustomer({ phone, name: 'Kim' })
    emulator.say(NUMBER, phone, 'hello, I need help with an order')
  }
  const offersOf = (agent: typeof call) =>
    until(
      () => agent('GET', '/api/v1/offers'),
      ({ body }) => body.items.length > 0,
    )
  write('15557770001')
  const { body } = await offersOf(ana)
  const offerId = String(body.items[0]?.['id'])
  t.equal((await ana('POST', `/api/v1/offers/${offerId}/decline`)).status, 200)
  t.equal((await ben('PUT', '/api/v1/agents/me/presence', { status: 'online' })).status, 200)
  const offered = await offersOf(ben)
  t.equal((await ben('POST', `/api/v1/offers/${String(offered.body.items[0]?.['id'])}/accept`)).status, 200, 'the engine tried the other')
  t.same((await call('GET', '/api/v1/work-items')).body.items, [])

  engine.abort()
  await running
  write('15557770002')
  t.match((await offersOf(ana)).body.items, [{ queueId: 'general', contact: { phone: '15557770002' } }])
  t.match(
    await until(
      () => call('GET', '/api/v1/alarms'),
      ({ body: { items } }) => items.some(({ code }) => code === 'engine-silent'),
    ),
    { status: 200 },
  )
})
