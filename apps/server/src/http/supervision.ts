import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Caller } from '../auth/authenticate.ts'
import type { AppDeps } from '../deps.ts'
import { agentSchema, agentView, queueSchema, queueView } from './agent-schema.ts'
import { doneSchema, tellGroup } from './ask.ts'
import { conversationSchema } from './conversation-schema.ts'
import { conversationParams } from './conversations.ts'
import { controlConversation } from './control.ts'
import { pageOf, pageQuery, requirePage } from './paging.ts'
import { problem, problemSchema } from './problem.ts'
import { actSchema, actView } from './supervision-schema.ts'

/** What supervisors see and do. To see, a key with the permission is enough; to act, an agent needs `supervisor: true` in the configuration
 * as well, which the actors check. */
export const supervisionRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  const { agents, reads, inbound } = deps
  const seeing = { permission: 'supervision:read' } as const
  const acting = { permission: 'supervision:control' } as const

  const board = async () => agents.board(await reads.getGroup())

  async function ofAgent(caller: Caller, agentId: string, name: string, data: Record<string, unknown>) {
    if (!agents.hasAgent(agentId)) throw problem('agent-unknown', { agent: agentId })
    return { done: true as const, data: await tellGroup(inbound, name, { agentId, ...data }, caller.author) }
  }

  async function ofQueue(caller: Caller, queueId: string, name: string, data: Record<string, unknown>) {
    if (!agents.hasQueue(queueId)) throw problem('queue-not-found', { queue: queueId })
    return { done: true as const, data: await tellGroup(inbound, name, { queueId, ...data }, caller.author) }
  }

  app.route({
    method: 'GET',
    url: '/agents',
    config: seeing,
    schema: {
      summary: 'All agents as things stand: status, capacity, work and wrap-up',
      tags: ['supervision'],
      response: { 200: z.object({ items: z.array(agentSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async () => ({ items: (await board()).agents.map(agentView), nextCursor: null }),
  })

  app.route({
    method: 'PUT',
    url: '/agents/:id/presence',
    config: acting,
    schema: {
      summary: "Change an agent's presence status; they may be given one that they may choose themselves",
      tags: ['supervision'],
      params: idParams,
      body: z.strictObject({ status: z.string().regex(/^[a-z0-9-]+$/, 'expected the id of a presence status, such as away') }),
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, params, body }) => ofAgent(caller, params.id, 'presence.changed', body),
  })

  app.route({
    method: 'POST',
    url: '/agents/:id/wrap-ups/:sessionId/end',
    config: acting,
    schema: {
      summary: "End an agent's wrap-up",
      tags: ['supervision'],
      params: idParams.extend({ sessionId: z.string() }),
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, params: { id, sessionId } }) => ofAgent(caller, id, 'wrapUp.ended', { sessionId }),
  })

  app.route({
    method: 'GET',
    url: '/queues',
    config: seeing,
    schema: {
      summary: 'All queues as things stand: who waits, who is there, and whether they are drained',
      tags: ['supervision'],
      response: { 200: z.object({ items: z.array(queueSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async () => ({ items: (await board()).queues.map(queueView), nextCursor: null }),
  })

  app.route({
    method: 'POST',
    url: '/queues/:id/drain',
    config: acting,
    schema: {
      summary: 'Let nothing new into a queue: what comes goes elsewhere, until it is undrained',
      description: 'A customer whom nobody else can take comes back to the queue all the same.',
      tags: ['supervision'],
      params: idParams,
      body: z.strictObject({
        to: z
          .string()
          .regex(/^(queue|bot):[a-z0-9-]+$/, 'expected queue:<id> or bot:<id>')
          .meta({ description: 'Where work goes instead.' }),
        waiting: z
          .enum(['keep', 'move'])
          .default('keep')
          .meta({ description: 'What waits, offered or not: keep serves it to the end, move sends it to `to` with its age.' }),
      }),
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, params, body }) => ofQueue(caller, params.id, 'queue.drained', body),
  })

  app.route({
    method: 'POST',
    url: '/queues/:id/undrain',
    config: acting,
    schema: {
      summary: 'Let work into a drained queue again',
      tags: ['supervision'],
      params: idParams,
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, params }) => ofQueue(caller, params.id, 'queue.undrained', {}),
  })

  app.route({
    method: 'GET',
    url: '/supervision',
    config: seeing,
    schema: {
      summary: 'Who acted for other agents or drained a queue, the newest first',
      description: 'What supervisors do with a conversation is among its decisions, under `inputs.asked`.',
      tags: ['supervision'],
      querystring: pageQuery,
      response: { 200: pageOf(actSchema), default: problemSchema },
    },
    async handler({ query }) {
      const page = requirePage(await reads.listSupervision(query))
      return { items: page.items.map(actView), nextCursor: page.nextCursor }
    },
  })

  const note = z.string().min(1).max(4_096).optional().meta({ description: 'For agents; the customer never sees it.' })
  const response = { 200: conversationSchema, default: problemSchema }

  app.route({
    method: 'POST',
    url: '/conversations/:id/service-session/reassign',
    config: acting,
    schema: {
      summary: 'Give the service session to an agent, without an offer, or to a queue',
      description:
        'An agent who is there has it at once, whatever they have already; of one who is not it goes to the queue it came through. See …/transfer for an offer.',
      tags: ['supervision'],
      params: conversationParams,
      body: z.strictObject({ to: z.string().regex(/^(queue|agent):[a-z0-9-]+$/, 'expected queue:<id> or agent:<id>'), note }),
      response,
    },
    handler: ({ params, body, caller }) => controlConversation(deps, params.id, sessionEvent('session.reassign', body, caller)),
  })

  app.route({
    method: 'POST',
    url: '/conversations/:id/service-session/take-over',
    config: acting,
    schema: {
      summary: 'Take the service session over: the calling agent has it at once',
      tags: ['supervision'],
      params: conversationParams,
      body: z.strictObject({ note }).nullish(),
      response,
    },
    handler: ({ params, body, caller }) => controlConversation(deps, params.id, sessionEvent('session.takeOver', body ?? {}, caller)),
  })
}

function sessionEvent(name: string, data: Record<string, unknown>, caller: Caller) {
  return { type: 'engine.event', side: 'service', name, data, by: caller.author } as const
}

const idParams = z.object({ id: z.string() })
