import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'
import { problemSchema } from './problem.ts'

const templateSchema = z
  .object({
    account: z
      .string()
      .meta({ description: 'The business account at the provider. Templates of two accounts have nothing in common but a name.' }),
    name: z.string(),
    language: z.string(),
    status: z.string().meta({ description: 'As the provider says: APPROVED, PENDING, REJECTED, PAUSED, … Only approved ones are sent.' }),
    category: z.string(),
    quality: z.string(),
    reason: z.string(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Template' })

/** What the provider says of templates, as sends are judged by it. */
export const templateRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { reads }) => {
  app.route({
    method: 'GET',
    url: '/templates',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'Message templates of every business account, as the provider last told; read from it every hour',
      tags: ['numbers'],
      response: { 200: z.object({ items: z.array(templateSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async () => {
      const rows = await reads.listTemplates()
      return { items: rows.map(({ updated_at, ...row }) => ({ ...row, updatedAt: updated_at.toISOString() })), nextCursor: null }
    },
  })
}
