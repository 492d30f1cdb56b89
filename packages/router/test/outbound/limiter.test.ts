import * as fc from 'fast-check'
import { test } from 'tap'
import type { Lane } from '@baton/router'
import { createLimiter } from '../../src/outbound/limiter.ts'

const PAIR = { burst: 45, everyMs: 6_000 }
const AHEAD_MS = 100

/** What all processes share, as `store/send-rate.ts` keeps it. */
function sharedRate() {
  const givenUntil = new Map<string, number>()
  const clock = { now: 0 }
  async function reserve(numberId: string, tokens: number, rate: number): Promise<number> {
    const until = givenUntil.get(numberId) ?? -Infinity
    if (until > clock.now + AHEAD_MS) return 0
    givenUntil.set(numberId, Math.max(until, clock.now) + (tokens / rate) * 1_000)
    return tokens
  }
  return { clock, reserve }
}

void test('processes that share a number never send more than its rate and what they may hold, whatever comes when', async (t) => {
  const arrivals = fc.array(
    fc.record({
      after: fc.integer({ min: 0, max: 300 }),
      lane: fc.constantFrom<Lane[]>('interactive', 'bulk'),
      many: fc.integer({ min: 1, max: 60 }),
      process: fc.nat({ max: 2 }),
    }),
  )
  await fc.assert(
    fc.asyncProperty(arrivals, fc.integer({ min: 10, max: 1_000 }), async (list, rate) => {
      const { clock, reserve } = sharedRate()
      const limiters = [0, 1, 2].map(() => createLimiter({ perSecond: () => rate, pair: PAIR, reserve }))
      // An eighth of a second and bulk's tenth of it, each at least a token or two.
      const held = Math.max(2, rate / 8) + Math.max(1, rate / 80)
      let taken = 0
      for (const { after, lane, many, process } of list) {
        clock.now += after
        await limiters[process]?.stockUp(['main'], clock.now)
        for (let n = 0; n < many; n += 1) if (limiters[process]?.take('main', lane, clock.now).kind === 'taken') taken += 1
        const given = (rate * (clock.now + AHEAD_MS)) / 1_000 + held
        if (taken > given) return false
      }
      return true
    }),
  )
  t.pass('held for every arrival')
})

void test('a process that has a number for itself uses its whole rate', async (t) => {
  for (const rate of [5, 20, 80, 1_000]) {
    for (const lane of ['interactive', 'bulk'] as const) {
      const { clock, reserve } = sharedRate()
      const limiter = createLimiter({ perSecond: () => rate, pair: PAIR, reserve })
      let taken = 0
      for (; clock.now < 10_000; clock.now += 15) {
        await limiter.stockUp(['main'], clock.now)
        while (limiter.take('main', lane, clock.now).kind === 'taken') taken += 1
      }
      t.ok(taken >= rate * 9.5 && taken <= rate * 10 + Math.max(4, rate / 4), `${rate} a second, ${lane}: ${taken} in ten seconds`)
    }
  }
})

void test('what it does not hold yet it asks for, once, and has soon', async (t) => {
  let asked = 0
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR, reserve: async (_, tokens) => ((asked += 1), tokens) })
  t.equal(limiter.take('main', 'interactive', 0).kind, 'later')
  t.equal(limiter.take('main', 'interactive', 0).kind, 'later')
  t.equal(asked, 1)
  await limiter.stockUp(['main'], 0)
  t.equal(limiter.take('main', 'interactive', 0).kind, 'taken')
})

void test('a question that fails is told of, asked again, and stops nothing for good', async (t) => {
  let away = true
  const told: string[] = []
  const reserve = async (_: string, tokens: number) => {
    if (away) throw new Error('away')
    return tokens
  }
  const onError = (numberId: string, error: unknown) => void told.push(`${numberId}: ${String(error)}`)
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR, reserve, onError })
  await limiter.stockUp(['main'], 0)
  await limiter.stockUp(['main'], 20)
  t.equal(limiter.take('main', 'interactive', 20).kind, 'later')
  t.same(told, ['main: Error: away'], 'not at every look')
  away = false
  await limiter.stockUp(['main'], 250)
  t.equal(limiter.take('main', 'interactive', 250).kind, 'taken')
})

void test('bulk that has taken all it may still leaves tokens for an interactive message', async (t) => {
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR, reserve: sharedRate().reserve })
  await limiter.stockUp(['main'], 0)
  while (limiter.take('main', 'bulk', 0).kind === 'taken');
  t.equal(limiter.take('main', 'interactive', 0).kind, 'taken')
})

