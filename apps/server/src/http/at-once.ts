// Owns how many requests are worked at once, or event streams open. Each may wait for a connection of the pool, for an outcome, or for
// its reader; without a bound they would pile up in memory. R1: one more than the most is told at once to come again.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../errors.ts'
import { problem } from './problem.ts'

/** Bounds the requests of the routes registered after it; what is too many is told so by `code`. */
export function limitAtOnce(app: FastifyInstance, most: number, code: ErrorCode): void {
  let working = 0
  app.addHook('onRequest', async (_request: FastifyRequest, reply: FastifyReply) => {
    if (working >= most) throw problem(code) // R1
    working += 1
    // However it ends: answered, or left by the caller.
    reply.raw.once('close', () => (working -= 1))
  })
}
