// Owns how fast each number and each conversation may send. A number's tokens come, a chunk at a time, out of what all processes
// share; what is kept of them here, and the conversations' turns, is this process's memory.
// R1 a number's bucket gives out only what was reserved, and holds an eighth of a second of it at most; bulk keeps a tenth of that.
// R2 bulk never takes the last fifth of the common bucket, so an interactive message finds a token.
// R3 a conversation sends at most `burst` at once and then one per interval (GCRA).
// R4 a number the provider throttled goes at half its rate and recovers a twentieth of its full rate per second.
// What is lost with the process is only head start: the provider's own refusals (130429, 131056) correct it.
import type { Lane } from '../contract/message.ts'

export interface RateLimits {
  /** Messages per second of a number, for all processes together. */
  perSecond(numberId: string): number
  pair: { burst: number; everyMs: number }
  /** Takes tokens of a number out of what all processes share, given out at `rate` a second: how many may be used. */
  reserve(numberId: string, tokens: number, rate: number): Promise<number>
  /** The question failed; it is asked again. Without tokens the number sends nothing. */
  onError?(numberId: string, error: unknown): void
}

export interface Limiter {
  /** Asks for the tokens that these numbers lack. Resolves when none of them is without, or was refused. */
  stockUp(numberIds: Iterable<string>, now: number): Promise<void>
  /** How many tokens a lane of a number could take now. */
  quota(numberId: string, lane: Lane, now: number): number
  /** Takes a token of the number. */
  take(numberId: string, lane: Lane, now: number): Taken
  /** Takes the conversation's turn. */
  takePair(conversationId: string, now: number): Taken
  /** A token that was taken is not used after all. What the bucket has no room for is lost. */
  giveBack(numberId: string, lane: Lane, now: number): void
  /** A turn that was taken is not used after all. */
  giveBackPair(conversationId: string): void
  /** The provider refused the pair until then. */
  refusePair(conversationId: string, until: number): void
  /** The provider throttled the number. */
  slowDown(numberId: string, now: number): void
}

/** `at`: when to ask again, epoch milliseconds. */
export type Taken = { kind: 'taken' } | { kind: 'later'; at: number }
/** The same for all: it is asked for with every message. */
export const TAKEN: Taken = { kind: 'taken' }

/** Seconds' worth of tokens a bucket holds: short, as the provider counts by the second. */
const BURST_S = 0.125
/** And no more tokens than that: what a process holds no other can use. */
const MOST_HELD = 200
/** A bucket is filled up when so much of it is gone: more often would cost more questions, later would leave it empty. */
const ASK_AT = 0.5
/** Another process has them just now. */
const REFUSED_MS = 10
const FAILED_MS = 250
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
  /** The question that is under way. */
  asking: Promise<void> | null
  askAgainAt: number
}

