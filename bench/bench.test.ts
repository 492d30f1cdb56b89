// A short run of the whole bench, so that it does not rot: nothing is said about speed.
import { test } from 'tap'
import type { Test } from 'tap'
import { measureCampaign, SALE } from './campaign.ts'
import { measureLiveEdit, SURVEY } from './live-edit.ts'
import { figuresOf, measureCrowd } from './crowd.ts'
import { readOptions } from './options.ts'
import { compareReplies } from './outcome.ts'
import { nextRate } from './search.ts'
import type { Tried } from './search.ts'
import { soak } from './soak.ts'
import type { Sample } from './soak.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { measureTimers } from './timers.ts'
import { LATER } from './waiting.ts'

test('a whole bench, started once', async (t) => {
  const stage = await openStage({ numbers: 2, processes: 1, statuses: true, profiles: null, journeys: [SALE, LATER, SURVEY] })
  t.teardown(() => stage.close())
  await t.test('everything that was acknowledged is replied to once, and every status is taken', (t) => runsOnce(t, stage))
  await t.test('a soak samples all the time, and owes nobody at its end', (t) => soaks(t, stage))
  await t.test('a campaign reaches each contact once, and customers all the same', async (t) => {
    const { quiet, meanwhile, ...figures } = await measureCampaign(stage, { rate: 20, contacts: 40 })
    t.match(figures, { taken: { refused: 0 }, lost: 0, doubled: 0 })
    for (const run of [quiet, meanwhile]) t.match(run, { messages: 40, refused: 0, lost: 0, doubled: 0 })
    t.equal(meanwhile.others.length, 40)
    t.ok(figures.left.max > 0)
  })
  await t.test('customers who wait get one agent each, though one of two processes is killed', async (t) => {
    const crowd = { agents: 8, items: 48, handlingMs: 50, leaseMs: 1_000, sweepMs: 100 }
    const figures = await measureCrowd(stage.postgres, crowd)
    t.match(figures, { items: 48, lost: 0, doubled: 0, overloaded: 0 })
    t.ok(figures.both > 0 && figures.next.max > 0)
  })
  await t.test('of the runs that wait those speak whose time has come, once and not before', async (t) => {
    const { waiting, steady, atOnce } = await measureTimers(stage, { runs: 50, due: 10, rate: 20, seconds: 1 })
    t.match(waiting, { messages: 20, lost: 0, doubled: 0, others: [] })
    for (const due of [steady, atOnce]) {
      t.match(due, { count: 10, lost: 0, doubled: 0 })
      t.ok(due.lag.max > 0 && due.lag.p50 > 0, 'none is early')
    }
  })
  // The last: it publishes other journeys.
  await t.test('a live edit leaves every run where it is, and the migration does what its dry run said', async (t) => {
    const { steps, took: _took, ...figures } = await measureLiveEdit(stage, { runs: 30 })
    t.strictSame(steps, [
      { from: 'pick', to: 'choose', how: 'stays', waiting: 10, foreseen: 10, migrated: 10 },
      { from: 'size', to: 'count', how: 'stays', waiting: 10, foreseen: 10, migrated: 10 },
      { from: 'rest', to: 'nudge', how: 'enters', waiting: 10, foreseen: 10, migrated: 10 },
    ])
    t.strictSame(figures, { runs: 30, jumped: 0, strayed: 0, completed: 30 })
  })
})

async function runsOnce(t: Test, stage: Stage): Promise<void> {
  const outcome = await stage.run({ rate: 30, seconds: 3, customers: 10 })
  t.match(outcome, { messages: 90, refused: 0, lost: 0, doubled: 0, statuses: { count: 270, refused: 0 } })
  t.ok(outcome.reply.max > 0, 'the times are there')
}

