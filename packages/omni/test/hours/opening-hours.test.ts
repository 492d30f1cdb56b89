import { test } from 'tap'
import * as fc from 'fast-check'
import { hoursSchema, WEEKDAYS } from '../../src/hours/schema.ts'
import type { OpeningHours } from '../../src/hours/schema.ts'
import { isOpen, nextChange, opensAt } from '../../src/hours/opening-hours.ts'

const MINUTE = 60_000
const at = (text: string) => Date.parse(text)
const hours = (more: object): OpeningHours => hoursSchema.parse({ id: 'office', zone: 'Europe/Berlin', weekly: {}, ...more })
const OFFICE = hours({
  weekly: { mon: ['09:00-12:00', '13:00-17:00'], fri: ['22:00-02:00'] },
  holidays: ['2026-12-28', { date: '12-24', open: ['09:00-12:00'], name: 'Christmas Eve' }],
})

void test('open from the first minute of a span until before its end, in the local time of the zone', async (t) => {
  // A Monday in winter: Berlin is one hour ahead of UTC.
  const cases: [string, boolean][] = [
    ['2026-11-23T07:59:59Z', false],
    ['2026-11-23T08:00:00Z', true],
    ['2026-11-23T10:59:59Z', true],
    ['2026-11-23T11:00:00Z', false],
    ['2026-11-23T12:00:00Z', true],
    ['2026-11-23T16:00:00Z', false],
    ['2026-11-24T09:00:00Z', false],
    // Summer: two hours.
    ['2026-07-06T07:00:00Z', true],
    ['2026-07-06T06:59:00Z', false],
  ]
  for (const [text, open] of cases) t.equal(isOpen(OFFICE, at(text)), open, text)
})

void test('a span past midnight belongs to the day it begins on', async (t) => {
  t.equal(isOpen(OFFICE, at('2026-11-27T22:30:00+01:00')), true)
  t.equal(isOpen(OFFICE, at('2026-11-28T01:59:00+01:00')), true, 'Saturday has no hours of its own')
  t.equal(isOpen(OFFICE, at('2026-11-28T02:00:00+01:00')), false)
  t.equal(nextChange(OFFICE, at('2026-11-27T23:00:00+01:00')), at('2026-11-28T02:00:00+01:00'))
})

void test('a holiday replaces the hours of its day, once or every year', async (t) => {
  t.equal(isOpen(OFFICE, at('2026-12-28T10:00:00+01:00')), false, 'a Monday')
  t.equal(isOpen(OFFICE, at('2027-12-27T10:00:00+01:00')), true, 'another Monday')
  for (const year of [2026, 2027]) {
    t.equal(isOpen(OFFICE, at(`${year}-12-24T10:00:00+01:00`)), true)
    t.equal(isOpen(OFFICE, at(`${year}-12-24T14:00:00+01:00`)), false)
  }
  // Fri 18 Dec 02:00 → Mon 21; after that Mon 28 is a holiday.
  t.equal(opensAt(OFFICE, at('2026-12-26T03:00:00+01:00')), at('2027-01-01T22:00:00+01:00'))
})

void test('a time that the clocks skip, or that comes twice', async (t) => {
  const night = hours({ weekly: { sun: ['02:15-02:45'] } })
  // 29 March 2026: 02:00 becomes 03:00. 25 October 2026: 03:00 becomes 02:00.
  t.equal(opensAt(night, at('2026-03-29T00:00:00+01:00')), at('2026-03-29T03:15:00+02:00'))
  t.equal(nextChange(night, at('2026-03-29T03:20:00+02:00')), at('2026-03-29T03:45:00+02:00'))
  t.equal(opensAt(night, at('2026-10-25T00:00:00+02:00')), at('2026-10-25T02:15:00+02:00'))
  t.equal(nextChange(night, at('2026-10-25T02:20:00+02:00')), at('2026-10-25T02:45:00+01:00'))
})

