// `pnpm chaos [--seconds n] [--runs n] [fault …]`: the faults of two-processes.test.ts under load for longer, with the leases as
// they are. Prints a row a fault; exit code 1 when a promise was broken.
import { parseArgs } from 'node:util'
import { breakSessions, killAgain, killBoth, killOne, none, standStill, terminateOne } from './faults.ts'
import type { Verdict } from './judge.ts'
import { play } from './stage.ts'
import type { Fault, Load, Run } from './stage.ts'

const FAULTS: Record<string, Fault> = {
  none,
  'kill-one': killOne,
  'kill-both': killBoth,
  'kill-again-and-again': killAgain,
  terminate: terminateOne,
  pause: standStill,
  database: breakSessions,
}

const COLUMNS = ['fault', 'runs', 'messages', 'heard', 'lost', 'doubled', 'out of order', 'timers', 'other', 'repeated', 'unconfirmed']

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, runs: { type: 'string', default: '1' } },
  allowPositionals: true,
})
const [seconds, runs] = [Number(values.seconds), Number(values.runs)]
const wanted = positionals.length === 0 ? Object.keys(FAULTS) : positionals
const unknown = wanted.filter((name) => !(name in FAULTS))
if (!(seconds > 0) || !(runs > 0) || unknown.length > 0) {
  console.error(`usage: pnpm chaos [--seconds n] [--runs n] [${Object.keys(FAULTS).join(' | ')}]`)
  process.exit(2)
}

const load: Load = { customers: 40, rounds: 4, words: 4, seconds }
const cell = (value: string | number, at: number): string =>
  at === 0 ? String(value).padEnd(22) : String(value).padStart(COLUMNS[at]?.length ?? 0)
console.log(COLUMNS.map(cell).join('  '))
let broken = false
for (const name of wanted) {
  const all: Run[] = []
  for (let count = 0; count < runs; count += 1) all.push(await playAlone(FAULTS[name] ?? none))
  const sum = (of: (verdict: Verdict) => number): number => all.reduce((total, { verdict }) => total + of(verdict), 0)
  const promises = (['lost', 'doubled', 'outOfOrder', 'timers', 'other'] as const).map((kind) => sum((verdict) => verdict[kind].length))
  const messages = [sum((verdict) => verdict.messages.acknowledged), sum((verdict) => verdict.messages.heard)]
  const excused = [sum((verdict) => verdict.repeated), sum((verdict) => verdict.unconfirmed)]
  console.log([name, runs, ...messages, ...promises, ...excused].map(cell).join('  '))
  for (const { verdict, notes } of all) {
    const problems = [...verdict.lost, ...verdict.doubled, ...verdict.outOfOrder, ...verdict.timers, ...verdict.other, ...notes]
    for (const problem of problems.slice(0, 20)) console.log(`    ${problem}`)
    broken ||= problems.length > 0
  }
}
process.exitCode = broken ? 1 : 0

async function playAlone(fault: Fault): Promise<Run> {
  const ends: (() => Promise<void>)[] = []
  try {
    return await play({ teardown: (end) => void ends.push(end) }, fault, load, { ageOrphans: false })
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}
