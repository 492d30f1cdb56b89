import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isOfAgent, KEY_KINDS, lackedToMake, PERMISSIONS } from '../auth/permissions.ts'
import type { StoredKey } from '../auth/auth.ts'
import type { Caller } from '../auth/authenticate.ts'
import type { AppDeps } from '../deps.ts'
import { problem, problemSchema } from './problem.ts'

const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(KEY_KINDS),
    agentId: z.string().nullable(),
    by: z.string().nullable().meta({ description: 'The name of the key that made it; null: a start did.' }),
    permissions: z.array(z.enum(PERMISSIONS)),
    start: z.string().meta({ description: 'The first characters, to tell keys apart.' }),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' })

const newKey = z
  .strictObject({
    name: z.string().min(1).max(32).meta({ description: 'Signs the messages sent with the key; unique.' }),
    kind: z.enum(KEY_KINDS),
    agentId: z.string().optional().meta({ description: 'For kinds agent and supervisor: an agent of the configuration.' }),
    permissions: z
      .array(z.enum(PERMISSIONS))
      .optional()
      .meta({ description: "Without it, the kind's own. None that the key of the request lacks." }),
    expiresInDays: z.number().int().min(1).max(365).optional(),
  })
  .refine(
    (key) => isOfAgent(key.kind) === (key.agentId !== undefined),
    'agentId goes with the kinds agent and supervisor, and only with them',
  )
  .meta({ id: 'NewApiKey' })

export const keyRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { auth, agents, authenticator, log }) => {
  const config = { permission: 'key:manage' } as const

  app.route({
    method: 'GET',
    url: '/keys',
    config,
    schema: {
      summary: 'The API keys that are in force',
      tags: ['keys'],
      response: { 200: z.object({ items: z.array(keySchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async () => ({ items: (await auth.listKeys()).map(keyView), nextCursor: null }),
  })

  app.route({
    method: 'POST',
    url: '/keys',
    config,
    schema: {
      summary: 'Make an API key; the answer is the only time it is shown',
      description: 'Keys of the kinds administrator, supervisor and agent are made by administrators only.',
      tags: ['keys'],
      body: newKey,
      response: { 201: keySchema.extend({ key: z.string() }).meta({ id: 'CreatedApiKey' }), default: problemSchema },
    },
    handler: async ({ body, caller }, reply) => {
      const { agentId, permissions, expiresInDays, ...rest } = body
      const needs = lackedToMake(caller.key, body)
      if (needs !== null) throw problem('permission-missing', { needs })
      if (agentId !== undefined && !agents.hasAgent(agentId)) throw problem('agent-unknown', { agent: agentId })
      const made = await auth.createKey({
        ...rest,
        by: caller.key.name,
        ...(agentId === undefined ? {} : { agentId }),
        ...(permissions === undefined ? {} : { permissions }),
        ...(expiresInDays === undefined ? {} : { expiresInDays }),
      })
      if (made.kind === 'name-taken') throw problem('key-name-taken', { name: body.name })
      log.info({ key: toLog(made.stored), by: who(caller) }, 'an API key was made')
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...keyView(made.stored), key: made.key })
    },
  })

  app.route({
    method: 'DELETE',
    url: '/keys/:id',
    config,
    schema: {
      summary: 'Revoke an API key; every process stops taking it within five seconds, and its event streams end within ten',
      tags: ['keys'],
      params: z.object({ id: z.string() }),
      response: { 204: z.undefined().describe('Revoked'), default: problemSchema },
    },
    handler: async ({ params, caller }, reply) => {
      if (!(await auth.revokeKey(params.id))) throw problem('key-not-found', { key: params.id })
      authenticator.forget(params.id)
      log.info({ key: { id: params.id }, by: who(caller) }, 'an API key was revoked')
      return reply.code(204).send()
    },
  })
}

/** Without its first characters. */
function toLog({ id, name, kind, agentId, permissions }: StoredKey) {
  return { id, name, kind, agentId, permissions }
}

function who({ key, agentId }: Caller) {
  return { id: key.id, name: key.name, agentId }
}

function keyView(key: StoredKey) {
  return {
    ...key,
    createdAt: new Date(key.createdAt).toISOString(),
    expiresAt: key.expiresAt === null ? null : new Date(key.expiresAt).toISOString(),
  }
}
