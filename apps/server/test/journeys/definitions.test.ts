// Journeys that are published one at a time, on a real database.
import { systemClock } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { publish } from '../../src/config/publish.ts'
import { newestVersion } from '../../src/store/config-versions.ts'
import { createDefinitions } from '../../src/journeys/definitions.ts'
import { VALID } from '../config/fixtures/valid.ts'

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
