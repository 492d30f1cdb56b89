// Pure. What to do about every documented error code of the Cloud API. Errors come in the answer to a send, in a `failed`
// status, or both; the code alone decides, because titles, subcodes and HTTP statuses change or lie (throttles are HTTP 400).
import type { ProviderError } from '@baton/router'
import { compact } from './identity.ts'
import type { ProviderFault } from './payload.ts'

type Rule = Pick<ProviderError, 'class' | 'scope' | 'maxTries' | 'retryAfterMs' | 'optOut' | 'templateUnusable'>

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** What cannot get better by trying again. Unknown codes are of this kind too: a blind retry of something unknown may cost money or the number. */
const FINAL: Rule = { class: 'final', scope: 'message' }
const HALT_NUMBER: Rule = { class: 'halt', scope: 'number' }
const HALT_ACCOUNT: Rule = { class: 'halt', scope: 'account' }
const RETRY: Rule = { class: 'retry', scope: 'message' }

const RULES: Readonly<Record<number, Rule>> = {
  0: HALT_ACCOUNT, // token could not be authenticated
  190: HALT_ACCOUNT, // token expired
  3: HALT_ACCOUNT, // capability or permission
  10: HALT_ACCOUNT,
  131005: HALT_ACCOUNT,
  368: HALT_ACCOUNT, // blocked for policy violations
  131031: HALT_ACCOUNT, // account locked
  131042: HALT_ACCOUNT, // payment problem
  131044: HALT_ACCOUNT,
  131064: HALT_ACCOUNT, // utility templates limited for misclassification
  134011: HALT_ACCOUNT, // payment terms not accepted
  33: HALT_NUMBER, // number deleted
  131037: HALT_NUMBER, // display name not approved
  131045: HALT_NUMBER, // certificate or registration
  131048: HALT_NUMBER, // spam rate: goes on for hours and gets worse by sending
  133000: HALT_NUMBER, // registration and PIN: an operator must act
  133005: HALT_NUMBER,
  133006: HALT_NUMBER,
  133008: HALT_NUMBER,
  133009: HALT_NUMBER,
  133010: HALT_NUMBER,
  133016: FINAL, // registration attempts used up for 72 h

  1: { ...RETRY, maxTries: 2 }, // unknown or invalid request: once more, then it is a bug
  2: RETRY, // service down
  133004: RETRY,
  131016: RETRY,
  131000: { ...RETRY, maxTries: 3 },
  131057: { class: 'retry', scope: 'number', retryAfterMs: MINUTE }, // throughput upgrade under way
  2494100: { class: 'retry', scope: 'number', retryAfterMs: MINUTE },
  134101: { ...RETRY, retryAfterMs: 10 * MINUTE }, // template still syncing

  4: { class: 'wait', scope: 'account', retryAfterMs: 5 * MINUTE }, // calls an hour of app or business account
  80007: { class: 'wait', scope: 'account', retryAfterMs: 5 * MINUTE },
  130429: { class: 'wait', scope: 'number', retryAfterMs: SECOND }, // messages a second of the number
  131056: { class: 'wait', scope: 'pair', retryAfterMs: SECOND }, // 4^X seconds, X from 0, this customer only
  133015: { class: 'wait', scope: 'number', retryAfterMs: 5 * MINUTE }, // number was deregistered a moment ago
  // Cap on marketing a customer gets from all businesses: sooner than a day it just fails again, and many retries are limited too.
  131049: { class: 'wait', scope: 'message', retryAfterMs: 24 * HOUR, maxTries: 3 },
  132069: { class: 'wait', scope: 'message', retryAfterMs: 6 * MINUTE }, // a throttled Flow: 10 an hour

  131047: { class: 'template', scope: 'message' },
  131050: { ...FINAL, optOut: true },
  132015: { ...FINAL, templateUnusable: true }, // paused for low quality
  132016: { ...FINAL, templateUnusable: true }, // disabled for good
}

/** Final by the documentation: named, so that a code that is in neither list is known to be new. */
const FINAL_CODES: ReadonlySet<number> = new Set([
  100, 131008, 131009, 135000, 131021, 131026, 131030, 130497, 130472, 130403, 131051, 131052, 131053, 131055, 134100, 134102, 131060,
  131061, 131062, 131063, 131065, 131070, 132000, 132001, 132005, 132007, 132008, 132012, 132018, 132068, 137000, 131020, 131041, 130501,
  2388019, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299, 2593107, 2593108, 2593109,
])

/** Reads one error object of an answer or a status. */
export function providerError(fault: ProviderFault): ProviderError {
  const detail = fault.error_data?.details
  const title = (fault.title ?? fault.message ?? 'unknown error').replace(/^\(#\d+\)\s*/, '')
  const rule = ruleOf(fault.code, detail ?? title)
  return { code: fault.code, title, ...compact({ detail }), ...rule, ...(!isDocumented(fault.code) && { undocumented: true }) }
}

function isDocumented(code: number): boolean {
  return code in RULES || FINAL_CODES.has(code) || inRange(code)
}

function ruleOf(code: number, detail: string): Rule {
  // A link that answered too slowly is worth one more try; a bad file or a 404 is not.
  if (code === 131053 && /time(d|s)?[ -]?out/i.test(detail)) return { ...RETRY, maxTries: 2 }
  if (code >= 200 && code <= 299) return HALT_ACCOUNT
  return RULES[code] ?? FINAL
}

/** Permissions, calling, groups: documented as ranges. */
function inRange(code: number): boolean {
  return (code >= 200 && code <= 299) || (code >= 138_000 && code <= 138_999) || (code >= 131_201 && code <= 131_215)
}
