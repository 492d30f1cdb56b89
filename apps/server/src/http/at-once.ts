// Owns how many requests are worked at once, or event streams open. Each may wait for a connection of the pool, for an outcome, or for
// its reader; without a bound they would pile up in memory. R1: one more than the most is told at once to come again. R2: a request counts until
// its work has ended and nobody waits for the answer any more, whichever is later. R3: nothing is done for a caller who left before it counted.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../errors.ts'
import { onceAnswered } from './answered.ts'
import { problem } from './problem.ts'

interface Counted {
  worked: boolean
  awaited: boolean
}

/** Bounds the requests of the routes registered after it; what is too many is told so by `code`. */
export function limitAtOnce(app: FastifyInstance, most: number, code: ErrorCode): void {
  const counted = new Map<FastifyRequest, Counted>()

  /** R2 */
  function change(request: FastifyRequest, what: Partial<Counted>): void {
    const one = counted.get(request)
    if (one === undefined) return
    Object.assign(one, what)
    if (!one.worked && !one.awaited) counted.delete(request)
  }

  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    // It left while its key was looked up: its end has been told, and is not told again.
    if (request.raw.socket.destroyed) return void reply.hijack() // R3
    if (counted.size >= most) throw problem(code) // R1
    counted.set(request, { worked: false, awaited: true })
    onceAnswered(request, reply, () => change(request, { awaited: false }))
  })

  app.addHook('onRoute', (route) => {
    const { handler } = route
    route.handler = async function (request, reply) {
      change(request, { worked: true })
      try {
        return await handler.call(this, request, reply)
      } finally {
        change(request, { worked: false })
      }
    }
  })

  app.addHook('onSend', (request, _reply, _payload, done) => {
    change(request, { worked: false }) // a handler that gives the reply itself ends only when that has gone, or never
    done()
  })
}
