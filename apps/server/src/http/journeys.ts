import { conversationKey } from '@baton/router'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'
import { ask, doneSchema } from './ask.ts'
import { problemSchema } from './problem.ts'
import { addressed, personOf, requireNumber } from './send.ts'

export const journeyRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  app.route({
    method: 'POST',
    url: '/journeys/:id/runs',
    config: { permission: 'journey:start' },
    schema: {
      summary: 'Start a journey for a person; it waits while a service session is open',
      tags: ['journeys'],
      params: z.object({ id: z.string() }),
      body: z.strictObject({ ...addressed, input: z.record(z.string(), z.unknown()).optional() }),
      response: { 202: doneSchema.extend({ conversationId: z.string() }).meta({ id: 'RunRequested' }), default: problemSchema },
    },
    handler: async ({ params, body, caller }, reply) => {
      requireNumber(deps, body.number)
      const person = personOf(body.to)
      const target = { kind: 'conversation' as const, key: conversationKey(body.number, person) }
      const data = await ask(deps.inbound, target, {
        type: 'journey.requested',
        journey: params.id,
        by: caller.author,
        ...(body.input === undefined ? {} : { input: body.input }),
      })
      const found = await deps.inbound.findConversation(body.number, person)
      if (found === null) throw new Error(`${target.key} has a journey and cannot be found`)
      return reply.code(202).send({ done: true, data, conversationId: found.id })
    },
  })
}
