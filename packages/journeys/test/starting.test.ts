import t from 'tap'
import { compileJourneys } from '../src/index.ts'
import { asking, DAY, HOUR, journey, message, play, press, recognise, says, scene, start, timeOut } from './scene.ts'

const done = '{ journey: j, entry: { keywords: [j] }, start: s, steps: { s: { end: completed } } }'

await t.test('an unknown journey, a wrong number, a missing input and an opted-out contact are refused', async (t) => {
  const at = scene([
    done,
    '{ journey: other, numbers: [second], start: s, steps: { s: { end: completed } } }',
    '{ journey: input, input: [name, day], start: s, steps: { s: { end: completed } } }',
  ])
  t.match(start(at, 'nothing').verdict, { kind: 'refused', code: 'journey-unknown' })
  t.match(start(at, 'other').verdict, { kind: 'refused', code: 'journey-not-on-number' })
  t.match(start(at, 'input', { input: { name: 'Mary', day: '' } }).verdict, {
    kind: 'refused',
    code: 'journey-input-missing',
    message: /\(day\)/,
  })
  t.match(start(at, 'input', { input: { name: 'Mary', day: 'Monday' } }).verdict, { kind: 'ended' })
  at.consent = 'out'
  t.match(start(at, 'j').verdict, { kind: 'refused', code: 'journey-opted-out' })
})

await t.test('re-entry: always, once, or after a while', async (t) => {
  const entering = (reEntry: string): string =>
    `{ journey: j, entry: { keywords: [j], reEntry: ${reEntry} }, start: s, steps: { s: { end: completed } } }`
  const once = scene([entering('once')])
  start(once, 'j')
  t.equal(recognise(once, 'j').entry, null)
  t.match(start(once, 'j').verdict, { kind: 'refused', code: 'journey-re-entry' })
  const weekly = scene([entering('{ after: 7d }')])
  start(weekly, 'j')
  weekly.now += 7 * DAY - 1
  t.equal(recognise(weekly, 'j').entry, null)
  weekly.now += 1
  t.match(recognise(weekly, 'j').entry, { id: 'j' })
  const always = scene([entering('always')])
  start(always, 'j')
  t.match(recognise(always, 'j').entry, { id: 'j' })
})

await t.test('a keyword over a waiting question supersedes its run', async (t) => {
  const at = scene([asking('coupon'), asking('shoes')])
  start(at, 'coupon')
  const recognition = recognise(at, 'shoes')
  t.match(recognition, { reply: { match: 'invalid', interruptible: 'ifNotValidReply' }, entry: { id: 'shoes' } })
  const { effects, verdict } = start(at, 'shoes', { supersede: true, message: message('shoes'), recognition })
  t.match(effects, [{ type: 'timer.cancel', name: 'ru_1' }, { type: 'timer.set', name: 'ru_2' }, { type: 'message.send' }])
  t.equal(verdict.kind, 'handled')
  t.match(at.state, { runs: [{ id: 'ru_2' }], finished: [{ id: 'ru_1', outcome: 'superseded' }] })
})

await t.test('a run that lets time pass is not superseded by another journey, but by its own', async (t) => {
  const waiting = '{ journey: drip, start: s, steps: { s: { wait: { for: 2d }, goto: e }, e: { end: completed } } }'
  const at = scene([waiting, asking('shoes')])
  start(at, 'drip')
  start(at, 'shoes', { supersede: true })
  t.strictSame(
    at.state.runs.map((run) => run.journey),
    ['drip', 'shoes'],
  )
  start(at, 'drip', { supersede: true })
  t.strictSame(
    at.state.runs.map((run) => run.id),
    ['ru_3'],
  )
})

await t.test('without supersede several runs wait side by side, and only the last one ends the journey', async (t) => {
  const at = scene([asking('coupon'), asking('shoes')])
  start(at, 'coupon')
  start(at, 'shoes')
  t.match(says(at, 'yes'), { texts: ['shoes yes'], verdict: { kind: 'handled' } })
  t.match(says(at, 'yes'), { texts: ['coupon yes'], verdict: { kind: 'ended' } })
})

await t.test('a run keeps its version; a re-entry takes the newest', async (t) => {
  const old = journey(asking('coupon'))
  const at = scene([old])
  start(at, 'coupon')
  const next = journey(asking('coupon').replaceAll('coupon yes', 'brand new'))
  at.config = compileJourneys([next], [old])
  t.strictSame(says(at, 'yes').texts, ['coupon yes'])
  start(at, 'coupon')
  t.strictSame(says(at, 'yes').texts, ['brand new'])
})

