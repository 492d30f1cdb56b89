import t from 'tap'
import { asking, DAY, HOUR, message, numberWith, participant, play, press, says, scene, start, timeOut } from './scene.ts'

await t.test('a start sends the prompt as the journey, with its purpose, and sets the time-out', async (t) => {
  const at = scene([asking('coupon')])
  const { verdict, effects } = start(at, 'coupon')
  t.strictSame(verdict, { kind: 'handled' })
  t.strictSame(effects, [
    { type: 'timer.set', name: 'ru_1', at: at.now + 23 * HOUR },
    {
      type: 'message.send',
      ref: 'ru_1/q/1',
      content: {
        kind: 'buttons',
        body: 'coupon?',
        options: [
          { id: 'yes', title: 'Yes' },
          { id: 'no', title: 'No thanks' },
        ],
      },
      purpose: 'marketing',
      author: { kind: 'journey', id: 'coupon' },
    },
  ])
  t.equal(participant(at), 'coupon')
})

await t.test('a valid reply takes its branch, cancels the time-out, and the last run ends the journey', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  const { verdict, effects, texts, refs } = says(at, press('no', 'No thanks'))
  t.strictSame([texts, refs], [['coupon no'], ['ru_1/b/2']])
  t.match(effects[0], { type: 'timer.cancel', name: 'ru_1' })
  t.strictSame(verdict, { kind: 'ended', outcome: 'completed', by: 'journey' })
  t.match(at.state, { runs: [], finished: [{ id: 'ru_1', journey: 'coupon', outcome: 'completed', options: ['yes', 'no'] }] })
  t.equal(participant(at), null)
})

await t.test('an invalid reply hands off to the targets of the step, with journey and answers', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  const { verdict, effects } = says(at, 'is it for shoes?')
  t.strictSame(verdict, {
    kind: 'handOff',
    handOff: { targets: ['bot:faq', 'queue:general'], reason: 'invalid-reply', answers: {}, journey: { id: 'coupon', runId: 'ru_1' } },
  })
  t.strictSame(effects, [{ type: 'timer.cancel', name: 'ru_1' }])
  t.match(at.state.runs, [{ doing: { kind: 'handed-off' } }])
  t.equal(participant(at), null)
})

await t.test('with retries the question is asked again first, in the words of again, and the time-out starts anew', async (t) => {
  const at = scene([asking('coupon', 'retries: 2, again: "Yes or no?"').replace('}, retries', '}, retries')])
  start(at, 'coupon')
  at.now += HOUR
  const first = says(at, 'hm')
  t.strictSame([first.verdict.kind, first.texts, first.refs], ['handled', ['Yes or no?'], ['ru_1/q/2']])
  t.match(first.effects[0], { type: 'timer.set', name: 'ru_1', at: at.now + 23 * HOUR })
  t.match(first.effects[1], { content: { kind: 'buttons', options: [{ id: 'yes' }, { id: 'no' }] } })
  t.strictSame(says(at, 'hm').texts, ['Yes or no?'])
  t.equal(says(at, 'hm').verdict.kind, 'handOff')
})

await t.test('without again the prompt itself is sent again', async (t) => {
  const at = scene([asking('coupon', 'retries: 1')])
  start(at, 'coupon')
  t.strictSame(says(at, 'hm').texts, ['coupon?'])
})

const email = (on: string, ask = ''): string => `
journey: email
start: q
steps:
  q: { ask: { text: "Your e-mail?", accept: email, save: email${ask} }, on: { valid: thanks, ${on} } }
  thanks: { send: { text: "{{ answers.email }}, thank you" }, goto: done }
  other: { send: { text: other }, goto: done }
  done: { end: completed }
`

await t.test('a typed answer is saved and may be used', async (t) => {
  const at = scene([email('invalid: other')])
  start(at, 'email')
  t.strictSame(says(at, ' ana@example.com ').texts, ['ana@example.com, thank you'])
})

await t.test('an invalid reply may lead to a step instead', async (t) => {
  const at = scene([email('invalid: other')])
  start(at, 'email')
  t.strictSame(says(at, message({ kind: 'sticker', media: {} })).texts, ['other'])
})

await t.test("without an invalid branch the number's own service takes it; without service the run ends", async (t) => {
  const at = scene([email('timeout: { after: 1h, goto: done }')])
  start(at, 'email')
  t.match(says(at, 'no').verdict, { kind: 'handOff', handOff: { targets: ['queue:general'], reason: 'invalid-reply' } })
  const alone = scene([email('timeout: { after: 1h, goto: done }')], { number: numberWith({ apps: { marketing: 'journeys' } }) })
  start(alone, 'email')
  t.strictSame(says(alone, 'no').verdict, { kind: 'ended', outcome: 'invalid-reply', by: 'journey' })
})

await t.test('a hand-off where no service is connected ends the run with an alarm', async (t) => {
  const at = scene([asking('coupon')], { number: numberWith({ apps: { marketing: 'journeys' } }) })
  start(at, 'coupon')
  const { verdict, effects } = says(at, 'hm')
  t.match(verdict, { kind: 'ended', outcome: 'no-service' })
  t.match(effects, [{ type: 'timer.cancel' }, { type: 'alarm.raise', code: 'journey-no-service' }])
})

