// Owns which agents have a console at this process: an open event stream, or one that says so by heartbeats. R1: while there is any, the
// routing group is told every third of a lease; what could not be told is told in the next round. R2: a console that shows itself is told
// at once, with all others in one event.
import type { Logger } from '@baton/router'

export interface Consoles {
  /** A console of the agent is connected until what is given back is called. */
  open(agentId: string): () => void
  /** A console of the agent gave a sign of life. Gives how long that holds, in milliseconds. */
  seen(agentId: string): number
  close(): Promise<void>
}

export interface ConsolesOptions {
  /** Nobody vouches for whoever is none. */
  isAgent: (id: string) => boolean
  leaseMs: () => number
  /** Tells the routing group. */
  renew: (agentIds: string[]) => Promise<unknown>
  log: Logger
  /** Between a console that shows itself and the telling. */
  soonMs?: number
}

export function createConsoles({ isAgent, leaseMs, renew, log, soonMs = 100 }: ConsolesOptions): Consoles {
  /** Open streams by agent. */
  const streams = new Map<string, number>()
  /** Whoever was heard of since the last round. */
  let heard = new Set<string>()
  /** Whom the last round vouched for. */
  let vouched = new Set<string>()
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> | null = null
  let closed = false

  function schedule(ms: number): void {
    if (closed || running !== null) return
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => {
      timer = null
      running = round().finally(() => {
        running = null
        if (heard.size + streams.size > 0) schedule([...heard].some((id) => !vouched.has(id)) ? soonMs : leaseMs() / 3)
      })
    }, ms)
    timer.unref()
  }

  async function round(): Promise<void> {
    const here = new Set([...streams.keys(), ...heard])
    heard = new Set()
    vouched = here
    const agentIds = [...here].filter(isAgent)
    if (agentIds.length === 0) return
    try {
      await renew(agentIds)
    } catch (error) {
      for (const id of agentIds) heard.add(id) // R1
      log.warn({ err: error }, 'the routing group could not be told whose consoles are here; it is in the next round')
    }
  }

  function hear(agentId: string): void {
    heard.add(agentId)
    if (!vouched.has(agentId)) schedule(soonMs) // R2
    else if (timer === null) schedule(leaseMs() / 3)
  }

  return {
    open(agentId) {
      streams.set(agentId, (streams.get(agentId) ?? 0) + 1)
      hear(agentId)
      let isOpen = true
      return () => {
        if (!isOpen) return
        isOpen = false
        const left = (streams.get(agentId) ?? 1) - 1
        if (left > 0) return void streams.set(agentId, left)
        streams.delete(agentId)
        vouched.delete(agentId) // R2: whoever comes back is told at once
      }
    },
    seen(agentId) {
      hear(agentId)
      return leaseMs()
    },
    async close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      await running
    },
  }
}