await t.test('a deleted journey exits its runs, and its question is no question any more', async (t) => {
  const coupon = journey(asking('coupon'))
  const at = scene([coupon, asking('shoes')])
  start(at, 'coupon')
  at.config = compileJourneys([journey(asking('shoes'))], [coupon])
  t.strictSame(recognise(at, 'yes').reply, { match: 'none' })
  start(at, 'shoes')
  t.match(at.state, { runs: [{ journey: 'shoes' }], finished: [{ journey: 'coupon', outcome: 'journey-deleted' }] })
})

await t.test('a version that is gone stops its run with an alarm', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  at.config = compileJourneys([journey(asking('coupon').replaceAll('coupon yes', 'brand new'))])
  const { effects, verdict } = timeOut(at)
  t.match(effects, [{ type: 'alarm.raise', code: 'journey-version-missing' }])
  t.match(verdict, { kind: 'ended', outcome: 'failed' })
})

await t.test('messages of one input come in order', async (t) => {
  const at = scene([
    '{ journey: j, start: a, steps: { a: { send: { text: one }, goto: b }, b: { send: { image: { url: "https://x/y.png", caption: two } }, goto: c }, c: { send: { text: three }, goto: d }, d: { end: completed } } }',
  ])
  const { texts, refs } = start(at, 'j')
  t.strictSame(texts, ['one', 'image', 'three'])
  t.strictSame(refs, ['ru_1/a/1', 'ru_1/b/2', 'ru_1/c/3'])
})

await t.test('a loop that never waits is stopped after fifty steps, with an alarm', async (t) => {
  const at = scene([
    '{ journey: j, start: a, steps: { a: { set: { answers: { x: 1 } }, goto: b }, b: { set: { answers: { y: 1 } }, goto: a } } }',
  ])
  const { effects, verdict } = start(at, 'j')
  t.match(effects, [{ type: 'alarm.raise', code: 'journey-loop' }])
  t.match(verdict, { kind: 'error', reason: 'journey-loop' })
  t.match(at.state, { runs: [], finished: [{ outcome: 'failed' }] })
})

await t.test('fifty steps on one input are allowed, one more is a loop', async (t) => {
  const chain = (count: number): string => {
    const steps = Array.from({ length: count - 1 }, (_, at) => `s${at}: { set: { answers: { x: ${at} } }, goto: s${at + 1} }`)
    return `{ journey: j, start: s0, steps: { ${[...steps, `s${count - 1}: { end: completed }`].join(', ')} } }`
  }
  t.match(start(scene([chain(50)]), 'j').verdict, { kind: 'ended', outcome: 'completed' })
  t.match(start(scene([chain(51)]), 'j').verdict, { kind: 'error', reason: 'journey-loop' })
})

await t.test('every run has its own fifty steps: an event that many of them wait for is no loop', async (t) => {
  const steps = Array.from(
    { length: 10 },
    (_, at) => `s${at}: { set: { answers: { x: ${at} } }, goto: ${at === 9 ? 'done' : `s${at + 1}`} }`,
  )
  const at = scene([
    `{ journey: j, start: w, steps: { w: { wait: { event: order.paid, atMost: 1d }, goto: s0 }, ${steps.join(', ')}, done: { end: completed } } }`,
  ])
  for (let n = 0; n < 20; n += 1) start(at, 'j')
  const { effects } = play(at, { kind: 'event', name: 'order.paid', data: {} })
  t.notOk(effects.some((effect) => effect.type === 'alarm.raise'))
  t.ok(at.state.finished.every((run) => run.outcome === 'completed'))
})

const unbound =
  '{ journey: j, entry: { keywords: [j] }, start: a, steps: { a: { send: { text: "Hi {{ contact.name }}" }, goto: b }, b: { end: completed } } }'

await t.test('an unbound variable sends nothing: the run fails, and the alarm names the variable', async (t) => {
  const at = scene([unbound])
  const { effects, verdict } = start(at, 'j')
  t.match(effects, [
    { type: 'alarm.raise', code: 'journey-variable-unbound', detail: { step: 'a', path: 'send.text', reason: /contact\.name/ } },
  ])
  t.strictSame(verdict, { kind: 'error', reason: 'journey-variable-unbound', next: null })
  t.strictSame(start(scene([unbound], { name: 'Mary' }), 'j').texts, ['Hi Mary'])
})

