import t from 'tap'
import { createSteadyClock, followDatabaseClock } from '../../src/store/steady-clock.ts'
import { testDatabase } from '../../testing/index.ts'

const HOUR = 3_600_000

function machine() {
  const hands = { wall: 1_000_000_000, monotonic: 50 }
  const clock = createSteadyClock(
    () => hands.wall,
    () => hands.monotonic,
  )
  return {
    clock,
    pass(ms: number) {
      hands.wall += ms
      hands.monotonic += ms
    },
    set: (ms: number) => (hands.wall += ms),
  }
}

await t.test('time goes on as if nothing had been when the machine’s clock is set, forward or back', async (t) => {
  const { clock, pass, set } = machine()
  const start = clock.now()
  for (const step of [HOUR, -HOUR, -HOUR, 2 * HOUR]) {
    set(step)
    t.equal(clock.now(), start)
  }
  pass(1_234)
  t.equal(clock.now(), start + 1_234)
})

await t.test('a clock that is brought right little by little is followed', async (t) => {
  const { clock, set } = machine()
  const start = clock.now()
  for (let times = 0; times < 10; times += 1) {
    set(50)
    clock.now()
  }
  t.equal(clock.now(), start + 500)
})

await t.test('a clock that is wrong is corrected by another, unless asking took as long as they differ', async (t) => {
  const { clock, pass } = machine()
  const start = clock.now()
  pass(10)
  t.equal(clock.compare(start + 5 - HOUR, start, clock.now()), -HOUR)
  t.equal(clock.now(), start + 10 - HOUR)
  t.equal(clock.compare(clock.now() + 60, clock.now(), clock.now()), 0, 'clocks that are kept')
  const asked = clock.now()
  pass(2_000)
  t.equal(clock.compare(asked + 1_900, asked, clock.now()), 0)
})

await t.test('a process follows the clock of PostgreSQL', async (t) => {
  const { db } = await testDatabase(t)
  const warnings: unknown[] = []
  const trueNow = Date.now
  t.teardown(() => (Date.now = trueNow))
  Date.now = () => trueNow() + HOUR
  const { clock, stop } = await followDatabaseClock(db, { warn: (detail: unknown) => warnings.push(detail) })
  t.ok(Math.abs(clock.now() - trueNow()) < HOUR / 2)
  t.equal(warnings.length, 1)
  await stop()
})
