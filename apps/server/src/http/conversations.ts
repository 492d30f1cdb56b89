import { parseId, viewOf } from '@baton/router'
import type { ActorRef } from '@baton/router'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { counterfactualsOf } from '../counterfactuals.ts'
import type { AppDeps } from '../deps.ts'
import type { ConversationRecord, DecisionRecord } from '../store/records.ts'
import { conversationSchema, conversationView, sessionSchema } from './conversation-schema.ts'
import { messageSchema, messageView } from './message-schema.ts'
import { pageOf, pageQuery, requirePage } from './paging.ts'
import { problem, problemSchema } from './problem.ts'
import { sessionsOf } from './sessions.ts'

export const conversationParams = z.object({ id: z.string().meta({ description: 'A conversation id, cv_…' }) })

const counterfactualSchema = z
  .object({ condition: z.string(), rule: z.string(), owner: z.string(), text: z.string() })
  .meta({ id: 'Counterfactual' })

export const decisionSchema = z
  .object({
    id: z.string(),
    conversationId: z.string(),
    event: z.object({ id: z.string(), type: z.string(), messageId: z.string().nullable() }),
    rule: z.string().meta({ description: 'Named as in the routing rules.' }),
    ownerBefore: z.string(),
    ownerAfter: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    counterfactual: counterfactualSchema.nullable().meta({ description: 'The most telling of them.' }),
    counterfactuals: z.array(counterfactualSchema).meta({ description: 'What, changed alone, would have led to another rule.' }),
    configVersion: z.int(),
    at: z.iso.datetime(),
  })
  .meta({ id: 'Decision' })
export type DecisionView = z.output<typeof decisionSchema>

export const conversationRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { reads, clock, settings }) => {
  app.route({
    method: 'GET',
    url: '/conversations',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'List conversations, the latest changed first',
      tags: ['conversations'],
      querystring: pageQuery.extend({
        number: z.string().optional(),
        contact: z.string().optional().meta({ description: 'A phone number (digits) or user id.' }),
        owner: z.enum(['none', 'marketing', 'service', 'external']).optional(),
      }),
      response: { 200: pageOf(conversationSchema), default: problemSchema },
    },
    handler: async ({ query }) => {
      const { number, contact, owner, cursor, limit } = query
      // In a query a plus is a space.
      const name = contact?.trim().replace(/^\+/, '')
      const numberIds = number === undefined ? [...settings().numbers.keys()] : [number]
      const found = await reads.listConversations({
        numberId: number,
        contact: name === undefined ? undefined : { name, numberIds },
        owner,
        cursor,
        limit,
      })
      const page = requirePage(found)
      return { items: page.items.map((row) => conversationView(row, clock.now())), nextCursor: page.nextCursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/conversations/:id',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'One conversation',
      tags: ['conversations'],
      params: conversationParams,
      response: { 200: conversationSchema, default: problemSchema },
    },
    handler: async ({ params }) => conversationView(await requireConversation(reads, params.id), clock.now()),
  })

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'The transcript, in the order of time',
      tags: ['conversations'],
      params: conversationParams,
      querystring: pageQuery.extend({
        marketing: z
          .enum(['include', 'exclude'])
          .optional()
          .meta({ description: "Messages of marketing sessions; without it as the number's displayMode says." }),
      }),
      response: { 200: pageOf(messageSchema), default: problemSchema },
    },
    handler: async ({ params, query }) => {
      const row = await requireConversation(reads, params.id)
      const mode = settings().numbers.get(row.number_id ?? '')?.displayMode ?? 'utility-and-marketing'
      const withMarketing = query.marketing === undefined ? mode === 'utility-and-marketing' : query.marketing === 'include'
      const page = requirePage(await reads.listMessages(params.id, { ...query, withMarketing }))
      return { items: page.items.map(messageView), nextCursor: page.nextCursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/conversations/:id/sessions',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'All sessions of four kinds: service, marketing, utility, billing; the oldest first',
      tags: ['conversations'],
      params: conversationParams,
      response: { 200: z.object({ items: z.array(sessionSchema), nextCursor: z.null() }), default: problemSchema },
    },
    handler: async ({ params }) => {
      const row = await requireConversation(reads, params.id)
      const [billed, utility] = await Promise.all([reads.billedMessages(row.id, 1_000), reads.utilityTraffic(row.id)])
      return { items: sessionsOf(row, billed, utility, clock.now()), nextCursor: null }
    },
  })

  app.route({
    method: 'GET',
    url: '/conversations/:id/decisions',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'Why each event was routed as it was, the newest first',
      tags: ['conversations'],
      params: conversationParams,
      querystring: pageQuery,
      response: { 200: pageOf(decisionSchema), default: problemSchema },
    },
    handler: async ({ params, query }) => {
      await requireConversation(reads, params.id)
      const page = requirePage(await reads.listDecisions(params.id, query))
      return { items: page.items.map(decisionView), nextCursor: page.nextCursor }
    },
  })
}

/** The conversation; throws `conversation-not-found`. */
export async function requireConversation(reads: AppDeps['reads'], id: string): Promise<ConversationRecord> {
  const row = parseId(id)?.prefix === 'cv' ? await reads.getConversation(id) : null
  if (row === null) throw problem('conversation-not-found', { conversation: id })
  return row
}

/** The same, or where it was merged into another, the one that goes on. */
export async function goingOn(reads: AppDeps['reads'], id: string): Promise<ConversationRecord> {
  const row = await requireConversation(reads, id)
  const { mergedInto } = viewOf(row.state, 0)
  return mergedInto === null ? row : goingOn(reads, mergedInto)
}

/** Where its inbox is. */
export function actorRefOf(id: string): ActorRef {
  const parts = parseId(id)
  if (parts === null) throw problem('conversation-not-found', { conversation: id })
  return { slot: parts.slot, id }
}

export function decisionView(row: DecisionRecord): DecisionView {
  const others = counterfactualsOf(row)
  return {
    id: row.id,
    conversationId: row.actor_id,
    event: { id: row.event_id, type: row.event_type, messageId: row.message_id },
    rule: row.rule,
    ownerBefore: row.owner_before,
    ownerAfter: row.owner_after,
    inputs: row.inputs as DecisionView['inputs'],
    counterfactual: others[0] ?? null,
    counterfactuals: others,
    configVersion: row.config_version,
    at: row.at.toISOString(),
  }
}