void test('interactive messages that take everything leave bulk its share', async (t) => {
  const { clock, reserve } = sharedRate()
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR, reserve })
  let bulk = 0
  for (; clock.now < 10_000; clock.now += 10) {
    await limiter.stockUp(['main'], clock.now)
    while (limiter.take('main', 'interactive', clock.now).kind === 'taken');
    while (limiter.take('main', 'bulk', clock.now).kind === 'taken') bulk += 1
  }
  t.ok(bulk >= 70 && bulk <= 90, `a tenth of 800 messages, got ${bulk}`)
})

void test('numbers do not share their rate', async (t) => {
  const limiter = createLimiter({ perSecond: (id) => (id === 'fast' ? 1_000 : 20), pair: PAIR, reserve: sharedRate().reserve })
  await limiter.stockUp(['slow', 'fast'], 0)
  while (limiter.take('slow', 'interactive', 0).kind === 'taken');
  t.equal(limiter.take('fast', 'interactive', 0).kind, 'taken')
})

void test('a throttled number goes at half its rate and recovers', async (t) => {
  const rates: number[] = []
  const reserve = async (_: string, tokens: number, rate: number) => (rates.push(rate), tokens)
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR, reserve })
  await limiter.stockUp(['main'], 0)
  limiter.slowDown('main', 0)
  limiter.slowDown('main', 10)
  t.equal(limiter.take('main', 'interactive', 10).kind, 'later', 'and its bucket is empty')
  t.same(rates.map(Math.round), [80, 40], 'refusals of one moment count once, and what it takes of the common rate as twice as much')
  await limiter.stockUp(['main'], 10)
  limiter.slowDown('main', 20_000)
  await limiter.stockUp(['main'], 60_000)
  t.equal(rates.at(-1), 80)
})

void test('a conversation may send 45 at once and then one per six seconds', async (t) => {
  const limiter = createLimiter({ perSecond: () => 1_000, pair: PAIR, reserve: sharedRate().reserve })
  for (let n = 0; n < 45; n += 1) t.equal(limiter.takePair('one', 0).kind, 'taken')
  t.strictSame(limiter.takePair('one', 0), { kind: 'later', at: 6_000 })
  t.equal(limiter.takePair('two', 0).kind, 'taken', 'others are not touched')
  t.equal(limiter.takePair('one', 6_000).kind, 'taken')
  t.strictSame(limiter.takePair('one', 6_000), { kind: 'later', at: 12_000 })
})

void test('a pair the provider refused waits as told, then goes one at a time', async (t) => {
  const limiter = createLimiter({ perSecond: () => 1_000, pair: PAIR, reserve: sharedRate().reserve })
  limiter.refusePair('one', 4_000)
  t.strictSame(limiter.takePair('one', 1_000), { kind: 'later', at: 4_000 })
  t.equal(limiter.takePair('one', 4_000).kind, 'taken')
  t.strictSame(limiter.takePair('one', 4_000), { kind: 'later', at: 10_000 })
})

void test('what is given back is there for another, and no more than was taken', async (t) => {
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR, reserve: sharedRate().reserve })
  await limiter.stockUp(['main'], 0)
  limiter.giveBack('main', 'interactive', 0)
  const takeAll = (lane: Lane) => {
    for (let taken = 0; ; taken += 1) if (limiter.take('main', lane, 0).kind === 'later') return taken
  }
  t.equal(takeAll('interactive'), 10, 'a full bucket takes nothing back')
  limiter.giveBack('main', 'interactive', 0)
  t.equal(takeAll('interactive'), 1)
  t.equal(takeAll('bulk'), 1)
  limiter.giveBack('main', 'bulk', 0)
  t.equal(takeAll('interactive'), 0, 'bulk has its own back')
  t.equal(takeAll('bulk'), 1)
})

void test('a turn that is given back may be taken again, unless the provider has refused the pair meanwhile', async (t) => {
  const limiter = createLimiter({ perSecond: () => 1_000, pair: { burst: 1, everyMs: 6_000 }, reserve: sharedRate().reserve })
  t.equal(limiter.takePair('one', 0).kind, 'taken')
  t.strictSame(limiter.takePair('one', 0), { kind: 'later', at: 6_000 })
  limiter.giveBackPair('one')
  t.equal(limiter.takePair('one', 0).kind, 'taken')
  limiter.refusePair('one', 64_000)
  limiter.giveBackPair('one')
  t.strictSame(limiter.takePair('one', 10_000), { kind: 'later', at: 64_000 })
  t.equal(limiter.takePair('one', 64_000).kind, 'taken')
  limiter.giveBackPair('one')
  t.equal(limiter.takePair('one', 64_000).kind, 'taken')
})
