import t from 'tap'
import { repeat } from '../src/repeat.ts'

await t.test('a task runs at once, and again after each end of it, one run at a time', async (t) => {
  let runs = 0
  let under = 0
  let most = 0
  await new Promise<void>((resolve) => {
    const repeated = repeat(async () => {
      most = Math.max(most, ++under)
      await new Promise(setImmediate)
      under -= 1
      runs += 1
      if (runs === 3) void repeated.stop().then(resolve)
    }, 1)
  })
  t.strictSame([runs, most], [3, 1])
})

await t.test('stopping aborts the run under way and waits for its end', async (t) => {
  const told: string[] = []
  const repeated = repeat(async (signal) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    await new Promise(setImmediate)
    told.push('ended')
  }, 3_600_000)
  await repeated.stop()
  t.strictSame(told, ['ended'])
})
