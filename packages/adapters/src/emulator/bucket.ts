// Pure. A token bucket: `tokens` were there at the time `at`.

export interface Bucket {
  tokens: number
  at: number
}

export interface BucketRule {
  capacity: number
  /** Milliseconds until one token has grown back. */
  refillMs: number
}

export function fullBucket(rule: BucketRule, now: number): Bucket {
  return { tokens: rule.capacity, at: now }
}

/** The bucket after taking one token, or null when it is empty. */
export function takeToken(bucket: Bucket, rule: BucketRule, now: number): Bucket | null {
  const grown = Math.min(rule.capacity, bucket.tokens + Math.max(0, now - bucket.at) / rule.refillMs)
  // A hair below one, so that 6 s make a whole token in spite of floating point.
  return grown < 1 - 1e-9 ? null : { tokens: grown - 1, at: now }
}
