import * as adapters from '@baton/adapters'
import * as journeys from '@baton/journeys'
import * as omni from '@baton/omni'
import t from 'tap'
import { appOf, fakeParts } from './fake-parts.ts'

/** All that a running server has loaded: every package names schemas, and no two may have one name. */
const LOADED = [adapters, journeys, omni]

interface Document {
  openapi: string
  paths: Record<string, Record<string, { responses?: Record<string, unknown>; security?: unknown; summary?: string }>>
  components: { schemas: Record<string, unknown> }
}

await t.test('the description is OpenAPI 3.1, lists every fixed route, and every reference in it leads somewhere', async (t) => {
  t.ok(LOADED.every((part) => Object.keys(part).length > 0))
  const app = await appOf(t, fakeParts())
  const document = (await app.inject({ url: '/openapi.json' })).json<Document>()
  t.match(document.openapi, /^3\.1\./)
  for (const [method, path] of [
    ['get', '/healthz'],
    ['get', '/readyz'],
    ['get', '/metrics'],
    ['get', '/api/v1/conversations'],
    ['get', '/api/v1/conversations/{id}'],
    ['get', '/api/v1/conversations/{id}/messages'],
    ['post', '/api/v1/conversations/{id}/messages'],
    ['get', '/api/v1/conversations/{id}/sessions'],
    ['get', '/api/v1/conversations/{id}/decisions'],
    ['post', '/api/v1/messages'],
    ['post', '/api/v1/conversations/{id}/service-session/end'],
    ['post', '/api/v1/conversations/{id}/service-session/pause'],
    ['post', '/api/v1/conversations/{id}/service-session/inactive'],
    ['post', '/api/v1/conversations/{id}/service-session/transfer'],
    ['get', '/api/v1/agents/me'],
    ['put', '/api/v1/agents/me/presence'],
    ['post', '/api/v1/agents/me/wrap-ups/{sessionId}/extend'],
    ['post', '/api/v1/agents/me/wrap-ups/{sessionId}/end'],
    ['get', '/api/v1/agents'],
    ['put', '/api/v1/agents/{id}/presence'],
    ['post', '/api/v1/agents/{id}/wrap-ups/{sessionId}/end'],
    ['get', '/api/v1/queues'],
    ['post', '/api/v1/queues/{id}/drain'],
    ['post', '/api/v1/queues/{id}/undrain'],
    ['get', '/api/v1/supervision'],
    ['post', '/api/v1/conversations/{id}/service-session/reassign'],
    ['post', '/api/v1/conversations/{id}/service-session/take-over'],
    ['get', '/api/v1/work-items'],
    ['get', '/api/v1/work-items/agents'],
    ['get', '/api/v1/work-items/events'],
    ['post', '/api/v1/work-items/{id}/assignments'],
    ['post', '/api/v1/queues/{id}/engine-heartbeat'],
    ['get', '/api/v1/offers'],
    ['post', '/api/v1/offers/{id}/accept'],
    ['post', '/api/v1/offers/{id}/decline'],
    ['get', '/api/v1/events'],
    ['get', '/api/v1/quarantine'],
    ['get', '/api/v1/quarantine/{id}/body'],
    ['get', '/api/v1/unrouted'],
    ['get', '/api/v1/alarms'],
    ['get', '/api/v1/numbers'],
    ['get', '/api/v1/measures'],
    ['get', '/api/v1/measures.csv'],
    ['get', '/api/v1/measures/live'],
    ['get', '/api/v1/measures/live.csv'],
    ['post', '/api/v1/numbers/{id}/release'],
    ['get', '/api/v1/templates'],
    ['post', '/api/v1/journeys/{id}/runs'],
    ['get', '/api/v1/journeys'],
    ['post', '/api/v1/journeys/{id}/migrations'],
    ['get', '/api/v1/journeys/{id}/runs'],
    ['get', '/api/v1/journeys/{id}/results'],
    ['get', '/api/v1/journeys/{id}/results.csv'],
    ['get', '/api/v1/conversations/{id}/runs'],
    ['get', '/api/v1/conversations/{id}/runs/{run}'],
    ['post', '/api/v1/conversations/{id}/runs/{run}/exit'],
    ['post', '/api/v1/conversations/{id}/runs/{run}/move'],
    ['post', '/api/v1/conversations/{id}/notes'],
    ['post', '/api/v1/conversations/{id}/upstream/take'],
    ['post', '/api/v1/conversations/{id}/contact/block'],
    ['post', '/api/v1/conversations/{id}/contact/unblock'],
    ['get', '/api/v1/keys'],
    ['post', '/api/v1/keys'],
    ['delete', '/api/v1/keys/{id}'],
  ] as const) {
    const operation = document.paths[path]?.[method]
    t.ok(operation, `${method} ${path}`)
    t.ok(operation?.summary, `${method} ${path} says what it does`)
    if (path.startsWith('/api/v1')) t.ok(operation?.security, `${method} ${path} needs a key`)
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name as string)
  t.ok(references.includes('Conversation') && references.includes('Problem'))
  for (const name of new Set(references)) t.ok(document.components.schemas[name], `schema ${name}`)
})