await t.test('a customer whose own message led to the failure goes to service', async (t) => {
  const at = scene([unbound])
  const { verdict } = start(at, 'j', { message: message('j') })
  t.match(verdict, { kind: 'handOff', handOff: { targets: ['queue:general'], reason: 'journey-failed' } })
})

await t.test('attributes and tags are written to the contact, and the run sees them at once', async (t) => {
  const at = scene([
    `
journey: j
start: a
steps:
  a: { set: { attributes: { offer: ten, vip: true }, tags: { add: [coupon], remove: [cold] } }, goto: b }
  b: { branch: [{ if: 'contact.vip == true && "coupon" in contact.tags', goto: c }, { else: d }] }
  c: { send: { text: "{{ contact.offer }}" }, goto: d }
  d: { end: completed }
`,
  ])
  const { effects, texts } = start(at, 'j')
  t.strictSame(effects[0], { type: 'contact.set', attributes: { offer: 'ten', vip: true }, addTags: ['coupon'], removeTags: ['cold'] })
  t.strictSame(texts, ['ten'])
})

await t.test('null removes an attribute: it is not known any more, in conditions and texts', async (t) => {
  const at = scene(
    [
      `
journey: j
start: a
steps:
  a: { set: { attributes: { offer: null } }, goto: b }
  b: { branch: [{ if: 'has(contact.offer) || contact.offer != null', goto: d }, { else: c }] }
  c: { send: { text: "{{ contact.offer | default: 'none' }}" }, goto: d }
  d: { end: completed }
`,
    ],
    { attributes: { offer: 'ten' } },
  )
  const { effects, texts } = start(at, 'j')
  t.strictSame(effects[0], { type: 'contact.set', attributes: { offer: null } })
  t.strictSame(texts, ['none'])
})

await t.test('no attribute passes for what the provider says of a contact, also where it says nothing', async (t) => {
  const attributes = { phone: '4915112345678', username: 'boss', name: 'Mary', city: 'Rome', id: 'ct_2' }
  const say = (text: string) => `{ journey: j, start: a, steps: { a: { send: { text: "${text}" }, goto: b }, b: { end: completed } } }`
  const said = (text: string, more = {}) => start(scene([say(text)], { attributes, ...more }), 'j').texts
  t.strictSame(said('{{ contact.phone }} {{ contact.id }} {{ contact.city }}'), ['15550199 ct_1 Rome'])
  t.strictSame(said("{{ contact.username | default: 'none' }} {{ contact.name | default: 'none' }}"), ['none none'])
  t.strictSame(said('{{ contact.name }}', { name: 'Eve' }), ['Eve'])
})

await t.test('a wait lets time pass and goes on; one until a moment in the past does not wait', async (t) => {
  const at = scene([
    '{ journey: j, input: [when], start: a, steps: { a: { wait: { for: 13h }, goto: b }, b: { wait: { until: "{{ input.when }}", zone: contact, fallbackZone: Europe/Berlin }, goto: c }, c: { end: completed } } }',
  ])
  start(at, 'j', { input: { when: '2026-01-06T12:00' } })
  t.match(at.state.runs, [{ doing: { kind: 'waiting', due: at.now + 13 * HOUR } }])
  timeOut(at)
  t.match(at.state.runs, [{ step: 'b', doing: { due: Date.UTC(2026, 0, 6, 11) } }])
  t.match(timeOut(at).verdict, { kind: 'ended', outcome: 'completed' })
  start(at, 'j', { input: { when: '2020-01-01T00:00' } })
  t.match(timeOut(at).verdict, { kind: 'ended', outcome: 'completed' })
  start(at, 'j', { input: { when: 'soon' } })
  t.match(timeOut(at), { verdict: { kind: 'error', reason: 'journey-wait-unreadable' }, effects: [{ type: 'alarm.raise' }] })
})

await t.test('only the last twenty finished runs are kept', async (t) => {
  const at = scene([done])
  for (let n = 0; n < 25; n += 1) start(at, 'j')
  t.equal(at.state.finished.length, 20)
  t.equal(at.state.finished.at(-1)?.id, 'ru_25')
})

await t.test('inputs the marketing side has no use for are refused', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  t.match(play(at, { kind: 'event', name: 'order.paid', data: {} }).verdict, {
    kind: 'refused',
    code: 'journey-event-unknown',
    message: /order\.paid/,
  })
  t.match(play(at, { kind: 'take', handOff: { targets: [], reason: 'x' } }).verdict, { kind: 'refused', code: 'journey-input-unsupported' })
  t.match(says(at, press('yes', 'Yes')).verdict, { kind: 'ended' }, 'and the run goes on as before')
})
