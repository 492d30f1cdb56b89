// Where bots post the replies they promised with 202. It is signed like a webhook, over the exact bytes, and knows no API key.
import type { FastifyPluginAsync } from 'fastify'
import { SIGNATURE_HEADER } from '@baton/omni'
import type { AppDeps } from '../deps.ts'
import { ask } from './ask.ts'
import { actorRefOf } from './conversations.ts'
import { problem } from './problem.ts'

const BODY_LIMIT = 256 * 1024

export const botReplyRoutes: FastifyPluginAsync<AppDeps> = async (app, { botDesk, inbound }) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) => done(null, body))

  app.post<{ Params: { id: string } }>('/webhooks/bots/:id', { bodyLimit: BODY_LIMIT, schema: { hide: true } }, async (request) => {
    const { id } = request.params
    const body = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : ''
    const signature = request.headers[SIGNATURE_HEADER]
    const read = botDesk.read(id, { body, signature: typeof signature === 'string' ? signature : null })
    if (read.kind === 'unsigned') throw problem('bot-signature-invalid')
    if (read.kind === 'malformed') throw problem('request-invalid', { detail: read.detail })
    const { conversationId, data } = read.posted
    const event = { type: 'engine.event', side: 'service', name: 'bot.posted', data, by: { kind: 'bot', id } } as const
    return { done: true, data: await ask(inbound, actorRefOf(conversationId), event) }
  })
}
