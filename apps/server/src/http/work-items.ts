import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { WorkItemRef } from '@baton/omni'
import type { AppDeps } from '../deps.ts'
import { readCursor, toPage } from '../store/cursor.ts'
import type { Cursor } from '../store/cursor.ts'
import { agentSchema, agentView } from './agent-schema.ts'
import { tellGroup } from './ask.ts'
import { pageOf, pageQuery, requirePage } from './paging.ts'
import { problem, problemSchema } from './problem.ts'
import { assignmentSchema, workItemSchema, workItemView } from './work-item-schema.ts'

/** What a routing engine elsewhere reads and says. What happens meanwhile: GET /work-items/events. */
export const workItemRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { agents, reads, inbound, clock }) => {
  const config = { permission: 'work:route' } as const

  app.route({
    method: 'GET',
    url: '/work-items',
    config,
    schema: {
      summary: 'Customers who wait in queues with routing: external, the oldest first',
      tags: ['routing engines'],
      querystring: pageQuery.extend({ queue: z.string().optional() }),
      response: { 200: pageOf(workItemSchema), default: problemSchema },
    },
    async handler({ query: { queue, cursor, limit } }) {
      const after = cursor === undefined ? null : requirePage(readCursor(cursor))
      const left = agents
        .workItems(await reads.getGroup())
        .filter((item) => queue === undefined || item.queueId === queue)
        .map(rowOf)
        .filter((row) => after === null || isLater(row, after))
      const { items, nextCursor } = toPage(left, limit)
      return { items: items.map(({ item }) => workItemView(item.read(clock.now()))), nextCursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/work-items/agents',
    config,
    schema: {
      summary: 'All agents as things stand: status, capacity, work and wrap-up',
      tags: ['routing engines'],
      response: { 200: z.object({ items: z.array(agentSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async () => ({ items: agents.board(await reads.getGroup()).agents.map(agentView), nextCursor: null }),
  })

  app.route({
    method: 'POST',
    url: '/work-items/:id/assignments',
    config,
    schema: {
      summary: 'Offer a work item to an agent, or give it to them where the queue says autoAccept',
      description:
        'About the item as the engine has seen it: another version is refused with work-item-changed. An offer to somebody else is withdrawn. An agent who may not have it is refused with agent-not-member, agent-not-online, agent-not-able, agent-passed or agent-full.',
      tags: ['routing engines'],
      params: idParams,
      body: z.strictObject({ agentId: z.string(), version: z.string() }),
      response: { 201: assignmentSchema, default: problemSchema },
    },
    async handler({ params, body: { agentId, version } }, reply) {
      const data = await tellGroup(inbound, 'work.routed', { sessionId: params.id, agentId, version }, BY)
      return reply.code(201).send(assignmentSchema.parse(data))
    },
  })

  app.route({
    method: 'POST',
    url: '/queues/:id/engine-heartbeat',
    config,
    schema: {
      summary: "A queue's routing engine is there; the answer says until when it counts as such",
      description:
        "Three times within the queue's engine.silence is often enough. Nothing else counts: an engine that is not heard of loses the queue to Baton's own routing, until its next heartbeat.",
      tags: ['routing engines'],
      params: idParams,
      response: { 200: z.object({ queueId: z.string(), until: z.iso.datetime() }), default: problemSchema },
    },
    async handler({ params }) {
      if (!agents.hasQueue(params.id)) throw problem('queue-not-found', { queue: params.id })
      return heartbeatSchema.parse(await tellGroup(inbound, 'engine.heard', { queueId: params.id }, BY))
    },
  })
}

const BY = { kind: 'system', id: 'routing-engine' } as const
const idParams = z.object({ id: z.string() })
const heartbeatSchema = z.object({ queueId: z.string(), until: z.string() })

/** A work item beside what its place in the pages is told by. */
interface Row {
  id: string
  us: string
  item: WorkItemRef
}

function rowOf(item: WorkItemRef): Row {
  return { id: item.id, us: String(Math.trunc(item.since * 1_000)), item }
}

function isLater(row: Row, { us, id }: Cursor): boolean {
  return row.us === us ? row.id > id : Number(row.us) > Number(us)
}
