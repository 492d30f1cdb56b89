// Owns the connections of HTTP steps: the part of this package that talks to anybody. Whatever goes wrong is a result; a call never throws.
// A process that dies before the result is recorded leaves the call to be made again, with the same key.
import { createGuardedAgent, exchangeHttp } from '@baton/router'
import type { HttpFailure, ParticipantAdapter, ParticipantCall } from '@baton/router'
import type { ErrorCode } from '../errors.ts'
import { isCallable, maySend } from './hosts.ts'
import type { CallableHost } from './hosts.ts'
import { callData } from './request.ts'
import type { CallData } from './request.ts'
import { callEvent, callFailed, readAnswer } from './result.ts'
import type { CallResult } from './result.ts'

export interface HttpCallerOptions {
  /** The hosts that may be called now, and what may be sent there. */
  hosts(): readonly CallableHost[]
  /** Whether an address outside the public internet may be called. */
  allowsAddress(address: string): boolean
  /** The value behind a reference such as `env:SHOP_TOKEN`; undefined when it is not set. */
  resolveSecret(reference: string): string | undefined
}

export interface HttpCaller extends ParticipantAdapter {
  /** Drops idle connections. */
  close(): Promise<void>
}

const MAX_ANSWER_BYTES = 256 * 1024

const REASONS = {
  timeout: 'call-timeout',
  aborted: 'call-aborted',
  unreachable: 'call-unreachable',
  'too-large': 'call-too-large',
  'address-refused': 'call-address-refused',
} as const satisfies Record<HttpFailure['reason'], ErrorCode>
const MAY_PASS: ReadonlySet<HttpFailure['reason']> = new Set(['timeout', 'aborted', 'unreachable'])

/** Makes the calls of HTTP steps. */
export function createHttpCaller({ hosts, allowsAddress, resolveSecret }: HttpCallerOptions): HttpCaller {
  const dispatcher = createGuardedAgent({ allows: allowsAddress })

  async function make(data: CallData, signal: AbortSignal): Promise<CallResult> {
    const { url, method, body, key, timeoutMs } = data
    const allowed = hosts()
    const { host } = new URL(url)
    if (!isCallable(url, allowed)) return callFailed('call-host-refused', host)
    const secrets: Record<string, string> = {}
    for (const [name, { reference, prefix }] of Object.entries(data.secrets)) {
      // Asked again here: since the journey was published the operator may have taken the secret, or the host, back.
      const may = maySend(reference, url, allowed)
      if (may !== 'yes') return callFailed('call-secret-refused', `${reference} to ${host}${may === 'in-clear' ? ', by plain http' : ''}`)
      const value = resolveSecret(reference)
      if (value === undefined || value === '') return callFailed('call-secret-missing', reference)
      secrets[name] = prefix + value
    }
    const headers = { ...data.headers, ...secrets, 'idempotency-key': key }
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const typed = body === undefined ? headers : { ...headers, 'content-type': 'application/json' }
    const bounds = { timeout: AbortSignal.timeout(timeoutMs), signal, dispatcher, maxAnswerBytes: MAX_ANSWER_BYTES }
    const exchanged = await exchangeHttp({ url, method, headers: typed, ...content }, bounds)
    if (exchanged.kind === 'failed')
      return callFailed(REASONS[exchanged.reason], exchanged.detail, { again: MAY_PASS.has(exchanged.reason) })
    return readAnswer(data, { status: exchanged.status, text: exchanged.text, retryAfter: exchanged.header('retry-after') })
  }

  return {
    kind: 'http',
    readsHistory: false,
    call: async ({ callId, data }: ParticipantCall, signal) => callEvent(callId, await make(callData.parse(data), signal)),
    close: () => dispatcher.close(),
  }
}
