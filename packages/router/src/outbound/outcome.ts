// Pure. What the outcome of a send means for its row: settle, try again and when, slow down whom, give up.
import type { Recall } from '../contract/actor.ts'
import type { ProviderError, SendOutcome } from '../contract/channel.ts'
import type { Identity, Purpose } from '../contract/message.ts'

/** What happens next to a message. `at` epoch milliseconds.
 * `accepted`; `recipient`: what the provider calls whom it was sent to · `later`: again at `at`; `counts`: it was a try of this message, not a wait for its number; `bulk`: it moves to
 * the bulk lane, so that what the conversation says meanwhile is not kept waiting · `halted`: nothing leaves the number until
 * somebody releases it · `failed` for good · `uncertain`: it may have been sent; looked at again at `at` unless a status
 * settles it first · `abandoned`: it stays `maybe-sent`. */
export type NextStep =
  | { kind: 'accepted'; providerId: string; heldForQuality: boolean; recipient: Identity }
  | { kind: 'later'; at: number; counts: boolean; bulk: boolean; slow: Slow | null }
  | { kind: 'halted'; error: ProviderError }
  | { kind: 'failed'; code: FailureCode; reason: string; error: ProviderError | null }
  | { kind: 'uncertain'; at: number; reason: string }
  | { kind: 'abandoned' }

/** Who has to slow down, and until when. */
export interface Slow {
  scope: 'pair' | 'number' | 'account'
  until: number
}

/** Why a message came to nothing, as the conversation and the API are told. */
export type FailureCode =
  | 'window-closed'
  | 'send-expired'
  | 'customer-opted-out'
  | 'template-unusable'
  | 'provider-refused'
  | 'tries-exhausted'
  | 'number-not-configured'
  | Recall['code']

/** One try of one message: `tries` includes this one; `expiresAt` the last moment it may be sent, or null. */
export interface Attempt {
  id: string
  tries: number
  purpose: Purpose
  expiresAt: number | null
  now: number
}

export interface OutcomeLimits {
  /** Tries in all before a message that keeps failing is given up. */
  maxTries: number
  /** Tries in all of a message whose outcome stays unknown (marketing: always 1). */
  unknownTries: number
  /** How long a message that may have been sent is left to the statuses before it is repeated, ms. */
  graceMs: number
}

const SECOND = 1_000
const FIRST_RETRY_MS = SECOND
const LONGEST_RETRY_MS = 300 * SECOND
const LONGEST_PAIR_WAIT_MS = 3_600 * SECOND
const LONGEST_WAIT_MS = 7 * 86_400 * SECOND
/** A message that waits longer than this no longer holds up the conversation. */
const MAKES_WAY_AFTER_MS = 60 * SECOND

/** Outcome and attempt → what is next. */
export function nextStep(outcome: SendOutcome, attempt: Attempt, limits: OutcomeLimits): NextStep {
  if (outcome.kind === 'accepted') {
    const { providerId, heldForQuality = false, recipient = {} } = outcome
    return { kind: 'accepted', providerId, heldForQuality, recipient }
  }
  if (outcome.kind === 'unknown') return { kind: 'uncertain', at: attempt.now + graceOf(attempt.purpose, limits), reason: outcome.reason }
  const error = outcome.error
  switch (error.class) {
    case 'halt':
      return { kind: 'halted', error }
    case 'template':
    case 'final':
      return { kind: 'failed', ...failureOf(error), error }
    case 'retry':
    case 'wait':
      return again(error, attempt, limits)
  }
}

/** A message that may have been sent, its grace over and no status seen: again, or left as it is? Marketing is never repeated. */
export function afterGrace(attempt: Attempt, limits: OutcomeLimits): 'repeat' | 'abandon' {
  if (attempt.purpose === 'marketing' || attempt.tries >= limits.unknownTries) return 'abandon'
  return isExpired(attempt) ? 'abandon' : 'repeat'
}

/** How long the statuses get. A one-time code is worthless later and harmless twice: it is repeated at once. */
export function graceOf(purpose: Purpose, limits: OutcomeLimits): number {
  return purpose === 'authentication' ? 0 : limits.graceMs
}

/** The reply window (or whatever else bounded the message) closed while it waited. */
export function isExpired(attempt: Attempt): boolean {
  return attempt.expiresAt !== null && attempt.expiresAt <= attempt.now
}

/** What becomes of a message whose time is over, perhaps because a turn recalled it. */
export function whenOver(recalled: Pick<Recall, 'code' | 'reason'> | undefined): NextStep {
  const expired = { code: 'send-expired', reason: 'the time in which it could be sent ended while it waited' } as const
  return { kind: 'failed', ...(recalled ?? expired), error: null }
}

/** A provider's error as a code of ours and a sentence. Only the provider says that the reply window is closed; what ran out of time
 * with us is `send-expired`. */
export function failureOf(error: ProviderError): { code: FailureCode; reason: string } {
  const reason = `${error.code} ${error.title}${error.detail === undefined ? '' : `: ${error.detail}`}`
  if (error.optOut === true) return { code: 'customer-opted-out', reason }
  if (error.templateUnusable === true) return { code: 'template-unusable', reason }
  return { code: error.class === 'template' ? 'window-closed' : 'provider-refused', reason }
}

/** Exponential backoff, 1 s doubling to 5 min, half of it jitter; the same id and try always give the same wait. Milliseconds. */
export function backoff(id: string, tries: number): number {
  const full = Math.min(FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 30), LONGEST_RETRY_MS)
  return Math.round(full / 2 + (full / 2) * fraction(`${id}/${tries}`))
}

/** Also when its time is over by then: the customer may write until then, and the sweep looks. */
function again(error: ProviderError, attempt: Attempt, limits: OutcomeLimits): NextStep {
  const wide = error.class === 'wait' && (error.scope === 'number' || error.scope === 'account') ? error.scope : null
  const forNumber = wide !== null
  const at = attempt.now + (forNumber ? numberWait(error, attempt) : messageWait(error, attempt))
  if (!forNumber && attempt.tries >= Math.min(error.maxTries ?? limits.maxTries, limits.maxTries))
    return { kind: 'failed', code: 'tries-exhausted', reason: failureOf(error).reason, error }
  const isPair = error.class === 'wait' && error.scope === 'pair'
  return {
    kind: 'later',
    at,
    counts: !forNumber,
    bulk: !forNumber && !isPair && at - attempt.now > MAKES_WAY_AFTER_MS,
    slow: wide !== null ? { scope: wide, until: at } : isPair ? { scope: 'pair', until: at } : null,
  }
}

function messageWait(error: ProviderError, attempt: Attempt): number {
  if (error.class === 'retry') return Math.max(backoff(attempt.id, attempt.tries), error.retryAfterMs ?? 0)
  const base = error.retryAfterMs ?? SECOND
  if (error.scope === 'pair') return Math.min(base * 4 ** Math.min(attempt.tries - 1, 20), LONGEST_PAIR_WAIT_MS)
  return Math.min(base * 2 ** Math.min(attempt.tries - 1, 20), LONGEST_WAIT_MS)
}

/** A little longer for some than for others, so that what waited together does not come back together. */
function numberWait(error: ProviderError, attempt: Attempt): number {
  const base = error.retryAfterMs ?? SECOND
  return Math.round(base * (1 + fraction(attempt.id) / 4))
}

/** A number in [0, 1) from a text (FNV-1a): chance that is the same every time. */
function fraction(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash >>> 0) / 2 ** 32
}
