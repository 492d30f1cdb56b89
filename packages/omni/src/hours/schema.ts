// Pure. What operators write about opening hours, and what is looked up: spans of minutes of the local day.
import { z } from 'zod'
import { isZone } from './zone.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** `from` and `to` are minutes after the local midnight of the day it begins on; past midnight `to` is more than 1440. */
export interface Span {
  from: number
  to: number
}

/** One set of opening hours. `weekly`: Monday first. `days`: what differs, by `2026-12-24`, or by `12-25` for every year. */
export interface OpeningHours {
  id: string
  zone: string
  weekly: readonly (readonly Span[])[]
  days: ReadonlyMap<string, readonly Span[]>
}

const TIMES = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/

const span = z
  .string()
  .regex(TIMES, 'a span of hours such as 09:00-17:30, or 22:00-02:00 past midnight')
  .transform((text): Span => {
    const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
    const [from, to] = [minutes(text.slice(0, 5)), minutes(text.slice(6))]
    return { from, to: to > from ? to : to + 1440 }
  })
const spans = z.array(span).refine(areApart, {
  error: 'the spans overlap',
  params: { fix: 'write them in order, each after the other' },
})

const date = z
  .string()
  .regex(/^(\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a date such as 2026-12-24, or 12-25 for every year')
  .refine(isDate, { error: 'no such date', params: { fix: 'write a day that exists' } })

/** An entry of `hours` in config/queues.yaml. */
export const hoursSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and dashes'),
    /** An IANA time zone, `Europe/Berlin`. */
    zone: z.string().refine(isZone, { error: 'no such time zone', params: { fix: 'write it as in Europe/Berlin or UTC' } }),
    /** Days that are left out are closed. */
    weekly: z.partialRecord(z.enum(WEEKDAYS), spans),
    /** Days that differ: a date alone is closed all day. */
    holidays: z.array(z.union([date, z.strictObject({ date, open: spans.default([]), name: z.string().optional() })])).default([]),
  })
  .transform(({ id, zone, weekly, holidays }): OpeningHours => {
    const days = holidays.map((day): [string, Span[]] => (typeof day === 'string' ? [day, []] : [day.date, day.open]))
    return { id, zone, weekly: WEEKDAYS.map((day) => weekly[day] ?? []), days: new Map(days) }
  })

function areApart(list: Span[]): boolean {
  return list.every(({ to }, index) => {
    const next = list[index + 1]
    return next === undefined || to <= next.from
  })
}

function isDate(text: string): boolean {
  // Every fourth year has a 29 February.
  const full = text.length === 5 ? `2024-${text}` : text
  const at = new Date(`${full}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(full)
}
