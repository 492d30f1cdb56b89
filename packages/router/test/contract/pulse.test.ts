import t from 'tap'
import { createPulse } from '../../src/contract/index.ts'

await t.test('a pulse is as old as the last beat of the loop that is furthest behind', (t) => {
  let now = 0
  const pulse = createPulse(() => now)
  t.equal(pulse.age(), null, 'nothing runs')
  const [first, second] = [pulse.begin(), pulse.begin()]
  now = 10
  first.beat()
  t.equal(pulse.age(), 10)
  second.beat()
  now = 15
  t.equal(pulse.age(), 5)
  first.end()
  now = 20
  second.beat()
  t.equal(pulse.age(), 0)
  second.end()
  t.equal(pulse.age(), null)
  t.end()
})