void test('spans that touch are one opening; always open and never open have no change', async (t) => {
  const shifts = hours({ weekly: { mon: ['09:00-12:00', '12:00-24:00'], tue: ['00:00-01:00'] } })
  t.equal(nextChange(shifts, at('2026-11-23T09:00:00+01:00')), at('2026-11-24T01:00:00+01:00'))
  const always = hours({ weekly: DAILY })
  t.equal(isOpen(always, 0), true)
  t.equal(nextChange(always, at('2026-11-23T09:00:00Z')), null)
  const never = hours({ weekly: {} })
  t.equal(isOpen(never, 0), false)
  t.equal(opensAt(never, at('2026-11-23T09:00:00Z')), null)
})

const DAILY = Object.fromEntries(WEEKDAYS.map((day) => [day, ['00:00-24:00']]))

void test('hours without a change in sight are not worked out at every question', async (t) => {
  for (const given of [hours({ weekly: DAILY }), hours({ weekly: {} })]) {
    let looked = 0
    const counted: OpeningHours = {
      ...given,
      get weekly() {
        looked += 1
        return given.weekly
      },
    }
    const start = at('2026-11-23T10:00:00Z')
    t.equal(nextChange(counted, start), null)
    const once = looked
    for (let now = start; now < start + 60 * MINUTE; now += MINUTE) {
      t.equal(isOpen(counted, now), isOpen(given, start))
      t.equal(nextChange(counted, now), null)
    }
    t.equal(looked, once)
  }
})

void test('what is asked before makes no difference, also at the end of what is in sight', async (t) => {
  const start = at('2026-11-22T00:00:00Z')
  for (const given of [
    hours({ weekly: DAILY, holidays: ['2027-12-28'] }),
    hours({ holidays: [{ date: '2027-12-28', open: ['09:00-12:00'] }] }),
  ]) {
    for (let now = start; now < start + 4 * 1440 * MINUTE; now += 360 * MINUTE) {
      t.equal(nextChange(given, now), nextChange({ ...given }, now), new Date(now).toISOString())
    }
    t.not(nextChange(given, start + 4 * 1440 * MINUTE), null)
  }
})

const minute = fc.integer({ min: 0, max: 23 * 60 + 59 })
const clock = (minutes: number) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
const someHours = fc
  .record({
    zone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'),
    weekly: fc.dictionary(fc.constantFrom(...WEEKDAYS), fc.tuple(minute, minute)),
    holidays: fc.subarray(['2026-10-25', '2026-11-01', '11-02', '2026-03-29']),
  })
  .map(({ zone, weekly, holidays }) =>
    hours({
      zone,
      weekly: Object.fromEntries(Object.entries(weekly).map(([day, [from, to]]) => [day, [`${clock(from)}-${clock(to)}`]])),
      holidays,
    }),
  )
const moment = fc.integer({ min: at('2026-03-20T00:00:00Z') / MINUTE, max: at('2026-11-10T00:00:00Z') / MINUTE }).map((n) => n * MINUTE)

void test('the next change is a change, and nothing changes before it', async (t) => {
  fc.assert(
    fc.property(someHours, moment, fc.double({ min: 0, max: 1, noNaN: true }), (given, now, share) => {
      const change = nextChange(given, now)
      if (change === null) return true
      const between = now + Math.floor((change - now - 1) * share)
      const open = isOpen(given, now)
      return change > now && isOpen(given, between) === open && isOpen(given, change) !== open
    }),
    { numRuns: 300 },
  )
  t.pass()
})

void test('what cannot be meant is refused', async (t) => {
  for (const wrong of [
    { zone: 'Europe/Atlantis' },
    { weekly: { mon: ['9-17'] } },
    { weekly: { mon: ['09:00-25:00'] } },
    { weekly: { monday: ['09:00-17:00'] } },
    { weekly: { mon: ['09:00-12:00', '11:00-13:00'] } },
    { holidays: ['2026-02-30'] },
    { holidays: ['24.12.2026'] },
    { holidays: [{ date: '2026-12-24', opened: [] }] },
  ]) {
    t.throws(() => hours(wrong), JSON.stringify(wrong))
  }
})
