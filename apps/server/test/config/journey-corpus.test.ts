// A journey broken in one place each time: what is said, and where. The whole line is compared, as it is all a person gets to see.
import t from 'tap'
import { compileFiles } from '../../src/config/compile.ts'
import { formatProblem, keepsFromRunning } from '../../src/config/problem.ts'
import { BIG, JOURNEY_CASES, LEAD } from './fixtures/journey-cases.ts'
import { VALID } from './fixtures/valid.ts'

const compile = (text: string) => compileFiles({ ...VALID, 'journeys/big.yaml': BIG, 'journeys/lead.yaml': text }, { dir: 'config' })

await t.test('the journey that the cases break has no problems', async (t) => {
  t.same(compile(LEAD).problems.map(formatProblem), [])
})

await t.test('there are at least forty of them', async (t) => {
  t.ok(JOURNEY_CASES.length >= 40, `${JOURNEY_CASES.length}`)
})

for (const [title, from, to, says] of JOURNEY_CASES) {
  await t.test(title, async (t) => {
    if (!LEAD.includes(from)) throw new Error(`the journey does not contain ${from}`)
    const { problems, result } = compile(LEAD.replace(from, to))
    t.same(
      problems.map(formatProblem),
      says.map((line) => `config/journeys/lead.yaml:${line}`),
    )
    t.equal(result === null, problems.some(keepsFromRunning))
  })
}

await t.test('a keyword that no number lets start a journey is dead', async (t) => {
  const numbers = (VALID['numbers.yaml'] ?? '').replace('supportPhrases:', 'allowReservedKeywords: false\n      supportPhrases:')
  const { problems } = compileFiles(
    { ...VALID, 'numbers.yaml': numbers, 'journeys/lead.yaml': LEAD.replace('start: size', 'numbers: [main]\nstart: size') },
    { dir: 'config' },
  )
  t.same(problems.map(formatProblem), [
    'config/journeys/lead.yaml:2:20 entry.keywords: warning: no number that it runs on lets a keyword start a journey: these never would — fix: set incoming.allowReservedKeywords, or remove them',
  ])
})
