// Owns who is told when nobody waits for an answer any more. An answer is told when it has gone or its connection breaks, but not while it
// waits behind another one of its connection; so the connection is listened to as well, once, as there may be any number of them on it.
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

const connections = new WeakMap<Socket, Set<() => void>>()

/** Calls back once: when the answer has gone or cannot go any more. At once where that is so already. */
export function onceAnswered({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply, callback: () => void): void {
  if (socket.destroyed || raw.destroyed) return callback()
  const waiting = waitingOn(socket)
  const over = () => {
    if (waiting.delete(over)) callback()
  }
  waiting.add(over)
  raw.once('close', over)
}

function waitingOn(socket: Socket): Set<() => void> {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const waiting = new Set<() => void>()
  connections.set(socket, waiting)
  socket.once('close', () => waiting.forEach((over) => over()))
  return waiting
}
