// The last line of `pnpm test` is what CI and people believe, so it must not be able to hide a failure.
import t from 'tap'
import { createTapReport } from '../tap-report.ts'

function read(lines: string[], exit: number): { printed: string; passed: number; failed: number } {
  const printed: string[] = []
  const report = createTapReport((line) => printed.push(line))
  for (const line of lines) report.line(line)
  return { ...report.end(exit), printed: printed.join('\n') }
}

const GOOD = ['TAP version 14', '# Subtest: a.test.ts', '    ok 1 - fine', 'ok 1 - a.test.ts # time=5ms', '# { total: 1, pass: 1 }']
const BAD = [
  '# Subtest: b.test.ts',
  '    not ok 1 - two is three',
  '      ---',
  'not ok 2 - b.test.ts # time=7ms',
  '  exitCode: 1',
  '# { total: 2, pass: 1, fail: 1 }',
]

await t.test('a passing file is one line, a failing one is told in full', async (t) => {
  t.same(read(GOOD, 0), { printed: '  ok     a.test.ts (5ms)', passed: 1, failed: 0 })
  const { printed, ...counts } = read([...GOOD.slice(0, 4), ...BAD], 1)
  t.same(counts, { passed: 1, failed: 1 })
  t.match(printed, /FAILED b\.test\.ts[^]*not ok 1 - two is three[^]*exitCode: 1/)
  t.notMatch(printed, /ok 1 - fine/)
})

await t.test('a failure that no assertion shows still counts', async (t) => {
  t.match(read(GOOD, 1), { passed: 1, failed: 1 })
  t.match(read([], 1), { passed: 0, failed: 1 }, 'tap itself broke')
  t.match(read(['    half a test', '    then nothing'], 1), { failed: 1, printed: /then nothing/ })
})
