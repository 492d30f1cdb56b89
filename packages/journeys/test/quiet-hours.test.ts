// In quiet hours nothing is sent that is no answer: it waits for the morning.
import t from 'tap'
import { compileJourneys } from '../src/index.ts'
import { longestQuiet, quietUntil } from '../src/local-time.ts'
import { asking, HOUR, play, says, scene, start, timeOut } from './scene.ts'

const NIGHT = 'quietHours: { from: "21:00", to: "08:00", zone: contact, fallbackZone: UTC }'
/** The scene's clock starts at 10:00 UTC. */
const later = `
journey: later
${NIGHT}
start: w
steps:
  w: { wait: { for: 13h }, goto: say }
  say: { send: { text: "Good morning" }, goto: more }
  more: { send: { text: "and more" }, goto: done }
  done: { end: completed }
`
const at = (iso: string): number => Date.parse(iso)

await t.test('a message that comes due at night is sent in the morning, with what follows it', async (t) => {
  const night = scene([later])
  start(night, 'later')
  const late = timeOut(night)
  t.match(late, { texts: [], trail: [{ marks: [['postponed', 'say']] }], effects: [{ type: 'timer.set', at: at('2026-01-06T08:00:00Z') }] })
  const morning = timeOut(night)
  t.same(morning.texts, ['Good morning', 'and more'])
  t.match(morning.trail, [
    {
      marks: [
        ['entered', 'say'],
        ['entered', 'more'],
        ['entered', 'done'],
        ['ended', 'done', 'completed'],
      ],
    },
  ])
})

await t.test('what it is for a contact is what their clock says', async (t) => {
  const west = scene([later], { attributes: { timezone: 'America/Los_Angeles' } })
  start(west, 'later')
  t.same(timeOut(west).texts, ['Good morning', 'and more'], '23:00 UTC is 15:00 there')
})

await t.test('an answer is given at any hour, and so is what a customer asks for; a start by API waits', async (t) => {
  const coupon = asking('coupon').replace('start: q', `${NIGHT}\nstart: q`)
  const night = scene([coupon], { now: at('2026-01-05T23:00:00Z') })
  const wished = play(night, {
    kind: 'start',
    entry: 'coupon',
    by: { kind: 'customer', id: 'c' },
    message: { providerId: 'x', at: night.now, content: { kind: 'text', text: 'coupon' } },
  })
  t.same([wished.texts, says(night, 'yes').texts], [['coupon?'], ['coupon yes']])
  const brought = scene([coupon], { now: at('2026-01-05T23:00:00Z') })
  t.same(start(brought, 'coupon').texts, [])
  t.same([timeOut(brought).texts, brought.now], [['coupon?'], at('2026-01-06T08:00:00Z')])
})

await t.test('what waits for the morning exits, is paused and is taken by service like everything that waits', async (t) => {
  const night = scene([later.replace('start: w', 'exit: { events: [order.paid] }\nstart: w')])
  start(night, 'later')
  timeOut(night)
  play(night, { kind: 'yield', reason: 'service-took' })
  play(night, { kind: 'resume', after: 'service' })
  const { config } = night
  night.config = compileJourneys([...config.journeys.values()].map((each) => ({ ...each, status: 'paused' as const })))
  t.same(timeOut(night).texts, [])
  night.config = config
  t.same(play(night, { kind: 'refresh' }).texts, ['Good morning', 'and more'])
  const exited = scene([later.replace('start: w', 'exit: { events: [order.paid] }\nstart: w')])
  start(exited, 'later')
  timeOut(exited)
  t.match(play(exited, { kind: 'event', name: 'order.paid', data: {} }).verdict, { kind: 'ended', outcome: 'exited' })
})

await t.test('the end of quiet hours is the clock time that was written, also in the night the clocks are changed', async (t) => {
  const hours = { from: '22:00', to: '07:30' }
  const zone = 'Europe/Berlin'
  t.equal(quietUntil(hours, zone, at('2026-01-05T20:59:59Z')), null, '21:59:59 there')
  t.equal(quietUntil(hours, zone, at('2026-01-05T21:00:00Z')), at('2026-01-06T06:30:00Z'))
  t.equal(quietUntil(hours, zone, at('2026-01-06T06:30:00Z')), null, 'the end is not quiet any more')
  t.equal(quietUntil(hours, zone, at('2026-03-28T22:00:00Z')), at('2026-03-29T05:30:00Z'), 'summer time begins')
  t.equal(quietUntil(hours, zone, at('2026-10-24T21:00:00Z')), at('2026-10-25T06:30:00Z'), 'summer time ends')
  t.equal(quietUntil({ from: '12:00', to: '15:00' }, 'UTC', at('2026-01-05T12:00:00.500Z')), at('2026-01-05T15:00:00Z'))
  const early = { from: '20:00', to: '02:00' }
  t.equal(quietUntil(early, zone, at('2026-03-28T20:00:00Z')), at('2026-03-29T01:00:00Z'), 'it ends in the hour that is skipped')
  t.equal(quietUntil(early, zone, at('2026-03-28T22:30:00Z')), at('2026-03-29T01:00:00Z'), 'half an hour before midnight too')
  t.equal(quietUntil(early, zone, at('2026-03-29T00:59:00Z')), at('2026-03-29T01:00:00Z'))
  const twice = { from: '20:00', to: '02:30' }
  t.equal(quietUntil(twice, zone, at('2026-10-24T19:00:00Z')), at('2026-10-25T00:30:00Z'), 'it ends in the hour that comes twice')
  t.equal(quietUntil(twice, zone, at('2026-10-25T00:45:00Z')), null)
  t.equal(quietUntil(twice, zone, at('2026-10-25T01:10:00Z')), at('2026-10-25T01:30:00Z'), 'the clock shows 02:10 again')
  t.equal(quietUntil(hours, zone, at('2026-10-25T00:30:00Z')), at('2026-10-25T06:30:00Z'), 'the first 02:30')
  t.equal(quietUntil(hours, zone, at('2026-10-25T01:30:00Z')), at('2026-10-25T06:30:00Z'), 'and the second')
  let longest = 0
  for (let hour = 0; hour < 24 * 366; hour += 1) {
    const now = at('2026-01-01T00:20:00Z') + hour * HOUR
    longest = Math.max(longest, (quietUntil(hours, zone, now) ?? now) - now)
  }
  t.ok(longest <= longestQuiet(hours) && longest > 9 * HOUR, `${longest / HOUR} h`)
})
