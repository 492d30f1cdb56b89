// Pure. What an answer of the provider means for a send.
import { z } from 'zod'
import type { ErrorClass, ProviderError, SendOutcome } from '@baton/router'
import { providerError } from './error-table.ts'
import type { Answer } from './http.ts'
import { compact, digits } from './identity.ts'
import { providerFault } from './payload.ts'

const accepted = z.object({
  contacts: z.array(z.object({ wa_id: z.string().optional(), user_id: z.string().optional() })).optional(),
  messages: z.tuple([z.object({ id: z.string().min(1), message_status: z.string().optional() })], z.unknown()),
})
const done = z.object({ success: z.literal(true) })
const refused = z.object({ error: providerFault })

/** Outcome of the POST that sends a message. */
export function sendOutcome(answer: Answer): SendOutcome {
  if (answer.kind !== 'answered') return notAnswered(answer)
  const { data } = isSuccess(answer.status) ? accepted.safeParse(answer.body) : {}
  if (data === undefined) return notAccepted(answer)
  const [message] = data.messages
  const contact = data.contacts?.[0]
  // The phone number of the answer may differ from ours (Brazil, Mexico): it is the one webhooks will name.
  const recipient = compact({ phone: digits(contact?.wa_id), userId: contact?.user_id })
  const heldForQuality = message.message_status !== undefined && message.message_status !== 'accepted'
  return {
    kind: 'accepted',
    providerId: message.id,
    ...(Object.keys(recipient).length > 0 && { recipient }),
    ...(heldForQuality && { heldForQuality }),
  }
}

/** Outcome of marking a message as read: its answer has no id of its own. */
export function readOutcome(answer: Answer, providerId: string): SendOutcome {
  if (answer.kind !== 'answered') return notAnswered(answer)
  const ok = isSuccess(answer.status) && done.safeParse(answer.body).success
  return ok ? { kind: 'accepted', providerId } : notAccepted(answer)
}

/** The provider's error in an answer that is no success, or null when the answer does not tell whether the request was carried out. */
export function answeredError(answer: { status: number; body: unknown }): ProviderError | null {
  const fault = refused.safeParse(answer.body).data?.error
  if (fault !== undefined && !isSuccess(answer.status)) return providerError(fault)
  return byHttpStatus(answer.status)
}

/** Nothing was sent: the request never left, so trying again cannot send twice. */
export function notSent(reason: string): ProviderError {
  return { code: 0, class: 'retry', scope: 'message', title: 'the provider was not reached', detail: reason }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299
}

function notAnswered(answer: Exclude<Answer, { kind: 'answered' }>): SendOutcome {
  return answer.kind === 'not-sent' ? { kind: 'failed', error: notSent(answer.reason) } : { kind: 'unknown', reason: answer.reason }
}

function notAccepted(answer: { status: number; body: unknown }): SendOutcome {
  const error = answeredError(answer)
  return error === null ? { kind: 'unknown', reason: `HTTP ${answer.status} without a readable answer` } : { kind: 'failed', error }
}

/** An answer without an error of the provider comes from something in between, or from a compatible provider with bodies of
 * its own: only the status can be read. A gateway's 5xx and 408 do not tell whether the request got through; neither does a
 * success without a message id. */
function byHttpStatus(status: number): ProviderError | null {
  if (isSuccess(status) || status >= 500 || status === 408) return null
  const byStatus: Readonly<Record<number, ErrorClass>> = { 401: 'halt', 403: 'halt', 429: 'wait' }
  const found = byStatus[status] ?? 'final'
  return {
    code: status,
    class: found,
    scope: found === 'halt' ? 'account' : found === 'wait' ? 'number' : 'message',
    title: `HTTP ${status}`,
    ...(found === 'wait' && { retryAfterMs: 1_000 }),
  }
}
