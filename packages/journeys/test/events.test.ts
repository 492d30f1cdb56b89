import t from 'tap'
import { DAY, HOUR, play, scene, start, timeOut } from './scene.ts'
import type { Scene } from './scene.ts'

const reported = (at: Scene, name: string, data: Record<string, unknown> = {}) => play(at, { kind: 'event', name, data })
const waiting = `
journey: order
start: w
steps:
  w: { wait: { event: order.paid, atMost: 2d, save: order }, goto: paid, timeout: late }
  paid: { send: { text: "Paid: {{ answers.order.total }}" }, goto: done }
  late: { send: { text: "Still there?" }, goto: done }
  done: { end: completed }
`

await t.test('a wait for an event goes on when it comes, and keeps what it said', async (t) => {
  const at = scene([waiting])
  start(at, 'order')
  t.match(at.state.runs, [{ doing: { kind: 'waiting', event: 'order.paid', due: at.now + 2 * DAY } }])
  t.match(reported(at, 'order.paid', { total: 12 }), { texts: ['Paid: 12'], verdict: { kind: 'ended', outcome: 'completed' } })
})

await t.test('an event that does not come in time takes the other branch, and comes too late afterwards', async (t) => {
  const at = scene([waiting])
  start(at, 'order')
  t.same(timeOut(at).texts, ['Still there?'])
  t.same(reported(at, 'order.paid', { total: 12 }).texts, [])
})

await t.test('an event that comes while service has the conversation is noticed when it comes back', async (t) => {
  const at = scene([waiting])
  start(at, 'order')
  play(at, { kind: 'yield', reason: 'service-took' })
  t.same(reported(at, 'order.paid', { total: 12 }).texts, [])
  play(at, { kind: 'resume', after: 'service' })
  t.same(timeOut(at).texts, ['Paid: 12'])
})

await t.test('an event that a journey exits by ends its run at once, wherever it stands', async (t) => {
  const at = scene([waiting.replace('start: w', 'start: w\nexit: { events: [order.cancelled] }')])
  start(at, 'order')
  t.match(reported(at, 'order.cancelled'), {
    effects: [{ type: 'timer.cancel', name: 'ru_1' }],
    verdict: { kind: 'ended', outcome: 'exited' },
  })
})

await t.test('an exit condition is looked at before every step: nothing more is said once it holds', async (t) => {
  const at = scene([
    `
journey: vip
exit: { if: "has(contact.vip) && contact.vip == true" }
start: a
steps:
  a: { send: { text: one }, goto: b }
  b: { set: { attributes: { vip: true } }, goto: c }
  c: { send: { text: two }, goto: d }
  d: { end: completed }
`,
  ])
  t.match(start(at, 'vip'), { texts: ['one'], verdict: { kind: 'ended', outcome: 'exited' } })
})

await t.test('an exit condition that something else has met ends a waiting run before its step happens', async (t) => {
  const at = scene([waiting.replace('start: w', 'start: w\nexit: { if: "has(contact.vip)" }')])
  start(at, 'order')
  at.attributes = { vip: true }
  t.match(timeOut(at), { texts: [], verdict: { kind: 'ended', outcome: 'exited' } })
})

await t.test('an event names the journeys it starts, the most important first; who may not enter is left out', async (t) => {
  const entering = (id: string, more = ''): string =>
    `{ journey: ${id}, entry: { event: basket.left ${more} }, start: s, steps: { s: { end: completed } } }`
  const at = scene([entering('a'), entering('b', ', priority: 2'), entering('c', ', reEntry: once')])
  start(at, 'c')
  t.strictSame(reported(at, 'basket.left').verdict, { kind: 'start', entries: ['b', 'a'] })
})

const asked = `
journey: asked
start: w
steps:
  w: { wait: { event: order.paid, atMost: 2d }, goto: h }
  h: { handOff: { to: [queue:orders] } }
`
const thanks = `
journey: thanks
entry: { event: order.paid }
start: s
steps:
  s: { send: { text: "Thank you" }, goto: done }
  done: { end: completed }
`

