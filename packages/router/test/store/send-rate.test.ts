import { test } from 'tap'
import { reserveSends } from '../../src/store/send-rate.ts'
import { testDatabase } from '../../testing/index.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

void test('what is given out of a number’s rate, by whomever it is asked', async (t) => {
  const { db } = await testDatabase(t)
  const ask = (numberId: string, tokens: number, at: number) => reserveSends(db, numberId, tokens, 80, NOW + at)
  t.equal(await ask('main', 8, 0), 8, 'a tenth of a second')
  t.equal(await ask('main', 8, 0), 8, 'another, ahead of time')
  t.equal(await ask('main', 8, 0), 0, 'no third')
  t.equal(await ask('other', 8, 0), 8, 'numbers do not share')
  t.equal(await ask('main', 8, 99), 0)
  t.equal(await ask('main', 8, 100), 8)
  t.equal(await ask('main', 80, 10_000), 80, 'what nobody took is not kept: no more than is asked for at once')
  t.equal(await ask('main', 1, 10_000), 0)
  const asked = await Promise.all(Array.from({ length: 10 }, () => ask('main', 8, 20_000)))
  t.equal(
    asked.reduce((sum, given) => sum + given, 0),
    16,
    'at the same time, too',
  )
  t.equal(await ask('main', 8, -3_600_000), 8, 'a clock that was set back stops nothing')
})
