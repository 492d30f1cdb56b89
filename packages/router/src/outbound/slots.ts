// Owns how many calls of each sort are under way in this process. Each sort has slots of its own, so none waits for another:
// of the calls to providers two thirds are for interactive messages and one third for bulk.
import type { Lane } from '../contract/message.ts'
import type { OutboxRow } from '../store/outbox.ts'

export interface Slots {
  /** How many more of each sort may start now. */
  free(): Record<Sort, number>
  /** May one like this row start now? */
  has(row: Pick<OutboxRow, 'kind' | 'lane'>): boolean
  /** Takes the row's slot; call what it gives back, once, when the row is done. */
  take(row: Pick<OutboxRow, 'kind' | 'lane'>): () => void
}

type Sort = Lane | 'call' | 'command'

/** `provider`: calls to providers at once, at least 2. `internal`: calls to bots and apps, and again as many commands. */
export function createSlots(provider: number, internal: number): Slots {
  const bulk = Math.max(1, Math.floor(provider / 3))
  const left: Record<Sort, number> = { interactive: Math.max(1, provider - bulk), bulk, call: internal, command: internal }
  return {
    free() {
      const free = { ...left }
      for (const sort of Object.keys(free) as Sort[]) free[sort] = Math.max(0, free[sort])
      return free
    },
    has: (row) => left[sortOf(row)] > 0,
    take(row) {
      const sort = sortOf(row)
      left[sort] -= 1
      return () => {
        left[sort] += 1
      }
    },
  }
}

function sortOf({ kind, lane }: Pick<OutboxRow, 'kind' | 'lane'>): Sort {
  return kind === 'call' || kind === 'command' ? kind : lane
}