await t.test('an event that lets a run hand off and starts a journey does both, the hand-off first', async (t) => {
  const at = scene([asked, thanks])
  start(at, 'asked')
  const { verdict, texts } = reported(at, 'order.paid')
  t.match(verdict, { kind: 'start', entries: ['thanks'], handOff: { targets: ['queue:orders'], journey: { id: 'asked' } } })
  t.same(texts, [], 'whether it starts now is for the router to say')
  t.match(at.state.runs, [{ journey: 'asked', doing: { kind: 'handed-off' } }])
  const alone = scene([asked, thanks])
  t.strictSame(reported(alone, 'order.paid').verdict, { kind: 'start', entries: ['thanks'] })
})

await t.test('an event that no journey knows is refused by name; the opt-in never is', async (t) => {
  const at = scene([waiting])
  t.match(reported(at, 'order.payed').verdict, { kind: 'refused', code: 'journey-event-unknown', message: /order\.payed/ })
  t.not(reported(at, 'consent.given').verdict.kind, 'refused')
})

const starting = (journey: string): string =>
  `{ journey: first, start: s, steps: { s: { start: { journey: ${journey}, input: { code: "X{{ journey.id }}" } }, goto: done }, done: { end: completed } } }`

await t.test('a step starts another journey, with input, in a run of its own', async (t) => {
  const second =
    '{ journey: second, input: [code], start: s, steps: { s: { send: { text: "{{ input.code }}" }, goto: w }, w: { wait: { for: 1h }, goto: done }, done: { end: completed } } }'
  const at = scene([starting('second'), second])
  t.same(start(at, 'first').texts, ['Xfirst'])
  t.match(at.state, { runs: [{ journey: 'second', by: { kind: 'journey', id: 'first' } }], finished: [{ journey: 'first' }] })
})

await t.test('a journey that may not be started leaves an alarm, and the run goes on without it', async (t) => {
  const at = scene([starting('gone')])
  t.match(start(at, 'first'), {
    effects: [
      { type: 'alarm.raise', code: 'journey-not-startable', detail: { journey: 'first', starts: 'gone', reason: 'journey-unknown' } },
    ],
    verdict: { kind: 'ended', outcome: 'completed' },
  })
})

await t.test('two journeys that start each other stop', async (t) => {
  const ping = (id: string, other: string): string =>
    `{ journey: ${id}, start: s, steps: { s: { start: { journey: ${other} }, goto: done }, done: { end: completed } } }`
  const { effects } = start(scene([ping('a', 'b'), ping('b', 'a')]), 'a')
  t.ok(effects.some((effect) => effect.type === 'alarm.raise' && effect.code === 'journey-loop'))
})

await t.test('nobody is in more than twenty runs', async (t) => {
  const at = scene(['{ journey: j, start: w, steps: { w: { wait: { for: 1h }, goto: d }, d: { end: completed } } }'])
  for (let n = 0; n < 20; n += 1) t.equal(start(at, 'j').verdict.kind, 'handled')
  t.match(start(at, 'j').verdict, { kind: 'refused', code: 'journey-too-many-runs' })
})

await t.test('a split keeps everybody in their cohort, and its shares', async (t) => {
  const split = `
journey: j
start: s
steps:
  s: { split: [{ share: 20, goto: a }, { share: 80, goto: b }] }
  a: { send: { text: a }, goto: done }
  b: { send: { text: b }, goto: done }
  done: { end: completed }
`
  const sent = (id: string): string | undefined => {
    const at = scene([split], { contact: id })
    const [first] = start(at, 'j').texts
    t.equal(start(at, 'j').texts[0], first, `${id} comes again`)
    return first
  }
  const all = Array.from({ length: 1_000 }, (_, at) => sent(`ct_${at}`))
  const share = all.filter((text) => text === 'a').length
  t.ok(share > 150 && share < 250, `${share} of 1000, where 200 are wanted`)
})

await t.test('a time of day is the next one where the contact lives', async (t) => {
  const at = scene(
    [
      '{ journey: j, start: w, steps: { w: { wait: { until: "09:00", zone: contact, fallbackZone: UTC }, goto: d }, d: { end: completed } } }',
    ],
    { attributes: { timezone: 'America/New_York' } },
  )
  start(at, 'j')
  t.match(at.state.runs, [{ doing: { due: at.now + 4 * HOUR } }], '10:00 UTC is 05:00 there')
})
