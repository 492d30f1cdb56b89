import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ALARMS } from '../../src/alarms.ts'
import { OPERATING_PAGE, raisedAlarms, withTables } from './operating-page.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const page = readFileSync(OPERATING_PAGE, 'utf8')

await t.test('every alarm that is raised is explained, and no other', async (t) => {
  t.strictSame([...raisedAlarms()].toSorted(), Object.keys(ALARMS).toSorted())
})

await t.test('the tables of docs/operating.md are those of the code', async (t) => {
  for (const code of ['number-halted', 'baton_halted_numbers']) t.ok(page.includes(`| \`${code}\` |`), code)
  t.equal(page, await withTables(page), 'run: node apps/server/test/docs/operating-page.ts')
  t.not(
    await withTables(page.replace('| `number-halted` |', '| `number-stopped` |')),
    page.replace('| `number-halted` |', '| `number-stopped` |'),
  )
})

await t.test('every environment variable is in docs/operating.md and in the README', async (t) => {
  const source = readFileSync(`${root}apps/server/src/cli/environment.ts`, 'utf8')
  const names = [...source.matchAll(/given\('([A-Z_]+)'\)/g)].map(([, name = '']) => name)
  t.ok(names.length >= 8, names.join(', '))
  for (const [where, text] of Object.entries({ 'docs/operating.md': page, 'README.md': readFileSync(`${root}README.md`, 'utf8') })) {
    for (const name of names) t.ok(text.includes(`\`${name}\``), `${name} in ${where}`)
  }
})
