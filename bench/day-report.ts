// What a simulated day gave, in words and numbers.
import { simulateDay } from './day.ts'
import { erlangC } from './erlang-c.ts'
import { number, table } from './figures.ts'
import { oneSkill, wholeDay } from './plans.ts'

const TARGET_MS = 60_000
const SINGLE_SKILL_DAYS = 12

export function reportDay(): string {
  const plan = wholeDay({ agents: 200, queues: 12, conversations: 50_000, seed: 1 })
  const { waits, ...figures } = simulateDay(plan)
  const rows = [...waits]
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([queue, times]) => [queue, number(times.length), number(meanOf(times) / 1_000, 1), `${number(withinTarget(times) * 100, 1)} %`])
  const day = table([['queue', 'conversations', 'mean wait, s', 'within a minute'], ...rows])
  return `${JSON.stringify(figures)}\n${day}\n\n${reportSingleSkill()}`
}

function reportSingleSkill(): string {
  const days = Array.from({ length: SINGLE_SKILL_DAYS }, (_, index) =>
    oneSkill({ agents: 10, conversations: 4_000, load: 0.8, seed: index + 1 }),
  )
  const waits = days.flatMap(({ plan }) => simulateDay(plan).waits.get('only') ?? [])
  const [{ agents, between, handling }] = days as [(typeof days)[number]]
  const theory = erlangC(agents, between, handling)
  const mean = meanOf(waits)
  return table([
    [`one skill, ${number(waits.length)} conversations`, 'simulated', 'Erlang-C', 'difference'],
    ['mean wait, s', number(mean / 1_000, 1), number(theory.meanWait / 1_000, 1), `${number((mean / theory.meanWait - 1) * 100, 1)} %`],
    ...share('have to wait, %', waits.filter((wait) => wait > 0).length / waits.length, theory.waits),
    ...share('within a minute, %', withinTarget(waits), theory.servedWithin(TARGET_MS)),
  ])
}

function share(what: string, simulated: number, theory: number): string[][] {
  return [[what, number(simulated * 100, 1), number(theory * 100, 1), `${number((simulated - theory) * 100, 1)} points`]]
}

function meanOf(times: readonly number[]): number {
  return times.length === 0 ? 0 : times.reduce((sum, time) => sum + time, 0) / times.length
}

function withinTarget(times: readonly number[]): number {
  return times.length === 0 ? 1 : times.filter((time) => time <= TARGET_MS).length / times.length
}
