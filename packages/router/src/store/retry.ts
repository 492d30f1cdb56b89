// What a failed statement means: try again, wait for the database, or blame the row.

/** Retries what the database asks to retry (deadlock, serialisation, shutdown, broken connection), with jittered backoff.
 * `work` must be harmless to repeat: its transaction may have been committed before the connection broke. */
export async function withRetry<T>(
  work: () => Promise<T>,
  { tries = 5, baseMs = 20 }: { tries?: number; baseMs?: number } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= tries || !isTransient(error)) throw error
      await pause(jittered(baseMs * 2 ** (attempt - 1)))
    }
  }
}

/** A repeat may well succeed. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error)
  return code === '40P01' || code === '40001' || isDatabaseGone(error)
}

const GONE_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
  'EADDRNOTAVAIL',
  'ERR_SOCKET_CLOSED',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
])
const GONE_MESSAGES =
  /connection terminated|client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|connection ended unexpectedly|not queryable/i

/** The database cannot be reached, is starting or stopping, or has ended our session. */
export function isDatabaseGone(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== null) return /^57P0|^08|^53300$|^25P03$/.test(code) || GONE_SYSTEM_CODES.has(code)
  return error instanceof Error && (GONE_MESSAGES.test(error.message) || isDatabaseGone(error.cause))
}

/** What was asked may well be answered later, and whoever asked is not to blame: the database is gone, or has no room, no lock, no
 * time or no permission to write (a standby) for it. */
export function isDatabaseTrouble(error: unknown): boolean {
  const code = codeOf(error)
  return isTransient(error) || (code !== null && /^(?:53|57|58)[0-9A-Z]{3}$|^55P03$|^25006$/.test(code))
}

/** The database is there and refuses the data itself (a value, a constraint, a limit): repeating it is pointless. */
function isRowRefused(error: unknown): boolean {
  const code = codeOf(error)
  return code !== null && /^(?:21|22|23|54)/.test(code) && code.length === 5
}

/** The database's own trouble (gone, out of space, read-only, a time limit, a missing table): no fault of what was to be stored. */
export function isInfrastructure(error: unknown): boolean {
  const code = codeOf(error)
  return isTransient(error) || (code !== null && /^[0-9A-Z]{5}$/.test(code) && !isRowRefused(error))
}

/** Half to the whole of so many milliseconds. */
export function jittered(ms: number): number {
  return ms / 2 + (Math.random() * ms) / 2
}

/** Sleeps; ends early when the signal does. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}

function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : null
}
