// One HTTP exchange with a bot, bounded in time and size. Whatever goes wrong is a value: a broken bot costs its session a fallback and
// nothing else.
import { request } from 'undici'
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

class TooLarge extends Error {}

export function createExchange({ url, timeoutMs, signal, dispatcher, maxAnswerBytes }: ExchangeOptions): Exchange {
  const timeout = AbortSignal.timeout(timeoutMs)
  return async ({ body, headers }) => {
    try {
      // undici's `request` follows no redirects: an answer cannot send the turn to an address nobody configured.
      const response = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'baton', ...headers },
        body,
        dispatcher,
        signal: AbortSignal.any([signal, timeout]),
      })
      const text = await readBody(response.body, maxAnswerBytes)
      const status = response.statusCode
      if (status < 200 || status > 299) return failure('bot-status', `HTTP ${status}`)
      const signature = response.headers['x-baton-signature']
      return { kind: 'answered', status, signature: typeof signature === 'string' ? signature : null, text }
    } catch (error) {
      if (error instanceof TooLarge) return failure('bot-too-large', `more than ${maxAnswerBytes} bytes`)
      // The caller's clock may strike first, with the same meaning.
      if (timeout.aborted || isTimeout(signal.reason)) return failure('bot-timeout', `${timeoutMs} ms`)
      if (signal.aborted) return failure('bot-aborted')
      return failure('bot-unreachable', error instanceof Error ? error.message : String(error))
    }
  }
}

export function failure(reason: ErrorCode, detail?: string): Failure {
  return { kind: 'failed', reason, ...(detail === undefined ? {} : { detail }) }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** Stops reading as soon as it is too much: the length a bot announces is not trusted. */
async function readBody(body: Dispatcher.ResponseData['body'], limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
