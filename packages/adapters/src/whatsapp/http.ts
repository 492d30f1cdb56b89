// Owns nothing itself: one HTTP exchange over the connections of the agent it is given.
// R1 A request is made once: nothing here, nor in the agent, repeats it. There is no idempotency key, so a repeat may send twice.
// R2 `not-sent` only when not a byte of the request was written; whatever fails later is `no-answer`.
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
export function exchangeBytes(agent: Dispatcher, request: HttpRequest): Promise<RawAnswer> {
  // Straight to the dispatcher: a stream, its reader and an abort signal for each call are half of what `request` costs.
  return new Promise((resolve) => {
    const { signal, timeoutMs, maxBytes } = request
    const chunks: Buffer[] = []
    let [status, size] = [0, 0]
    let written = false
    let answer: RawAnswer | null = null
    let connection: Dispatcher.DispatchController | null = null

    function settle(outcome: RawAnswer): void {
      if (answer !== null) return
      answer = outcome
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(outcome)
    }
    function giveUp(cause: unknown): void {
      if (answer !== null) return
      settle({ kind: written ? 'no-answer' : 'not-sent', reason: reasonOf(cause) })
      connection?.abort(cause instanceof Error ? cause : new Error(String(cause)))
    }
    const stop = (): void => giveUp(signal.reason)
    const timer = setTimeout(() => giveUp(new Error('time-out')), timeoutMs)
    signal.addEventListener('abort', stop)
    if (signal.aborted) return stop()

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        connection = controller
        // What was given up while it waited for its connection stops here, unwritten.
        if (answer === null) written = true
        else controller.abort(new Error('given up'))
      },
      onResponseStart(_controller, statusCode) {
        status = statusCode
      },
      onResponseData(_controller, chunk) {
        size += chunk.length
        if (size > maxBytes) giveUp(new Error(`the answer has more than ${maxBytes} bytes`))
        else chunks.push(chunk)
      },
      onResponseEnd: () => settle({ kind: 'answered', status, bytes: Buffer.concat(chunks) }),
      onResponseError: (_controller, error) => giveUp(error),
    }
    try {
      agent.dispatch(optionsOf(request), handler)
    } catch (error) {
      giveUp(error)
    }
  })
}

function optionsOf({ method, url, headers, body }: HttpRequest): Dispatcher.DispatchOptions {
  const { origin, pathname, search } = new URL(url)
  return { origin, path: `${pathname}${search}`, method, headers, body: body ?? null, headersTimeout: 0, bodyTimeout: 0 }
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
