import * as fc from 'fast-check'
import { test } from 'tap'
import { createLimiter } from '../../src/outbound/limiter.ts'

const PAIR = { burst: 45, everyMs: 6_000 }

void test('a number never sends more than its rate and one burst, whatever comes when', async (t) => {
  const arrivals = fc.array(
    fc.record({
      after: fc.integer({ min: 0, max: 300 }),
      lane: fc.constantFrom(0 as const, 1 as const),
      many: fc.integer({ min: 1, max: 60 }),
    }),
  )
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 10, max: 1_000 }), (list, rate) => {
      const limiter = createLimiter({ perSecond: () => rate, pair: PAIR })
      let now = 0
      let taken = 0
      for (const { after, lane, many } of list) {
        now += after
        for (let n = 0; n < many; n += 1) if (limiter.take('main', lane, now) === 0) taken += 1
        // A burst is an eighth of a second and bulk's tenth of it, each at least a token or two.
        if (taken > (rate * now) / 1_000 + Math.max(2, rate / 8) + Math.max(1, rate / 80)) return false
      }
      return true
    }),
  )
  t.pass('held for every arrival')
})

void test('the wait it names is enough', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.constantFrom(0 as const, 1 as const), (rate, lane) => {
      const limiter = createLimiter({ perSecond: () => rate, pair: PAIR })
      let wait = 0
      for (let n = 0; n < 2_000 && wait === 0; n += 1) wait = limiter.take('main', lane, 0)
      return wait > 0 && limiter.take('main', lane, wait) === 0
    }),
  )
  t.pass('held for every rate')
})

void test('bulk that has taken all it may still leaves tokens for an interactive message', async (t) => {
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR })
  while (limiter.take('main', 1, 0) === 0);
  t.equal(limiter.take('main', 0, 0), 0)
})

void test('interactive messages that take everything leave bulk its share', async (t) => {
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR })
  let bulk = 0
  for (let now = 0; now < 10_000; now += 10) {
    while (limiter.take('main', 0, now) === 0);
    while (limiter.take('main', 1, now) === 0) bulk += 1
  }
  t.ok(bulk >= 70 && bulk <= 90, `a tenth of 800 messages, got ${bulk}`)
})

void test('numbers do not share their rate', async (t) => {
  const limiter = createLimiter({ perSecond: (id) => (id === 'fast' ? 1_000 : 20), pair: PAIR })
  while (limiter.take('slow', 0, 0) === 0);
  t.equal(limiter.take('fast', 0, 0), 0)
})

void test('a throttled number goes at half its rate and recovers', async (t) => {
  const limiter = createLimiter({ perSecond: () => 80, pair: PAIR })
  limiter.take('main', 0, 0)
  limiter.slowDown('main', 0)
  limiter.slowDown('main', 10)
  t.equal(Math.round(limiter.rateOf('main', 10)), 40, 'refusals of one moment count once')
  t.ok(limiter.take('main', 0, 10) > 0, 'and its bucket is empty')
  t.equal(limiter.rateOf('main', 60_000), 80)
})

void test('a conversation may send 45 at once and then one per six seconds', async (t) => {
  const limiter = createLimiter({ perSecond: () => 1_000, pair: PAIR })
  for (let n = 0; n < 45; n += 1) t.equal(limiter.takePair('one', 0), 0)
  t.equal(limiter.takePair('one', 0), 6_000)
  t.equal(limiter.takePair('two', 0), 0, 'others are not touched')
  t.equal(limiter.takePair('one', 6_000), 0)
  t.equal(limiter.takePair('one', 6_000), 12_000)
})

void test('a pair the provider refused waits as told, then goes one at a time', async (t) => {
  const limiter = createLimiter({ perSecond: () => 1_000, pair: PAIR })
  limiter.holdPair('one', 4_000)
  t.equal(limiter.takePair('one', 1_000), 4_000)
  t.equal(limiter.takePair('one', 4_000), 0)
  t.equal(limiter.takePair('one', 4_000), 10_000)
})
