// Pure. Reading back what was stored: the only place that knows older shapes.
import { NewerRelease } from '../contract/newer-release.ts'
import { conversationState, initialState } from './state.ts'
import type { ConversationState } from './state.ts'

/** One step up from a version to the next. Kept for ever: a conversation may sleep for years. */
export type Upgrade = (stored: Record<string, unknown>) => Record<string, unknown>

/** UPGRADES[n] turns version n into n + 1. Version 0 is the shape before the first release, without `freeEntryUntil` and `unread`. */
export const UPGRADES: Record<number, Upgrade> = {
  0: (stored) => ({ ...stored, version: 1, freeEntryUntil: null, unread: null }),
}
const NEWEST = 1

/** The state of a stored conversation, brought up to the newest version; the initial one for null.
 * Throws on what must not be overwritten: `NewerRelease` on a newer release's state, else on one that no version explains, a bug. */
export function loadState(stored: unknown): ConversationState {
  if (stored === null || stored === undefined) return initialState()
  let current = stored as Record<string, unknown>
  for (;;) {
    const version = current['version']
    if (version === NEWEST) return current as unknown as ConversationState
    const upgrade = typeof version === 'number' ? UPGRADES[version] : undefined
    if (typeof version === 'number' && version > NEWEST) throw new NewerRelease('a conversation', version, NEWEST)
    if (upgrade === undefined) throw new Error(`a conversation of version ${String(version)} cannot be read`)
    current = conversationState.parse({ ...upgrade(current) })
  }
}
