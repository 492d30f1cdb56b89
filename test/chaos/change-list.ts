// What can be changed in the code of a process under test: in one file, texts that stand there once, and what stands there instead.

export type Change = 'one-slot' | 'no-wake-ups' | 'rows-first'

export interface SourceChange {
  file: string
  replace: [text: string, by: string][]
}

export const CHANGES: Record<Change, SourceChange> = {
  'one-slot': { file: 'packages/router/src/contract/ids.ts', replace: [['const SLOTS = 1024', 'const SLOTS = 1']] },
  /** Processes do not tell each other of anything. */
  'no-wake-ups': { file: 'packages/router/src/store/notify.ts', replace: [['wanted = true', 'return']] },
  /** The negative control: rows of the inbox are locked instead of the conversation. */
  'rows-first': {
    file: 'packages/router/src/store/turns.ts',
    replace: [
      ['\n      for update of a skip locked\n    ) claimed', '\n    ) claimed'],
      ['\n    for update of a skip locked`', '`'],
      ['order by inbox.at, id limit ${each}::integer\n', 'order by inbox.at, id limit 2 for update skip locked\n'],
    ],
  },
}
