// Pure. How much a sender does at once, how fast, and for how long it waits.
export interface SenderLimits {
  /** Calls to providers under way at once. */
  concurrency: number
  /** Calls to bots and apps, and commands, under way at once. */
  internalConcurrency: number
  /** How long a claim holds, beyond the call's own time-out, ms. */
  leaseMs: number
  /** How long a message that may have been sent is left to the statuses, ms. */
  graceMs: number
  sendTimeoutMs: number
  maxTries: number
  unknownTries: number
  /** Messages per second of a number, for all processes together. */
  perSecond: number | ((numberId: string) => number)
  pair: { burst: number; everyMs: number }
  /** How often due rows are looked for without being woken, and dead leases and expired messages are, ms. */
  pollMs: number
  sweepMs: number
}

export const SENDER_LIMITS: SenderLimits = {
  concurrency: 512, // a number's 1,000 a second, at a third of a second each
  internalConcurrency: 64,
  leaseMs: 30_000,
  graceMs: 60_000,
  sendTimeoutMs: 20_000,
  maxTries: 12,
  unknownTries: 3,
  perSecond: 80,
  pair: { burst: 45, everyMs: 6_000 },
  pollMs: 250,
  sweepMs: 5_000,
}
