// Two releases side by side on one database, as in a rolling restart.
import t from 'tap'
import { movableClock, NewerRelease } from '../../src/contract/index.ts'
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
