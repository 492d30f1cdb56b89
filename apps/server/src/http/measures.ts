import { isZone } from '@baton/omni'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'
import { DIMENSIONS, MOST_LINES } from '../store/measures.ts'
import type { Dimension } from '../store/measures.ts'
import { liveCsv, liveQueueSchema, liveQueueView, measureSchema, measuresCsv, measuresOf } from './measures-view.ts'
import { problem, problemSchema } from './problem.ts'

const DAY = 86_400_000
/** As long as legs are kept. */
const LONGEST = 400 * DAY

const query = z.object({
  since: z.iso.datetime().optional().meta({ description: '24 hours before `until` without it.' }),
  until: z.iso.datetime().optional().meta({ description: 'Now without it; not included.' }),
  by: z
    .string()
    .regex(new RegExp(`^(${DIMENSIONS.join('|')})(,(${DIMENSIONS.join('|')}))*$`), `some of ${DIMENSIONS.join(', ')}, with commas between`)
    .default('queue')
    .meta({ description: `What to tell apart, with commas between: ${DIMENSIONS.join(', ')}.` }),
  zone: z.string().refine(isZone, 'no such time zone').default('UTC').meta({ description: 'Whose hours and days: Europe/Berlin.' }),
  queue: z.string().optional(),
  agent: z.string().optional(),
  bot: z.string().optional(),
  number: z.string().optional(),
})
type Query = z.output<typeof query>

const definition =
  'Counted from the legs of service sessions that are over, by when they were over: a leg is one stay at a bot, or at a queue and with the agent who took it from there. What is under way is not in it. Legs are kept for 400 days.'
const csv = { 200: z.string().meta({ description: 'text/csv' }), default: problemSchema }

/** How the service side does: what was, and what is. */
export const measureRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { reads, agents, clock }) => {
  const config = { permission: 'conversation:read' } as const

  async function history(asked: Query): Promise<{ since: Date; until: Date; by: Dimension[]; items: z.output<typeof measureSchema>[] }> {
    const until = new Date(asked.until ?? clock.now())
    const since = new Date(asked.since ?? until.getTime() - DAY)
    if (until.getTime() - since.getTime() > LONGEST || since > until)
      throw problem('request-invalid', { detail: 'The time asked about is longer than 400 days, or ends before it begins.' })
    const by = [...new Set(asked.by.split(','))] as Dimension[] // the pattern lets nothing else through
    const { zone, queue, agent, bot, number } = asked
    const only = Object.fromEntries(Object.entries({ queue, agent, bot, number }).filter(([, id]) => id !== undefined))
    const rows = await reads.measure({ since, until, by, zone, only })
    if (rows.length > MOST_LINES)
      throw problem('request-invalid', { detail: `More than ${MOST_LINES} lines: ask for less time, or for fewer things to tell apart.` })
    return { since, until, by, items: rows.map(measuresOf) }
  }

  async function live() {
    const now = clock.now()
    return agents.liveQueues(await reads.getGroup(), now).map((queue) => liveQueueView(queue, now))
  }

  app.route({
    method: 'GET',
    url: '/measures',
    config,
    schema: {
      summary: 'How the service side did: service level, waits, answers, handling, abandonment, re-opening, bots, surveys',
      description: definition,
      tags: ['measures'],
      querystring: query,
      response: {
        200: z.object({ since: z.iso.datetime(), until: z.iso.datetime(), items: z.array(measureSchema), nextCursor: z.null() }),
        default: problemSchema,
      },
    },
    handler: async ({ query: asked }) => {
      const { since, until, items } = await history(asked)
      return { since: since.toISOString(), until: until.toISOString(), items, nextCursor: null }
    },
  })
  app.route({
    method: 'GET',
    url: '/measures.csv',
    config,
    schema: { summary: 'The same as CSV', description: definition, tags: ['measures'], querystring: query, response: csv },
    handler: async ({ query: asked }, reply) => {
      const { by, items } = await history(asked)
      return reply.type('text/csv; charset=utf-8').serializer(String).send(measuresCsv(items, by))
    },
  })
  app.route({
    method: 'GET',
    url: '/measures/live',
    config,
    schema: {
      summary: 'How each queue stands now',
      tags: ['measures'],
      response: { 200: z.object({ items: z.array(liveQueueSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async () => ({ items: await live(), nextCursor: null }),
  })
  app.route({
    method: 'GET',
    url: '/measures/live.csv',
    config,
    schema: { summary: 'The same as CSV', tags: ['measures'], response: csv },
    handler: async (_request, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .serializer(String)
        .send(liveCsv(await live())),
  })
}
