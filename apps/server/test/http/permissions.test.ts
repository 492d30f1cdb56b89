// Which keys which route lets in, when nothing else was said of a key than its kind. It is written out here, and not taken from the
// permissions: who adds a route, or gives a kind more, has to say so twice.
import t from 'tap'
import type { KeyKind } from '../../src/auth/permissions.ts'
import { apiRoutes } from './api-routes.ts'
import { appOf, as, fakeParts } from './fake-parts.ts'

const KEY_OF: Record<KeyKind, string> = {
  administrator: 'admin-key',
  supervisor: 'boss-key',
  agent: 'ana-key',
  integration: 'crm-key',
  'routing-engine': 'engine-key',
  observer: 'look-key',
}

const LETS_IN: readonly (readonly [kinds: readonly KeyKind[], routes: readonly string[]])[] = [
  [
    ['administrator', 'supervisor', 'agent', 'integration', 'observer'],
    [
      'GET /conversations',
      'GET /conversations/{id}',
      'GET /conversations/{id}/messages',
      'GET /conversations/{id}/sessions',
      'GET /conversations/{id}/decisions',
      'GET /conversations/{id}/runs',
      'GET /conversations/{id}/runs/{run}',
      'GET /messages/{id}/media',
      'GET /events',
      'GET /callbacks',
      'GET /journeys',
      'GET /journeys/{id}/results',
      'GET /journeys/{id}/results.csv',
      'GET /journeys/{id}/runs',
      'GET /measures',
      'GET /measures.csv',
      'GET /measures/live',
      'GET /measures/live.csv',
      'GET /numbers',
      'GET /templates',
    ],
  ],
  [
    ['administrator', 'supervisor', 'agent', 'integration'],
    [
      'POST /messages',
      'POST /conversations/{id}/messages',
      'POST /conversations/{id}/notes',
      'POST /conversations/{id}/service-session/end',
      'POST /conversations/{id}/service-session/pause',
      'POST /conversations/{id}/service-session/inactive',
      'POST /conversations/{id}/service-session/transfer',
      'POST /conversations/{id}/upstream/take',
      'POST /conversations/{id}/contact/block',
      'POST /conversations/{id}/contact/unblock',
      'POST /conversations/{id}/runs/{run}/exit',
      'POST /conversations/{id}/runs/{run}/move',
      'POST /journeys/{id}/runs',
      'POST /journeys/events',
    ],
  ],
  [
    ['administrator', 'supervisor', 'agent'],
    [
      'GET /agents/me',
      'PUT /agents/me/presence',
      'POST /agents/me/heartbeat',
      'POST /agents/me/wrap-ups/{sessionId}/extend',
      'POST /agents/me/wrap-ups/{sessionId}/end',
      'GET /offers',
      'POST /offers/{id}/accept',
      'POST /offers/{id}/decline',
    ],
  ],
  [
    ['administrator', 'supervisor'],
    [
      'GET /agents',
      'PUT /agents/{id}/presence',
      'POST /agents/{id}/wrap-ups/{sessionId}/end',
      'GET /queues',
      'POST /queues/{id}/drain',
      'POST /queues/{id}/undrain',
      'GET /supervision',
      'POST /conversations/{id}/service-session/reassign',
      'POST /conversations/{id}/service-session/take-over',
    ],
  ],
  [
    ['administrator', 'routing-engine'],
    [
      'GET /work-items',
      'GET /work-items/agents',
      'GET /work-items/events',
      'POST /work-items/{id}/assignments',
      'POST /queues/{id}/engine-heartbeat',
    ],
  ],
  [
    ['administrator', 'observer'],
    ['GET /quarantine', 'GET /quarantine/{id}/body', 'GET /unrouted', 'GET /alarms'],
  ],
  [
    ['administrator'],
    [
      'GET /journeys/{id}/definition',
      'PUT /journeys/{id}/definition',
      'POST /journeys/{id}/migrations',
      'POST /numbers/{id}/release',
      'GET /keys',
      'POST /keys',
      'DELETE /keys/{id}',
    ],
  ],
]

const EXPECTED = new Map(LETS_IN.flatMap(([kinds, routes]) => routes.map((route) => [route, kinds] as const)))

await t.test('each route lets in the kinds of keys it is for and no others, and its description names the permission', async (t) => {
  const parts = fakeParts()
  // Nothing is done here: whoever is let in is told to come again.
  parts.deps.requestsAtOnce = parts.deps.streamsAtOnce = 0
  const app = await appOf(t, parts)
  const routes = apiRoutes(app)
  const named = ({ method, url }: (typeof routes)[number]) => `${method} ${url.replace('/api/v1', '')}`
  t.strictSame(routes.map(named).toSorted(), [...EXPECTED.keys()].toSorted(), 'every route is in the table')
  for (const route of routes) {
    const { method, url, needs } = route
    // oxlint-disable-next-line no-await-in-loop
    const answers = await Promise.all(Object.values(KEY_OF).map((key) => app.inject({ method, url, headers: as(key) })))
    const letIn = Object.keys(KEY_OF).filter((_, at) => answers[at]?.statusCode === 503)
    t.strictSame(letIn, EXPECTED.get(named(route)), named(route))
    for (const refused of answers.filter(({ statusCode }) => statusCode !== 503))
      t.match([refused.statusCode, refused.json()], [403, { code: 'permission-missing', needs }])
  }
})
