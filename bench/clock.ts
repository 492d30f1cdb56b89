/** Microseconds of the machine's monotonic clock: the same in every process, untouched by whoever sets the time. */
export function micros(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}
