// Owns the way from one process to the provider, as bare connections: what passes can be kept back on either side, so that a
// process can be killed before the provider heard it, or after, but before it heard the provider.
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Door {
  url: string
  /** `requests`: the provider does not hear. `answers`: the provider hears and accepts, the process does not learn of it. */
  hold(side: 'requests' | 'answers'): void
  /** What was kept back and whose connection still stands goes on; everything passes again. */
  release(): void
  /** Connections that have something kept back. */
  held(): number
  /** Connections with a request that was not answered. */
  asking(): number
  close(): Promise<void>
}

interface Way {
  process: Socket
  provider: Socket
  asking: boolean
  kept: (() => void)[]
}

export async function createDoor(provider: URL): Promise<Door> {
  const ways = new Set<Way>()
  let holding: 'requests' | 'answers' | null = null

  const server = createServer((socket) => {
    const way: Way = { process: socket, provider: connect(Number(provider.port), provider.hostname), asking: false, kept: [] }
    ways.add(way)
    const end = (): void => {
      ways.delete(way)
      way.process.destroy()
      // What the process had sent reaches the provider all the same, as it would over a network; what was kept back does not.
      way.provider.end()
    }
    for (const side of [way.process, way.provider]) side.setNoDelay(true).on('close', end).on('error', end)
    way.process.on('data', (bytes) => {
      way.asking = true
      pass(way, 'requests', () => way.provider.write(bytes))
    })
    way.provider.on('data', (bytes) => {
      pass(way, 'answers', () => {
        way.asking = false
        way.process.write(bytes)
      })
    })
  })

  function pass(way: Way, side: 'requests' | 'answers', write: () => void): void {
    // Behind something kept back everything waits: bytes stay in order.
    if (holding === side || way.kept.length > 0) way.kept.push(write)
    else write()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    hold(side) {
      holding = side
    },
    release() {
      holding = null
      for (const { kept } of ways) for (const write of kept.splice(0)) write()
    },
    held: () => [...ways].filter((way) => way.kept.length > 0).length,
    asking: () => [...ways].filter((way) => way.asking).length,
    async close() {
      for (const way of ways) way.process.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
