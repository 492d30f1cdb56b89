// Pure. Local times in a time zone, by the zone data that comes with the runtime.

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, made)
  return made
}

/** Whether the runtime knows this time zone. */
export function isZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch {
    // The only way to ask: an unknown zone is a RangeError.
    return false
  }
}

/** Epoch milliseconds of a local time (`2026-12-24T18:00`, seconds optional) in a zone; null when it cannot be read. A time that the clocks
 * skip is taken after the gap; one that comes twice is taken the first time. */
export function localTime(local: string, zone: string): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?$/.exec(local.trim())
  if (parts === null) return null
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const wall = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(wall)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return null
  const dayMs = 86_400_000
  const [before, after] = [offsetAt(wall - dayMs, zone), offsetAt(wall + dayMs, zone)]
  const candidates = [wall - before, wall - after].filter((at) => at + offsetAt(at, zone) === wall)
  return candidates.length > 0 ? Math.min(...candidates) : wall - before
}

/** The same, also for a time of day (`09:00`): the first time after `now` that the zone's clocks show it, once a day. */
export function nextLocalTime(local: string, zone: string, now: number): number | null {
  if (!/^\d{2}:\d{2}$/.test(local.trim())) return localTime(local, zone)
  const wall = now + offsetAt(now, zone)
  for (const ahead of [0, 1, 2]) {
    // Days of the calendar and not 24 hours later: in the night the clocks go forward that may be a day too far.
    const date = new Date(wall + ahead * DAY_MINUTES * MINUTE).toISOString().slice(0, 10)
    const at = localTime(`${date}T${local.trim()}`, zone)
    if (at === null) return null
    if (at > now) return at
  }
  return null
}

/** When quiet hours that it is now in end; null outside them. They may cross midnight; where the clocks are changed meanwhile, they are
 * longer or shorter by as much. */
export function quietUntil(hours: { from: string; to: string }, zone: string, now: number): number | null {
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)]
  const wall = now + offsetAt(now, zone)
  const minutes = Math.floor(wall / MINUTE) % DAY_MINUTES
  const within = from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to
  if (!within) return null
  const end = now + ((to - minutes + DAY_MINUTES) % DAY_MINUTES) * MINUTE - (wall % MINUTE)
  // Where the clocks are changed before that, the end is another moment, and may be one that they skip.
  return offsetAt(end, zone) === offsetAt(now, zone) ? end : nextLocalTime(hours.to, zone, now)
}

/** The longest that quiet hours last, in a night in which the clocks are put back. */
export function longestQuiet({ from, to }: { from: string; to: string }): number {
  return ((minutesOf(to) - minutesOf(from) + DAY_MINUTES) % DAY_MINUTES) * MINUTE + 60 * MINUTE
}

const MINUTE = 60_000
const DAY_MINUTES = 1_440

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

/** The zone that is meant: the contact's own, where that is known, for `contact`. */
export function zoneFor(named: string, fallback: string, contact: Record<string, unknown>): string {
  if (named !== 'contact') return named
  const own = contact['timezone']
  return typeof own === 'string' && isZone(own) ? own : fallback
}

// Milliseconds that the zone's clocks are ahead of UTC at an instant.
function offsetAt(at: number, zone: string): number {
  const fields = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map((part) => [part.type, Number(part.value)]),
  )
  const value = (name: string): number => fields[name] ?? 0
  const wall = Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'), value('second'))
  return wall - Math.floor(at / 1000) * 1000
}
