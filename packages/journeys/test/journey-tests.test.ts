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
