// Owns whose event streams are open. R1: the streams of a key that was revoked or has expired, or of an agent who is not configured any more,
// end within `everyMs` and the time of a look. R2: one look for all of them, and none while no stream is open. R3: a look that fails says
// nothing of any key; the next one does.
import type { Logger } from '@baton/router'
import type { Auth } from '../auth/auth.ts'
import type { Caller } from '../auth/authenticate.ts'

export interface KeyWatch {
  /** Calls `end` when the caller would not be let in any more. Answers how to stop watching. */
  watch(caller: Pick<Caller, 'key' | 'agentId'>, end: () => void): () => void
}

export interface KeyWatchOptions {
  auth: Pick<Auth, 'goodOf'>
  isAgent: (agentId: string) => boolean
  log: Logger
  /** Between two looks, ms: less than the five seconds within which a revoked key is to stop. */
  everyMs?: number
}

export function createKeyWatch({ auth, isAgent, log, everyMs = 4_000 }: KeyWatchOptions): KeyWatch {
  const watched = new Set<{ keyId: string; agentId: string | null; end: () => void }>()
  let timer: NodeJS.Timeout | null = null

  function schedule(): void {
    timer = watched.size === 0 ? null : setTimeout(() => void look(), everyMs).unref() // R2
  }

  async function look(): Promise<void> {
    const looked = [...watched]
    try {
      const good = await auth.goodOf([...new Set(looked.map(({ keyId }) => keyId))])
      for (const { keyId, agentId, end } of looked) if (!good.has(keyId) || (agentId !== null && !isAgent(agentId))) end() // R1
    } catch (error) {
      log.warn({ err: error }, 'the keys of the event streams could not be looked up') // R3
    }
    schedule()
  }

  return {
    watch({ key, agentId }, end) {
      const one = { keyId: key.id, agentId, end }
      watched.add(one)
      if (timer === null) schedule()
      return () => void watched.delete(one)
    },
  }
}
