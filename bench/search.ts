// Pure. Which rate to try next, from those that were tried.

export interface Tried {
  rate: number
  held: boolean
}

const STEP = 1.3
/** Two neighbours this close are one answer on a machine that others use too. */
const CLOSE_ENOUGH = 1.07

/** The next rate, or null: the highest that was held is found. */
export function nextRate(tried: readonly Tried[], first: number): number | null {
  const held = Math.max(0, ...tried.filter((one) => one.held).map(({ rate }) => rate))
  const failed = Math.min(Infinity, ...tried.filter((one) => !one.held && one.rate > held).map(({ rate }) => rate))
  if (tried.length === 0) return Math.round(first)
  if (failed === Infinity) return Math.round(held * STEP)
  if (held === 0) return failed < 10 ? null : Math.round(failed / STEP ** 2)
  return failed / held <= CLOSE_ENOUGH ? null : Math.round(Math.sqrt(failed * held))
}
