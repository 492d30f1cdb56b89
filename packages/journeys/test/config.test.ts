import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { lintJourneys, parseJourney, parseJourneyTests, runJourneyTest } from '../src/index.ts'

const folder = new URL('../../../config/journeys/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
const read = (file: string): unknown => parse(readFileSync(new URL(file, folder), 'utf8'))

const definitions = files.filter((file) => !file.endsWith('.test.yaml')).map((file) => ({ file, result: parseJourney(read(file)) }))
const journeys = definitions.flatMap(({ result }) => (result.kind === 'ok' ? [result.definition] : []))

await t.test('every journey that ships is valid', async (t) => {
  t.not(definitions.length, 0)
  for (const { file, result } of definitions) t.match(result, { kind: 'ok' }, file)
})

await t.test('the journeys that ship have no findings', async (t) => {
  t.strictSame(lintJourneys(journeys), [])
})

await t.test('every journey that ships has tests, and they pass', async (t) => {
  for (const { journey } of journeys) {
    const result = parseJourneyTests(read(`${journey}.test.yaml`))
    if (result.kind === 'invalid') {
      t.fail(`${journey}: ${JSON.stringify(result.problems)}`)
      continue
    }
    const results = runJourneyTest(journeys, result.tests, journey)
    t.not(results.length, 0)
    for (const { name, failures } of results) t.strictSame(failures, [], `${journey}: ${name}`)
  }
})
