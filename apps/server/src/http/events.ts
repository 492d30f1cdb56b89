import type { FastifyInstance, FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Caller } from '../auth/authenticate.ts'
import { parsePosition, formatPosition } from '../events/changes.ts'
import type { Delivery, Feed, Follower } from '../events/feed.ts'
import { createKeyWatch } from '../events/key-watch.ts'
import type { AppDeps } from '../deps.ts'

/** A follower that lets this many events pile up, or does not read for so long, is let go: it comes back with its last id. */
const MOST_WAITING = 5_000
const STALLED_MS = 30_000

/** The event streams. `Last-Event-ID` resumes where a broken connection stopped: nothing is lost, the last seconds may repeat. */
export function eventRoutes(feed: Feed): FastifyPluginAsyncZod<AppDeps> {
  return async (app, deps) => {
    const stream = createStreams(app, feed, deps)

    app.get(
      '/events',
      {
        sse: { kind: 'only', serializer: String },
        config: { permission: 'conversation:read' },
        schema: {
          summary:
            'Server-sent events: conversation.updated, message.created, message.status, decision.made, service-level.warned, service-level.missed, offers.current, offer.created, offer.closed, agents.current, agent.updated, queues.current, queue.updated, supervision.acted, stream.reset',
          tags: ['events'],
          querystring: z.object({
            lease: z.enum(['stream', 'heartbeat']).default('stream').meta({
              description:
                'For agents. stream: the agent is there while the stream is open. heartbeat: only POST /agents/me/heartbeat says so, which also notices a connection that broke without a word.',
            }),
          }),
        },
      },
      async ({ caller, query }, reply) => {
        const agentId = caller.agentId ?? (caller.key.kind === 'administrator' ? 'all' : null)
        const vanish = caller.agentId === null || query.lease === 'heartbeat' ? null : deps.consoles.open(caller.agentId)
        try {
          await stream(reply, caller, { agentId, supervises: caller.key.permissions.includes('supervision:read'), routes: false })
        } finally {
          vanish?.()
        }
      },
    )

    app.get(
      '/work-items/events',
      {
        sse: { kind: 'only', serializer: String },
        config: { permission: 'work:route' },
        schema: {
          summary: 'Server-sent events: work-items.current, work-item.updated, work-item.closed, agents.current, agent.updated',
          description:
            'For routing engines. It begins with all there is, so that nothing needs to be resumed. An open stream is no heartbeat.',
          tags: ['routing engines'],
        },
      },
      ({ caller }, reply) => stream(reply, caller, { agentId: null, supervises: false, routes: true }),
    )
  }
}

/** Sends a follower's events until either side ends it, or the follower would not be let in any more. */
function createStreams(app: FastifyInstance, feed: Feed, { auth, agents, metrics, log, keyLookMs }: AppDeps) {
  const keys = createKeyWatch({
    auth,
    isAgent: agents.hasAgent,
    log,
    ...(keyLookMs === undefined ? {} : { everyMs: keyLookMs }),
  })
  let open = 0
  const endings = new Set<() => void>()
  app.addHook('preClose', async () => {
    for (const end of endings) end()
    feed.close()
  })

  return async function stream(reply: FastifyReply, caller: Caller, who: Omit<Follower, 'deliver'>): Promise<void> {
    const { sse } = reply
    const waiting: Delivery[] = []
    let ended = false
    let wake: (() => void) | null = null
    let endNow = () => {}
    const over = new Promise<false>((resolve) => (endNow = () => resolve(false)))
    const end = () => {
      ended = true
      waiting.length = 0
      endNow()
      wake?.()
    }
    endings.add(end)
    const unwatch = keys.watch(caller, end)
    sse.onClose(end)
    sse.sendHeaders()
    metrics.streams(++open)
    const from = sse.lastEventId === null ? null : parsePosition(sse.lastEventId)
    let leave: (() => void) | null = null
    try {
      await sse.send({ data: '{}', event: 'stream.opened', retry: 1_000 })
      leave = await feed.follow(
        {
          ...who,
          deliver(deliveries) {
            if (ended) return
            waiting.push(...deliveries)
            if (waiting.length > MOST_WAITING) end()
            wake?.()
          },
        },
        from,
      )
      while (!ended) {
        const next = waiting.shift()
        if (next === undefined) await new Promise<void>((resolve) => (wake = resolve))
        else if (!(await sent(sse.send({ id: formatPosition(next.position), event: next.event, data: next.json }), over))) break
      }
    } catch (error) {
      if (sse.isConnected) log.warn({ err: error }, 'an event stream was ended')
    } finally {
      leave?.()
      unwatch()
      endings.delete(end)
      metrics.streams(--open)
      sse.close()
      // A client that stopped reading would keep the rest of its buffer for ever.
      if (!reply.raw.writableFinished) setTimeout(() => reply.raw.destroy(), 1_000).unref()
    }
  }
}

/** False when the client did not take it in time, as its buffer stayed full, or when the stream was over before. */
async function sent(write: Promise<void>, over: Promise<false>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, STALLED_MS, false)
  })
  try {
    return await Promise.race([write.then(() => true as const), stalled, over])
  } finally {
    clearTimeout(timer)
  }
}
