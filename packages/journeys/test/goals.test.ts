// What a journey is for, and how often a contact is brought into one.
import t from 'tap'
import type { Author } from '@baton/router'
import { asking, DAY, play, recognise, says, scene, start } from './scene.ts'
import type { Scene } from './scene.ts'

const withGoal = (goal: string, id = 'coupon') => asking(id).replace('start: q', `${goal}\nstart: q`)
const reported = (at: Scene, name: string) => play(at, { kind: 'event', name, data: {} })
const marks = (played: ReturnType<typeof play>) => played.trail.flatMap((each) => each.marks)

await t.test('a run whose goal is met by an event leaves at once, converted', async (t) => {
  const at = scene([withGoal('goal: { events: [order.paid] }\nexit: { events: [order.paid] }')])
  start(at, 'coupon')
  const played = reported(at, 'order.paid')
  t.match(played.verdict, { kind: 'ended', outcome: 'converted' })
  t.strictSame(marks(played), [
    ['converted', 'q', 'order.paid'],
    ['ended', 'q', 'converted'],
  ])
})

await t.test('a goal that is a condition is looked at before every input and every step', async (t) => {
  const at = scene([withGoal('goal: { if: "contact.customer == true" }')])
  start(at, 'coupon')
  at.attributes = { customer: true }
  t.strictSame(recognise(at, 'yes').outdated, ['coupon: goal'], 'the router tells it to look again before the message is decided')
  t.match(play(at, { kind: 'refresh' }), {
    trail: [
      {
        marks: [
          ['converted', 'q', 'if'],
          ['ended', 'q', 'converted'],
        ],
      },
    ],
  })
  t.strictSame(marks(start(at, 'coupon')), [
    ['started', 'q', 'api'],
    ['converted', 'q', 'if'],
    ['ended', 'q', 'converted'],
  ])
})

await t.test('an event that comes within the time the goal allows counts for a run that is over, once', async (t) => {
  const at = scene([withGoal('goal: { events: [order.paid], within: 7d }')])
  start(at, 'coupon')
  says(at, 'yes')
  at.now += 6 * DAY
  t.strictSame(marks(reported(at, 'order.paid')), [['converted', 'done', 'order.paid']])
  t.strictSame(marks(reported(at, 'order.paid')), [])
  start(at, 'coupon')
  says(at, 'yes')
  at.now += 8 * DAY
  t.strictSame(marks(reported(at, 'order.paid')), [], 'too late')
})

await t.test('nobody is brought into more marketing journeys than the cap allows; who asks for one is let in', async (t) => {
  const capped = asking('coupon').replace('keywords: [coupon]', 'keywords: [coupon], event: basket.left, cap: { starts: 2, per: 7d }')
  const at = scene([capped, asking('other'), asking('helpful').replace('start: q', 'purpose: utility\nstart: q')])
  const by = (kind: Author['kind'], entry: string) => start(at, entry, { by: { kind, id: 'x' } }).verdict
  for (const entry of ['helpful', 'helpful']) t.equal(by('api', entry).kind, 'handled', 'what is useful does not count')
  by('customer', 'other')
  by('campaign', 'other')
  t.equal(by('api', 'coupon').kind, 'handled', 'one, and now two')
  t.match(by('api', 'coupon'), { kind: 'refused', code: 'journey-capped' })
  t.equal(by('api', 'other').kind, 'handled', 'it has no cap of its own')
  t.match(reported(at, 'basket.left').verdict, { kind: 'handled' }, 'and starts nothing')
  t.equal(by('customer', 'coupon').kind, 'handled')
  at.now += 7 * DAY
  t.match(reported(at, 'basket.left').verdict, { kind: 'start', entries: ['coupon'] })
})
