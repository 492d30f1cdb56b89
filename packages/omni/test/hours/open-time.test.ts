// Time as a queue counts it: only while it is open.
import * as fc from 'fast-check'
import { test } from 'tap'
import { afterOpenTime, openTime } from '../../src/hours/open-time.ts'
import { hoursSchema } from '../../src/hours/schema.ts'

const HOUR = 3_600_000
const OFFICE = hoursSchema.parse({
  id: 'office',
  zone: 'UTC',
  weekly: { mon: ['09:00-12:00', '13:00-17:00'], tue: ['09:00-17:00'] },
  holidays: ['2026-11-30'],
})
const monday = (time: string) => Date.parse(`2026-11-23T${time}:00Z`)

void test('only time in which the queue is open counts', async (t) => {
  const spans: [string, number, number, number][] = [
    ['within one opening', monday('09:30'), monday('10:00'), 0.5 * HOUR],
    ['across the lunch break', monday('11:30'), monday('13:30'), HOUR],
    ['from before the opening', monday('07:00'), monday('09:15'), 0.25 * HOUR],
    ['all closed', monday('17:00'), monday('23:00'), 0],
    ['over a night', monday('16:00'), monday('16:00') + 24 * HOUR, 8 * HOUR],
    ['over a week with a holiday', monday('16:00'), monday('16:00') + 7 * 24 * HOUR, 9 * HOUR],
    ['backwards', monday('10:00'), monday('09:30'), 0],
  ]
  for (const [what, from, to, open] of spans) t.equal(openTime(OFFICE, from, to), open, what)
  t.equal(openTime(null, monday('23:00'), monday('23:30')), 0.5 * HOUR, 'without hours it is always open')
})

void test('so much open time has passed at a moment when it is open', async (t) => {
  t.equal(afterOpenTime(OFFICE, monday('11:30'), HOUR), monday('13:30'))
  t.equal(afterOpenTime(OFFICE, monday('16:30'), HOUR), monday('09:30') + 24 * HOUR)
  t.equal(afterOpenTime(null, monday('16:30'), HOUR), monday('17:30'))
  const never = hoursSchema.parse({ id: 'never', zone: 'UTC', weekly: {} })
  t.equal(afterOpenTime(never, monday('09:00'), HOUR), null)
  const always = { mon: ['00:00-24:00'], tue: ['00:00-24:00'], wed: ['00:00-24:00'], thu: ['00:00-24:00'] } as const
  const week = { ...always, fri: ['00:00-24:00'], sat: ['00:00-24:00'], sun: ['00:00-24:00'] }
  t.equal(afterOpenTime(hoursSchema.parse({ id: 'a', zone: 'UTC', weekly: week }), monday('23:30'), HOUR), monday('23:30') + HOUR)
})

void test('the two are each other’s reverse, and time only adds up', async () => {
  const moment = fc.integer({ min: monday('00:00'), max: monday('00:00') + 14 * 24 * HOUR })
  fc.assert(
    fc.property(moment, fc.integer({ min: 1, max: 30 * HOUR }), moment, (from, ms, other) => {
      const at = afterOpenTime(OFFICE, from, ms)
      if (at === null || openTime(OFFICE, from, at) !== ms) return false
      const [a, b, c] = [from, at, other].toSorted((x, y) => x - y) as [number, number, number]
      return openTime(OFFICE, a, b) + openTime(OFFICE, b, c) === openTime(OFFICE, a, c)
    }),
    { numRuns: 60 },
  )
})
