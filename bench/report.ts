// Pure. What was measured, beside what it should be.
import { median, number, table } from './figures.ts'
import type { Spread } from './figures.ts'
import { isSustained } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { Sample } from './soak.ts'

export const RUN_HEAD = [
  'msg/s',
  'held',
  'refused',
  'lost',
  'doubled',
  'ack p50',
  'p99',
  'reply p50',
  'p99',
  'CPU app',
  'PostgreSQL',
  'load',
  'MB app',
  'PostgreSQL',
  'lag p99',
]

export const RUN_NOTE =
  'times in milliseconds from the moment a webhook was due; CPU in milliseconds a message, load: customers and Graph API'

export function runRow(run: Outcome): string[] {
  const { ack, reply, cpu, memory } = run
  return [
    number(run.rate),
    isSustained(run) ? 'yes' : 'no',
    ...[run.refused, run.lost, run.doubled].map((value) => number(value)),
    ...[ack.p50, ack.p99, reply.p50, reply.p99].map((value) => number(value)),
    ...[cpu?.app, cpu?.postgres, cpu?.load].map((value) => number(value ?? null, 2)),
    ...[memory?.app, memory?.postgres].map((value) => number(value ?? null)),
    number(run.lag, 1),
  ]
}

export function runTable(runs: Outcome[]): string {
  return `${table([RUN_HEAD, ...runs.map(runRow)])}\n${RUN_NOTE}`
}

export const SOAK_HEAD = [
  'minute',
  'refused',
  'doubled',
  'owed',
  'ack p50',
  'p99',
  'reply p50',
  'p99',
  'CPU app',
  'PostgreSQL',
  'MB app',
  'heap',
  'PostgreSQL',
  'MB queues',
  'dead rows',
  'MB customers',
  'MB history',
  'lag p99',
]

export function soakRow(sample: Sample): string[] {
  const { at, refused, doubled, owed, ack, reply, cpu, memory, tables, lag } = sample
  const megabytes = ({ bytes }: { bytes: number }) => number(bytes / 1_048_576, 1)
  return [
    ...[Math.floor(at / 60), refused, doubled, owed, ack.p50, ack.p99, reply.p50, reply.p99].map((value) => number(value)),
    ...[cpu?.app, cpu?.postgres].map((value) => number(value ?? null, 2)),
    ...[memory?.app, memory?.heap, memory?.postgres].map((value) => number(value ?? null)),
    megabytes(tables.queues),
    number(tables.queues.dead),
    megabytes(tables.customers),
    megabytes(tables.history),
    number(lag, 1),
  ]
}

type Goal = [what: string, measured: number, digits: number, goal: string, met: boolean]

/** `best`: the highest rate that was held; `halves`: runs at half of it. */
export function keywordGoals(best: Outcome, halves: readonly Outcome[], floors: number[]): string {
  const floor = median(floors)
  const cpu = best.cpu === null ? Number.NaN : best.cpu.app + best.cpu.postgres
  const late = (what: string, of: (half: Outcome) => Spread, goal: number): Goal => {
    const p99 = median(halves.map((half) => of(half).p99))
    return [`${what} p99 at half of it, ms`, p99, 0, `≤ ${goal}`, p99 <= goal]
  }
  return goalTable([
    ['held ÷ floor', best.rate / floor, 2, '≥ 1.0', best.rate / floor >= 1],
    ['CPU of app and PostgreSQL at it, ms a message', cpu, 2, '≤ 0.8', cpu <= 0.8],
    late('ack', ({ ack }) => ack, 60),
    late('reply', ({ reply }) => reply, 120),
    late('but for its first second, ack', ({ steady }) => steady.ack, 60),
    late('but for its first second, reply', ({ steady }) => steady.reply, 120),
  ])
}

/** What the floor's rate would leave app and PostgreSQL of the machine, which customers and Graph API use too. */
export function keywordRoom(best: Outcome, floors: number[], cores: number): string {
  if (best.cpu === null) return ''
  const each = (cores * 1_000) / median(floors)
  const left = each - best.cpu.load
  return `at the floor's rate ${cores} cores have ${number(each, 2)} ms a message: ${number(best.cpu.load, 2)} for the load, ${number(left, 2)} for app and PostgreSQL`
}

/** What a number of 1,000 messages a second may bring in a second: as many in and out, and three statuses each. */
export function mixedGoals(run: Outcome): string {
  const { ack, statuses } = run
  const worst = { p50: Math.max(ack.p50, statuses?.ack.p50 ?? 0), slow: Math.max(ack.slow, statuses?.ack.slow ?? 0) }
  return goalTable([
    ['refused, lost or doubled', run.refused + run.lost + run.doubled + (statuses?.refused ?? 0), 0, '0', isWhole(run)],
    ['ack median, the slower of messages and statuses, ms', worst.p50, 0, '≤ 250', worst.p50 <= 250],
    ['acks over one second, %', worst.slow, 2, '< 1', worst.slow < 1],
  ])
}

export function stepGoals(perCoreSecond: number): string {
  return goalTable([['steps a core-second', perCoreSecond, 0, '≥ 40,000', perCoreSecond >= 40_000]])
}

function isWhole(run: Outcome): boolean {
  return run.refused + run.lost + run.doubled + (run.statuses?.refused ?? 0) === 0
}

function goalTable(goals: Goal[]): string {
  const rows = goals.map(([what, measured, digits, goal, met]) => [what, number(measured, digits), goal, met ? 'met' : 'missed'])
  return table([['', 'measured', 'goal', ''], ...rows])
}
