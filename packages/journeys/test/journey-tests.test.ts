import t from 'tap'
import { parse } from 'yaml'
import { journeyGraph, parseJourneyTests, runJourneyTest } from '../src/index.ts'
import type { JourneyTestResult } from '../src/index.ts'
import { asking, journey } from './scene.ts'

function run(tests: string, ...journeys: string[]): JourneyTestResult[] {
  const result = parseJourneyTests(parse(tests))
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems))
  return runJourneyTest(journeys.map(journey), result.tests, 'coupon')
}

function failures(steps: string): string[] {
  const [result] = run(`tests: [{ name: one, steps: ${steps} }]`, asking('coupon'), asking('shoes'))
  return (result?.failures ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

await t.test('a test that holds passes', async (t) => {
  t.strictSame(
    run('tests: [{ name: one, steps: [{ customer: coupon }, { expect: { message: "coupon?", owner: marketing } }] }]', asking('coupon')),
    [
      {
        name: 'one',
        passed: true,
        failures: [],
        transcript: ['+0s      customer  coupon', '+0s      journey   coupon? [Yes] [No thanks]'],
      },
    ],
  )
})

await t.test('what does not hold is reported with its place, what was expected, and what came', async (t) => {
  t.strictSame(failures('[{ customer: coupon }, { expect: { message: "shoes?", owner: service, outcome: completed } }]'), [
    'tests.0.steps.1.expect.message: expected "shoes?", got [{"buttons":"coupon?"}]',
    'tests.0.steps.1.expect.owner: expected "service", got "marketing"',
    'tests.0.steps.1.expect.outcome: expected "completed", got null',
  ])
})

await t.test('an attribute that a journey removed is expected as null', async (t) => {
  const forget =
    '{ journey: forget, entry: { keywords: [forget] }, start: s, steps: { s: { set: { attributes: { plan: null } }, goto: bye }, bye: { end: completed } } }'
  const tests = (expected: string) =>
    `tests: [{ name: one, contact: { attributes: { plan: gold } }, steps: [{ customer: forget }, { expect: { attributes: { plan: ${expected} } } }] }]`
  t.match(run(tests('null'), forget), [{ passed: true }])
  t.match(run(tests('gold'), forget), [{ passed: false }])
})

await t.test('messages says everything that was sent, no more', async (t) => {
  t.strictSame(failures('[{ customer: coupon }, { expect: { messages: [] } }]'), [
    'tests.0.steps.1.expect.messages: expected [], got [{"buttons":"coupon?"}]',
  ])
  t.strictSame(failures('[{ customer: coupon }, { expect: { messages: ["coupon?"] } }]'), [])
})

await t.test('a message is expected once, and after the last action only', async (t) => {
  t.not(failures('[{ customer: coupon }, { expect: { message: "coupon?" } }, { expect: { message: "coupon?" } }]').length, 0)
  t.not(failures('[{ customer: coupon }, { advance: 1h }, { expect: { message: "coupon?" } }]').length, 0)
})

await t.test('a keyword over a question, and a quote of the older question', async (t) => {
  t.strictSame(failures('[{ customer: coupon }, { customer: shoes }, { expect: { message: "shoes?", outcome: superseded } }]'), [])
  t.strictSame(
    failures(
      '[{ start: { journey: coupon } }, { customer: coupon }, { customer: { text: "yes", quote: "coupon?" } }, { expect: { message: "coupon yes" } }]',
    ),
    [],
  )
})

await t.test('a start that is refused fails the test', async (t) => {
  t.match(failures('[{ start: { journey: nothing } }]'), [/^tests\.0\.steps\.0: journey-unknown/])
})

await t.test('a journey that is started while service has the conversation waits for its end', async (t) => {
  const asked = '{ customer: coupon }, { customer: hm }, { start: { journey: shoes } }, { expect: { messages: [], owner: service } }'
  t.strictSame(failures(`[${asked}, { service: ends }, { expect: { message: "shoes?", owner: marketing } }]`), [])
})

await t.test('a utility journey starts beside service, asked for or by an event, and leaves the conversation with it', async (t) => {
  const note =
    '{ journey: note, purpose: utility, entry: { event: order.paid }, start: say, steps: { say: { send: { text: "note!" }, goto: bye }, bye: { end: completed } } }'
  const said = '{ expect: { messages: ["note!"], outcome: completed, owner: service } }'
  const tests = `tests:
    - name: started
      steps: [{ customer: hm }, { start: { journey: note } }, ${said}, { service: ends }, { expect: { messages: [], owner: none } }]
    - name: by an event
      steps: [{ customer: hm }, { event: order.paid }, ${said}]
    - name: of the two only marketing waits
      steps: [{ customer: hm }, { start: { journey: coupon } }, { expect: { messages: [], owner: service } }, { start: { journey: note } }, ${said}]`
  const results = run(tests, asking('coupon'), note)
  t.strictSame(
    results.map(({ failures: found }) => found),
    [[], [], []],
  )
})

await t.test('a free-form message outside the reply window is not sent in a test either', async (t) => {
  const late = asking('coupon').replace('after: 23h', 'after: 24h')
  const steps = '[{ customer: coupon }, { advance: 2d }, { expect: { messages: [], alarm: window-closed } }]'
  t.match(run(`tests: [{ name: one, steps: ${steps} }]`, late), [{ passed: true }])
})

await t.test('a test file that cannot be read says where', async (t) => {
  const result = parseJourneyTests(parse('tests: [{ name: one, steps: [{ customer: coupon }, { expects: { owner: marketing } }] }]'))
  t.match(result, { kind: 'invalid', problems: [{ path: ['tests', 0, 'steps', 1] }] })
  for (const input of [null, {}, { tests: [] }]) t.equal(parseJourneyTests(input).kind, 'invalid')
})

await t.test('the graph of a journey has every step and every way between them', async (t) => {
  t.equal(
    journeyGraph(journey(asking('coupon'))),
    `flowchart TD
  start(("coupon")) --> s0
  s0["q · ask"]
  s0 -->|"yes"| s1
  s0 -->|"no"| s2
  s0 -->|"invalid: to bot:faq, queue:general"| s0x2(["leaves"])
  s0 -->|"timeout"| s2
  s1["a · send"]
  s1 --> s3
  s2["b · send"]
  s2 --> s3
  s3["done · end"]
  s3 --> s3x0(["completed"])
`,
  )
})

const pricing = `
journey: coupon
entry: { keywords: [coupon] }
start: price
steps:
  price: { http: { url: "https://shop.example/price", method: POST, body: { who: "{{ contact.id }}" }, save: { price: $.price }, retries: 1, backoff: 30s }, goto: say, onError: sorry, onTimeout: slow }
  say: { send: { text: "It costs {{ answers.price }}" }, goto: done }
  sorry: { send: { text: "Sorry" }, goto: done }
  slow: { send: { text: "Slow" }, goto: done }
  done: { end: completed }
`
const priced = (given: string, steps: string): JourneyTestResult | undefined =>
  run(`tests: [{ name: one, given: { http: ${given} }, steps: ${steps} }]`, pricing)[0]

await t.test('a test says what servers answer, and what they are asked', async (t) => {
  const called = 'called: { step: price, method: POST, url: "https://shop.example/price", body: { who: contact } }'
  t.strictSame(priced('{ price: { body: { price: 12 } } }', `[{ customer: coupon }, { expect: { ${called}, message: "It costs 12" } }]`), {
    name: 'one',
    passed: true,
    failures: [],
    transcript: [
      '+0s      customer  coupon',
      '+0s      calls     POST https://shop.example/price',
      '+0s      journey   It costs 12',
      '+0s      (coupon: the call of price: 200)',
      '+0s      (coupon ended: completed)',
    ],
  })
  t.match(priced('{ price: { status: 404 } }', '[{ customer: coupon }, { expect: { message: "Sorry" } }]'), { passed: true })
  t.match(priced('{ price: {} }', '[{ customer: coupon }, { expect: { called: { url: other } } }]')?.failures, [
    { path: ['tests', 0, 'steps', 1, 'expect', 'called'] },
  ])
})

await t.test('a server fails and recovers, or is silent, in virtual time', async (t) => {
  const steps = '[{ customer: coupon }, { expect: { messages: [] } }, { advance: 30s }, { expect: { message: "It costs 12" } }]'
  t.match(priced('{ price: [unreachable, { body: { price: 12 } }] }', steps), { passed: true })
  const silent = '[{ customer: coupon }, { advance: 49s }, { expect: { messages: [] } }, { advance: 1s }, { expect: { message: "Slow" } }]'
  t.match(priced('{ price: timeout }', silent), { passed: true }, 'ten seconds, thirty, and ten more')
})

await t.test('a call that the test gives no answer to fails it', async (t) => {
  t.match(priced('{}', '[{ customer: coupon }]'), {
    passed: false,
    failures: [{ path: ['tests', 0, 'steps', 0], message: /the step price calls POST .*given: \{ http: \{ price/ }],
  })
})
