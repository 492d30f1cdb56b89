// When what paused journeys keep waiting is looked at.
import type { Settings } from '@baton/router'
import t from 'tap'
import { createJourneyWake } from '../../src/journeys/journey-wake.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const version = (number: number) => ({ version: number }) as Settings
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** The turns under way end when the test says so. */
function stage() {
  let looks = 0
  let failing = false
  let underWay = Promise.withResolvers<void>()
  underWay.resolve()
  const wake = createJourneyWake({
    timers: {
      async bringForward() {
        looks += 1
        if (failing) throw new Error('no database')
        return 0
      },
    },
    worker: { turnsOver: () => underWay.promise },
    log,
    settings: version(1),
    againAfterMs: 5,
  })
  return {
    wake,
    looks: () => looks,
    fail: (does: boolean) => (failing = does),
    begin: () => (underWay = Promise.withResolvers<void>()),
    end: () => underWay.resolve(),
  }
}

await t.test('R1: what a turn under way puts back is looked at when it is over, however long that takes', async (t) => {
  const { wake, looks, begin, end } = stage()
  begin()
  wake.onChange(version(2))
  await new Promise((resolve) => setTimeout(resolve, 40)) // the last look has been
  const before = looks()
  t.ok(before >= 2, 'at once')
  await settled()
  t.equal(looks(), before)
  end()
  await settled()
  t.equal(looks(), before + 1)
  wake.onChange(version(2))
  await settled()
  t.equal(looks(), before + 1, 'the same version is no change')
  await wake.close()
})

await t.test('a look that failed is made again', async (t) => {
  const { wake, looks, fail } = stage()
  fail(true)
  wake.onChange(version(2))
  await settled()
  const before = looks()
  fail(false)
  while (looks() === before) await new Promise((resolve) => setTimeout(resolve, 5))
  await wake.close()
  t.pass('without another change')
})
