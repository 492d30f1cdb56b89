import { readFileSync, existsSync } from 'node:fs'
import t from 'tap'
import { diffFiles } from '../../src/config/diff.ts'
import { readConfigFiles, readJourneyTests } from '../../src/config/files.ts'
import { pullFiles } from '../../src/config/pull.ts'

const before = { 'numbers.yaml': 'a: 1\nb: 2\n', 'bots.yaml': 'bots: []\n' }
const after = { 'numbers.yaml': 'a: 1\nb: 3\n', 'journeys/new.yaml': 'journey: new\n' }

await t.test('reading takes YAML files and journeys, and leaves tests and schemas', async (t) => {
  const dir = t.testdir({
    'numbers.yaml': 'a',
    'notes.txt': 'x',
    schema: { 'numbers.json': '{}' },
    journeys: { 'coupon.yaml': 'b', 'coupon.test.yaml': 'c' },
  })
  t.same(await readConfigFiles(dir), { kind: 'files', files: { 'numbers.yaml': 'a', 'journeys/coupon.yaml': 'b' } })
  t.same(await readJourneyTests(dir), { 'journeys/coupon.test.yaml': 'c' })
  t.same(await readConfigFiles(`${dir}/nowhere`), { kind: 'absent' })
})

await t.test('a diff is unified, a file at a time, with added and removed files against /dev/null', async (t) => {
  t.equal(
    diffFiles(before, after, { before: 'version 1', after: 'config' }),
    [
      '--- version 1/bots.yaml',
      '+++ /dev/null',
      '@@ -1,1 +0,0 @@',
      '-bots: []',
      '--- /dev/null',
      '+++ config/journeys/new.yaml',
      '@@ -0,0 +1,1 @@',
      '+journey: new',
      '--- version 1/numbers.yaml',
      '+++ config/numbers.yaml',
      '@@ -1,2 +1,2 @@',
      ' a: 1',
      '-b: 2',
      '+b: 3',
      '',
    ].join('\n'),
  )
  t.equal(diffFiles(after, after, { before: 'a', after: 'b' }), '')
})

await t.test('pull into an empty place writes every file', async (t) => {
  const dir = `${t.testdir()}/config`
  t.same(await pullFiles(dir, after, { force: false, known: [] }), {
    kind: 'pulled',
    written: ['journeys/new.yaml', 'numbers.yaml'],
    removed: [],
  })
  t.equal(readFileSync(`${dir}/journeys/new.yaml`, 'utf8'), 'journey: new\n')
})

await t.test('pull refuses to overwrite local work and names the files', async (t) => {
  const dir = t.testdir({ 'numbers.yaml': 'my own work\n', 'bots.yaml': 'bots: []\n' })
  t.same(await pullFiles(dir, after, { force: false, known: [before] }), { kind: 'refused', changed: ['numbers.yaml'] })
  t.equal(readFileSync(`${dir}/numbers.yaml`, 'utf8'), 'my own work\n')
  t.ok(existsSync(`${dir}/bots.yaml`), 'nothing was touched')
})

await t.test('pull replaces files that are as some version has them', async (t) => {
  const dir = t.testdir({ ...before })
  t.same(await pullFiles(dir, after, { force: false, known: [before, after] }), {
    kind: 'pulled',
    written: ['journeys/new.yaml', 'numbers.yaml'],
    removed: ['bots.yaml'],
  })
  t.notOk(existsSync(`${dir}/bots.yaml`))
})

await t.test('pull with force gives local work up', async (t) => {
  const dir = t.testdir({ 'numbers.yaml': 'my own work\n' })
  t.match(await pullFiles(dir, after, { force: true, known: [] }), { kind: 'pulled' })
  t.equal(readFileSync(`${dir}/numbers.yaml`, 'utf8'), after['numbers.yaml'])
})
