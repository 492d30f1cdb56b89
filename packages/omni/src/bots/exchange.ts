// One HTTP exchange with a bot. Whatever goes wrong is a value: a broken bot costs its session a fallback and nothing else.
import { exchangeHttp } from '@baton/router'
import type { HttpFailure } from '@baton/router'
import type { Dispatcher } from 'undici'
import type { ErrorCode } from '../errors.ts'

export type Exchanged = { kind: 'answered'; status: number; signature: string | null; text: string } | Failure
export interface Failure {
  kind: 'failed'
  reason: ErrorCode
  detail?: string
}

/** Posts a body of JSON to the address the bot has in the configuration. */
export type Exchange = (message: { body: string; headers: Record<string, string> }) => Promise<Exchanged>

export interface ExchangeOptions {
  url: string
  /** Of all exchanges of one call together. */
  timeoutMs: number
  /** The caller's own. */
  signal: AbortSignal
  dispatcher: Dispatcher
  maxAnswerBytes: number
}

const REASONS = {
  timeout: 'bot-timeout',
  aborted: 'bot-aborted',
  unreachable: 'bot-unreachable',
  'too-large': 'bot-too-large',
  'address-refused': 'bot-address-refused',
} as const satisfies Record<HttpFailure['reason'], ErrorCode>

export function createExchange({ url, timeoutMs, ...bounds }: ExchangeOptions): Exchange {
  const timeout = AbortSignal.timeout(timeoutMs)
  return async ({ body, headers }) => {
    const request = { url, method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body } as const
    const exchanged = await exchangeHttp(request, { timeout, ...bounds })
    if (exchanged.kind === 'failed')
      return failure(REASONS[exchanged.reason], exchanged.reason === 'timeout' ? `${timeoutMs} ms` : exchanged.detail)
    const { status, text } = exchanged
    if (status < 200 || status > 299) return failure('bot-status', `HTTP ${status}`)
    return { kind: 'answered', status, signature: exchanged.header('x-baton-signature'), text }
  }
}

export function failure(reason: ErrorCode, detail?: string): Failure {
  return { kind: 'failed', reason, ...(detail === undefined ? {} : { detail }) }
}
