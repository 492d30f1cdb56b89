// Pure. When a place is open: a week in a time zone, and the days that differ. Clock changes are the zone's: a time that is skipped is
// taken after the gap; of a time that comes twice, opening takes the first and closing the second.
import { Temporal } from 'temporal-polyfill'
import type { OpeningHours, Span } from './schema.ts'

/** How far ahead openings are looked for: a place that does not open by then counts as closed for good. */
const HORIZON_DAYS = 400
const HORIZON_MS = HORIZON_DAYS * 86_400_000

interface Interval {
  start: number
  end: number
}

/** `at` is epoch milliseconds. The start of a span is open, its end is not. */
export function isOpen(hours: OpeningHours, at: number): boolean {
  return stretchAt(hours, at).isOpen
}

/** The first moment after `at` (epoch milliseconds) at which it opens, when it is closed, or closes, when it is open; null: not within
 * 400 days. */
export function nextChange(hours: OpeningHours, at: number): number | null {
  return stretchAt(hours, at).until
}

/** When it is open again: `at` itself when it is open then; null: not within 400 days. */
export function opensAt(hours: OpeningHours, at: number): number | null {
  const found = stretchAt(hours, at)
  return found.isOpen ? at : found.until
}

/** From `from` until before `to` the answers stay the same: whether it is open, and the next change. */
interface Stretch {
  from: number
  to: number
  until: number | null
  isOpen: boolean
}

/** Hours are asked about at every event, and change a few times a day. They themselves never do: another publication makes others. */
const latest = new WeakMap<OpeningHours, Stretch>()

function stretchAt(hours: OpeningHours, at: number): Stretch {
  const known = latest.get(hours)
  if (known !== undefined && known.from <= at && at < known.to) return known
  const interval = intervalAt(hours, at)
  const found = interval === null ? closedFrom(hours, at) : openFrom(hours, interval, at)
  latest.set(hours, found)
  return found
}

/** Where no opening is in sight, whoever asks on the same day looks at the same days. */
function closedFrom(hours: OpeningHours, at: number): Stretch {
  const until = nextStart(hours, at)
  const tomorrow = () => dateOf(hours, at).add({ days: 1 }).toZonedDateTime(hours.zone).epochMilliseconds
  return { from: at, to: until ?? tomorrow(), until, isOpen: false }
}

function nextStart(hours: OpeningHours, at: number): number | null {
  const today = dateOf(hours, at)
  for (let day = 0; day <= HORIZON_DAYS; day += 1) {
    const starts = intervalsOf(hours, today.add({ days: day })).map(({ start }) => start)
    const next = starts.filter((start) => start > at).toSorted((a, b) => a - b)[0]
    if (next !== undefined) return next
  }
  return null
}

/** Spans that touch are one opening: 22:00-24:00 and the next day's 00:00-02:00. Where no end is in sight, none is for
 * whoever does not look farther than this. */
function openFrom(hours: OpeningHours, first: Interval, at: number): Stretch {
  let { end } = first
  for (;;) {
    const next = intervalAt(hours, end)
    if (next === null) return { from: at, to: end, until: end, isOpen: true }
    end = next.end
    if (end - at > HORIZON_MS) return { from: first.start, to: end - HORIZON_MS, until: null, isOpen: true }
  }
}

/** Yesterday's span may reach into today. */
function intervalAt(hours: OpeningHours, at: number): Interval | null {
  const today = dateOf(hours, at)
  const around = [...intervalsOf(hours, today), ...intervalsOf(hours, today.subtract({ days: 1 }))]
  return around.find(({ start, end }) => start <= at && at < end) ?? null
}

function dateOf(hours: OpeningHours, at: number): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(hours.zone).toPlainDate()
}

function intervalsOf(hours: OpeningHours, date: Temporal.PlainDate): Interval[] {
  const text = date.toString()
  const spans: readonly Span[] = hours.days.get(text) ?? hours.days.get(text.slice(5)) ?? hours.weekly[date.dayOfWeek - 1] ?? []
  const intervals = spans.map(({ from, to }) => ({
    start: momentOf(hours, date, from, 'compatible'),
    end: momentOf(hours, date, to, 'later'),
  }))
  // A gap in the clocks can swallow a span.
  return intervals.filter(({ start, end }) => start < end)
}

function momentOf({ zone }: OpeningHours, date: Temporal.PlainDate, minutes: number, disambiguation: 'compatible' | 'later'): number {
  const day = date.add({ days: Math.floor(minutes / 1440) })
  const local = day.toPlainDateTime({ hour: Math.floor((minutes % 1440) / 60), minute: minutes % 60 })
  return local.toZonedDateTime(zone, { disambiguation }).epochMilliseconds
}
