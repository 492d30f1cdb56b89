// Owns the sockets that connections come in by. Node takes up one connection a turn of its event loop from each socket that listens, and under
// load a turn takes ten milliseconds: with one socket, 500 who connect at once are taken up after five seconds. So many sockets share the
// port (SO_REUSEPORT), and the kernel deals out to them (docs/decisions/0013-many-sockets-take-up-connections.md).
// R1: a port that anybody else listens on is refused, as without sharing. R2: nobody is cut off: closing waits for the requests under way,
// whichever socket they came by.
import { createServer } from 'node:net'
import type { ListenOptions, Server } from 'node:net'
import type { FastifyInstance } from 'fastify'

const SOCKETS = 32
/** Connections of each that wait to be taken up. Those beyond them are dropped by the kernel, and ask again after 1, 3, 7, 15 and 31 s. The
 * kernel has a limit of its own (`somaxconn`). */
const BACKLOG = 4_096
const CAN_SHARE = process.platform === 'linux'

/** Listens; gives what closes the app. Throws what listening throws: `EADDRINUSE`, `EACCES`, … */
export async function listen(app: FastifyInstance, at: { host: string; port: number }): Promise<() => Promise<void>> {
  const options = { ...at, backlog: BACKLOG }
  if (!CAN_SHARE) {
    await app.listen(options)
    return () => app.close()
  }
  await once(createServer(), at).then(stop) // R1
  const shared = { ...options, reusePort: true }
  await app.listen(shared)
  const more = Array.from({ length: SOCKETS - 1 }, () => leadingTo(app))
  async function close(): Promise<void> {
    const stopped = more.map(stop)
    await app.close() // ends the connections without a request, theirs too
    await Promise.all(stopped) // R2
  }
  try {
    await Promise.all(more.map((server) => once(server, shared)))
    return close
  } catch (error) {
    await close()
    throw error
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
