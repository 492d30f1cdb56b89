// Owns a bounded queue in front of a store. What arrives while one write runs, or too soon after it began, is the next batch: about ten
// items a write under load, no waiting when idle. R1: a bad item fails alone. R2: never more than `limit` items wait.
import { performance } from 'node:perf_hooks'
import { isInfrastructure, pause } from '../store/retry.ts'

export interface GroupCommit<I, R> {
  /** A promise an item, or null when there is no room for all of them. */
  add(items: I[]): Promise<R>[] | null
  /** Is there room for so many? A call that is larger than the limit finds room when nothing else waits. */
  hasRoom(count: number): boolean
  /** Items that wait or are being written. */
  size(): number
  /** Resolves when nothing is left. */
  idle(): Promise<void>
}

interface Waiting<I, R> {
  item: I
  resolve(result: R): void
  reject(error: unknown): void
}

/** `write` stores a batch in one transaction and gives one result an item, in order. When it throws for another reason than the
 * database's own trouble, each item of the batch is written alone, and `refused` decides about those that fail again. */
export function createGroupCommit<I, R>(options: {
  write(items: I[]): Promise<R[]>
  refused(item: I, error: unknown): Promise<R>
  limit: number
  batch: number
  /** Writes begin at least so far apart, ms. A transaction costs more than most of what is in it, and so do those that follow from it. */
  spacingMs: number
}): GroupCommit<I, R> {
  const queue: Waiting<I, R>[] = []
  let writing = 0
  let running: Promise<void> | null = null
  let beganAt = -Infinity

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const early = beganAt + options.spacingMs - performance.now()
      if (early > 0) await pause(early)
      beganAt = performance.now()
      const batch = queue.splice(0, options.batch)
      writing = batch.length
      await writeBatch(batch)
      writing = 0
    }
    running = null
  }

  async function writeBatch(batch: Waiting<I, R>[]): Promise<void> {
    try {
      const results = await options.write(batch.map(({ item }) => item))
      batch.forEach(({ resolve }, index) => resolve(results[index] as R))
    } catch (error) {
      const alone = !isInfrastructure(error)
      for (const each of batch) {
        if (alone) await writeAlone(each, batch.length > 1, error)
        else each.reject(error)
      }
    }
  }

  /** R1 */
  async function writeAlone({ item, resolve, reject }: Waiting<I, R>, again: boolean, first: unknown): Promise<void> {
    try {
      if (!again) throw first
      const [result] = await options.write([item])
      resolve(result as R)
    } catch (error) {
      if (isInfrastructure(error)) return reject(error)
      await options.refused(item, error).then(resolve, reject)
    }
  }

  /** R2 */
  function hasRoom(count: number): boolean {
    const waiting = queue.length + writing
    return waiting === 0 || waiting + count <= options.limit
  }

  return {
    hasRoom,
    add(items) {
      if (!hasRoom(items.length)) return null
      const promises = items.map((item) => new Promise<R>((resolve, reject) => queue.push({ item, resolve, reject })))
      // With an empty queue run() would end before it is remembered as running, and look as if it never did.
      if (queue.length > 0) running ??= run()
      return promises
    },
    size: () => queue.length + writing,
    async idle() {
      await running
    },
  }
}
