import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'

const checks = z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().optional() }))
const readySchema = z.object({ ready: z.boolean(), checks }).meta({ id: 'Readiness' })

/** For whoever watches the process. Open, and without personal data. */
export const healthRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { readiness, metrics }) => {
  app.route({
    method: 'GET',
    url: '/healthz',
    schema: { summary: 'The process lives', tags: ['health'], response: { 200: z.object({ alive: z.literal(true) }) } },
    handler: async () => ({ alive: true as const }),
  })

  app.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      summary: 'The database answers, and the loops of this process come round',
      tags: ['health'],
      response: { 200: readySchema, 503: readySchema },
    },
    handler: async (_request, reply) => {
      const found = await readiness()
      const ready = found.every((check) => check.ok)
      return reply.code(ready ? 200 : 503).send({ ready, checks: found })
    },
  })

  app.get('/metrics', { schema: { summary: 'Figures for Prometheus', tags: ['health'] } }, async (_request, reply) => {
    const { contentType, body } = await metrics.expose()
    return reply.type(contentType).send(body)
  })
}
