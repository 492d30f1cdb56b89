// The API of the product, as an administrator calls it.
import { setTimeout as pause } from 'node:timers/promises'
import { API_KEY } from './product.ts'

export interface Api {
  get<R>(path: string): Promise<R>
  post<R>(path: string, body: object): Promise<R>
  /** The items of every page. */
  all<I>(path: string): Promise<I[]>
  /** So many at once and no more. */
  each<I>(items: readonly I[], work: (item: I, index: number) => Promise<unknown>): Promise<void>
  /** Asks again and again; throws when it takes too long. */
  until(holds: () => Promise<boolean>): Promise<void>
}

const CALLERS = 16
const LOOK_AGAIN_MS = 100
const TOO_LONG_MS = 60_000

export function createApi(url: string): Api {
  async function call<R>(path: string, init: RequestInit = {}): Promise<R> {
    const headers = { authorization: `Bearer ${API_KEY}`, ...(init.body === undefined ? {} : { 'content-type': 'application/json' }) }
    const response = await fetch(`${url}/api/v1${path}`, { ...init, headers })
    const body: unknown = await response.json()
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${JSON.stringify(body)}`)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the product's own tests hold its answers against their schemas
    return body as R
  }
  return {
    get: call,
    post: (path, body) => call(path, { method: 'POST', body: JSON.stringify(body) }),
    async all<I>(path: string) {
      const items: I[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const more: string = cursor === '' ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`
        const page: { items: I[]; nextCursor?: string | null } = await call(path + more)
        items.push(...page.items)
        cursor = page.nextCursor ?? null
      }
      return items
    },
    async each(items, work) {
      let next = 0
      const caller = async (): Promise<void> => {
        for (let at = next++; at < items.length; at = next++) await work(items[at] as (typeof items)[number], at)
      }
      await Promise.all(Array.from({ length: CALLERS }, caller))
    },
    async until(holds) {
      const end = performance.now() + TOO_LONG_MS
      while (!(await holds())) {
        if (performance.now() > end) throw new Error(`it did not come about within ${TOO_LONG_MS / 1_000} s`)
        await pause(LOOK_AGAIN_MS)
      }
    },
  }
}
