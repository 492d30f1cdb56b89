// Pure. Time as a queue counts it: only while it is open. A queue without hours is always open.
import { isOpen, nextChange } from './opening-hours.ts'
import type { OpeningHours } from './schema.ts'

/** How long it was open between two moments, milliseconds. Moments are epoch milliseconds. */
export function openTime(hours: OpeningHours | null, from: number, to: number): number {
  if (hours === null) return Math.max(0, to - from)
  let open = 0
  for (let at = from; at < to;) {
    const until = Math.min(nextChange(hours, at) ?? to, to)
    if (isOpen(hours, at)) open += until - at
    at = until
  }
  return open
}

/** The first moment by which it was open for so long since `from`; null: not within 400 days of its last change. */
export function afterOpenTime(hours: OpeningHours | null, from: number, ms: number): number | null {
  if (hours === null) return from + ms
  let left = ms
  for (let at = from; ;) {
    const change = nextChange(hours, at)
    const open = isOpen(hours, at)
    if (open && (change === null || change - at >= left)) return at + left
    if (change === null) return null
    if (open) left -= change - at
    at = change
  }
}
