import type { Author, RunChange } from '@baton/router'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AppDeps } from '../deps.ts'
import { ask } from './ask.ts'
import { actorRefOf, conversationParams, requireConversation } from './conversations.ts'
import { pageOf, pageQuery, requirePage } from './paging.ts'
import { problem, problemSchema } from './problem.ts'
import { endedRunsIn, endedRunView, historyOf, liveRunView, RUN_STATUSES, runHistorySchema, runSchema } from './run-schema.ts'

const runParams = conversationParams.extend({ run: z.string().meta({ description: 'A run id, ru_…' }) })
const DAY = 86_400_000

/** Journey runs: lists, one with its history, and what somebody does with it. */
export const runRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { reads, inbound, clock }) => {
  app.route({
    method: 'GET',
    url: '/journeys/:id/runs',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'Runs of a journey: those under way, or with status=ended those that ended in the last 30 days, the latest first',
      tags: ['journeys'],
      params: z.object({ id: z.string() }),
      querystring: pageQuery.extend({
        version: z.string().optional(),
        step: z.string().optional(),
        status: z.enum(RUN_STATUSES).optional(),
        outcome: z.string().optional().meta({ description: 'Only with status=ended.' }),
        since: z.iso.datetime().optional().meta({ description: 'Only with status=ended: in place of 30 days ago.' }),
      }),
      response: { 200: pageOf(runSchema), default: problemSchema },
    },
    handler: async ({ params, query: { status, outcome, since, ...query } }) => {
      if (status === 'ended') {
        const from = new Date(since ?? clock.now() - 30 * DAY)
        const page = requirePage(await reads.listEndedRuns({ ...query, journey: params.id, outcome, since: from }))
        return { items: page.items.map(endedRunView), nextCursor: page.nextCursor }
      }
      if (outcome !== undefined || since !== undefined)
        throw problem('request-invalid', { detail: 'outcome and since go with status=ended.' })
      const page = requirePage(await reads.listLiveRuns({ ...query, journey: params.id, status }))
      return { items: page.items.map(liveRunView), nextCursor: page.nextCursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/conversations/:id/runs',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'The journey runs of a conversation: those under way, then those that are over, the latest first',
      tags: ['journeys'],
      params: conversationParams,
      response: { 200: z.object({ items: z.array(runSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async ({ params }) => ({ items: (await runsOf(params.id)).runs, nextCursor: null }),
  })

  app.route({
    method: 'GET',
    url: '/conversations/:id/runs/:run',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'One run, with everything that happened to it',
      tags: ['journeys'],
      params: runParams,
      response: { 200: runHistorySchema, default: problemSchema },
    },
    handler: ({ params }) => requireRun(params.id, params.run),
  })

  app.route({
    method: 'POST',
    url: '/conversations/:id/runs/:run/exit',
    config: { permission: 'conversation:control' },
    schema: {
      summary: 'End a run; of one that is over nothing changes',
      tags: ['journeys'],
      params: runParams,
      response: { 200: runHistorySchema, default: problemSchema },
    },
    handler: async ({ params, caller }) => {
      const found = await requireRun(params.id, params.run)
      if (found.status === 'ended') return found
      return change(params, { kind: 'exit' }, caller.author)
    },
  })

  app.route({
    method: 'POST',
    url: '/conversations/:id/runs/:run/move',
    config: { permission: 'conversation:control' },
    schema: {
      summary: 'Move a run to another step of its version; a repetition changes nothing',
      tags: ['journeys'],
      params: runParams,
      body: z.strictObject({
        from: z.string().meta({ description: 'The step it is at; when it has gone on meanwhile, nothing happens.' }),
        to: z.string(),
      }),
      response: { 200: runHistorySchema, default: problemSchema },
    },
    handler: async ({ params, body, caller }) => {
      await requireRun(params.id, params.run)
      return change(params, { kind: 'move', ...body }, caller.author)
    },
  })

  async function runsOf(id: string, run?: string) {
    const row = await requireConversation(reads, id)
    const [live, marks] = await Promise.all([reads.liveRunsOf(id), reads.marksOf(id, run)])
    const contact = { conversationId: id, numberId: row.number_id, phone: row.phone, userId: row.user_id, name: row.contact_name }
    return { runs: [...live.map(liveRunView), ...endedRunsIn(marks, contact)], marks }
  }

  async function requireRun(id: string, run: string): Promise<z.output<typeof runHistorySchema>> {
    const { runs, marks } = await runsOf(id, run)
    const found = runs.find((each) => each.id === run)
    if (found === undefined) throw problem('run-not-found', { run })
    return { ...found, history: historyOf(marks) }
  }

  async function change(params: z.output<typeof runParams>, wanted: RunChange, by: Author) {
    await ask(inbound, actorRefOf(params.id), { type: 'run.changeRequested', run: params.run, change: wanted, by })
    return requireRun(params.id, params.run)
  }
}
