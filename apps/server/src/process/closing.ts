// Owns how to take down what was started. R1: from the last part to the first, as each needs those below it. R2: once, whoever asks.
// R3: a part that cannot be closed does not keep the others open.
import type { Logger } from 'pino'

export interface Closing {
  /** To be closed before everything that was named earlier. */
  push(close: () => unknown): void
  close(): Promise<void>
}

export function createClosing(log: Pick<Logger, 'error'>): Closing {
  const parts: (() => unknown)[] = []
  let closed: Promise<void> | null = null

  async function closeAll(): Promise<void> {
    for (let close = parts.pop(); close !== undefined; close = parts.pop()) {
      try {
        // oxlint-disable-next-line no-await-in-loop
        await close() // R1
      } catch (error) {
        log.error({ err: error }, 'a part could not be closed') // R3
      }
    }
  }

  return {
    push: (close) => void parts.push(close),
    close: () => (closed ??= closeAll()), // R2
  }
}
