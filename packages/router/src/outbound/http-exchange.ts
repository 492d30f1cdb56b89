// One HTTP exchange with a server that somebody else runs, bounded in time and size. Whatever goes wrong is a value.
import { request } from 'undici'
import type { Dispatcher } from 'undici'
import { AddressRefused } from './guarded-agent.ts'

export interface HttpRequest {
  url: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers: Record<string, string>
  body?: string
}

/** `header` gives the first value of a header of the answer, by its name in lower case. */
export type HttpExchanged = { kind: 'answered'; status: number; header(name: string): string | null; text: string } | HttpFailure
export interface HttpFailure {
  kind: 'failed'
  /** `aborted`: by the caller, which says nothing about the server. `address-refused`: it was not called. */
  reason: 'timeout' | 'aborted' | 'unreachable' | 'too-large' | 'address-refused'
  detail: string
}

export interface ExchangeBounds {
  /** Of all exchanges under it together: `AbortSignal.timeout(…)`. */
  timeout: AbortSignal
  /** The caller's own. */
  signal: AbortSignal
  dispatcher: Dispatcher
  /** Bytes of the answer. */
  maxAnswerBytes: number
}

class TooLarge extends Error {}

/** Answers with whatever status came. undici's `request` follows no redirects: an answer cannot send a call to an address nobody configured. */
export async function exchangeHttp(
  { url, headers, ...call }: HttpRequest,
  { timeout, signal, dispatcher, maxAnswerBytes }: ExchangeBounds,
): Promise<HttpExchanged> {
  try {
    const response = await request(url, {
      ...call,
      headers: { accept: 'application/json', 'user-agent': 'baton', ...headers },
      dispatcher,
      signal: AbortSignal.any([signal, timeout]),
    })
    const text = await readBody(response.body, maxAnswerBytes)
    const header = (name: string): string | null => [response.headers[name] ?? []].flat()[0] ?? null
    return { kind: 'answered', status: response.statusCode, header, text }
  } catch (error) {
    if (error instanceof TooLarge) return failed('too-large', `more than ${maxAnswerBytes} bytes`)
    if (error instanceof AddressRefused) return failed('address-refused', error.message)
    // The caller's clock may strike first, with the same meaning.
    if (timeout.aborted || isTimeout(signal.reason)) return failed('timeout', 'no answer in time')
    if (signal.aborted) return failed('aborted', 'broken off')
    return failed('unreachable', error instanceof Error ? error.message : String(error))
  }
}

function failed(reason: HttpFailure['reason'], detail: string): HttpFailure {
  return { kind: 'failed', reason, detail }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** Stops reading as soon as it is too much: the length a server announces is not trusted. */
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
