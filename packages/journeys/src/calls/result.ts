// Pure. What comes back from a call: read from the server's answer where the call is made, and from the event where the run goes on.
import { readJson } from '@baton/router'
import type { ParticipantAnswer } from '@baton/router'
import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import { valueAtPath } from './json-path.ts'
import type { CallRequest, Wanted } from './request.ts'

const answered = z.object({
  kind: z.literal('answered'),
  status: z.number(),
  answers: z.record(z.string(), z.unknown()),
  attributes: z.record(z.string(), z.unknown()),
})
const failed = z.object({
  kind: z.literal('failed'),
  /** A code of the catalogue. */
  reason: z.string(),
  detail: z.string(),
  status: z.number().optional(),
  /** Whether another attempt may fare better, and not before how many milliseconds. */
  again: z.boolean(),
  afterMs: z.number().optional(),
})
export const callResult = z.discriminatedUnion('kind', [answered, failed])
export type CallResult = z.infer<typeof callResult>
export type CallFailure = z.infer<typeof failed>

/** What is kept of an answer travels in every turn of the conversation from then on. */
const MOST_KEPT = 8_000

/** `detail`: for people; it never repeats what the answer says. */
export function callFailed(
  reason: ErrorCode,
  detail: string,
  more: Partial<Pick<CallFailure, 'again' | 'afterMs' | 'status'>> = {},
): CallFailure {
  return { kind: 'failed', reason, detail, again: false, ...more }
}

/** Takes what the step wants out of a server's answer. All or nothing: a value that is not there and has no default fails the call. */
export function readAnswer(
  { save, attributes }: Pick<CallRequest, 'save' | 'attributes'>,
  { status, text, retryAfter }: { status: number; text: string; retryAfter: string | null },
): CallResult {
  if (status < 200 || status > 299) return callFailed('call-status', `HTTP ${status}`, { status, ...whenAgain(status, retryAfter) })
  const wanted = [...Object.values(save), ...Object.values(attributes)]
  const body = wanted.length === 0 || text.trim() === '' ? ({ kind: 'json', value: null } as const) : readJson(text)
  if (body.kind === 'unreadable') return callFailed('call-not-json', body.reason, { status })
  const missing = wanted.find((each) => valueOf(body.value, each) === undefined)
  if (missing !== undefined) return callFailed('call-value-missing', `nothing at ${missing.path}`, { status })
  const found = { answers: pick(body.value, save), attributes: pick(body.value, attributes) }
  if (JSON.stringify(found).length > MOST_KEPT) return callFailed('call-too-large', `more than ${MOST_KEPT} characters to keep`, { status })
  return { kind: 'answered', status, ...found }
}

function pick(body: unknown, wanted: Readonly<Record<string, Wanted>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(wanted).map(([name, each]) => [name, valueOf(body, each)]))
}

function valueOf(body: unknown, wanted: Wanted): unknown {
  return valueAtPath(body, wanted.path) ?? wanted.default
}

/** Statuses by which a server says that it could not answer now. A date in Retry-After is not waited for: its clock may be another one. */
function whenAgain(status: number, retryAfter: string | null): Pick<CallFailure, 'again' | 'afterMs'> {
  const again = status >= 500 || [408, 425, 429].includes(status)
  return again && /^\d{1,6}$/.test(retryAfter ?? '') ? { again, afterMs: Number(retryAfter) * 1_000 } : { again }
}

/** The event by which the run hears of it. */
export function callEvent(callId: string, result: CallResult): ParticipantAnswer {
  return { name: `http.${result.kind}`, data: { callId, result }, by: { kind: 'system', id: 'http' } }
}

const reported = z.object({ callId: z.string(), result: callResult })
/** What the router says when nobody answered for the call. */
const given = z.object({ callId: z.string(), reason: z.string() })

/** The result in an event, or null: it tells of something else. What others report by API never tells of a call. */
export function resultOfEvent(event: Pick<ParticipantAnswer, 'name' | 'data' | 'by'>): { callId: string; result: CallResult } | null {
  if (!/^http\.(answered|failed)$/.test(event.name) || (event.by !== undefined && event.by.kind !== 'system')) return null
  const report = reported.safeParse(event.data)
  if (report.success) return report.data
  const { callId, reason } = given.parse(event.data)
  const result =
    reason === 'timeout'
      ? callFailed('call-timeout', 'no answer in time', { again: true })
      : callFailed('call-lost', reason, { again: true })
  return { callId, result }
}
