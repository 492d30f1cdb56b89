// Where bots post the replies they promised with 202. It is signed like a webhook, over the exact bytes, and knows no API key.
import type { FastifyPluginAsync } from 'fastify'
import { SIGNATURE_HEADER } from '@baton/omni'
import type { AppDeps } from '../deps.ts'
import { ask } from './ask.ts'
import type { Bodies } from './bodies.ts'
import { actorRefOf } from './conversations.ts'
import { problem } from './problem.ts'

const BODY_LIMIT = 256 * 1024

export const botReplyRoutes: FastifyPluginAsync<AppDeps & { bodies: Bodies }> = async (app, { botDesk, inbound, bodies }) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null)) // it is read below

  app.post<{ Params: { id: string } }>('/webhooks/bots/:id', { schema: { hide: true } }, async (request, reply) => {
    const { id } = request.params
    const given = request.headers[SIGNATURE_HEADER]
    const signature = typeof given === 'string' ? given : null
    const body = await bodies.read(request, reply, { limit: BODY_LIMIT, mayBeAuthentic: () => botDesk.mayBeFrom(id, signature) })
    if (body.kind === 'unsigned') throw problem('bot-signature-invalid')
    if (body.kind === 'overloaded') throw problem('overloaded')
    const text = body.bytes.toString('utf8')
    body.release()
    const read = botDesk.read(id, { body: text, signature })
    if (read.kind === 'unsigned') throw problem('bot-signature-invalid')
    if (read.kind === 'malformed') throw problem('request-invalid', { detail: read.detail })
    const { conversationId, data } = read.posted
    const event = { type: 'engine.event', side: 'service', name: 'bot.posted', data, by: { kind: 'bot', id } } as const
    return { done: true, data: await ask(inbound, actorRefOf(conversationId), event) }
  })
}
