// Two releases side by side on one database, as in a rolling restart.
import t from 'tap'
import { movableClock, NewerRelease } from '../../src/contract/index.ts'
import { createLeftActors } from '../../src/inbound/left.ts'
import { testDatabase } from '../../testing/index.ts'
import { drain, said, seenByKey, toyLogic, toyReceiver, toyWorker } from './toy.ts'

await t.test(
  'what a newer release has stored is left to it: nothing is tried, counted, set aside or kept from the newer one',
  async (t) => {
    const database = await testDatabase(t)
    const clock = movableClock()
    const receiver = toyReceiver(database, { clock })
    const newer = toyWorker(database, { clock })
    const warnings: unknown[] = []
    const older = toyWorker(database, {
      clock,
      log: { debug() {}, info() {}, warn: (detail: unknown) => warnings.push(detail), error: (detail: unknown) => t.fail(String(detail)) },
      logics: [
        toyLogic((_turn, _event, stored) => {
          if (stored.key === 'main/phone:1' && stored.state !== null) throw new NewerRelease('a conversation', 99, 1)
        }),
      ],
    })
    await receiver.receive('whatsapp', [said('m1', { phone: '1' })])
    await drain(newer)
    await receiver.receive('whatsapp', [said('m2', { phone: '1' }), said('m3', { phone: '1' }), said('n1', { phone: '2' })])
    for (let round = 0; round < 7; round += 1) {
      await older.runOnce()
      clock.advance(60_000)
    }
    t.strictSame(await seenByKey(database), { 'main/phone:1': ['m1'], 'main/phone:2': ['n1'] }, 'the older one does the rest')
    const waiting = await database.db.selectFrom('inbox').select(['tries']).execute()
    t.strictSame(waiting, [{ tries: 0 }, { tries: 0 }])
    t.equal(warnings.length, 1, 'it says so once')
    await newer.runOnce()
    t.strictSame((await seenByKey(database))['main/phone:1'], ['m1', 'm2', 'm3'], 'the newer one has not been made to wait')
    t.strictSame(await database.db.selectFrom('quarantine').select('id').execute(), [])
  },
)

await t.test('however many conversations a newer release has touched, a look finds what is behind them', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const left = Array.from({ length: 60 }, (_, n) => said(`l${n}`, { phone: `1${n}` }))
  await receiver.receive('whatsapp', left)
  await receiver.receive('whatsapp', [said('m1', { phone: '2' })])
  let ended = (): void => {}
  const applied = new Promise<void>((resolve) => (ended = resolve))
  const older = toyWorker(database, {
    batchSize: 2, // it looks at the oldest 40 events
    concurrency: 1,
    sweepMs: 600_000, // its first look is its last for ten minutes, unless there is a reason
    logics: [
      toyLogic((_turn, _event, stored) => {
        if (stored.key.startsWith('main/phone:1')) throw new NewerRelease('a conversation', 99, 1)
      }),
    ],
    onCommitted: () => ended(),
  })
  older.start()
  t.teardown(() => older.stop())
  await applied
  t.strictSame((await seenByKey(database))['main/phone:2'], ['m1'])
  await older.stop()
  t.equal(await drain(toyWorker(database)), 60, 'the newer one finds all of its own')
})

await t.test('what was left is remembered for a while, and no more of it than there is room for', (t) => {
  let now = 0
  const left = createLeftActors(2, () => now)
  t.ok(left.add([{ slot: 1, id: 'a' }]))
  t.notOk(left.add([{ slot: 1, id: 'a' }]))
  t.ok(left.add(['a', 'b', 'c'].map((id) => ({ slot: 1, id }))))
  t.strictSame(left.ids(), ['a', 'b'])
  t.notOk(left.add([{ slot: 1, id: 'c' }]))
  now = 600_000
  t.strictSame(left.ids(), [])
  t.ok(left.add([{ slot: 1, id: 'c' }]))
  t.end()
})
