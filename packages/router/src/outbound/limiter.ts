// Owns, in this process's memory, how fast each number and each conversation may send.
// R1 a number's bucket never gives out more than rate × time + burst; bulk keeps a tenth of it, interactive the rest first.
// R2 bulk never takes the last fifth of the common bucket, so an interactive message finds a token.
// R3 a conversation sends at most `burst` at once and then one per interval (GCRA).
// R4 a number the provider throttled goes at half its rate and recovers a twentieth of its full rate per second.
// What is lost with the process is only head start: the provider's own refusals (130429, 131056) correct it.

export interface RateLimits {
  /** Messages per second of a number, for this process. */
  perSecond(numberId: string): number
  pair: { burst: number; everyMs: number }
}

export interface Limiter {
  /** How many tokens a lane of a number could take now. */
  quota(numberId: string, lane: 0 | 1, now: number): number
  /** Takes a token, or says in how many milliseconds there will be one. 0: taken. */
  take(numberId: string, lane: 0 | 1, now: number): number
  /** Takes the conversation's turn, or says when it has one, epoch milliseconds. 0: taken. */
  takePair(conversationId: string, now: number): number
  /** The provider refused the pair until then. */
  holdPair(conversationId: string, until: number): void
  /** The provider throttled the number. */
  slowDown(numberId: string, now: number): void
  /** Present rate of a number, messages per second. */
  rateOf(numberId: string, now: number): number
}

/** Seconds' worth of tokens a bucket holds: short, as the provider counts by the second. */
const BURST_S = 0.125
const BULK_SHARE = 0.1
const KEPT_FOR_INTERACTIVE = 0.2
const RECOVERY_PER_S = 0.05
const SLOWEST = 0.05
const SWEEP_PAIRS_AT = 20_000

interface Bucket {
  full: number
  rate: number
  common: number
  bulk: number
  at: number
  slowedAt: number
}

export function createLimiter(limits: RateLimits): Limiter {
  const buckets = new Map<string, Bucket>()
  /** Conversation → theoretical arrival time of its next message. */
  const pairs = new Map<string, number>()
  let sweepAt = SWEEP_PAIRS_AT

  function bucketOf(numberId: string, now: number): Bucket {
    const full = Math.max(limits.perSecond(numberId), 0.001)
    let bucket = buckets.get(numberId)
    if (bucket === undefined) {
      bucket = { full, rate: full, common: 0, bulk: 0, at: now, slowedAt: -Infinity }
      bucket.common = commonSize(bucket)
      bucket.bulk = bulkSize(bucket)
      buckets.set(numberId, bucket)
    }
    bucket.full = full
    refill(bucket, now)
    return bucket
  }

  return {
    quota(numberId, lane, now) {
      const bucket = bucketOf(numberId, now)
      return lane === 0 ? Math.floor(bucket.common) : Math.floor(bucket.bulk) + Math.max(0, Math.floor(bucket.common - kept(bucket)))
    },
    take(numberId, lane, now) {
      const bucket = bucketOf(numberId, now)
      if (lane === 1 && bucket.bulk >= 1) bucket.bulk -= 1
      else if (bucket.common >= 1 + (lane === 1 ? kept(bucket) : 0)) bucket.common -= 1
      else return Math.max(1, waitFor(bucket, lane))
      return 0
    },
    takePair(conversationId, now) {
      const arrival = Math.max(pairs.get(conversationId) ?? 0, now)
      const allowedAt = arrival - (limits.pair.burst - 1) * limits.pair.everyMs
      if (allowedAt > now) return allowedAt
      pairs.set(conversationId, arrival + limits.pair.everyMs)
      if (pairs.size > sweepAt) {
        for (const [id, at] of pairs) if (at <= now) pairs.delete(id)
        sweepAt = Math.max(SWEEP_PAIRS_AT, pairs.size * 2)
      }
      return 0
    },
    holdPair(conversationId, until) {
      // The refused try was none: what the provider says replaces our own count.
      pairs.set(conversationId, until + (limits.pair.burst - 1) * limits.pair.everyMs)
    },
    slowDown(numberId, now) {
      const bucket = bucketOf(numberId, now)
      // Many refusals of one moment are one refusal.
      if (now - bucket.slowedAt < 1_000) return
      bucket.slowedAt = now
      bucket.rate = Math.max(bucket.rate / 2, bucket.full * SLOWEST)
      bucket.common = 0
      bucket.bulk = 0
    },
    rateOf(numberId, now) {
      return bucketOf(numberId, now).rate
    },
  }
}

/** What the bulk share cannot hold flows over to the common bucket. */
function refill(bucket: Bucket, now: number): void {
  const seconds = Math.max(0, now - bucket.at) / 1_000
  bucket.at = Math.max(bucket.at, now)
  bucket.rate = Math.min(bucket.full, bucket.rate + bucket.full * RECOVERY_PER_S * seconds)
  const tokens = bucket.rate * seconds
  const toBulk = Math.min(tokens * BULK_SHARE, Math.max(0, bulkSize(bucket) - bucket.bulk))
  bucket.bulk += toBulk
  bucket.common = Math.min(bucket.common + tokens - toBulk, commonSize(bucket))
}

function commonSize(bucket: Bucket): number {
  return Math.max(2, bucket.rate * BURST_S)
}
function bulkSize(bucket: Bucket): number {
  return Math.max(1, bucket.rate * BURST_S * BULK_SHARE)
}
function kept(bucket: Bucket): number {
  return commonSize(bucket) * KEPT_FOR_INTERACTIVE
}

/** Milliseconds until the lane's next token, if nobody else takes one. */
function waitFor(bucket: Bucket, lane: 0 | 1): number {
  const perMs = bucket.rate / 1_000
  const common = (1 + (lane === 1 ? kept(bucket) : 0) - bucket.common) / (perMs * (1 - BULK_SHARE))
  if (lane === 0) return Math.ceil(common)
  return Math.ceil(Math.min(common, (1 - bucket.bulk) / (perMs * BULK_SHARE)))
}
