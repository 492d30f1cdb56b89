import t from 'tap'
import { asking, HOUR, message, participant, play, press, recognise, says, scene, start, timeOut } from './scene.ts'

await t.test('runs and their timers are suspended while service has the conversation, and go on with the time that was left', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  at.now += 3 * HOUR
  t.strictSame(play(at, { kind: 'yield', reason: 'service-took' }).effects, [{ type: 'timer.cancel', name: 'ru_1' }])
  at.now += 100 * HOUR
  t.strictSame(play(at, { kind: 'timer', name: 'ru_1', due: at.now }).verdict, { kind: 'handled' }, 'a timer under way changes nothing')
  const resumed = play(at, { kind: 'resume', after: 'service' })
  t.strictSame(resumed, {
    verdict: { kind: 'handled' },
    effects: [{ type: 'timer.set', name: 'ru_1', at: at.now + 20 * HOUR }],
    texts: [],
    refs: [],
    trail: [],
  })
  t.equal(participant(at), 'coupon')
  t.match(recognise(at, 'yes').reply, { match: 'valid', holder: 'ru_1' })
})

await t.test('a run that let time pass is suspended in the same way', async (t) => {
  const at = scene(['{ journey: j, start: s, steps: { s: { wait: { for: 10h }, goto: e }, e: { end: completed } } }'])
  start(at, 'j')
  at.now += HOUR
  play(at, { kind: 'yield', reason: 'upstream' })
  at.now += HOUR
  t.match(play(at, { kind: 'resume', after: 'upstream' }).effects, [{ type: 'timer.set', at: at.now + 9 * HOUR }])
})

await t.test('yielding twice is yielding once', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  play(at, { kind: 'yield', reason: 'service-took' })
  const before = at.state
  play(at, { kind: 'yield', reason: 'upstream' })
  t.strictSame(at.state, before)
})

await t.test('when nothing waits, the conversation coming back ends marketing', async (t) => {
  const at = scene([asking('coupon')])
  t.match(play(at, { kind: 'resume', after: 'service' }).verdict, { kind: 'ended', outcome: 'nothing-waiting' })
})

await t.test('after a hand-off the run exits when service ends', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  says(at, 'hm')
  t.match(play(at, { kind: 'resume', after: 'service' }).verdict, { kind: 'ended', outcome: 'handed-off' })
  t.match(at.state, { runs: [], finished: [{ outcome: 'handed-off' }] })
})

await t.test('a hand-off suspends the other runs, and they resume', async (t) => {
  const at = scene([asking('coupon'), asking('shoes')])
  start(at, 'coupon')
  start(at, 'shoes')
  t.match(says(at, 'hm'), {
    verdict: { kind: 'handOff', handOff: { journey: { id: 'shoes' } } },
    effects: [{ type: 'timer.cancel' }, { type: 'timer.cancel' }],
  })
  t.equal(play(at, { kind: 'resume', after: 'service' }).verdict.kind, 'handled')
  t.match(at.state.runs, [{ journey: 'coupon', doing: { kind: 'asking' } }])
})

const returning = (onReturn: string): string =>
  asking('coupon').replace('{ handOff: [bot:faq, queue:general] }', `{ handOff: [bot:faq], onReturn: ${onReturn} }`)

await t.test('onReturn: resume waits on for the reply, with the time that was left', async (t) => {
  const at = scene([returning('resume')])
  start(at, 'coupon')
  at.now += HOUR
  says(at, 'hm')
  at.now += 50 * HOUR
  t.strictSame(play(at, { kind: 'resume', after: 'service' }).effects, [{ type: 'timer.set', name: 'ru_1', at: at.now + 22 * HOUR }])
  t.strictSame(says(at, 'yes').texts, ['coupon yes'])
})

await t.test('onReturn: a named step', async (t) => {
  const at = scene([returning('{ goto: b }')])
  start(at, 'coupon')
  says(at, 'hm')
  t.match(play(at, { kind: 'resume', after: 'service' }), { texts: ['coupon no'], verdict: { kind: 'ended', outcome: 'completed' } })
})

await t.test('a run that returns into another hand-off leaves the others suspended', async (t) => {
  const back =
    '{ journey: back, start: s, steps: { s: { handOff: { to: [queue:a], onReturn: { goto: u } } }, u: { handOff: { to: [queue:b] } } } }'
  const at = scene([back, asking('coupon')])
  start(at, 'back')
  start(at, 'coupon')
  play(at, { kind: 'yield', reason: 'service-took' })
  const { verdict, effects } = play(at, { kind: 'resume', after: 'service' })
  t.match(verdict, { kind: 'handOff', handOff: { targets: ['queue:b'] } })
  t.strictSame(effects, [])
  t.match(at.state.runs, [{ doing: { kind: 'handed-off' } }, { doing: { kind: 'suspended' } }])
})

await t.test('a run that timed out into a hand-off gets its whole time again when it resumes', async (t) => {
  const at = scene([asking('coupon').replace('{ after: 23h, goto: b }', '{ after: 23h, handOff: [queue:a], onReturn: resume }')])
  start(at, 'coupon')
  t.equal(timeOut(at).verdict.kind, 'handOff')
  t.match(play(at, { kind: 'resume', after: 'service' }).effects, [{ type: 'timer.set', at: at.now + 23 * HOUR }])
})

