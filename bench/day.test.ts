import { test } from 'tap'
import { chance, exponential, simulateDay } from './day.ts'
import type { DayPlan } from './day.ts'
import { erlangC } from './erlang-c.ts'
import { oneSkill, wholeDay } from './plans.ts'

void test('Erlang-C gives the textbook’s figures', async (t) => {
  // One agent is M/M/1: the share who wait is the load, the mean wait load ÷ (1 − load) handling times.
  const one = erlangC(1, 2, 1)
  t.match([one.waits, one.meanWait, one.servedWithin(0)], [0.5, 1, 0.5])
  // Two agents at half load: a third.
  t.ok(Math.abs(erlangC(2, 1, 1).waits - 1 / 3) < 1e-12)
  t.throws(() => erlangC(2, 1, 2))
})

void test('a single-skill queue makes customers wait as long as Erlang-C says', async (t) => {
  const waits: number[] = []
  const days = [1, 2, 3, 4].map((seed) => oneSkill({ agents: 5, conversations: 3_000, load: 0.7, seed }))
  for (const { plan } of days) waits.push(...(simulateDay(plan).waits.get('only') ?? []))
  t.equal(waits.length, 12_000)
  const [{ agents, between, handling }] = days as [(typeof days)[number]]
  const theory = erlangC(agents, between, handling)
  // One day by itself is off by up to a third: those who wait, wait for one another.
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
  t.ok(Math.abs(mean / theory.meanWait - 1) < 0.2, `mean wait ${mean} ms, by theory ${theory.meanWait} ms`)
  const within = waits.filter((wait) => wait <= 60_000).length / waits.length
  t.ok(Math.abs(within - theory.servedWithin(60_000)) < 0.05, `${within} served within a minute, by theory ${theory.servedWithin(60_000)}`)
})

void test('of a day with many queues, wrap-ups, declines and agents who do not answer nobody is lost, doubled or starved', async (t) => {
  const plan = wholeDay({ agents: 20, queues: 6, conversations: 700, seed: 7, wrapUp: '45s' })
  const { arrived, ended, doubled, overloaded, starvationAlarms, declined, unanswered } = simulateDay(plan)
  t.match(
    { arrived, ended, doubled, overloaded, starvationAlarms },
    { arrived: 700, ended: 700, doubled: 0, overloaded: 0, starvationAlarms: 0 },
  )
  t.ok(declined > 5 && unanswered > 5, `${declined} declined, ${unanswered} unanswered`)
})

void test('on a busy day nobody is given work while they wrap up, and everybody is served', async (t) => {
  const { plan } = oneSkill({ agents: 3, conversations: 400, load: 0.6, seed: 3 })
  const queues = (plan.queues.queues ?? []).map((queue) => ({ ...queue, wrapUp: '1m' }))
  const { ended, doubled, overloaded } = simulateDay({ ...plan, queues: { ...plan.queues, queues } })
  t.match({ ended, doubled, overloaded }, { ended: 400, doubled: 0, overloaded: 0 })
})

void test('the same seed is the same day, and a queue nobody serves starves', async (t) => {
  const [random, again] = [chance(5), chance(5)]
  t.equal(exponential(random, 10), exponential(again, 10))
  const plan: DayPlan = {
    queues: { queues: [{ id: 'q', autoAccept: true, members: ['agent:a'] }], agents: [{ id: 'a', capacity: 1 }] },
    seed: 1,
    arrivals: [0, 1].map((at) => ({ at, queue: 'q' })),
    handling: () => 10 * 60_000,
  }
  t.match(simulateDay(plan), { ended: 2, starvationAlarms: 1 }, 'the second waits for ten minutes')
})