await t.test('a time-out takes its branch, once', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  t.match(timeOut(at), { texts: ['coupon no'], verdict: { kind: 'ended', outcome: 'completed' } })
  t.strictSame(timeOut(at, 'ru_1'), { verdict: { kind: 'handled' }, effects: [], texts: [], refs: [], trail: [] })
})

await t.test('a time-out may hand off', async (t) => {
  const at = scene([email('timeout: { after: 2h, handOff: [queue:sales], note: "said nothing" }')])
  start(at, 'email')
  t.match(timeOut(at).verdict, { kind: 'handOff', handOff: { targets: ['queue:sales'], reason: 'timeout', note: 'said nothing' } })
})

await t.test('a question without a time-out branch ends its run after a day, after a template a week', async (t) => {
  const at = scene([email('invalid: other')])
  start(at, 'email')
  const begun = at.now
  t.match(timeOut(at).verdict, { kind: 'ended', outcome: 'timed-out' })
  t.equal(at.now - begun, DAY)
  const template = scene([
    '{ journey: j, start: q, steps: { q: { ask: { template: { name: n, language: en } }, on: { valid: done } }, done: { end: completed } } }',
  ])
  t.match(start(template, 'j').effects, [{ type: 'timer.set', at: template.now + 7 * DAY }])
})

await t.test('a timer that fires before its time is set again', async (t) => {
  const at = scene([asking('coupon', 'retries: 1')])
  start(at, 'coupon')
  const due = at.now + 23 * HOUR
  at.now += HOUR
  says(at, 'hm')
  t.match(play(at, { kind: 'timer', name: 'ru_1', due }), {
    verdict: { kind: 'handled' },
    effects: [{ type: 'timer.set', name: 'ru_1', at: due + HOUR }],
  })
})

await t.test('a prompt that fails to deliver takes its branch and releases the claim', async (t) => {
  const at = scene([email('deliveryFailed: other')])
  const [ref = ''] = start(at, 'email').refs
  const failed = play(at, { kind: 'sendFailed', ref, messageId: 'ms_1', code: '131026', reason: 'undeliverable' })
  t.match(failed, { texts: ['other'], verdict: { kind: 'ended', outcome: 'completed' } })
})

await t.test('without a deliveryFailed branch the run fails with an alarm', async (t) => {
  const at = scene([asking('coupon')])
  const [ref = ''] = start(at, 'coupon').refs
  const failed = play(at, { kind: 'sendFailed', ref, messageId: 'ms_1', code: '131026', reason: 'undeliverable' })
  t.match(failed.effects, [
    { type: 'timer.cancel' },
    { type: 'alarm.raise', code: 'journey-prompt-undelivered', detail: { journey: 'coupon', step: 'q' } },
  ])
  t.strictSame(failed.verdict, { kind: 'error', reason: 'journey-prompt-undelivered', next: null })
})

await t.test('the failure of any other message changes nothing', async (t) => {
  const at = scene([asking('coupon')])
  start(at, 'coupon')
  const before = at.state
  t.strictSame(play(at, { kind: 'sendFailed', ref: 'ru_9/q/1', messageId: 'ms_1', code: 'x', reason: 'x' }).verdict, { kind: 'handled' })
  t.strictSame(at.state, before)
})

await t.test('a template with quick replies asks: their payloads are the options', async (t) => {
  const at = scene([
    `
journey: offer
start: q
steps:
  q:
    ask:
      template: { name: offer, language: en, variables: { name: Mary }, header: { document: { url: "https://example.com/offer.pdf", filename: offer.pdf } } }
      options: [{ id: yes, title: Tell me more }, { id: no, title: Stop }]
      retries: 1
      again: More, or stop?
    on: { yes: done, no: done, invalid: { handOff: [bot:faq] } }
  done: { end: completed }
`,
  ])
  const { effects } = start(at, 'offer')
  t.match(effects[1], {
    content: {
      kind: 'template',
      variables: { name: 'Mary' },
      header: { document: { url: 'https://example.com/offer.pdf', filename: 'offer.pdf' } },
      buttons: [
        { type: 'quickReply', value: 'yes' },
        { type: 'quickReply', value: 'no' },
      ],
    },
  })
  t.match(says(at, 'hm').effects[0], {
    content: { kind: 'buttons', body: 'More, or stop?', options: [{ title: 'Tell me more' }, { title: 'Stop' }] },
  })
  t.match(says(at, 'what?').verdict, { kind: 'handOff', handOff: { targets: ['bot:faq'] } })
})

await t.test('a message when nothing waits is refused, and nothing changes', async (t) => {
  const at = scene([asking('coupon')])
  const before = at.state
  t.match(says(at, 'yes'), { verdict: { kind: 'refused', code: 'journey-not-waiting' }, effects: [] })
  t.strictSame(at.state, before)
})
