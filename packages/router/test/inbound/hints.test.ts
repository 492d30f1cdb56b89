import t from 'tap'
import { createHints } from '../../src/inbound/hints.ts'
import { testDatabase } from '../../testing/index.ts'
import { said, seenByKey, toyLogic, toyReceiver, toyWorker } from './toy.ts'

const one = { slot: 1, id: 'cv_1_a' }
const two = { slot: 2, id: 'cv_2_b' }

await t.test('an actor that is being worked is not given out again before that is over', async (t) => {
  const hints = createHints()
  hints.add([one, two])
  t.strictSame(hints.take(1), [one])
  hints.add([one])
  t.strictSame(hints.take(5), [two])
  t.notOk(hints.any())
  hints.done([one])
  t.strictSame(hints.take(5), [one])
  hints.done([one, two])
  t.notOk(hints.any(), 'and what was said before it was taken is over with it')
})

await t.test('hints are bounded, and it is told when some were forgotten', async (t) => {
  const hints = createHints(1)
  t.ok(hints.add([one]))
  t.notOk(hints.add([two]))
  t.strictSame(hints.take(5), [one])
})

await t.test('events are applied by hints alone, those that come while their conversation is being worked too', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  let left = 200
  let ended = (): void => {}
  const done = new Promise<void>((resolve) => (ended = resolve))
  const worker = toyWorker(database, {
    logics: [toyLogic()],
    sweepMs: 3_600_000,
    batchSize: 3,
    onCommitted(turns) {
      left -= turns.length
      if (left === 0) ended()
    },
  })
  receiver.onInbox((actors) => worker.wake(actors))
  worker.start()
  t.teardown(() => worker.stop())
  const expected: Record<string, string[]> = {}
  const posts: Promise<unknown>[] = []
  for (let n = 0; n < 200; n += 1) {
    const phone = `1555${n % 5}`
    const key = `main/phone:${phone}`
    expected[key] = [...(expected[key] ?? []), `m${n}`]
    posts.push(receiver.receive('whatsapp', [said(`m${n}`, { phone }, Date.UTC(2026, 0, 1) + n * 1_000)]))
    if (n % 7 === 0) await Promise.all(posts)
  }
  await done
  t.strictSame(await seenByKey(database), expected)
})
