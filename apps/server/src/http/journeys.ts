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
  app.route({
    method: 'POST',
    url: '/journeys/events',
    config: { permission: 'journey:start' },
    schema: {
      summary: 'Report what happened to a person: journeys start by it, go on, or exit',
      tags: ['journeys'],
      body: z.strictObject({
        ...addressed,
        event: z.string().min(1).max(100).meta({ description: 'As journeys name it: order.paid.' }),
        data: z.record(z.string(), z.unknown()).default({}).meta({ description: 'The input of journeys that start by it.' }),
      }),
      response: { 202: doneSchema.extend({ conversationId: z.string() }).meta({ id: 'EventReported' }), default: problemSchema },
    },
    handler: async ({ body, caller }, reply) => {
      requireNumber(deps, body.number)
      const ref = await deps.inbound.conversationOf(body.number, personOf(body.to))
      const data = await ask(deps.inbound, ref, {
        type: 'engine.event',
        side: 'marketing',
        name: body.event,
        data: body.data,
        by: caller.author,
      })
      return reply.code(202).send({ done: true, data, conversationId: ref.id })
    },
  })
}
