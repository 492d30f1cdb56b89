// Owns the network between one process and one server, as bare connections: what passes can be kept back on either side, be late,
// or cut off. R1: the bytes of one direction stay in order, whatever is done to them.
import { connect, createServer } from 'node:net'
import type { AddressInfo, NetConnectOpts, Socket } from 'node:net'

export interface Link {
  port: number
  /** `requests`: the server does not hear. `answers`: it hears and acts, the process does not learn of it. `both`: nothing passes. */
  hold(side: 'requests' | 'answers' | 'both'): void
  /** What was kept back and whose connection still stands goes on; everything passes again. */
  release(): void
  /** Each direction takes so many milliseconds longer. */
  delay(ms: number): void
  /** Every connection is reset. */
  cut(): void
  /** The connections there are carry nothing any more, and nobody is told: what is sent on them is gone. New ones are well. */
  vanish(): void
  /** Connections that have something kept back. */
  held(): number
  /** Connections with a request that was not answered. */
  asking(): number
  close(): Promise<void>
}

type Side = 'requests' | 'answers'

interface Way {
  process: Socket
  server: Socket
  asking: boolean
  vanished: boolean
  waiting: Record<Side, { due: number; bytes: Buffer }[]>
}

/** `target`: asked for each connection. */
export async function createLink(target: () => NetConnectOpts): Promise<Link> {
  const ways = new Set<Way>()
  const holding = new Set<Side>()
  let lateness = 0

  const listener = createServer((socket) => {
    const way: Way = {
      process: socket,
      server: connect(target()),
      asking: false,
      vanished: false,
      waiting: { requests: [], answers: [] },
    }
    ways.add(way)
    way.process.setNoDelay(true)
    way.server.setNoDelay(true)
    way.process.on('data', (bytes) => arrive(way, 'requests', bytes))
    way.server.on('data', (bytes) => arrive(way, 'answers', bytes))
    for (const side of [way.process, way.server]) side.on('close', () => end(way, side)).on('error', () => end(way, side))
  })

  function arrive(way: Way, side: Side, bytes: Buffer): void {
    if (way.vanished) return
    if (side === 'requests') way.asking = true
    way.waiting[side].push({ due: Date.now() + lateness, bytes })
    pass(way, side)
  }

  function pass(way: Way, side: Side): void {
    for (let next = way.waiting[side][0]; next !== undefined && !holding.has(side) && !way.vanished; next = way.waiting[side][0]) {
      const early = next.due - Date.now()
      if (early > 0) return void setTimeout(() => pass(way, side), early)
      way.waiting[side].shift() // R1
      if (side === 'answers') way.asking = false
      ;(side === 'answers' ? way.process : way.server).write(next.bytes)
    }
  }

  /** What the process had sent reaches the server all the same, as it would over a network; what was kept back does not. Neither
   * side of a way that vanished learns that the other has ended. */
  function end(way: Way, socket?: Socket): void {
    if (way.vanished && socket !== undefined) return void socket.destroy()
    ways.delete(way)
    way.process.destroy()
    way.server.end()
  }

  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    hold: (side) => (side === 'both' ? ['requests' as const, 'answers' as const] : [side]).forEach((each) => holding.add(each)),
    release() {
      holding.clear()
      for (const way of ways) for (const side of ['requests', 'answers'] as const) pass(way, side)
    },
    delay: (ms) => void (lateness = ms),
    cut: () => [...ways].forEach((way) => way.process.resetAndDestroy()),
    vanish: () => [...ways].forEach((way) => (way.vanished = true)),
    held: () => [...ways].filter(({ waiting }) => waiting.requests.length + waiting.answers.length > 0).length,
    asking: () => [...ways].filter((way) => way.asking).length,
    async close() {
      for (const way of ways) end(way)
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
