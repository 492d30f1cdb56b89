// Owns how many requests are worked at once. Each may wait for a connection of the pool, or for an outcome; without a bound they
// would pile up in memory while the database takes nothing. R1: one more than the most is told at once to come again.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problem } from './problem.ts'

/** Bounds the requests of the routes registered after it. */
export function limitAtOnce(app: FastifyInstance, most: number): void {
  let working = 0
  app.addHook('onRequest', async (_request: FastifyRequest, reply: FastifyReply) => {
    if (working >= most) throw problem('overloaded') // R1
    working += 1
    // However it ends: answered, or left by the caller.
    reply.raw.once('close', () => (working -= 1))
  })
}