export function createLimiter(limits: RateLimits): Limiter {
  const buckets = new Map<string, Bucket>()
  /** Conversation → theoretical arrival time of its next message. */
  const pairs = new Map<string, number>()
  /** Conversations that wait because the provider said so, and have had no turn since. */
  const refused = new Set<string>()
  let sweepAt = SWEEP_PAIRS_AT

  function bucketOf(numberId: string, now: number): Bucket {
    const full = Math.max(limits.perSecond(numberId), 0.001)
    let bucket = buckets.get(numberId)
    if (bucket === undefined) {
      bucket = { full, rate: full, common: 0, bulk: 0, at: now, slowedAt: -Infinity, asking: null, askAgainAt: -Infinity }
      buckets.set(numberId, bucket)
    }
    bucket.full = full
    recover(bucket, now)
    return bucket
  }

  /** The bucket, and a question for what it lacks, if it lacks enough to ask. */
  function stocked(numberId: string, now: number): Bucket {
    const bucket = bucketOf(numberId, now)
    const missing = Math.floor(commonSize(bucket) + bulkSize(bucket) - bucket.common - bucket.bulk)
    const without = bucket.common < 1 || bucket.bulk < 1
    const enough = missing < 1 || (!without && missing < (commonSize(bucket) + bulkSize(bucket)) * ASK_AT)
    if (!enough && bucket.asking === null && now >= bucket.askAgainAt) bucket.asking = ask(numberId, bucket, missing, now)
    return bucket
  }

  async function ask(numberId: string, bucket: Bucket, missing: number, now: number): Promise<void> {
    try {
      const given = await limits.reserve(numberId, missing, bucket.rate)
      fill(bucket, given)
      if (given === 0) bucket.askAgainAt = now + REFUSED_MS
    } catch (error) {
      limits.onError?.(numberId, error)
      bucket.askAgainAt = now + FAILED_MS
    } finally {
      bucket.asking = null
    }
  }

  return {
    async stockUp(numberIds, now) {
      const empty = [...numberIds].map((id) => stocked(id, now)).filter(({ common }) => common < 1)
      await Promise.all(empty.map(async ({ asking }) => asking))
    },
    quota(numberId, lane, now) {
      const bucket = bucketOf(numberId, now)
      return lane === 'interactive'
        ? Math.floor(bucket.common)
        : Math.floor(bucket.bulk) + Math.max(0, Math.floor(bucket.common - kept(bucket)))
    },
    take(numberId, lane, now) {
      const bucket = stocked(numberId, now)
      if (lane === 'bulk' && bucket.bulk >= 1) bucket.bulk -= 1
      else if (bucket.common >= 1 + (lane === 'bulk' ? kept(bucket) : 0)) bucket.common -= 1
      else return { kind: 'later', at: now + Math.ceil(Math.max(REFUSED_MS, 1_000 / bucket.rate)) }
      return TAKEN
    },
    takePair(conversationId, now) {
      const arrival = Math.max(pairs.get(conversationId) ?? 0, now)
      const allowedAt = arrival - (limits.pair.burst - 1) * limits.pair.everyMs
      if (allowedAt > now) return { kind: 'later', at: allowedAt }
      pairs.set(conversationId, arrival + limits.pair.everyMs)
      refused.delete(conversationId)
      if (pairs.size > sweepAt) {
        for (const [id, at] of pairs) if (at <= now) pairs.delete(id)
        for (const id of refused) if (!pairs.has(id)) refused.delete(id)
        sweepAt = Math.max(SWEEP_PAIRS_AT, pairs.size * 2)
      }
      return TAKEN
    },
    giveBack(numberId, lane, now) {
      const bucket = bucketOf(numberId, now)
      if (lane === 'bulk' && bucket.bulk + 1 <= bulkSize(bucket)) bucket.bulk += 1
      else bucket.common = Math.min(bucket.common + 1, Math.max(bucket.common, commonSize(bucket)))
    },
    giveBackPair(conversationId) {
      const arrival = pairs.get(conversationId)
      // What the provider said meanwhile is no count of turns.
      if (arrival !== undefined && !refused.has(conversationId)) pairs.set(conversationId, arrival - limits.pair.everyMs)
    },
    refusePair(conversationId, until) {
      // The refused try was none: what the provider says replaces our own count.
      pairs.set(conversationId, until + (limits.pair.burst - 1) * limits.pair.everyMs)
      refused.add(conversationId)
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
  }
}

function recover(bucket: Bucket, now: number): void {
  const seconds = Math.max(0, now - bucket.at) / 1_000
  bucket.at = Math.max(bucket.at, now)
  bucket.rate = Math.min(bucket.full, bucket.rate + bucket.full * RECOVERY_PER_S * seconds)
}

/** What one of the two cannot hold flows over to the other. */
function fill(bucket: Bucket, tokens: number): void {
  const roomForBulk = Math.max(0, bulkSize(bucket) - bucket.bulk)
  const roomForCommon = Math.max(0, commonSize(bucket) - bucket.common)
  const toBulk = Math.max(Math.min(tokens * BULK_SHARE, roomForBulk), tokens - roomForCommon)
  bucket.bulk += toBulk
  bucket.common += tokens - toBulk
}

function commonSize(bucket: Bucket): number {
  return Math.max(2, Math.min(bucket.rate * BURST_S, MOST_HELD))
}
function bulkSize(bucket: Bucket): number {
  return Math.max(1, commonSize(bucket) * BULK_SHARE)
}
function kept(bucket: Bucket): number {
  return commonSize(bucket) * KEPT_FOR_INTERACTIVE
}
