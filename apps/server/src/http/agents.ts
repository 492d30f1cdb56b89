import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { requireAgent } from '../auth/authenticate.ts'
import type { Caller } from '../auth/authenticate.ts'
import type { AppDeps } from '../deps.ts'
import { agentSchema, agentView, statusSchema } from './agent-schema.ts'
import { doneSchema, tellGroup } from './ask.ts'
import { callbackSchema, callbackView, offerSchema, offerView } from './offer-schema.ts'
import { problem, problemSchema } from './problem.ts'

/** The work of the agent who calls, and what waits for any. */
export const agentRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { agents, consoles, reads, inbound, clock }) => {
  const config = { permission: 'agent:act' } as const

  function agentOf(caller: Caller): string {
    const agentId = requireAgent(caller)
    if (!agents.hasAgent(agentId)) throw problem('agent-unknown', { agent: agentId })
    return agentId
  }

  async function tell(caller: Caller, name: string, data: Record<string, unknown>) {
    const agentId = agentOf(caller)
    return { done: true as const, data: await tellGroup(inbound, name, { ...data, agentId }, { kind: 'agent', id: agentId }) }
  }

  app.route({
    method: 'GET',
    url: '/agents/me',
    config,
    schema: {
      summary: 'The calling agent as things stand: status, capacity, work, and the statuses to choose from',
      tags: ['agents'],
      response: { 200: agentSchema.extend({ statuses: z.array(statusSchema) }).meta({ id: 'OwnAgent' }), default: problemSchema },
    },
    async handler({ caller }) {
      const agentId = agentOf(caller)
      const line = agents.board(await reads.getGroup()).agents.find(({ id }) => id === agentId)
      if (line === undefined) throw problem('agent-unknown', { agent: agentId })
      return { ...agentView(line), statuses: agents.statuses(agentId) }
    },
  })

  app.route({
    method: 'PUT',
    url: '/agents/me/presence',
    config,
    schema: {
      summary: 'Choose a presence status',
      description:
        'online, away and offline are always there; the configuration may add others. GET /agents/me lists what the agent may choose.',
      tags: ['agents'],
      body: z.strictObject({ status: z.string().regex(/^[a-z0-9-]+$/, 'expected the id of a presence status, such as online') }),
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, body }) => tell(caller, 'presence.changed', body),
  })

  app.route({
    method: 'POST',
    url: '/agents/me/heartbeat',
    config,
    schema: {
      summary: 'A console of the calling agent is there',
      description:
        'Three times a lease is often enough. An open event stream does the same. The first sign of a console puts the agent under a lease: when the last console is not heard of any more, the agent is taken offline.',
      tags: ['agents'],
      response: { 200: z.object({ leaseSeconds: z.number() }), default: problemSchema },
    },
    handler: async ({ caller }) => ({ leaseSeconds: consoles.seen(agentOf(caller)) / 1_000 }),
  })

  app.route({
    method: 'POST',
    url: '/agents/me/wrap-ups/:sessionId/extend',
    config,
    schema: {
      summary: 'Take more time to wrap up, as far as the queue allows; the answer says until when',
      tags: ['agents'],
      params: wrapUpParams,
      body: z.strictObject({ seconds: z.int().min(1).max(3_600) }),
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, params, body }) => tell(caller, 'wrapUp.extended', { ...params, ...body }),
  })

  app.route({
    method: 'POST',
    url: '/agents/me/wrap-ups/:sessionId/end',
    config,
    schema: {
      summary: 'Be done with wrapping up; the capacity is free at once',
      tags: ['agents'],
      params: wrapUpParams,
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, params }) => tell(caller, 'wrapUp.ended', params),
  })

  app.route({
    method: 'GET',
    url: '/offers',
    config,
    schema: {
      summary: 'Offers that wait for the calling agent',
      tags: ['agents'],
      response: { 200: z.object({ items: z.array(offerSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async ({ caller }) => {
      const agentId = agentOf(caller)
      return { items: agents.pendingOffers(await reads.getGroup(), agentId).map(offerView), nextCursor: null }
    },
  })

  app.route({
    method: 'GET',
    url: '/callbacks',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'Customers who were promised to be called back and are with nobody yet, the oldest first',
      tags: ['agents'],
      response: { 200: z.object({ items: z.array(callbackSchema), nextCursor: z.null() }), default: problemSchema },
    },
    async handler() {
      return { items: agents.pendingCallbacks(await reads.getGroup(), clock.now()).map(callbackView), nextCursor: null }
    },
  })

  app.route({
    method: 'POST',
    url: '/offers/:id/accept',
    config,
    schema: {
      summary: 'Accept an offer; a late accept is refused',
      tags: ['agents'],
      params: offerParams,
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, params }) => tell(caller, 'offer.accepted', { offerId: params.id }),
  })

  app.route({
    method: 'POST',
    url: '/offers/:id/decline',
    config,
    schema: {
      summary: 'Decline an offer; it goes to somebody else',
      tags: ['agents'],
      params: offerParams,
      body: z
        .strictObject({ reason: z.string().min(1).max(500).optional() })
        .nullish()
        .meta({ description: 'reason: for whoever takes the conversation; the customer never sees it.' }),
      response: { 200: doneSchema, default: problemSchema },
    },
    handler: ({ caller, params, body }) =>
      tell(caller, 'offer.declined', { offerId: params.id, ...(body?.reason === undefined ? {} : { reason: body.reason }) }),
  })
}

const offerParams = z.object({ id: z.string() })
const wrapUpParams = z.object({ sessionId: z.string().meta({ description: 'The service session that is wrapped up, se_…' }) })
