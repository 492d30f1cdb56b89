// A process: the floor's work over the product's own driver, for machines without pgbench.
import { randomInt } from 'node:crypto'
import { openDatabase } from '@baton/router'
import { answerCalls } from './child.ts'
import { FLOOR_CLIENTS, FLOOR_DATABASE, FLOOR_STATEMENTS } from './floor.ts'

async function measure({ host, user, seconds }: { host: string; user: string; seconds: number }): Promise<number> {
  const { pool, close } = openDatabase({ host, user, database: FLOOR_DATABASE, max: FLOOR_CLIENTS })
  const statements = FLOOR_STATEMENTS.map((text, index) => ({ name: `floor-${index}`, text: text.replaceAll(':id', '$1::bigint') }))
  const started = performance.now()
  let done = 0
  async function work(): Promise<void> {
    const client = await pool.connect()
    while (performance.now() - started < seconds * 1_000) {
      const id = randomInt(1, 2 ** 48 - 1)
      for (const { name, text } of statements) await client.query({ name, text, values: text.includes('$1') ? [id] : [] })
      done += 1
    }
    client.release()
  }
  await Promise.all(Array.from({ length: FLOOR_CLIENTS }, work))
  const rate = done / ((performance.now() - started) / 1_000)
  await close()
  return rate
}

answerCalls({ measure })
