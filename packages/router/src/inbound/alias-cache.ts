// Owns what this process remembers of aliases, the least recently used forgotten first. Only a hint: an alias may have moved
// since, by another process. A merged conversation passes on what still reaches it; the rest is bounded by `ttlMs`.
import type { ActorRef } from '../contract/actor.ts'

export interface AliasCache {
  get(name: string): ActorRef | undefined
  set(name: string, actor: ActorRef): void
  delete(name: string): void
}

export function createAliasCache(limit: number, ttlMs: number, now: () => number = () => performance.now()): AliasCache {
  // A Map iterates in the order of insertion: whatever is used is inserted again.
  const entries = new Map<string, { actor: ActorRef; until: number }>()
  return {
    get(name) {
      const found = entries.get(name)
      if (found === undefined) return undefined
      entries.delete(name)
      if (found.until <= now()) return undefined
      entries.set(name, found)
      return found.actor
    },
    set(name, actor) {
      entries.delete(name)
      entries.set(name, { actor, until: now() + ttlMs })
      const oldest = entries.size > limit ? entries.keys().next() : null
      if (oldest?.done === false) entries.delete(oldest.value)
    },
    delete(name) {
      entries.delete(name)
    },
  }
}
