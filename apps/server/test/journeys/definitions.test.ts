// Journeys that are published one at a time, on a real database.
import type { JourneysConfig } from '@baton/journeys'
import { systemClock } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { openConfiguration } from '../../src/config/configuration.ts'
import { createJourneyTexts, readJourneyText } from '../../src/config/journey-texts.ts'
import { publish } from '../../src/config/publish.ts'
import { newestVersion } from '../../src/store/config-versions.ts'
import { createDefinitions } from '../../src/journeys/definitions.ts'
import { SECRETS, VALID } from '../config/fixtures/valid.ts'

const COUPON = VALID['journeys/coupon.yaml'] ?? ''
const PROMO = COUPON.replace('journey: coupon', 'journey: promo').replace('keywords: [coupon]', 'keywords: [promo]')

await t.test('a new journey never takes the file of another one, whatever the files are called', async (t) => {
  const { db } = await testDatabase(t)
  const { 'journeys/coupon.yaml': _coupon, ...others } = VALID
  await publish(db, { ...others, 'journeys/promo.yaml': COUPON }, { author: 'ana', note: '', at: 0 })
  const definitions = createDefinitions(db, systemClock)
  const change = { journey: 'promo', note: '', author: 'ana', dryRun: false }
  t.match(await definitions.change({ ...change, yaml: PROMO, basedOn: 1 }), { kind: 'changed', published: true, configVersion: 2 })
  t.match(await definitions.read('coupon'), { yaml: COUPON })
  t.match(await definitions.read('promo'), { yaml: PROMO })
  const again = PROMO.replace('SAVE10', 'SAVE20')
  t.match(await definitions.change({ ...change, yaml: again, basedOn: 2 }), { kind: 'changed', published: true })
  const files = Object.keys((await newestVersion(db))?.files ?? {}).filter((name) => name.startsWith('journeys/'))
  t.strictSame(files.toSorted(), ['journeys/promo-2.yaml', 'journeys/promo.yaml'], 'changed, it stays where it is')
})

await t.test('a process parses a text once, however many versions there are and whatever is changed', async (t) => {
  const { db } = await testDatabase(t)
  const coupon = (code: number) => COUPON.replace('SAVE10', `SAVE${code}`)
  const by = { author: 'ana', note: '', at: 0 }
  for (let code = 1; code <= 12; code += 1) {
    await publish(db, { ...VALID, 'journeys/coupon.yaml': coupon(code), 'journeys/promo.yaml': PROMO }, by)
  }
  const times = new Map<string, number>()
  const texts = createJourneyTexts((text) => {
    times.set(text, (times.get(text) ?? 0) + 1)
    return readJourneyText(text)
  })
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const opened = await openConfiguration({ db, log, texts, pollMs: 0, sources: { env: SECRETS, readFile: () => '' } })
  if (opened.kind !== 'open') throw new Error(JSON.stringify(opened))
  const { configuration } = opened
  t.teardown(() => configuration.close())
  const once = [...Array.from({ length: 12 }, (_, at) => coupon(at + 1)), PROMO]
  t.same(times, new Map(once.map((text) => [text, 1])), 'at the start')

  const definitions = createDefinitions(db, systemClock, texts)
  const change = { journey: 'coupon', note: '', author: 'ana', yaml: coupon(20) }
  t.match(await definitions.change({ ...change, basedOn: 12, dryRun: true }), { kind: 'changed', published: false })
  t.match(await definitions.change({ ...change, basedOn: 12, dryRun: false }), { kind: 'changed', configVersion: 13 })
  await configuration.refresh()
  t.match(await definitions.change({ ...change, yaml: coupon(21), basedOn: 13, dryRun: false }), { kind: 'changed', configVersion: 14 })
  await configuration.refresh()
  t.match(await definitions.read('coupon'), { yaml: coupon(21), configVersion: 14 })
  for (const text of once) t.equal(times.get(text), 1)

  const { versions, journeys } = configuration.settings().engines['journeys'] as JourneysConfig
  t.equal(versions.size, 15, 'and every version is still there: twelve, two more, and the other journey')
  t.equal(journeys.size, 2)
})
