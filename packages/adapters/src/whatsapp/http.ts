// Owns nothing itself: one HTTP exchange over the connections of the agent it is given.
// R1 A request is made once: nothing here, nor in the agent, repeats it. There is no idempotency key, so a repeat may send twice.
// R2 `not-sent` only when not a byte of the request was written; whatever fails later is `no-answer`.
import { request as call } from 'undici'
import type { Dispatcher, FormData } from 'undici'

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: string | FormData
  signal: AbortSignal
  timeoutMs: number
  /** The answer's body may have so many bytes. */
  maxBytes: number
}

export type Answer =
  | { kind: 'answered'; status: number; body: unknown }
  | { kind: 'not-sent'; reason: string }
  | { kind: 'no-answer'; reason: string }

export type RawAnswer = Exclude<Answer, { kind: 'answered' }> | { kind: 'answered'; status: number; bytes: Buffer }

/** One exchange whose answer is JSON; `body` is undefined when it is not. Never throws. */
export async function exchange(agent: Dispatcher, request: HttpRequest): Promise<Answer> {
  const answer = await exchangeBytes(agent, request)
  if (answer.kind !== 'answered') return answer
  return { kind: 'answered', status: answer.status, body: parseJson(answer.bytes) }
}

/** One exchange, the answer's bytes as they came. Never throws. */
export async function exchangeBytes(agent: Dispatcher, request: HttpRequest): Promise<RawAnswer> {
  let written = false
  const dispatcher = agent.compose(
    (dispatch) => (options, handler) =>
      dispatch(
        options,
        whenWritten(handler, () => (written = true)),
      ),
  )
  const { method, url, headers, body, timeoutMs, maxBytes } = request
  const limit = limited(request.signal, timeoutMs)
  try {
    const options = { dispatcher, method, headers, body: body ?? null, headersTimeout: 0, bodyTimeout: 0 }
    const response = await call(url, { ...options, signal: limit.signal })
    return { kind: 'answered', status: response.statusCode, bytes: await readAtMost(response.body, maxBytes) }
  } catch (cause) {
    return { kind: written ? 'no-answer' : 'not-sent', reason: reasonOf(cause) }
  } finally {
    limit.end()
  }
}

/** Aborts with the signal, or when the time is over. Unlike `AbortSignal.timeout` it leaves no timer behind: at a thousand calls a
 * second that was fifteen thousand signals kept alive for nothing. */
function limited(outer: AbortSignal, ms: number): { signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new DOMException('time-out', 'TimeoutError')), ms)
  const follow = (): void => controller.abort(outer.reason)
  if (outer.aborted) follow()
  outer.addEventListener('abort', follow)
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer)
      outer.removeEventListener('abort', follow)
    },
  }
}

/** The same handler, that also tells when a connection is there and the request is about to be written to it. */
function whenWritten(handler: Dispatcher.DispatchHandler, tell: () => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller, context) {
      handler.onRequestStart?.(controller, context)
      // A request that was given up while it waited for its connection stops here, unwritten.
      if (!controller.aborted) tell()
    },
    onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
    onResponseStart: (...given) => handler.onResponseStart?.(...given),
    onResponseData: (...given) => handler.onResponseData?.(...given),
    onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
    onResponseError: (...given) => handler.onResponseError?.(...given),
  }
}

async function readAtMost(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // Leaving the loop destroys the stream and its connection.
    if (size > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // A gateway's HTML page, say: the status tells all there is to know.
    return undefined
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause && typeof cause.code === 'string' ? `${cause.code}: ` : ''
  return `${code}${cause.message || cause.name}`
}
