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

/** The same, also for a time of day (`09:00`): the first time after `now` that the zone's clocks show it. */
export function nextLocalTime(local: string, zone: string, now: number): number | null {
  if (!/^\d{2}:\d{2}$/.test(local.trim())) return localTime(local, zone)
  const day = 86_400_000
  for (const ahead of [0, 1, 2]) {
    const date = new Date(now + ahead * day + offsetAt(now + ahead * day, zone)).toISOString().slice(0, 10)
    const at = localTime(`${date}T${local.trim()}`, zone)
    if (at === null) return null
    if (at > now) return at
  }
  return null
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
