// Pure. What of a state in parts changed since somebody last read it. The newest revision comes first; each names the parts that changed
// with it. An id is made for one transaction and never again: what was rolled back, or lost in a failover, is never taken for what is stored.
import type { Revision } from '../store/tables.ts'

/** Names of parts that are kept: whoever is further behind reads everything. */
const MOST_NAMES = 500

/** With `next` as the newest. */
export function withRevision(known: readonly Revision[], next: Revision): Revision[] {
  const kept = [next]
  for (let names = next.parts.length, at = 0; names <= MOST_NAMES && at < known.length; at += 1) {
    const revision = known[at] as Revision
    kept.push(revision)
    names += revision.parts.length
  }
  // The oldest is only there to be found: its names would be for whoever is further behind.
  return kept.map((revision, at) => (at === kept.length - 1 ? { id: revision.id, parts: [] } : revision))
}

/** The names of the parts that changed after the revision `id`; null: too much did, or that one is none of them. */
export function changedSince(known: readonly Revision[], id: string): string[] | null {
  const at = known.findIndex((revision) => revision.id === id)
  return at === -1 ? null : [...new Set(known.slice(0, at).flatMap(({ parts }) => parts))]
}
