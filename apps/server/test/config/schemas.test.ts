// The JSON Schemas editors use are what the program checks by, and every shipped file names its own.
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { compileFiles } from '../../src/config/compile.ts'
import { readConfigFiles } from '../../src/config/files.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { editorSchemas } from '../../src/config/schemas.ts'

const dir = fileURLToPath(new URL('../../../../config', import.meta.url))

await t.test('config/schema is up to date', async (t) => {
  const schemas = editorSchemas()
  t.same(readdirSync(`${dir}/schema`).toSorted(), Object.keys(schemas).toSorted())
  for (const [name, text] of Object.entries(schemas))
    t.equal(readFileSync(`${dir}/schema/${name}`, 'utf8'), text, `${name}: run baton config schema`)
})

await t.test('a schema knows the keys and values of its file', async (t) => {
  const { 'numbers.json': numbers = '' } = editorSchemas()
  for (const word of ['defaultApp', 'allowReservedKeywords', 'marketingDuringService', 'SecretReference', 'nonActive'])
    t.ok(numbers.includes(word), word)
})

await t.test('the schema of a journey knows every step kind and its keys', async (t) => {
  const { 'journey.json': journey = '' } = editorSchemas()
  for (const word of ['maxAge', 'retired', 'handOff', 'deliveryFailed', 'interruptible', 'fallbackZone', 'reEntry'])
    t.ok(journey.includes(`"${word}"`), word)
})

await t.test('the shipped configuration has no problems', async (t) => {
  const read = await readConfigFiles(dir)
  const files = read.kind === 'files' ? read.files : {}
  t.same(compileFiles(files, { dir: 'config' }).problems.map(formatProblem), [])
  for (const [name, text] of Object.entries(files)) {
    const own = name.startsWith('journeys/') ? '../schema/journey.json' : `schema/${name.replace('.yaml', '.json')}`
    const schema = `# yaml-language-server: $schema=${own}`
    t.ok(text.startsWith(`${schema}\n`), `${name} begins with ${schema}`)
  }
})
