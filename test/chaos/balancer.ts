// Owns what stands between the provider and the processes, as a load balancer would: a webhook goes to one that says it is ready,
// and, when that one cannot be connected to, to the next. Anything else but 200 is an error that the sender of the webhook sees.
import { setTimeout as pause } from 'node:timers/promises'
import type { BatonProcess } from './process.ts'
import { post } from './post.ts'
import type { Posted } from './post.ts'

export interface Balancer {
  deliver(body: Uint8Array, signature: string): Promise<Posted>
  /** What the sender saw that was not 200, how often. */
  errors(): ReadonlyMap<Posted, number>
  /** The processes run: it looks after them from now on. */
  start(): void
  close(): Promise<void>
}

const LOOK_EVERY_MS = 200
const LOOK_PATIENCE_MS = 2_000
/** Looks that must fail, one after the other, before a process is taken for not ready. */
const FAILURES = 2

export function createBalancer(processes: readonly BatonProcess[]): Balancer {
  const errors = new Map<Posted, number>()
  const ready = new Set<BatonProcess>()
  const stopping = new AbortController()
  let looking: Promise<void>[] = []
  let turn = 0

  async function look(each: BatonProcess): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const url = each.url()
      failures = url !== null && (await isReady(url)) ? 0 : failures + 1
      if (failures === 0) ready.add(each)
      else if (failures >= FAILURES) ready.delete(each)
      await pause(LOOK_EVERY_MS)
    }
  }

  return {
    async deliver(body, signature) {
      turn += 1
      const order = processes.map((_, at) => processes[(turn + at) % processes.length] as BatonProcess)
      let posted: Posted = 'nobody'
      for (const each of order) {
        const url = each.url()
        if (url === null || !ready.has(each)) continue
        posted = await post(url, body, signature)
        if (posted !== 'refused') break
      }
      if (posted !== 'stored') errors.set(posted, (errors.get(posted) ?? 0) + 1)
      return posted
    },
    errors: () => errors,
    start() {
      for (const each of processes) ready.add(each)
      looking = processes.map(look)
    },
    async close() {
      stopping.abort()
      await Promise.all(looking)
    },
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(LOOK_PATIENCE_MS) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false // why is of no interest to a load balancer
  }
}
