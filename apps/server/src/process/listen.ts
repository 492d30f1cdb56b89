// Owns the sockets that connections come in by. Node takes up one connection a turn of its event loop from each socket that listens, and under
// load a turn takes ten milliseconds: with one socket, 500 who connect at once are taken up after five seconds. So many sockets share the
// port (SO_REUSEPORT), and the kernel deals out to them (docs/decisions/0013-many-sockets-take-up-connections.md).
// R1: a port that anybody else listens on is refused, as without sharing. R2: closing waits for the requests under way, whichever socket they
// came by. R3: but not for ever: who does not end a request, or does not read an answer, is cut off, or nothing below would be closed in order.
import { createServer } from 'node:net'
import type { ListenOptions, Server } from 'node:net'
import type { FastifyInstance } from 'fastify'

const SOCKETS = 32
/** Connections of each that wait to be taken up. Those beyond them are dropped by the kernel, and ask again after 1, 3, 7, 15 and 31 s. The
 * kernel has a limit of its own (`somaxconn`). */
const BACKLOG = 4_096
const CAN_SHARE = process.platform === 'linux'
/** How long closing waits for requests: a little longer than one waits to be stored or for its outcome (10 s). What is left of the grace of
 * the process (cli/start.ts) is for the calls under way, of up to 15 s each. */
const CLOSE_MS = 11_000

/** Listens; gives what closes the app, within `closeMs` and a moment. Throws what listening throws: `EADDRINUSE`, `EACCES`, … */
export async function listen(app: FastifyInstance, at: { host: string; port: number }, closeMs = CLOSE_MS): Promise<() => Promise<void>> {
  const options = { ...at, backlog: BACKLOG }
  if (!CAN_SHARE) {
    await app.listen(options)
    return () => bounded(app, closeMs, () => app.close())
  }
  await once(createServer(), at).then(stop) // R1
  const shared = { ...options, reusePort: true }
  await app.listen(shared)
  const more = Array.from({ length: SOCKETS - 1 }, () => leadingTo(app))
  function close(): Promise<void> {
    return bounded(app, closeMs, async () => {
      const stopped = more.map(stop)
      await app.close() // ends the connections without a request, theirs too
      await Promise.all(stopped) // R2
    })
  }
  try {
    await Promise.all(more.map((server) => once(server, shared)))
    return close
  } catch (error) {
    await close()
    throw error
  }
}

/** R3: Node's own look after late requests ends when its server is told to close. */
async function bounded(app: FastifyInstance, ms: number, close: () => Promise<void>): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), ms)
  try {
    await close()
  } finally {
    clearTimeout(late)
  }
}

/** A socket whose connections are served as if they had come by the app's own. */
function leadingTo(app: FastifyInstance): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void app.server.emit('connection', socket))
}

function once(server: Server, options: ListenOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => resolve(server))
  })
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
