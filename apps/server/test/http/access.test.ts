import t from 'tap'
import { createAuthenticator } from '../../src/auth/authenticate.ts'
import { appOf, as, CONVERSATION, fakeParts } from './fake-parts.ts'

await t.test('every route of the API is closed without a key, and answers with a problem document', async (t) => {
  const app = await appOf(t, fakeParts())
  const routes = Object.entries((app.swagger() as { paths: Record<string, Record<string, unknown>> }).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase() as 'GET', url: path.replace(/\{id\}/, CONVERSATION) })),
  )
  const api = routes.filter(({ url }) => url.startsWith('/api/v1'))
  t.ok(api.length >= 24, 'the API has its routes')
  for (const route of api) {
    const answer = await app.inject(route)
    t.equal(answer.statusCode, 401, `${route.method} ${route.url}`)
    t.equal(answer.json().code, 'key-missing')
    t.match(answer.headers['content-type'], /^application\/problem\+json/)
    t.match(answer.headers['www-authenticate'], /^Bearer/)
  }
})

await t.test('JSON that is named and not sent is no body', async (t) => {
  const app = await appOf(t, fakeParts())
  const headers = { ...as('admin-key'), 'content-type': 'application/json' }
  const pause = await app.inject({
    method: 'POST',
    url: `/api/v1/conversations/${CONVERSATION}/service-session/pause`,
    headers,
    payload: '',
  })
  t.equal(pause.statusCode, 200)
  const send = await app.inject({ method: 'POST', url: `/api/v1/conversations/${CONVERSATION}/messages`, headers, payload: '' })
  t.match(
    [send.statusCode, send.json()],
    [400, { code: 'request-invalid', errors: [{ path: 'body' }] }],
    'where one is needed, it is missed',
  )
  const broken = await app.inject({ method: 'POST', url: `/api/v1/conversations/${CONVERSATION}/messages`, headers, payload: '{' })
  t.equal(broken.statusCode, 400)
})

await t.test('an unknown key is refused as such', async (t) => {
  const app = await appOf(t, fakeParts())
  const answer = await app.inject({ url: '/api/v1/conversations', headers: as('wrong') })
  t.equal(answer.statusCode, 401)
  t.equal(answer.json().code, 'key-invalid')
})

await t.test('a key may do what its permissions say and nothing else', async (t) => {
  const app = await appOf(t, fakeParts())
  const allowed = await app.inject({ url: '/api/v1/alarms', headers: as('look-key') })
  t.equal(allowed.statusCode, 200)
  const refused = await app.inject({
    method: 'POST',
    url: '/api/v1/keys',
    headers: as('crm-key'),
    payload: { name: 'x', kind: 'observer' },
  })
  t.equal(refused.statusCode, 403)
  t.match(refused.json(), { code: 'permission-missing', needs: 'key:manage' })
})

await t.test('a journey as it is written is for those who publish journeys', async (t) => {
  const app = await appOf(t, fakeParts())
  const read = (key: string) => app.inject({ url: '/api/v1/journeys/coupon/definition', headers: as(key) })
  for (const key of ['ana-key', 'boss-key', 'crm-key', 'look-key'])
    t.match((await read(key)).json(), { code: 'permission-missing', needs: 'journey:publish' }, key)
  t.match((await read('admin-key')).json(), { code: 'journey-not-found' })
})

await t.test('permission is checked before the body is read', async (t) => {
  const app = await appOf(t, fakeParts())
  const refused = await app.inject({ method: 'POST', url: '/api/v1/messages', headers: as('look-key'), payload: { nonsense: true } })
  t.equal(refused.statusCode, 403)
})

await t.test('an address that keeps sending wrong keys is stopped, while keys known a moment ago go on', async (t) => {
  const parts = fakeParts()
  let looked = 0
  const { auth } = parts.deps
  let now = 0
  parts.deps.authenticator = createAuthenticator({
    auth: {
      findKey(key) {
        looked++
        return auth.findKey(key)
      },
    },
    isAgent: () => true,
    now: () => now,
    failures: { max: 3, windowMs: 60_000 },
  })
  const app = await appOf(t, parts)
  const get = (key: string) => app.inject({ url: '/api/v1/conversations', headers: as(key) })
  t.equal((await get('admin-key')).statusCode, 200)
  for (let i = 0; i < 3; i++) t.equal((await get(`wrong-${i}`)).statusCode, 401)
  const stopped = await get('wrong-4')
  t.equal(stopped.statusCode, 429)
  t.match(stopped.json(), { code: 'too-many-failures' })
  t.equal(stopped.headers['retry-after'], '60')
  t.equal(looked, 4, 'the database is not asked any more')
  t.equal((await get('admin-key')).statusCode, 200)
  now += 60_001
  t.equal((await get('wrong-5')).statusCode, 401, 'and after the window it is looked up again')
})

await t.test('a key is trusted for five seconds, so a revoked one stops within that time', async (t) => {
  const parts = fakeParts()
  let now = 0
  parts.deps.authenticator = createAuthenticator({ auth: parts.deps.auth, isAgent: () => true, now: () => now })
  const app = await appOf(t, parts)
  const get = () => app.inject({ url: '/api/v1/conversations', headers: as('crm-key') })
  t.equal((await get()).statusCode, 200)
  parts.keys.delete('crm-key')
  t.equal((await get()).statusCode, 200, 'still trusted')
  now += 5_001
  t.equal((await get()).statusCode, 401)
})

