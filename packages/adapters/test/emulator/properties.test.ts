import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { test } from 'tap'
import { fullBucket, takeToken } from '../../src/emulator/bucket.ts'
import { boundedList } from '../../src/emulator/bounded-list.ts'
import { encode, envelope, sign } from '../../src/emulator/envelope.ts'
import { callingCodeOf, createIds, userIdOf } from '../../src/emulator/ids.ts'
import { Schedule } from '../../src/emulator/schedule.ts'
import { movableClock } from '@baton/router'
import { ADA, NUMBER, start } from './world-under-test.ts'

await test('a bucket never gives more than its capacity and what has grown back', (t) => {
  const rule = { capacity: 45, refillMs: 6000 }
  fc.assert(
    fc.property(fc.array(fc.nat(20_000), { maxLength: 300 }), (gaps) => {
      let now = 0
      let taken = 0
      let bucket = fullBucket(rule, 0)
      for (const gap of gaps) {
        now += gap
        const left = takeToken(bucket, rule, now)
        if (left === null) continue
        bucket = left
        taken += 1
      }
      return taken <= 45 + Math.floor(now / 6000 + 1e-6)
    }),
  )
  t.end()
})

await test('encoded bytes are ASCII, read back as they were, and are what is signed', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 1 }), (text, secret) => {
      const bytes = encode({ text })
      const signature = createHmac('sha256', secret).update(bytes).digest('hex')
      return (
        bytes.every((byte) => byte < 127) && JSON.parse(bytes.toString()).text === text && sign(bytes, secret) === `sha256=${signature}`
      )
    }),
  )
  t.end()
})

await test("an envelope loses no update and keeps the order of each number's", (t) => {
  const value = fc.record({
    account: fc.constantFrom('a', 'b'),
    number: fc.constantFrom('1', '2'),
    field: fc.constantFrom('messages', 'calls'),
  })
  fc.assert(
    fc.property(fc.array(value), (updates) => {
      const changes = updates.map(({ account, number, field }, index) => ({
        businessAccountId: account,
        field,
        value: { metadata: { phone_number_id: number }, [field]: [index] },
      }))
      const { entry } = envelope(changes, 0) as { entry: { changes: { field: string; value: Record<string, number[]> }[] }[] }
      const seen = entry.flatMap((one) => one.changes.flatMap((change) => change.value[change.field]))
      t.same(seen, [...updates.keys()])
    }),
  )
  t.end()
})

await test('a bounded list keeps exactly the newest entries, and tells which it dropped at most once', (t) => {
  fc.assert(
    fc.property(fc.nat(40), fc.nat(400), (cap, count) => {
      fc.pre(cap > 0)
      const dropped: number[] = []
      const list = boundedList<number>(cap, (item) => dropped.push(item))
      const items = Array.from({ length: count }, (_, index) => index)
      for (const item of items) list.push(item)
      t.same(list.all(), items.slice(-cap))
      t.same(dropped, items.slice(0, dropped.length))
    }),
  )
  t.end()
})

await test('tasks run once, in the order of their time, then of their entry', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(50), { minLength: 1, maxLength: 30 }), async (dues) => {
      const clock = movableClock({ now: () => 0 })
      const ran: [due: number, entry: number][] = []
      await new Promise<void>((resolve) => {
        const schedule = new Schedule(clock, () => ran.length === dues.length && resolve())
        for (const [entry, due] of dues.entries()) schedule.at(due, () => ran.push([due, entry]))
        t.equal(ran.length, 0, 'never inside the call')
        clock.advance(50)
      })
      t.same(
        ran,
        ran.toSorted(([one, first], [two, second]) => one - two || first - second),
      )
    }),
    { numRuns: 20 },
  )
})

await test('ids never repeat, and user ids hang on the phone number alone', (t) => {
  const ids = createIds('seed')
  const made = Array.from({ length: 2000 }, (_, index) => (index % 2 ? ids.message(ADA, 'in') : ids.media()))
  t.equal(new Set(made).size, made.length)
  t.equal(Buffer.from(ids.message(ADA, 'in').slice('wamid.'.length), 'base64').subarray(3, 14).toString(), ADA)
  t.equal(userIdOf('447911123456'), userIdOf('447911123456'))
  t.match(userIdOf('447911123456'), /^GB\.\d{20}$/)
  t.same(['12025550123', '447911123456', '4917012345', '35312345678', '5511912345678', '79161234567'].map(callingCodeOf), [
    '1',
    '44',
    '49',
    '353',
    '55',
    '7',
  ])
  t.end()
})

await test('whatever is accepted, each message gets each status once, never backwards, and settles', async (t) => {
  const { emulator, sendText, statuses } = await start(t, { webhooks: { concurrency: 1, batch: 3 } })
  emulator.say(NUMBER, ADA, 'hi')
  const sent = await Promise.all(Array.from({ length: 40 }, () => sendText()))
  await emulator.settled()
  for (const { id } of sent) {
    const own = statuses().filter((status) => status['id'] === id)
    t.same(
      own.map((status) => status['status']),
      ['sent', 'delivered', 'read'],
    )
  }
})
