import { test } from 'tap'
import { priceOf } from '../../src/emulator/pricing.ts'
import { ADA, at as member, HOUR, NUMBER, start } from './world-under-test.ts'

const BEFORE = Date.UTC(2026, 8, 30, 23, 59)
const AFTER = Date.UTC(2026, 9, 1)
const inWindow = { windowOpen: true, freeEntry: false, serviceCount: 0 }
const free = 'free_customer_service'

await test('until 30 September 2026 service is free, and utility inside the window', async (t) => {
  t.match(priceOf('service', { ...inWindow, at: BEFORE, serviceCount: 5000 }), { type: free, billable: false, pricing_model: 'PMP' })
  t.match(priceOf('utility', { ...inWindow, at: BEFORE }), { type: free, category: 'utility' })
  t.match(priceOf('utility', { ...inWindow, at: BEFORE, windowOpen: false }), { type: 'regular', billable: true })
})

await test('from 1 October 2026 utility is charged, and service after 1,000 messages a month', async (t) => {
  t.match(priceOf('utility', { ...inWindow, at: AFTER }), { type: 'regular', billable: true })
  t.match(priceOf('service', { ...inWindow, at: AFTER, serviceCount: 999 }), { type: free, billable: false, category: 'service' })
  t.match(priceOf('service', { ...inWindow, at: AFTER, serviceCount: 1000 }), { type: 'regular', billable: true })
})

await test('marketing and authentication are always charged, but for a free entry point', async (t) => {
  for (const at of [BEFORE, AFTER]) {
    t.match(priceOf('marketing', { ...inWindow, at }), { type: 'regular', category: 'marketing' })
    t.match(priceOf('authentication', { ...inWindow, at }), { type: 'regular', category: 'authentication' })
  }
  t.match(priceOf('marketing', { ...inWindow, at: AFTER, freeEntry: true }), {
    type: 'free_entry_point',
    category: 'referral_conversion',
    billable: false,
  })
})

await test('sent and delivered carry the pricing, read does not', async (t) => {
  const { emulator, sendText, statuses } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  await sendText()
  await emulator.settled()
  t.match(
    statuses().map((status) => member(status, 'pricing', 'category') ?? null),
    ['service', 'service', null],
  )
})

await test('the answer to an advertisement within a day opens a free window of 72 hours', async (t) => {
  const { emulator, clock, sendText, statuses } = await start(t)
  emulator.say(NUMBER, ADA, 'from the ad', { referral: { source_type: 'ad', source_id: '1' } })
  await sendText()
  await emulator.settled()
  const [sent, delivered] = statuses()
  t.match(sent, { conversation: { origin: { type: 'referral_conversion' } }, pricing: { type: 'free_entry_point' } })
  const until = Number(member(sent, 'conversation', 'expiration_timestamp'))
  t.equal(until * 1000, clock.now() + 72 * HOUR)
  t.notOk(delivered?.['conversation'])
  clock.advance(72 * HOUR)
  emulator.say(NUMBER, ADA, 'still here')
  await sendText()
  await emulator.settled()
  t.match(statuses().at(-2)?.['pricing'], { type: free })
})