await t.test('the process that revokes a key stops taking it at once', async (t) => {
  const app = await appOf(t, fakeParts())
  const get = () => app.inject({ url: '/api/v1/conversations', headers: as('crm-key') })
  t.equal((await get()).statusCode, 200)
  const revoked = await app.inject({ method: 'DELETE', url: '/api/v1/keys/id-crm', headers: as('admin-key') })
  t.equal(revoked.statusCode, 204)
  t.equal((await get()).statusCode, 401)
  t.equal((await app.inject({ method: 'DELETE', url: '/api/v1/keys/id-crm', headers: as('admin-key') })).json().code, 'key-not-found')
})

await t.test('an administrator may act for a configured agent, an agent only for itself, an integration for none', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const presence = (key: string, agent?: string) =>
    app.inject({
      method: 'PUT',
      url: '/api/v1/agents/me/presence',
      headers: { ...as(key), ...(agent === undefined ? {} : { 'baton-agent': agent }) },
      payload: { status: 'online' },
    })
  t.equal((await presence('ana-key')).statusCode, 200)
  t.equal((await presence('admin-key', 'ben')).statusCode, 200)
  t.match(
    parts.asked.map(({ to, event }) => ({ to, event })),
    [
      {
        to: { kind: 'routing-group', key: 'group/default' },
        event: { name: 'presence.changed', data: { agentId: 'ana', status: 'online' } },
      },
      { event: { data: { agentId: 'ben' }, by: { kind: 'agent', id: 'ben' } } },
    ],
  )
  t.equal((await presence('admin-key')).json().code, 'agent-missing')
  t.equal((await presence('admin-key', 'nobody')).json().code, 'agent-unknown')
  t.equal((await presence('ana-key', 'ben')).statusCode, 403)
  t.equal((await presence('crm-key')).statusCode, 403)
})

await t.test(
  'supervision has permissions of its own, which neither agents nor integrations have; a supervisor is an agent as well',
  async (t) => {
    const parts = fakeParts()
    const app = await appOf(t, parts)
    const session = `/api/v1/conversations/${CONVERSATION}/service-session`
    const routes = [
      ['GET', '/api/v1/agents', 'supervision:read'],
      ['GET', '/api/v1/queues', 'supervision:read'],
      ['GET', '/api/v1/supervision', 'supervision:read'],
      ['PUT', '/api/v1/agents/ben/presence', 'supervision:control', { status: 'away' }],
      ['POST', '/api/v1/agents/ben/wrap-ups/se_1/end', 'supervision:control'],
      ['POST', '/api/v1/queues/general/drain', 'supervision:control', { to: 'bot:faq' }],
      ['POST', '/api/v1/queues/general/undrain', 'supervision:control'],
      ['POST', `${session}/reassign`, 'supervision:control', { to: 'agent:ben' }],
      ['POST', `${session}/take-over`, 'supervision:control'],
    ] as const
    for (const [method, url, needs, payload] of routes) {
      const call = (key: string) => app.inject({ method, url, headers: as(key), ...(payload === undefined ? {} : { payload }) })
      // One after the other, as they are read below.
      // oxlint-disable-next-line no-await-in-loop
      for (const key of ['ana-key', 'crm-key', 'look-key'])
        t.match((await call(key)).json(), { code: 'permission-missing', needs }, `${key} ${url}`)
      // oxlint-disable-next-line no-await-in-loop
      t.equal((await call('boss-key')).statusCode, 200, url)
    }
    t.match(
      parts.asked.map(({ event }) => event),
      [
        { name: 'presence.changed', data: { agentId: 'ben', status: 'away' }, by: { kind: 'agent', id: 'boss' } },
        { name: 'wrapUp.ended', data: { agentId: 'ben', sessionId: 'se_1' } },
        { name: 'queue.drained', data: { queueId: 'general', to: 'bot:faq', waiting: 'keep' } },
        { name: 'queue.undrained', data: { queueId: 'general' } },
        { name: 'session.reassign', data: { to: 'agent:ben' }, by: { kind: 'agent', id: 'boss' } },
        { name: 'session.takeOver', by: { kind: 'agent', id: 'boss' } },
      ],
    )
    const unknown = await app.inject({ method: 'POST', url: '/api/v1/queues/nope/undrain', headers: as('boss-key') })
    t.match([unknown.statusCode, unknown.json()], [404, { code: 'queue-not-found' }])
    t.equal(
      (await app.inject({ url: '/api/v1/agents/me', headers: as('boss-key') })).json().code,
      'agent-unknown',
      'but acts for itself as such',
    )
  },
)

await t.test('a key is shown once, when it is made, and names sign messages so they are unique', async (t) => {
  const app = await appOf(t, fakeParts())
  const make = (payload: object) => app.inject({ method: 'POST', url: '/api/v1/keys', headers: as('admin-key'), payload })
  const made = await make({ name: 'ben', kind: 'agent', agentId: 'ben' })
  t.equal(made.statusCode, 201)
  t.equal(made.json().key, 'ben-secret')
  const list = await app.inject({ url: '/api/v1/keys', headers: as('admin-key') })
  t.notMatch(list.body, /ben-secret/)
  t.equal((await make({ name: 'ben', kind: 'observer' })).json().code, 'key-name-taken')
  t.equal((await make({ name: 'x', kind: 'agent' })).json().code, 'request-invalid', 'an agent key names its agent')
  t.equal((await make({ name: 'x', kind: 'agent', agentId: 'nobody' })).json().code, 'agent-unknown')
})

await t.test('health, figures and the description of the API are open', async (t) => {
  const app = await appOf(t, fakeParts())
  for (const url of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs/']) {
    const answer = await app.inject({ url })
    t.equal(answer.statusCode, 200, url)
  }
})
