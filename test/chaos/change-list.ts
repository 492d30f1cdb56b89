// What can be changed in the code of a process under test. Each is a text that stands once in one file, and what stands there instead.

export type Change = 'one-slot' | 'no-wake-ups' | 'rows-first-claim' | 'rows-first-read'

const TURNS = 'packages/router/src/store/turns.ts'

export const CHANGES: Record<Change, { file: string; replace: string; by: string }> = {
  'one-slot': { file: 'packages/router/src/contract/ids.ts', replace: 'const SLOTS = 1024', by: 'const SLOTS = 1' },
  /** Processes do not tell each other of anything. */
  'no-wake-ups': { file: 'packages/router/src/store/notify.ts', replace: 'wanted = true', by: 'return' },
  /** The negative control, in two halves: rows of the inbox are locked instead of the conversation. */
  'rows-first-claim': {
    file: TURNS,
    replace: '\n    limit ${limit}::integer for update of a skip locked`',
    by: '\n    limit ${limit}::integer`',
  },
  'rows-first-read': {
    file: TURNS,
    replace: 'order by inbox.at, id limit ${each}::integer\n',
    by: 'order by inbox.at, id limit 2 for update skip locked\n',
  },
}
