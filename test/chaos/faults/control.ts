// The negative control: the same suite, on processes that claim rows of the inbox first instead of locking the conversation. Two of
// them then hold events of one conversation, and the suite has to say so.
import type { Fault } from '../stage.ts'

export const rowsFirst: Fault = {
  name: 'rows-first',
  what: 'negative control: rows of the inbox are claimed, the conversation is not locked',
  play: async ({ processes }) => {
    // Transactions that take longer come upon each other.
    for (const { links } of processes) links.database.delay(5)
  },
  changes: ['rows-first'],
  mustBreakWithin: 15,
}
