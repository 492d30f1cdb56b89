// Pure. What the runs of one fault add up to, as a row.
import type { Verdict } from './judge.ts'
import type { Fault, Run } from './stage.ts'

export interface Row {
  fault: string
  what: string
  runs: number
  /** Acknowledged messages of customers, and what they heard. */
  messages: number
  heard: number
  /** Broken promises: each must be 0. `doubledInside`: stored or decided twice; `doubledOutside`: accepted twice by the provider
   * without having been under way, or marketing at all. */
  lost: number
  doubledInside: number
  doubledOutside: number
  outOfOrder: number
  timers: number
  other: number
  timersFired: number
  /** Sends that were under way at the fault, and how many of those that are not marketing were accepted twice. */
  underWay: number
  repeated: number
  /** Marketing that was under way, that the provider never spoke of, and that an alarm names. */
  unconfirmed: number
  /** What the sender of webhooks saw that was not 200. */
  senderErrors: number
  /** Every promise held; of a negative control: one did not. */
  asWanted: boolean
  problems: string[]
}

const MOST_PROBLEMS = 20

export function rowOf(fault: Fault, runs: readonly Run[]): Row {
  const sum = (of: (run: Run) => number): number => runs.reduce((total, run) => total + of(run), 0)
  const count = (kind: 'lost' | 'doubledInside' | 'doubledOutside' | 'outOfOrder' | 'timers' | 'other') =>
    sum(({ verdict }) => verdict[kind].length)
  const problems = runs.flatMap(({ verdict, notes }) => [...brokenPromises(verdict), ...notes])
  const held = problems.length === 0
  return {
    fault: fault.name,
    what: fault.what,
    runs: runs.length,
    messages: sum(({ verdict }) => verdict.messages.acknowledged),
    heard: sum(({ verdict }) => verdict.messages.heard),
    lost: count('lost'),
    doubledInside: count('doubledInside'),
    doubledOutside: count('doubledOutside'),
    outOfOrder: count('outOfOrder'),
    timers: count('timers'),
    other: count('other'),
    timersFired: sum(({ verdict }) => verdict.messages.timersFired),
    underWay: sum(({ verdict }) => verdict.underWay),
    repeated: sum(({ verdict }) => verdict.repeated),
    unconfirmed: sum(({ verdict }) => verdict.unconfirmed),
    senderErrors: sum(({ senderErrors }) => [...senderErrors.values()].reduce((total, times) => total + times, 0)),
    asWanted: held !== (fault.mustBreakWithin !== undefined),
    problems: problems.slice(0, MOST_PROBLEMS),
  }
}

export function brokenPromises(verdict: Verdict): string[] {
  const { lost, doubledInside, doubledOutside, outOfOrder, timers, other } = verdict
  return [...lost, ...doubledInside, ...doubledOutside, ...outOfOrder, ...timers, ...other]
}

const COLUMNS: [title: string, of: (row: Row) => string | number][] = [
  ['runs', (row) => row.runs],
  ['messages', (row) => row.messages],
  ['heard', (row) => row.heard],
  ['lost', (row) => row.lost],
  ['doubled inside', (row) => row.doubledInside],
  ['doubled outside', (row) => row.doubledOutside],
  ['out of order', (row) => row.outOfOrder],
  ['timers once', (row) => `${row.timersFired - row.timers}/${row.timersFired}`],
  ['other', (row) => row.other],
  ['under way', (row) => row.underWay],
  ['repeated', (row) => row.repeated],
  ['unconfirmed', (row) => row.unconfirmed],
  ['sender saw', (row) => row.senderErrors],
]
const NAME = 22

export function formatHead(): string {
  return ['fault'.padEnd(NAME), ...COLUMNS.map(([title]) => title.padStart(9))].join('  ')
}

export function formatRow(row: Row): string {
  const wanted = row.asWanted ? '' : '  NOT AS WANTED'
  const cells = COLUMNS.map(([title, of]) => String(of(row)).padStart(Math.max(9, title.length)))
  return [[row.fault.padEnd(NAME), ...cells].join('  ') + wanted, ...row.problems.map((problem) => `    ${problem}`)].join('\n')
}
