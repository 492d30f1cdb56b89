import t from 'tap'
import { createTimers } from '../../src/inbound/timers.ts'
import { testDatabase } from '../../testing/index.ts'
import { drain, said, seenByKey, silent, toyLogic, toyReceiver, toyWorker } from './toy.ts'

await t.test('each due timer fires exactly once, whoever looks', async (t) => {
  const database = await testDatabase(t, { max: 20 })
  const clock = { now: () => 10_000 }
  const receiver = toyReceiver(database, { clock })
  const logic = toyLogic((turn, { type }) => {
    if (type !== 'set') return
    for (let n = 0; n < 10; n += 1) turn.timers.set.push({ name: `due-${n}`, at: 9_000 + n })
    turn.timers.set.push({ name: 'later', at: 10_001 })
  })
  const worker = toyWorker(database, { clock, logics: [logic] })
  for (let n = 0; n < 30; n += 1) await receiver.submit({ kind: 'conversation', key: `main/phone:${n}` }, { type: 'set' })
  await drain(worker)
  let fired = 0
  const all = Array.from({ length: 4 }, () => createTimers({ database, clock, log: silent, onFired: () => (fired += 1), batchSize: 25 }))
  const counts = await Promise.all(
    all.map(async (timers) => {
      let sum = 0
      for (let n = 1; n > 0; sum += n) n = await timers.runOnce()
      return sum
    }),
  )
  t.equal(counts.reduce((a, b) => a + b) <= 300, true)
  for (let n = 1; n > 0;) n = await (all[0]?.runOnce() ?? 0) // what the others had locked at the last look
  t.ok(fired > 0)
  const rows = await database.db.selectFrom('inbox').select(['actor_id', 'event']).execute()
  const names = rows.map(({ actor_id: actor, event }) => `${actor} ${(event as { name: string }).name}`)
  t.equal(names.length, 300)
  t.equal(new Set(names).size, 300)
  t.match(rows[0]?.event, { type: 'timer.fired', name: /^due-/, due: /^9/ })
  t.equal(
    (await database.db.selectFrom('timer').select('name').execute()).every(({ name }) => name === 'later'),
    true,
  )
})

await t.test('a timer set again moves, a cancelled one is gone, and the last word of a batch counts', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const logic = toyLogic((turn, { message }) => {
    const { set, cancel } = turn.timers
    if (message?.providerId.endsWith('m1') === true) set.push({ name: 'a', at: 1_000 }, { name: 'b', at: 1_000 }, { name: 'c', at: 1_000 })
    if (message?.providerId.endsWith('m2') === true) set.push({ name: 'a', at: 2_000 })
    if (message?.providerId.endsWith('m2') === true) cancel.push('b', 'c')
    if (message?.providerId.endsWith('m3') === true) set.push({ name: 'c', at: 3_000 })
  })
  const worker = toyWorker(database, { logics: [logic] })
  const timers = () => database.db.selectFrom('timer').select(['name', 'at']).orderBy('name').execute()
  const wanted = [
    { name: 'a', at: new Date(2_000) },
    { name: 'c', at: new Date(3_000) },
  ]
  for (const id of ['m1', 'm2', 'm3']) {
    await receiver.receive('whatsapp', [said(id, { phone: '1' })])
    await drain(worker)
  }
  t.strictSame(await timers(), wanted)
  await receiver.receive(
    'whatsapp',
    ['bm1', 'bm2', 'bm3'].map((id) => said(id, { phone: '2' })),
  )
  await drain(worker)
  t.strictSame(await timers(), [wanted[0], wanted[0], wanted[1], wanted[1]])
})

await t.test('the loop fires what becomes due and wakes the worker', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const logic = toyLogic((turn, { type }) => {
    if (type === 'set') turn.timers.set.push({ name: 'soon', at: 0 })
  })
  const worker = toyWorker(database, { logics: [logic], sweepMs: 60_000 })
  const done = new Promise<void>((resolve) => {
    const timers = createTimers({ database, clock: { now: () => Date.now() }, log: silent, onFired: () => resolve(), everyMs: 5 })
    timers.start()
    t.teardown(() => timers.stop())
  })
  await receiver.submit({ kind: 'conversation', key: 'main/phone:1' }, { type: 'set' })
  await drain(worker)
  await done
  await drain(worker)
  t.strictSame(await seenByKey(database), { 'main/phone:1': ['set', 'timer.fired'] })
})