await t.test('a hand-off step gives its note, and goes on at goto when it resumes', async (t) => {
  const at = scene([
    '{ journey: j, start: s, steps: { s: { handOff: { to: [queue:a], note: "of {{ journey.name }}", onReturn: resume }, goto: e }, e: { send: { text: back }, goto: f }, f: { end: completed } } }',
  ])
  t.match(start(at, 'j').verdict, { kind: 'handOff', handOff: { targets: ['queue:a'], note: 'of j', reason: 'journey-step' } })
  t.match(play(at, { kind: 'resume', after: 'service' }), { texts: ['back'], verdict: { kind: 'ended' } })
})

await t.test('a note that cannot be written does not keep the customer from service', async (t) => {
  const at = scene(['{ journey: j, start: s, steps: { s: { handOff: { to: [queue:a], note: "{{ contact.name }}" } } } }'])
  const { verdict, effects } = start(at, 'j')
  t.match(verdict, { kind: 'handOff' })
  t.notOk(verdict.kind === 'handOff' && 'note' in verdict.handOff)
  t.match(effects, [{ type: 'alarm.raise', code: 'journey-variable-unbound' }])
})

await t.test('a request for support hands the waiting run over with what it knows', async (t) => {
  const at = scene([asking('coupon'), asking('shoes')])
  start(at, 'coupon')
  start(at, 'shoes')
  const { verdict } = play(at, { kind: 'yield', reason: 'support-request' })
  t.match(verdict, {
    kind: 'handOff',
    handOff: { targets: ['bot:faq', 'queue:general'], reason: 'support-request', journey: { id: 'shoes' } },
  })
  t.match(at.state.runs, [{ doing: { kind: 'suspended' } }, { doing: { kind: 'handed-off' } }])
})

await t.test('opting out exits every run, suspended ones too', async (t) => {
  const at = scene([asking('coupon'), asking('shoes')])
  start(at, 'coupon')
  play(at, { kind: 'yield', reason: 'service-took' })
  start(at, 'shoes')
  const { verdict, effects } = play(at, { kind: 'withdraw' })
  t.strictSame(verdict, { kind: 'ended', outcome: 'withdrawn', by: 'customer' })
  t.strictSame(effects, [{ type: 'timer.cancel', name: 'ru_2' }])
  t.match(at.state, { runs: [], finished: [{ outcome: 'withdrawn' }, { outcome: 'withdrawn' }] })
})

await t.test('a quick reply that service hears stops the reminders and does not take the conversation', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  play(at, { kind: 'yield', reason: 'service-took' })
  const said = press('yes', 'Yes')
  const noticed = play(at, { kind: 'notice', message: said, recognition: recognise(at, said) })
  t.match(noticed, {
    verdict: { kind: 'handled' },
    trail: [
      {
        marks: [
          ['replied', 'q', 'yes'],
          ['ended', 'q', 'answered-in-service'],
        ],
      },
    ],
  })
  t.strictSame(noticed.effects, [])
  t.match(at.state, { runs: [], finished: [{ outcome: 'answered-in-service' }] })
})

await t.test('any other message that service hears changes nothing', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  play(at, { kind: 'yield', reason: 'service-took' })
  const before = at.state
  play(at, { kind: 'notice', message: message('hm'), recognition: recognise(at, 'hm') })
  t.strictSame(at.state, before)
})

const reason = `
journey: reason
start: q
steps:
  q: { ask: { text: "Why?", save: why }, on: { valid: thanks } }
  thanks: { send: { text: "Thank you" }, goto: done }
  done: { end: completed }
`

await t.test('what is typed to service answers no question of a journey, unless it quotes it', async (t) => {
  const at = scene([reason, asking('coupon')])
  start(at, 'coupon')
  const [ref = ''] = start(at, 'reason').refs
  play(at, { kind: 'yield', reason: 'service-took' })
  const hears = (said: ReturnType<typeof message>) => play(at, { kind: 'notice', message: said, recognition: recognise(at, said) })
  const before = at.state
  hears(message('Where is my parcel?'))
  hears(message('yes'))
  t.strictSame(at.state, before)
  hears(message('It broke', { replyTo: `ref:${ref}` }))
  t.match(at.state, { runs: [{ journey: 'coupon' }], finished: [{ journey: 'reason', outcome: 'answered-in-service' }] })
  play(at, { kind: 'resume', after: 'service' })
  t.same(says(at, 'yes').texts, ['coupon yes'], 'and the other one waits on')
})

await t.test('a prompt that failed while service had the conversation takes its branch afterwards', async (t) => {
  const at = scene([asking('coupon').replace('invalid:', 'deliveryFailed: b, invalid:')])
  const [ref = ''] = start(at, 'coupon').refs
  play(at, { kind: 'yield', reason: 'service-took' })
  t.strictSame(play(at, { kind: 'sendFailed', ref, messageId: 'ms_1', code: 'x', reason: 'x' }).texts, [])
  t.strictSame(recognise(at, 'yes').reply, { match: 'none' })
  t.strictSame(play(at, { kind: 'resume', after: 'service' }).texts, ['coupon no'])
})
