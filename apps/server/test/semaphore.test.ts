import t from 'tap'
import { createSemaphore } from '../src/semaphore.ts'

await t.test('who waits comes in the order of asking, each once, and not who has given up', async (t) => {
  const semaphore = createSemaphore(1)
  const first = await semaphore.take()
  t.equal(await semaphore.take(20), null, 'given up')
  const order: string[] = []
  const asked = ['a', 'b'].map(async (name) => {
    const release = await semaphore.take()
    order.push(name)
    return release
  })
  first()
  first()
  const a = await asked[0]
  t.strictSame(order, ['a'], 'what is released twice is released once')
  a?.()
  const b = await asked[1]
  t.strictSame(order, ['a', 'b'])
  b?.()
  t.type(await semaphore.take(20), 'function', 'there is room again')
})
