// A provider's callback address. R1: the body is read as bytes, whatever its content type says, because the signature is
// over the bytes; read here, because much of it is read only of who may have signed it. R2: nothing is stored of a body that is not signed.
// R3: 200 is only said of what is stored. R4: a signed body is never refused: what cannot be read, or speaks of a number that its signature
// does not vouch for, is set aside for people, as the provider would only repeat it.
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { AppDeps, Webhook } from '../deps.ts'
import { within } from '../within.ts'
import type { Bodies } from './bodies.ts'
import { problem } from './problem.ts'

const BODY_LIMIT = 4 * 1024 * 1024
/** The provider waits no longer than some seconds; what is stored later is a repeat when it comes again. */
const STORE_MS = 10_000

type Taken = 'stored' | 'quarantined' | 'unsigned' | 'overloaded' | 'late'

export const webhookRoutes: FastifyPluginAsync<AppDeps & { bodies: Bodies }> = async (app, deps) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null)) // R1
  for (const webhook of deps.webhooks) addWebhook(app, deps, webhook)
}

function addWebhook(
  app: Parameters<typeof webhookRoutes>[0],
  { inbound, metrics, tracing, log, bodies, storeMs = STORE_MS }: AppDeps & { bodies: Bodies },
  webhook: Webhook,
): void {
  const { channel, path } = webhook
  metrics.expect(channel.name)

  app.get(path, { schema: { hide: true } }, async (request, reply) => {
    const challenge = webhook.handshake(request.query as Record<string, string | undefined>)
    if (challenge === null) throw problem('handshake-refused')
    return reply.type('text/plain').send(challenge)
  })

  // No browser ever sees these answers: the headers for one were a fortieth of all the process did.
  app.post(path, { schema: { hide: true }, helmet: false }, async (request, reply) => {
    const mayBeAuthentic = () => channel.mayBeAuthentic(request.headers)
    const body = await bodies.read(request, reply, { limit: BODY_LIMIT, mayBeAuthentic })
    const started = performance.now()
    // What throws is counted as well: a full disk refuses every webhook like that.
    let result: Taken | 'failed' = 'failed'
    try {
      result = body.kind === 'read' ? await take(request, body.bytes, started) : body.kind
    } finally {
      if (body.kind === 'read') body.release()
      metrics.webhook(channel.name, result, performance.now() - started)
    }
    if (result === 'unsigned') throw problem('signature-invalid')
    if (result === 'overloaded') throw problem('overloaded')
    if (result === 'late') throw problem('database-unavailable')
    return reply.code(200).send()
  })

  async function take(request: FastifyRequest, body: Buffer, started: number): Promise<Taken> {
    const vouched = channel.authenticate({ headers: request.headers, body, url: request.url })
    if (vouched === null) return 'unsigned' // R2
    const parsed = channel.parse(body)
    if (parsed.kind === 'unreadable') {
      log.warn({ channel: channel.name, reason: parsed.reason, bytes: body.length }, 'a signed webhook could not be read and was set aside')
      await inbound.quarantine(channel.name, body, parsed.reason) // R4
      return 'quarantined'
    }
    if (parsed.updates.length === 0) return 'stored'
    const received = await within(storeMs, inbound.receive(channel.name, parsed.updates, vouched)) // R3
    if (received === null) return 'late'
    if (received.kind === 'overloaded') return 'overloaded'
    metrics.updates(channel.name, parsed.updates)
    const { eventIds } = received
    tracing?.webhook({ channel: channel.name, updates: parsed.updates, eventIds, ms: performance.now() - started })
    return 'stored'
  }
}
