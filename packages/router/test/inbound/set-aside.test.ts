import t from 'tap'
import { movableClock, newUuid } from '../../src/contract/index.ts'
import type { SendBatch } from '../../src/store/turns.ts'
import { testDatabase } from '../../testing/index.ts'
import { drain, said, seenByKey, toyLogic, toyReceiver, toyWorker } from './toy.ts'

const minute = 60_000
/** A clock that stands still, so that a slow machine makes nothing due. */
const START = Date.UTC(2026, 0, 5)

await t.test('an event whose step throws holds back its own conversation only, and after five tries is set aside', async (t) => {
  const database = await testDatabase(t)
  const clock = movableClock({ now: () => START })
  const receiver = toyReceiver(database, { clock })
  const poison = toyLogic((_turn, { message }) => {
    if (message?.providerId === 'poison') throw new Error('cannot')
  })
  const worker = toyWorker(database, { clock, logics: [poison] })
  const ids = ['m1', 'poison', 'm2'].map((id) => said(id, { phone: '1' }))
  await receiver.receive('whatsapp', [...ids, said('n1', { phone: '2' })])
  await drain(worker)
  t.strictSame(await seenByKey(database), { 'main/phone:1': ['m1'], 'main/phone:2': ['n1'] })
  await receiver.receive('whatsapp', [said('early', { phone: '1' }, 1), said('n2', { phone: '2' })])
  await drain(worker)
  t.strictSame((await seenByKey(database))['main/phone:1'], ['m1'], 'nothing overtakes it')
  for (let round = 0; round < 5; round += 1) {
    clock.advance(minute)
    await drain(worker)
  }
  t.strictSame(await seenByKey(database), { 'main/phone:1': ['m1', 'early', 'm2'], 'main/phone:2': ['n1', 'n2'] })
  const [set] = await database.db.selectFrom('quarantine').selectAll().execute()
  t.match(set, { source: 'event', reason: 'Error: cannot' })
  t.match(JSON.parse(set?.body.toString() ?? ''), { event: { type: 'message.received', message: { providerId: 'poison' } } })
  t.match(await database.db.selectFrom('alarm').selectAll().execute(), [
    { code: 'event-set-aside', detail: { quarantineId: set?.id ?? '' } },
  ])
})

await t.test('however much waits behind an event that is tried again, a look finds the others', async (t) => {
  const database = await testDatabase(t)
  const clock = movableClock({ now: () => START })
  const receiver = toyReceiver(database, { clock })
  const poison = toyLogic((_turn, { message }) => {
    if (message?.providerId === 'poison') throw new Error('cannot')
  })
  const worker = toyWorker(database, { clock, logics: [poison], batchSize: 2 }) // it looks at the oldest 40 events
  const behind = Array.from({ length: 60 }, (_, n) => said(`m${n}`, { phone: '1' }))
  await receiver.receive('whatsapp', [said('poison', { phone: '1' }), ...behind])
  t.equal(await worker.runOnce(), 0)
  clock.advance(100)
  await receiver.receive('whatsapp', [said('n1', { phone: '2' })])
  t.equal(await worker.runOnce(), 1)
  t.strictSame(await seenByKey(database), { 'main/phone:1': [], 'main/phone:2': ['n1'] })
})

await t.test('an event whose rows the database refuses is found among its batch, tried again and set aside', async (t) => {
  const database = await testDatabase(t)
  const clock = movableClock({ now: () => START })
  const receiver = toyReceiver(database, { clock })
  const poison = toyLogic((turn, { message }) => {
    const [row] = turn.messages
    if (message?.providerId === 'poison' && row !== undefined) row.status = 'no such status'
    if (message?.providerId === 'no date') turn.timers.set.push({ name: 'never', at: Number.NaN })
  })
  const worker = toyWorker(database, { clock, logics: [poison] })
  await receiver.receive('whatsapp', [
    ...['a1', 'poison', 'a2'].map((id) => said(id, { phone: '1' })),
    ...['b1', 'b2'].map((id) => said(id, { phone: '2' })),
    ...['no date', 'c2'].map((id) => said(id, { phone: '3' })),
  ])
  await drain(worker)
  const first = await seenByKey(database)
  t.strictSame(first, { 'main/phone:1': ['a1'], 'main/phone:2': ['b1', 'b2'], 'main/phone:3': [] })
  for (let round = 0; round < 5; round += 1) {
    clock.advance(minute)
    await drain(worker)
  }
  t.strictSame(await seenByKey(database), { 'main/phone:1': ['a1', 'a2'], 'main/phone:2': ['b1', 'b2'], 'main/phone:3': ['c2'] })
  const set = await database.db.selectFrom('quarantine').select('reason').orderBy('reason').execute()
  t.match(set, [{ reason: /not a time/ }, { reason: /violates check constraint/ }])
})

await t.test('what the others of a refused batch send leaves with their turns all the same', async (t) => {
  const database = await testDatabase(t)
  const clock = movableClock({ now: () => START })
  const receiver = toyReceiver(database, { clock })
  const poison = toyLogic((turn, { message }) => {
    const [row] = turn.messages
    if (message?.providerId === 'poison' && row !== undefined) row.status = 'no such status'
  })
  const carried: string[] = []
  const openSendBatch = (): SendBatch => {
    let leaving: ReadonlySet<string> = new Set()
    return {
      take: (rows) => new Map(rows.map(({ id }) => [id, { token: newUuid(START), until: START + minute }])),
      stored: (ids) => (leaving = ids),
      end: (committed) => void carried.push(...(committed ? leaving : [])),
    }
  }
  const worker = toyWorker(database, { clock, logics: [poison], openSendBatch })
  await receiver.receive('whatsapp', [said('poison', { phone: '1' }), said('b1', { phone: '2' }), said('c1', { phone: '3' })])
  await drain(worker)
  const outbox = await database.db.selectFrom('outbox').select(['id', 'status']).orderBy('id').execute()
  t.match(outbox, [{ status: 'sending' }, { status: 'sending' }])
  t.same(
    carried.toSorted(),
    outbox.map(({ id }) => id),
  )
})

await t.test('whoever asked is told that the event was set aside', async (t) => {
  const database = await testDatabase(t)
  const clock = movableClock({ now: () => START })
  const receiver = toyReceiver(database, { clock })
  const failing = toyLogic(() => {
    throw new Error('cannot')
  })
  const worker = toyWorker(database, { clock, logics: [failing] })
  const asked = receiver.ask({ kind: 'conversation', key: 'main/phone:1' }, { type: 'x' }, { timeoutMs: 30_000 })
  for (let waiting = true; waiting;) {
    clock.advance(minute)
    await drain(worker)
    receiver.look()
    waiting = (await database.db.selectFrom('receipt').select('event_id').execute()).length === 0
  }
  t.match(await asked, { kind: 'refused', code: 'event-set-aside' })
})

await t.test('a kind of actor that nobody works is set aside too, not worked by another', async (t) => {
  const database = await testDatabase(t)
  const clock = movableClock({ now: () => START })
  await toyReceiver(database, { clock }).submit({ kind: 'routing-group', key: 'group/default' }, { type: 'x' })
  const worker = toyWorker(database, { clock })
  for (let round = 0; round < 5; round += 1) {
    await drain(worker)
    clock.advance(minute)
  }
  t.match(await database.db.selectFrom('quarantine').select('reason').execute(), [
    { reason: /nothing is connected that works a routing-group/ },
  ])
})
