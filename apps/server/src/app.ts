import { readJson } from '@baton/router'
import helmet from '@fastify/helmet'
import { fastifySSE } from '@fastify/sse'
import fastify, { LogController } from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { requirePermission } from './auth/authenticate.ts'
import type { Caller } from './auth/authenticate.ts'
import type { Permission } from './auth/permissions.ts'
import type { AppDeps } from './deps.ts'
import { createFeed } from './events/feed.ts'
import { agentRoutes } from './http/agents.ts'
import { limitAtOnce } from './http/at-once.ts'
import { createBodies } from './http/bodies.ts'
import { botReplyRoutes } from './http/bot-replies.ts'
import { controlRoutes } from './http/control.ts'
import { conversationRoutes } from './http/conversations.ts'
import { addDocs } from './http/docs.ts'
import { eventRoutes } from './http/events.ts'
import { healthRoutes } from './http/health.ts'
import { journeyRoutes } from './http/journeys.ts'
import { keyRoutes } from './http/keys.ts'
import { measureRoutes } from './http/measures.ts'
import { mediaRoutes } from './http/media.ts'
import { definitionRoutes } from './http/definitions.ts'
import { migrationRoutes } from './http/migrations.ts'
import { numberRoutes } from './http/numbers.ts'
import { operationRoutes } from './http/operations.ts'
import { problem, problemHandler, sendProblem } from './http/problem.ts'
import { runRoutes } from './http/runs.ts'
import { sendRoutes } from './http/send.ts'
import { supervisionRoutes } from './http/supervision.ts'
import { templateRoutes } from './http/templates.ts'
import { webhookRoutes } from './http/webhooks.ts'
import { workItemRoutes } from './http/work-items.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must be allowed to do for this route of /api/v1. */
    permission?: Permission
  }
  interface FastifyRequest {
    caller: Caller
  }
}

/** Of the API, in one process: a few seconds of work of the pool's connections. */
const REQUESTS_AT_ONCE = 500
/** Open in one process: what each may have waiting (see http/events.ts) is some megabytes when its reader is slow. */
const STREAMS_AT_ONCE = 500
/** How long a request may take to arrive, ms: one that stalls would hold its connection, and what was read of its body, for ever. An answer may
 * take as long as it likes, and so may a connection between requests. */
const REQUEST_MS = 30_000
/** Open for as long as their readers like, so how long they took says nothing. */
const STREAMS: ReadonlySet<string> = new Set(['/api/v1/events', '/api/v1/work-items/events'])

/** The HTTP face: webhooks, health, documentation and the API. It listens to nothing yet. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { requestMs = REQUEST_MS } = deps
  const app = fastify({
    loggerInstance: deps.log,
    // Requests are counted, not logged one by one: their addresses hold telephone numbers.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
    requestTimeout: requestMs,
    // Node takes the longer of the two for the whole request.
    http: { requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: Math.ceil(requestMs / 6) },
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    // What comes on an open connection while we close is still answered, and the connection then closed: all it needs runs longer.
    return503OnClosing: false,
  }) as unknown as FastifyInstance
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(problemHandler(deps.isDatabaseTrouble))
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, problem('route-not-found')))
  readJsonBodies(app)
  addTiming(app, deps)
  app.addHook('onSend', async (_request, reply) => {
    if (deps.isLeaving()) reply.header('connection', 'close')
  })

  await app.register(helmet, {
    // Of the documentation page; everything else is data.
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'unsafe-inline'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        // Baton listens on plain HTTP; whatever ends TLS in front of it decides about upgrades.
        upgradeInsecureRequests: null,
      },
    },
  })
  await app.register(fastifySSE, { heartbeatInterval: 15_000 })
  await addDocs(app)
  await app.register(healthRoutes, deps)
  if (!deps.web) return app
  const bodies = createBodies(deps.bodyBytes)
  await app.register(webhookRoutes, { ...deps, bodies })
  await app.register(botReplyRoutes, { ...deps, bodies })
  await app.register((api) => apiRoutes(api, deps), { prefix: '/api/v1' })
  return app
}

async function apiRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  app.decorateRequest('caller')
  app.addHook('onRoute', (route) => {
    const permission = route.config?.permission
    // A route that says nothing of permissions would be open.
    if (permission === undefined) throw new Error(`${route.url} names no permission`)
    route.schema = { ...route.schema, security: [{ key: [permission] }] }
  })
  app.addHook('onRequest', async (request: FastifyRequest) => {
    // No text of ours has it, and PostgreSQL takes it for nothing but a mistake.
    if (/%00/.test(request.url)) throw problem('request-invalid', { detail: 'The address holds U+0000.' })
    request.caller = await deps.authenticator.authenticate(request.headers, request.ip)
    requirePermission(request.caller, request.routeOptions.config.permission as Permission)
  })
  await app.register((streamed) => streamedRoutes(streamed, deps))
  await app.register((worked) => workedRoutes(worked, deps))
}

async function streamedRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  limitAtOnce(app, deps.streamsAtOnce ?? STREAMS_AT_ONCE, 'too-many-streams')
  await app.register(eventRoutes(createFeed(deps)), deps)
}

/** All but the event streams, which stay open. */
async function workedRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  limitAtOnce(app, deps.requestsAtOnce ?? REQUESTS_AT_ONCE, 'overloaded')
  await app.register(conversationRoutes, deps)
  await app.register(sendRoutes, deps)
  await app.register(controlRoutes, deps)
  await app.register(journeyRoutes, deps)
  await app.register(runRoutes, deps)
  await app.register(definitionRoutes, deps)
  await app.register(migrationRoutes, deps)
  await app.register(agentRoutes, deps)
  await app.register(supervisionRoutes, deps)
  await app.register(workItemRoutes, deps)
  await app.register(measureRoutes, deps)
  await app.register(mediaRoutes, deps)
  await app.register(operationRoutes, deps)
  await app.register(numberRoutes, deps)
  await app.register(templateRoutes, deps)
  await app.register(keyRoutes, deps)
}

/** Many clients name JSON on every request, also where there is no body to send: that is no body, not broken JSON. */
function readJsonBodies(app: FastifyInstance): void {
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null)
    const json = readJson(body)
    if (json.kind === 'unreadable') done(problem('request-invalid', { detail: `The body is ${json.reason}.` }))
    else done(null, json.value)
  })
}

function addTiming(app: FastifyInstance, { metrics }: AppDeps): void {
  app.addHook('onResponse', async (request: FastifyRequest, reply: FastifyReply) => {
    // The pattern of the route, never its address: no id becomes a label.
    const route = request.routeOptions.url ?? 'none'
    if (STREAMS.has(route)) return
    metrics.request(route, request.method, reply.statusCode, reply.elapsedTime)
  })
}
