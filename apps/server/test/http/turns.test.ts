import t from 'tap'
import { createTurns } from '../../src/http/turns.ts'

await t.test('turns come in the order of asking, each once, and not to who has given up', async (t) => {
  const turns = createTurns(1, 20)
  const first = await turns.take()
  t.equal(await turns.take(), null, 'given up')
  const order: string[] = []
  const asked = ['a', 'b'].map(async (name) => {
    const end = await turns.take()
    order.push(name)
    return end
  })
  first?.()
  first?.()
  const a = await asked[0]
  t.strictSame(order, ['a'], 'a turn that is ended twice is one turn')
  a?.()
  const b = await asked[1]
  t.strictSame(order, ['a', 'b'])
  b?.()
  t.type(await turns.take(), 'function', 'there is room again')
})
