import { conversationKey } from '@baton/router'
import type { ConversationEvent } from '@baton/router'
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
      const input = body.input === undefined ? {} : { input: body.input }
      const event = { type: 'journey.requested' as const, journey: params.id, by: caller.author, ...input }
      return reply.code(202).send(await tell(deps, body, event))
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
      const event = { type: 'engine.event' as const, side: 'marketing' as const, name: body.event, data: body.data, by: caller.author }
      return reply.code(202).send(await tell(deps, body, event))
    },
  })
}

/** Asks the conversation of a person, which is made when there is none. */
async function tell(deps: AppDeps, { number, to }: z.infer<z.ZodObject<typeof addressed>>, event: ConversationEvent) {
  requireNumber(deps, number)
  const person = personOf(to)
  const key = conversationKey(number, person)
  const data = await ask(deps.inbound, { kind: 'conversation', key }, event)
  const found = await deps.inbound.findConversation(number, person)
  if (found === null) throw new Error(`${key} was told ${event.type} and cannot be found`)
  return { done: true as const, data, conversationId: found.id }
}
