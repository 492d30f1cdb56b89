// A configuration broken in one place each time: what is said, and where. The whole line is compared, as it is all a
// person gets to see.
import t from 'tap'
import { compileFiles } from '../../src/config/compile.ts'
import { formatProblem, keepsFromRunning } from '../../src/config/problem.ts'
import { CASES } from './fixtures/cases.ts'
import { broken, VALID } from './fixtures/valid.ts'

const compile = (files: Parameters<typeof compileFiles>[0]) => compileFiles(files, { dir: 'config' })

await t.test('the valid configuration has no problems', async (t) => {
  const { problems, result } = compile(VALID)
  t.same(problems.map(formatProblem), [])
  t.same(
    result?.numbers.map(({ settings }) => settings.id),
    ['main', 'promo'],
  )
  t.equal(result?.numbers[0]?.settings.serviceSessions.autoEndAfter, 24 * 3_600_000, 'durations are milliseconds')
})

for (const { title, change, says } of CASES) {
  await t.test(title, async (t) => {
    const { problems, result } = compile(broken(...change))
    t.same(problems.map(formatProblem), says)
    t.equal(result === null, problems.some(keepsFromRunning), 'what cannot run, and only that, leaves nothing to run with')
  })
}

await t.test('a file nobody reads is an error with a guess', async (t) => {
  const { 'queues.yaml': queues = '', ...rest } = VALID
  const { problems } = compile({ ...rest, 'queue.yaml': queues })
  t.ok(
    problems.map(formatProblem).some((line) => line.startsWith('config/numbers.yaml:15:32 ')),
    'its queues are missed',
  )
  t.ok(problems.map(formatProblem).includes('config/queue.yaml:1:1: Baton reads no file of this name — fix: did you mean "queues.yaml"?'))
})

await t.test('without numbers.yaml nothing can run', async (t) => {
  const { 'numbers.yaml': _numbers, ...rest } = VALID
  t.same(compile(rest).problems.map(formatProblem), [
    'config/numbers.yaml:1:1: missing: no number is configured — fix: create it; config/numbers.yaml in the repository is an example',
  ])
})

await t.test('two journeys with one id are refused in the second file', async (t) => {
  const { problems } = compile({ ...VALID, 'journeys/other.yaml': VALID['journeys/coupon.yaml'] ?? '' })
  t.same(problems.map(formatProblem), [
    'config/journeys/other.yaml:1:10 journey: the journey "coupon" is in config/journeys/coupon.yaml already — fix: give one of them another id',
  ])
})

await t.test('an alias that expands without end is refused', async (t) => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    'b: &b [*a, *a, *a, *a, *a, *a, *a, *a]',
    'c: &c [*b, *b, *b, *b, *b, *b, *b, *b]',
    'd: [*c, *c, *c, *c, *c, *c]',
  ].join('\n')
  const { problems } = compile({ ...VALID, 'consent.yaml': bomb })
  t.match(problems.map(formatProblem), [/^config\/consent\.yaml:1:1: not usable YAML: Excessive alias count/])
})

await t.test('a secret written out by mistake is in no problem', async (t) => {
  for (const [file, from, to] of CASES.filter(({ title }) => title.includes('written out')).map(({ change }) => change)) {
    const secret = to.replace(from.split(/[:[]/)[0] ?? '', '').replaceAll(/[:[\]\s]/g, '')
    const said = JSON.stringify(compile(broken(file, from, to)).problems)
    t.notOk(said.includes(secret), `${secret} is not repeated`)
  }
})

await t.test('runs stay on the journey version they started with', async (t) => {
  const older = compile(broken('journeys/coupon.yaml', 'SAVE10', 'SAVE5')).journeys.map(({ definition }) => definition)
  const before = older[0]?.version ?? ''
  const now = compile(VALID).journeys.map(({ definition }) => definition)
  const { result } = compileFiles(VALID, { dir: 'config', older: [...older, ...now] })
  const journeys = result?.engines.journeys
  t.not(journeys?.journeys.get('coupon')?.version, before)
  t.ok(journeys?.versions.has(before), 'the earlier version is still there')
  t.equal(journeys?.versions.size, 2)
})
