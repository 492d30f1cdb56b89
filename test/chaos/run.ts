// `pnpm chaos [--seconds n] [--runs n] [--processes n] [--json] [fault …]`: faults under load, with the leases as they are. Prints a
// row a fault; exit code 1 when a promise was broken.
import { parseArgs } from 'node:util'
import { FAULTS } from './faults/index.ts'
import { startPostgres } from './postgres.ts'
import { play } from './stage.ts'
import type { Fault, Load, Run, StageOptions } from './stage.ts'
import { formatHead, formatRow, rowOf } from './table.ts'

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    runs: { type: 'string', default: '1' },
    processes: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const [seconds, runs, processes] = [Number(values.seconds), Number(values.runs), Number(values.processes)]
const wanted = positionals.length === 0 ? FAULTS : FAULTS.filter(({ name }) => positionals.includes(name))
if (!(seconds > 0) || !(runs > 0) || !(processes >= 2 && processes <= 8) || wanted.length < positionals.length) {
  console.error('usage: pnpm chaos [--seconds n] [--runs n] [--processes 2…8] [--json] [fault …]')
  for (const { name, what } of FAULTS) console.error(`  ${name.padEnd(22)} ${what}`)
  process.exit(2)
}

const load: Load = { customers: 40, rounds: 4, words: 4, seconds }
const postgres = await startPostgres()
try {
  if (!values.json) console.log(formatHead())
  for (const fault of wanted) {
    const row = rowOf(fault, await repeat(fault, { postgres, processes, ageOrphans: false }))
    console.log(values.json ? JSON.stringify(row) : formatRow(row))
    if (!row.held) process.exitCode = 1
  }
} finally {
  await postgres.stop()
}

async function repeat(fault: Fault, options: StageOptions): Promise<Run[]> {
  const all: Run[] = []
  // One after the other: they would disturb each other.
  // oxlint-disable-next-line no-await-in-loop
  while (all.length < runs) all.push(await play(fault, load, options))
  return all
}
