// Owns the memory that bodies of webhooks take up: whoever sends them has proved nothing by then. R1: a body has 64 KB free, as a connection may
// hold as much unread anyway; what is beyond has a bound for all together. R2: beyond that it takes at most twice what has come of it, in however
// small pieces. R3: whoever cannot turn out to be who they should be gets no more than what is free.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from './problem.ts'

const MB = 1024 * 1024
const FREE = 64 * 1024

export type ReadBody =
  /** `release` when the bytes are not needed any more. */
  { kind: 'read'; bytes: Buffer; release(): void } | { kind: 'unsigned' } | { kind: 'overloaded' }

export interface Bodies {
  /** Reads at most `limit` bytes. Throws the problem of what is larger, or never comes whole. */
  read(request: FastifyRequest, reply: FastifyReply, rules: { limit: number; mayBeAuthentic: () => boolean }): Promise<ReadBody>
}

export function createBodies(most: number = 64 * MB): Bodies {
  let taken = 0

  return {
    async read({ raw, headers }, reply, { limit, mayBeAuthentic }) {
      const declared = headers['content-length'] === undefined ? null : Number(headers['content-length'])
      const tooLarge = () => {
        void reply.header('connection', 'close') // the rest may be endless
        return problem('body-too-large')
      }
      if (declared !== null && declared > limit) throw tooLarge()
      let mine = 0
      const release = () => {
        taken -= mine
        mine = 0
      }
      /** Why a body may not become as large; null when it may. */
      const refusal = (size: number): 'unsigned' | 'overloaded' | null => {
        if (size <= FREE) return null
        if (mine === 0 && !mayBeAuthentic()) return 'unsigned' // R3
        return taken - mine + size - FREE > most ? 'overloaded' : null // R1
      }
      const refused = refusal(declared ?? 0)
      if (refused !== null) return { kind: refused }

      return new Promise<ReadBody>((resolve, reject) => {
        let bytes = Buffer.allocUnsafe(Math.min(declared ?? 1024, FREE))
        let length = 0
        raw.on('data', take).once('end', finish).once('close', leave)

        function take(chunk: Buffer): void {
          const needed = length + chunk.length
          if (needed > limit) return stop(() => reject(tooLarge()))
          if (needed > bytes.length) {
            const size = Math.max(needed, Math.min(bytes.length * 2, declared ?? limit)) // R2
            const kind = refusal(size)
            if (kind !== null) return stop(() => resolve({ kind }))
            taken += Math.max(size - FREE, 0) - mine
            mine = Math.max(size - FREE, 0)
            const larger = Buffer.allocUnsafe(size)
            bytes.copy(larger, 0, 0, length)
            bytes = larger
          }
          chunk.copy(bytes, length)
          length = needed
        }

        function finish(): void {
          settle(() => resolve({ kind: 'read', bytes: bytes.subarray(0, length), release }))
        }

        /** Of a body that is refused the rest is read past, when the answer has gone. */
        function stop(how: () => void): void {
          release()
          settle(how)
        }

        function leave(): void {
          stop(() => reject(problem('request-invalid', { detail: 'The body has not arrived in full.' })))
        }

        function settle(how: () => void): void {
          raw.off('data', take).off('end', finish).off('close', leave)
          how()
        }
      })
    },
  }
}
