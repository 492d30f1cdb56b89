// Pure. Reading back what was stored: the only place that knows older shapes.
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
 * Throws on a state that no version explains: that is a bug or a newer release's row, and must not be overwritten. */
export function loadState(stored: unknown): ConversationState {
  if (stored === null || stored === undefined) return initialState()
  let current = stored as Record<string, unknown>
  for (;;) {
    const version = current['version']
    if (version === NEWEST) return current as unknown as ConversationState
    const upgrade = typeof version === 'number' ? UPGRADES[version] : undefined
    if (upgrade === undefined)
      throw new Error(`a conversation of version ${String(version)} cannot be read: this release knows up to ${NEWEST}`)
    current = conversationState.parse({ ...upgrade(current) })
  }
}
