// `pnpm chaos [fault …]`: faults under load, with the leases as they are. Prints a row a fault; exit code 1 when a promise was broken
// or the negative control was not caught.
import { parseArgs } from 'node:util'
import type { Change } from './change-list.ts'
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
    slots: { type: 'string', default: '1024' },
    'wake-ups': { type: 'string', default: 'on' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const [seconds, runs, processes] = [Number(values.seconds), Number(values.runs), Number(values.processes)]
const wanted = positionals.length === 0 ? FAULTS : FAULTS.filter(({ name }) => positionals.includes(name))
if (
  !(seconds > 0) ||
  !(runs > 0) ||
  !(processes >= 2 && processes <= 8) ||
  !/^1(024)?$/.test(values.slots) ||
  !/^(on|off)$/.test(values['wake-ups']) ||
  wanted.length < positionals.length
) {
  console.error('usage: pnpm chaos [--seconds n] [--runs n] [--processes 2…8] [--slots 1|1024] [--wake-ups on|off] [--json] [fault …]')
  for (const { name, what } of FAULTS) console.error(`  ${name.padEnd(22)} ${what}`)
  process.exit(2)
}

const load: Load = { customers: 40, rounds: 4, words: 4, seconds }
const changes: Change[] = [
  ...(values.slots === '1' ? ['one-slot' as const] : []),
  ...(values['wake-ups'] === 'off' ? ['no-wake-ups' as const] : []),
]
const postgres = await startPostgres()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void postgres.stop().finally(() => process.exit(1)))
try {
  if (!values.json) console.log(formatHead())
  for (const fault of wanted) {
    const own = fault.diskMb === undefined ? null : await startPostgres(fault.diskMb)
    try {
      const row = rowOf(fault, await repeat(fault, { postgres: own ?? postgres, processes, changes, ageOrphans: false }))
      console.log(values.json ? JSON.stringify(row) : formatRow(row))
      if (!row.asWanted) process.exitCode = 1
    } finally {
      await own?.stop()
    }
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
