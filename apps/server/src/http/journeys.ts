import { conversationKey } from '@baton/router'
import type { ConversationEvent } from '@baton/router'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'
import type { LiveCount } from '../store/runs.ts'
import { ask, doneSchema } from './ask.ts'
import { journeysOf } from '../journeys/journeys-config.ts'
import { resultsCsv, resultsOf, resultsSchema } from './journey-results.ts'
import { problem, problemSchema } from './problem.ts'
import { addressed, personOf, requireNumber } from './send.ts'

const DAY = 86_400_000
const resultsQuery = z.object({
  since: z.iso.datetime().optional().meta({ description: '30 days ago without it.' }),
  until: z.iso.datetime().optional().meta({ description: 'Now without it.' }),
})

const journeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.enum(['active', 'paused', 'retired']),
    purpose: z.enum(['marketing', 'utility']),
    version: z.string(),
    underWay: z.array(z.object({ version: z.string(), current: z.boolean(), step: z.string(), runs: z.int() })),
  })
  .meta({ id: 'Journey' })

export const journeyRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  app.route({
    method: 'GET',
    url: '/journeys',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'The journeys that are published, and how many runs are at each step of each version',
      tags: ['journeys'],
      response: { 200: z.object({ items: z.array(journeySchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async () => {
      const live = await deps.reads.countLiveRuns()
      const journeys = [...(journeysOf(deps.settings())?.journeys.values() ?? [])]
      const items = journeys.map(({ journey: id, name, status, purpose, version }) => ({
        id,
        name,
        status,
        purpose,
        version,
        underWay: stepsOf(live.filter(({ journey }) => journey === id)).map((step) => ({ ...step, current: step.version === version })),
      }))
      return { items, nextCursor: null }
    },
  })

  async function results(journey: string, query: z.output<typeof resultsQuery>) {
    const now = deps.clock.now()
    const since = new Date(query.since ?? now - 30 * DAY)
    const until = new Date(query.until ?? now)
    const [marks, live] = await Promise.all([deps.reads.countMarks(journey, since, until), deps.reads.countLiveRuns(journey)])
    const config = journeysOf(deps.settings())
    if (config?.journeys.has(journey) !== true && marks.length + live.length === 0) throw problem('journey-not-found', { journey })
    return resultsOf({ journey, since, until, marks, live, config })
  }
  app.route({
    method: 'GET',
    url: '/journeys/:id/results',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'What became of the runs of a journey, by version and step',
      tags: ['journeys'],
      params: z.object({ id: z.string() }),
      querystring: resultsQuery,
      response: { 200: resultsSchema, default: problemSchema },
    },
    handler: ({ params, query }) => results(params.id, query),
  })
  app.route({
    method: 'GET',
    url: '/journeys/:id/results.csv',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'The same as CSV: one line a figure',
      tags: ['journeys'],
      params: z.object({ id: z.string() }),
      querystring: resultsQuery,
      response: { 200: z.string().meta({ description: 'text/csv' }), default: problemSchema },
    },
    handler: async ({ params, query }, reply) => {
      const csv = resultsCsv(await results(params.id, query))
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${params.id}.csv"`)
        .serializer(String)
        .send(csv)
    },
  })
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

function stepsOf(live: readonly LiveCount[]): { version: string; step: string; runs: number }[] {
  const steps = Map.groupBy(live, ({ version, step }) => `${version} ${step}`)
  return [...steps.values()].map((all) => ({
    version: all[0]?.version ?? '',
    step: all[0]?.step ?? '',
    runs: all.reduce((sum, { count }) => sum + count, 0),
  }))
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