async function soaks(t: Test, stage: Stage): Promise<void> {
  const told: Sample[] = []
  const { samples, lost, doubled } = await soak(stage, { rate: 40, seconds: 3, customers: 20 }, (sample) => void told.push(sample))
  t.strictSame(samples, told, 'each is told')
  t.ok(samples.length >= 2, `${samples.length} samples`)
  t.match({ lost, doubled }, { lost: 0, doubled: 0 })
  t.equal(
    samples.reduce((sum, { messages }) => sum + messages, 0),
    120,
  )
  const last = samples.at(-1)
  t.ok(last !== undefined && last.tables.customers.bytes > 0 && last.tables.history.bytes > 0, 'the tables are found')
  if (last?.memory !== null) t.ok((last?.memory.heap ?? 0) > 1, 'the heap is told by the process itself')
}

test('a customer without an agent, or with two, and an agent with two customers are counted', async (t) => {
  const handled = (agentId: string, at: number, releasedAt: number | null) => ({ assigned: [{ agentId, at }], releasedAt })
  const twice = { assigned: [handled('a', 40, null).assigned, handled('c', 41, null).assigned].flat(), releasedAt: 50 }
  const all = [handled('a', 0, 10), handled('a', 15, 30), handled('b', 5, 20), handled('b', 10, null), twice, null]
  t.match(figuresOf(all, 20), { items: 6, lost: 1, doubled: 1, overloaded: 1, both: 200, next: { max: 10 } })
})

test('a reply that is missing, doubled or unasked for is counted', async (t) => {
  const dues = new Map([
    ['1', [1_000, 2_000]],
    ['2', [3_000]],
  ])
  const send = (digits: string, callbackData: string, at: number) => ({ digits, callbackData, at })
  const whole = [send('1', 'a', 5_000), send('1', 'b', 7_000), send('2', 'c', 4_000)]
  t.strictSame(compareReplies(dues, whole), {
    replies: [
      { due: 1_000, ms: 4 },
      { due: 2_000, ms: 5 },
      { due: 3_000, ms: 1 },
    ],
    lost: 0,
    doubled: 0,
  })
  t.match(compareReplies(dues, whole.slice(1)), { lost: 1, doubled: 0 })
  t.match(compareReplies(dues, [...whole, send('2', 'c', 9_000)]), { lost: 0, doubled: 1 }, 'the same message again')
  t.match(compareReplies(dues, [...whole, send('2', 'd', 9_000)]), { lost: 0, doubled: 1 }, 'two messages for one')
  t.match(compareReplies(dues, [...whole, send('3', 'd', 9_000)]), { lost: 0, doubled: 1 }, 'nobody wrote')
})

test('the search comes close to the highest rate that is held, from either side', async (t) => {
  for (const limit of [40, 900, 1_100, 7_000]) {
    const tried: Tried[] = []
    for (let rate = nextRate(tried, 1_000); rate !== null; rate = nextRate(tried, 1_000)) {
      if (tried.push({ rate, held: rate <= limit }) > 40) return t.fail(`no end is found for ${limit}`)
    }
    const best = Math.max(...tried.filter(({ held }) => held).map(({ rate }) => rate))
    t.ok(best <= limit && best > limit / 1.1, `${best} for ${limit}`)
  }
  t.equal(nextRate([{ rate: 9, held: false }], 1_000), null, 'what holds nothing is given up')
})

test('the command line is read, and what is wrong is said', async (t) => {
  t.match(readOptions([]), { options: { mode: 'keyword', seconds: 10, rate: null, customers: null, processes: 1, profiles: null } })
  t.match(readOptions(['mixed', '--seconds', '3']), { options: { mode: 'mixed', seconds: 3, rate: null } })
  t.match(readOptions(['soak', '--minutes', '5', '--out', 'here']), { options: { mode: 'soak', minutes: 5, out: 'here' } })
  t.match(readOptions(['timers', '--contacts', '9']), { options: { mode: 'timers', contacts: 9 } })
  t.match(readOptions(['--', '--rate', '50', '--processes', '2']), { options: { rate: 50, processes: 2 } })
  for (const wrong of [
    ['fast'],
    ['--rate', '0'],
    ['--rate', 'x'],
    ['--processes', '3'],
    ['--speed'],
    ['soak', '--minutes', '0'],
    ['keyword', 'mixed'],
  ]) {
    t.match(readOptions(wrong), { kind: 'misuse' }, wrong.join(' '))
  }
})
