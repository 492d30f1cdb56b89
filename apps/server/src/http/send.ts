import { conversationKey, outgoingContent } from '@baton/router'
import type { ActorAddress, OutgoingContent } from '@baton/router'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Caller } from '../auth/authenticate.ts'
import type { AppDeps, Person } from '../deps.ts'
import { ask } from './ask.ts'
import { actorRefOf, conversationParams, requireConversation } from './conversations.ts'
import { messageSchema, messageView } from './message-schema.ts'
import { problem, problemSchema } from './problem.ts'

const sendBody = z
  .strictObject({
    content: outgoingContent.optional(),
    text: z.string().min(1).optional().meta({ description: 'Short for content { kind: text }.' }),
    purpose: z
      .enum(['service', 'utility', 'authentication', 'marketing'])
      .optional()
      .meta({ description: 'Marketing when `marketing` is true, else service.' }),
    replyTo: z.string().optional().meta({ description: 'The message that is quoted: its id, ms_…, or the provider id.' }),
    marketing: z.boolean().optional().meta({ description: 'Opens a marketing session, or joins the one that is open.' }),
  })
  .refine((body) => (body.content === undefined) !== (body.text === undefined), 'either content or text')
  .meta({ id: 'Send' })

const campaign = z.string().min(1).max(200).optional().meta({
  description:
    'The mailing that the message belongs to, by a name of yours. It is the author of the message, and opens a marketing session. So that no reply is kept waiting, the message leaves in the bulk lane, whatever its purpose, unless the customer has written within the last five minutes. Not for agents.',
})

const recipient = z
  .union([
    z.string().regex(/^\+?\d{5,15}$/, 'a phone number in international form, digits only, such as 15550001111'),
    z.strictObject({ phone: z.string().regex(/^\+?\d{5,15}$/, 'a phone number in international form, digits only, such as 15550001111') }),
    z.strictObject({ userId: z.string().min(1) }),
  ])
  .meta({ id: 'Recipient', description: 'A phone number, or { phone }, or { userId }.' })

export const addressed = { number: z.string().meta({ description: 'Id of a number in the configuration.' }), to: recipient }

/** The person a request is addressed to; phone numbers become digits only. */
export function personOf(to: z.output<typeof recipient>): Person {
  if (typeof to === 'object' && 'userId' in to) return to
  return { phone: (typeof to === 'string' ? to : to.phone).replace(/^\+/, '') }
}

/** The configured number of this id; throws `number-not-found`. */
export function requireNumber({ settings }: Pick<AppDeps, 'settings'>, id: string) {
  const number = settings().numbers.get(id)
  if (number === undefined) throw problem('number-not-found', { number: id })
  return number
}

export const sendRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  const { reads } = deps

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages',
    config: { permission: 'message:send' },
    schema: {
      summary: 'Send a message as the calling agent or API key',
      description:
        'A refusal is a problem whose `code` names the gate that refused: window-closed, opted-out, upstream-owner, … A conversation that was merged sends in the one it was merged into.',
      tags: ['messages'],
      params: conversationParams,
      body: sendBody,
      response: { 202: messageSchema, default: problemSchema },
    },
    handler: async (request, reply) => {
      const row = await requireConversation(reads, request.params.id)
      return reply.code(202).send(await send(deps, actorRefOf(row.id), row.number_id ?? '', request.caller, request.body))
    },
  })

  app.route({
    method: 'POST',
    url: '/messages',
    config: { permission: 'message:send' },
    schema: {
      summary: 'Send a message to a person; the conversation is made if there is none',
      description: 'Of a mailing to many, name the `campaign`: then customers who write meanwhile need not wait for the rest of it.',
      tags: ['messages'],
      body: z
        .strictObject({ ...addressed, ...sendBody.shape, campaign })
        .refine((body) => (body.content === undefined) !== (body.text === undefined), 'either content or text'),
      response: { 202: messageSchema, default: problemSchema },
    },
    handler: async (request, reply) => {
      const { number, to, ...body } = request.body
      requireNumber(deps, number)
      if (body.campaign !== undefined && request.caller.author.kind !== 'api')
        throw problem('permission-missing', { needs: 'an API key that acts for no agent' })
      const address: ActorAddress = { kind: 'conversation', key: conversationKey(number, personOf(to)) }
      return reply.code(202).send(await send(deps, address, number, request.caller, body))
    },
  })
}

type Wish = z.output<typeof sendBody> & { campaign?: string | undefined }

async function send(deps: AppDeps, address: ActorAddress, numberId: string, caller: Caller, body: Wish) {
  const content: OutgoingContent | undefined = body.text === undefined ? body.content : { kind: 'text', text: body.text }
  if (content === undefined) throw new Error('the schema lets through a body without content and text')
  const provider = requireNumber(deps, numberId).provider
  const over = deps.webhooks.find(({ channel }) => channel.name === provider)?.channel.check(content) ?? []
  if (over.length > 0) throw problem('content-over-limit', { errors: over })
  const data = await ask(deps.inbound, address, {
    type: 'send.requested',
    content,
    purpose: body.purpose ?? (body.marketing === true ? 'marketing' : 'service'),
    by: caller.author,
    ...(body.campaign === undefined ? {} : { campaign: body.campaign }),
    ...(body.replyTo === undefined ? {} : { replyTo: body.replyTo }),
    ...(body.marketing === undefined ? {} : { opensMarketingSession: body.marketing }),
  })
  const message = await deps.reads.getMessage(String(data['messageId']))
  if (message === null) throw new Error(`message ${String(data['messageId'])} was promised and is not stored`)
  return messageView(message)
}
