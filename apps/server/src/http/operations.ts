import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ALARMS } from '../alarms.ts'
import type { AppDeps } from '../deps.ts'
import { decisionSchema, decisionView } from './conversations.ts'
import { pageOf, pageQuery, requirePage } from './paging.ts'
import { problem, problemSchema } from './problem.ts'

const quarantineSchema = z
  .object({
    id: z.string(),
    source: z.enum(['webhook', 'event']),
    channel: z.string().nullable(),
    conversationId: z.string().nullable(),
    reason: z.string(),
    bytes: z.int().meta({ description: 'How large it is. The exact bytes: GET /api/v1/quarantine/{id}/body.' }),
    at: z.iso.datetime(),
  })
  .meta({ id: 'Quarantined' })

const alarmSchema = z
  .object({
    id: z.string(),
    conversationId: z.string().nullable(),
    code: z.string(),
    meaning: z.string().nullable(),
    action: z.string().nullable().meta({ description: 'What to do.' }),
    detail: z.record(z.string(), z.unknown()),
    at: z.iso.datetime(),
  })
  .meta({ id: 'Alarm' })

/** What could not be read or routed, and what somebody should look at; the newest first. */
export const operationRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { reads }) => {
  const config = { permission: 'operations:read' } as const

  app.route({
    method: 'GET',
    url: '/quarantine',
    config,
    schema: {
      summary: 'Webhook bodies that could not be read, and events that could not be applied',
      tags: ['operations'],
      querystring: pageQuery,
      response: { 200: pageOf(quarantineSchema), default: problemSchema },
    },
    handler: async ({ query }) => {
      const page = requirePage(await reads.listQuarantine(query))
      const items = page.items.map((row) => ({
        id: row.id,
        source: row.source,
        channel: row.channel,
        conversationId: row.actor_id,
        reason: row.reason,
        bytes: row.bytes,
        at: row.at.toISOString(),
      }))
      return { items, nextCursor: page.nextCursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/quarantine/:id/body',
    config,
    schema: {
      summary: 'The exact bytes of what is in the quarantine',
      tags: ['operations'],
      params: z.object({ id: z.string() }),
      response: { 200: z.any().describe('The bytes'), default: problemSchema },
    },
    handler: async ({ params }, reply) => {
      const body = await reads.getQuarantined(params.id)
      if (body === null) throw problem('quarantined-not-found')
      // Whatever a stranger wrote, a browser only saves it.
      return reply.type('application/octet-stream').header('content-disposition', 'attachment').send(Buffer.from(body))
    },
  })

  app.route({
    method: 'GET',
    url: '/unrouted',
    config,
    schema: {
      summary: 'Customer messages that no app was connected to take',
      tags: ['operations'],
      querystring: pageQuery,
      response: { 200: pageOf(decisionSchema), default: problemSchema },
    },
    handler: async ({ query }) => {
      const page = requirePage(await reads.listUnrouted(query))
      return { items: page.items.map(decisionView), nextCursor: page.nextCursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/alarms',
    config,
    schema: {
      summary: 'What somebody should look at',
      tags: ['operations'],
      querystring: pageQuery,
      response: { 200: pageOf(alarmSchema), default: problemSchema },
    },
    handler: async ({ query }) => {
      const page = requirePage(await reads.listAlarms(query))
      const items = page.items.map((row) => ({
        id: row.id,
        conversationId: row.actor_id,
        code: row.code,
        meaning: ALARMS[row.code]?.meaning ?? null,
        action: ALARMS[row.code]?.action ?? null,
        detail: row.detail,
        at: row.at.toISOString(),
      }))
      return { items, nextCursor: page.nextCursor }
    },
  })
}
