// Every sample that is about a number or a business account, through the running system: kept, an alarm, a halt, a quarantine.
import t from 'tap'
import { ALARM_CASES, EMPTY_CASES, KEPT_CASES, QUARANTINE_CASES } from './cases-notices.ts'
import { edited, expectation, readSample, sign, signatureOf } from './samples.ts'
import { HOUR, startScene } from './scene.ts'
import { wishFor } from './sending.ts'
import { take } from './take.ts'

t.test('what nobody acts on', async (t) => {
  const scene = await startScene(t)
  let unknown = 0
  for (const [file, [account, field, known]] of Object.entries(KEPT_CASES)) {
    await t.test(`${file}: ${expectation(file)}`, async (t) => {
      await take(t, scene, file)
      const kept = await scene.sql('delete from kept_update returning account, field, known, raw')
      await scene.sql('delete from seen') // two samples say the same
      t.match(kept, [{ account, field, known }])
      t.equal(kept.length, 1)
      const raw = JSON.stringify(sorted(kept[0]?.['raw']))
      const body = JSON.stringify(sorted(JSON.parse(readSample(file).toString('utf8'))))
      t.ok(body.includes(raw), 'and it is what came')
      if (!known) unknown += 2
    })
  }
  await t.test('it is counted, makes nobody a customer, and nobody is answered', async (t) => {
    const metrics = await (await fetch(`${scene.baton.url}/metrics`)).text()
    t.match(metrics, `baton_webhook_updates_total{channel="whatsapp",kind="unknown"} ${unknown}`)
    t.strictSame([await scene.conversations(), scene.graph.sends()], [[], []])
    t.strictSame(await scene.sql('select * from alarm'), [])
    t.strictSame(await scene.sql('select * from quarantine'), [])
  })
})

t.test('what says nothing', async (t) => {
  const scene = await startScene(t)
  const before = await scene.rows()
  for (const file of EMPTY_CASES) {
    await t.test(`${file}: ${expectation(file)}`, async (t) => {
      await take(t, scene, file)
      t.strictSame(await scene.rows(), before)
    })
  }
})

t.test('what is signed and cannot be read', async (t) => {
  const scene = await startScene(t)
  for (const [file, reason] of Object.entries(QUARANTINE_CASES)) {
    await t.test(`${file}: ${expectation(file)}`, async (t) => {
      const { quarantine: _, ...before } = await scene.rows()
      const body = readSample(file)
      t.equal((await scene.postBytes(body)).status, 401)
      t.equal((await scene.postBytes(body, sign(Buffer.from('another')))).status, 401)
      t.equal((await scene.postBytes(body, signatureOf(file))).status, 200)
      const { body: page } = await scene.call('GET', '/api/v1/quarantine')
      t.match(page.items, [{ source: 'webhook', channel: 'whatsapp', conversationId: null, reason }])
      t.equal(page.items.length, 1)
      t.strictSame(await scene.bytesOf(`/api/v1/quarantine/${String(page.items[0]?.['id'])}/body`), body, 'with its exact bytes')
      const { quarantine: __, ...after } = await scene.rows()
      t.strictSame(after, before, 'and nothing else is stored')
      await scene.sql('delete from quarantine')
    })
  }
})

t.test('what somebody should look at', async (t) => {
  const scene = await startScene(t)
  for (const [file, { topic, severity, detail }] of Object.entries(ALARM_CASES).filter(([, { halts }]) => !halts)) {
    await t.test(`${file}: ${expectation(file)}`, async (t) => {
      await take(t, scene, file)
      const { body } = await scene.call('GET', '/api/v1/alarms')
      t.match(body.items, [{ code: 'account-notice', conversationId: null, detail: { topic, severity, detail, numbers: ['main'] } }])
      t.equal(body.items.length, 1, 'once')
      t.strictSame(await scene.sql('select * from number_state'), [], 'the number goes on')
      await scene.sql('delete from alarm')
    })
  }
})

for (const [file, { topic, severity, detail }] of Object.entries(ALARM_CASES).filter(([, { halts }]) => halts)) {
  t.test(`${file}: ${expectation(file)}`, async (t) => {
    const scene = await startScene(t)
    await take(t, scene, file)
    const { body } = await scene.call('GET', '/api/v1/alarms')
    t.match(body.items, [{ code: 'number-halted', detail: { topic, severity, detail, numbers: ['main'] } }])
    t.equal(body.items.length, 1)
    const numbers = await scene.call('GET', '/api/v1/numbers')
    t.match(numbers.body.items, [{ halted: { reason: detail } }, { id: 'other', halted: null }])
    t.equal((await scene.call('POST', '/api/v1/messages', wishFor('utility', '12025550199'))).status, 202)
    await scene.settle()
    t.strictSame(scene.graph.sends(), [], 'what is asked for waits')

    t.equal((await scene.call('POST', '/api/v1/numbers/main/release')).status, 200)
    await scene.settle()
    t.equal(scene.graph.sends().length, 1, 'and leaves when somebody releases the number')
  })
}

t.test('a repeat does not halt a number again that was released; the same news of another time does', async (t) => {
  const scene = await startScene(t)
  const file = 'account-update-partner-removed.json'
  await scene.post(file)
  await scene.call('POST', '/api/v1/numbers/main/release')
  await scene.post(file)
  t.match((await scene.call('GET', '/api/v1/numbers')).body.items, [{ halted: null }, {}])
  const later = edited(file, ['"time": 1795176000', '"time": 1795176060'])
  t.equal((await scene.postBytes(later, sign(later))).status, 200)
  t.match((await scene.call('GET', '/api/v1/numbers')).body.items, [{ halted: { reason: /PARTNER_REMOVED/ } }, {}])
})

t.test('an error of the number has no time: it halts each time, and is told again after an hour', async (t) => {
  const scene = await startScene(t)
  const locked = 'errors-value-131031.json'
  await scene.post(locked)
  await scene.call('POST', '/api/v1/numbers/main/release')
  await scene.post(locked)
  t.match((await scene.call('GET', '/api/v1/numbers')).body.items, [{ halted: { reason: /131031/ } }, {}])
  t.equal((await scene.sql('select from alarm')).length, 2, 'with an alarm for each halt')

  const throttled = 'errors-value-130429.json'
  for (let count = 0; count < 3; count += 1) await scene.post(throttled)
  t.equal((await scene.sql('select from alarm')).length, 3)
  scene.clock.advance(HOUR)
  await scene.post(throttled)
  t.equal((await scene.sql('select from alarm')).length, 4)
})

/** With the members of every object in one order: jsonb has its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, member]) => [name, sorted(member)]))
}
