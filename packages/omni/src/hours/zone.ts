import { Temporal } from 'temporal-polyfill'

/** Whether the runtime knows this time zone. */
export function isZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    // The only way to ask: an unknown zone is a RangeError.
    return false
  }
}
