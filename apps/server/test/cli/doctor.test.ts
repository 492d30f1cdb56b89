import t from 'tap'
import { checkHalted, checkNode, checkSchema, skew } from '../../src/cli/doctor.ts'

await t.test('Node 24.15 is the oldest that will do', async (t) => {
  t.equal(checkNode('24.15.0').status, 'ok')
  t.equal(checkNode('26.0.1').status, 'ok')
  t.match(checkNode('24.14.9'), { status: 'error', fix: /24\.15/ })
  t.equal(checkNode('20.20.2').status, 'error')
})

await t.test('a schema is up to date, behind, ahead by what was added, or ahead by more than that', async (t) => {
  t.match(checkSchema({ pending: [], newer: [] }), { status: 'ok', detail: 'up to date' })
  t.match(checkSchema({ pending: ['0002_b.sql'], newer: [] }), { status: 'note', detail: '1 to be applied: 0002_b.sql' })
  const added = { name: '0003_c.sql', onlyAdds: true }
  t.match(checkSchema({ pending: [], newer: [added] }), { status: 'ok', detail: 'up to date, and a newer Baton has added 0003_c.sql' })
  const changed = { name: '0004_d.sql', onlyAdds: false }
  t.match(checkSchema({ pending: [], newer: [added, changed] }), { status: 'error', detail: /applied 0004_d\.sql/, fix: /newer one/ })
})

await t.test('clocks agree when theirs lies between question and answer, give or take five seconds', async (t) => {
  const [asked, answered] = [1_000_000, 1_000_200]
  t.match(skew('clock', 1_000_100, asked, answered), { status: 'ok', detail: 'agrees' })
  t.equal(skew('clock', asked - 5_000, asked, answered).status, 'ok')
  t.match(skew('clock', asked - 60_000, asked, answered), { status: 'warning', detail: /60 s apart/, fix: /NTP/ })
  t.match(skew('clock', answered + 60_000, asked, answered), { status: 'warning' })
})

await t.test('a halted number is an error, with why and what to do; one that waits or runs is none', async (t) => {
  const halted = { at: Date.UTC(2026, 10, 23, 10), reason: '131031 account locked' }
  const checks = checkHalted([
    { numberId: 'main', halted, waitUntil: null },
    { numberId: 'promo', halted: null, waitUntil: 1 },
  ])
  t.equal(checks.length, 1)
  t.match(checks[0], {
    name: 'number main',
    status: 'error',
    detail: 'halted since 2026-11-23T10:00:00.000Z: 131031 account locked',
    fix: /POST \/api\/v1\/numbers\/main\/release/,
  })
})
