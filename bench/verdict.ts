// Pure. Does it go on like this? What an hour's samples say of memory, tables and latency.
import { median, number, table } from './figures.ts'
import type { Sample, Soaked } from './soak.ts'

export interface Trend {
  /** Mean over the second half. */
  mean: number
  /** Of the least-squares line through the second half: what caches take until they are full is over by then. */
  perHour: number
}

/** Of so many samples, a twelfth of a soak, the one with the smallest heap was taken soon after a full collection: in an hour there is one every minute or two. */
const COLLECTED = 30
/** Growth an hour, as a share of the mean, that is still flat. */
const FLAT = 0.1
/** Below this, seconds, caches are still filling and growth an hour says nothing. */
const LONG_ENOUGH = 20 * 60
/** The p99 of the last third may be so many times that of the first. */
const STEADY = 1.25

type Row = [what: string, measured: string, goal: string, verdict: string]

/** A table of what was measured, and whether it is flat. */
export function soakVerdict({ samples, lost, doubled }: Soaked): string {
  const refused = sum(samples, ({ refused: count }) => count)
  const rows: Row[] = [
    ['refused, lost or doubled', number(refused + lost + doubled), '0', refused + lost + doubled === 0 ? 'met' : 'missed'],
    trendRow('memory of the app, MB', samples, ({ memory }) => memory?.app),
    trendRow('JavaScript heap after a collection, MB', lowest(samples), ({ memory }) => memory?.heap),
    trendRow('memory of PostgreSQL, MB', samples, ({ memory }) => memory?.postgres),
    trendRow('inbox and outbox, MB', samples, ({ tables }) => megabytes(tables.queues.bytes)),
    [
      'their dead rows, first and second half',
      halves(samples)
        .map((half) => number(median(half.map(({ tables }) => tables.queues.dead))))
        .join(', '),
      '',
      '',
    ],
    trendRow('bytes a customer (actor, alias, timer)', samples, bytesEachCustomer),
    [
      'bytes a message (history), first half, second half',
      halves(samples)
        .map((half) => number(bytesEachMessage(half)))
        .join(', '),
      '',
      '',
    ],
    latencyRow('ack p99, ms', samples, ({ ack }) => ack.p99),
    latencyRow('reply p99, ms', samples, ({ reply }) => reply.p99),
    ['CPU a message, ms: app, PostgreSQL', cpu(samples), '', ''],
  ]
  return table([['', 'measured', 'goal', ''], ...rows])
}

/** Null where there are too few to draw a line. `at` in seconds. */
export function trendOf(points: readonly { at: number; value: number }[]): Trend | null {
  const half = points.slice(Math.floor(points.length / 2))
  if (half.length < 2) return null
  const mean = sum(half, ({ value }) => value) / half.length
  const middle = sum(half, ({ at }) => at) / half.length
  const spreadOfTime = sum(half, ({ at }) => (at - middle) ** 2)
  const perSecond = sum(half, ({ at, value }) => (at - middle) * (value - mean)) / spreadOfTime
  return { mean, perHour: perSecond * 3_600 }
}

/** What each row of a customer's tables comes to, with dead rows and free space. */
export function bytesEachCustomer({ tables }: Sample): number {
  return tables.customers.bytes / tables.customers.count
}

/** Of the tables that keep everything. */
export function bytesEachMessage(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined) return Number.NaN
  return (last.tables.history.bytes - first.tables.history.bytes) / sum(samples.slice(1), ({ messages }) => messages)
}

function trendRow(what: string, samples: readonly Sample[], value: (sample: Sample) => number | undefined): Row {
  const points = samples.flatMap((sample) => {
    const found = value(sample)
    return found === undefined || Number.isNaN(found) ? [] : [{ at: sample.at, value: found }]
  })
  const trend = trendOf(points)
  if (trend === null) return [what, '–', '', '']
  const { mean, perHour } = trend
  const flat = perHour <= mean * FLAT ? 'flat' : 'not flat'
  return [
    what,
    `${number(mean, 1)}, ${perHour < 0 ? '−' : '+'}${number(Math.abs(perHour), 1)} an hour`,
    '≤ 10 % an hour',
    isLong(samples) ? flat : 'too short',
  ]
}

/** Of whole parts only: at the end of a shorter one nothing need have been collected. */
function lowest(samples: readonly Sample[]): Sample[] {
  const heap = ({ memory }: Sample) => memory?.heap ?? Infinity
  return Array.from({ length: Math.floor(samples.length / COLLECTED) }, (_, part) =>
    samples.slice(part * COLLECTED, (part + 1) * COLLECTED).reduce((least, one) => (heap(one) < heap(least) ? one : least)),
  )
}

function latencyRow(what: string, samples: readonly Sample[], value: (sample: Sample) => number): Row {
  const third = Math.floor(samples.length / 3)
  const [first, last] = [samples.slice(0, third), samples.slice(-third)].map((part) => median(part.map(value))) as [number, number]
  const steady = last <= first * STEADY ? 'steady' : 'not steady'
  return [`${what}: first and last third`, `${number(first)}, ${number(last)}`, '≤ 1.25 times', isLong(samples) ? steady : 'too short']
}

function isLong(samples: readonly Sample[]): boolean {
  return (samples.at(-1)?.at ?? 0) >= LONG_ENOUGH
}

function halves<T>(all: readonly T[]): [T[], T[]] {
  const middle = Math.floor(all.length / 2)
  return [all.slice(0, middle + 1), all.slice(middle)]
}

function cpu(samples: readonly Sample[]): string {
  const of = (which: 'app' | 'postgres') => median(samples.map((sample) => sample.cpu?.[which] ?? Number.NaN))
  return `${number(of('app'), 2)}, ${number(of('postgres'), 2)}`
}

function megabytes(bytes: number): number {
  return bytes / 1_048_576
}

function sum<T>(all: readonly T[], value: (one: T) => number): number {
  return all.reduce((total, one) => total + value(one), 0)
}
