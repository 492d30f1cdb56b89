import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { publish } from '../../src/config/publish.ts'
import { newestVersion, versionsAfter } from '../../src/store/config-versions.ts'
import { broken, VALID } from './fixtures/valid.ts'

const AT = Date.UTC(2026, 10, 23, 12)
const by = (note: string) => ({ author: 'ana', note, at: AT })
const coupon = (code: string) => broken('journeys/coupon.yaml', 'SAVE10', code)

await t.test('publishing', async (t) => {
  const { db } = await testDatabase(t)

  await t.test('makes the next number, with author, note and exactly the files', async (t) => {
    t.match(await publish(db, VALID, by('first')), { kind: 'published', version: 1, problems: [] })
    t.match(await publish(db, coupon('SAVE20'), by('second')), { kind: 'published', version: 2 })
    t.same(await newestVersion(db), { version: 2, publishedAt: new Date(AT), author: 'ana', note: 'second', files: coupon('SAVE20') })
  })

  await t.test('unchanged content publishes nothing', async (t) => {
    t.match(await publish(db, coupon('SAVE20'), by('again')), { kind: 'unchanged', version: 2 })
    t.equal((await versionsAfter(db, 0)).length, 2)
  })

  await t.test('earlier content may be published again, as a new version', async (t) => {
    t.match(await publish(db, VALID, by('back')), { kind: 'published', version: 3 })
  })

  await t.test('an error refuses it, and the newest version stays', async (t) => {
    const result = await publish(db, broken('numbers.yaml', 'defaultApp: service', 'defaultApp: sales'), by('wrong'))
    t.match(result, { kind: 'refused', problems: [{ file: 'config/numbers.yaml', line: 13, severity: 'error' }] })
    t.equal((await newestVersion(db))?.version, 3)
  })

  await t.test('a warning does not refuse it', async (t) => {
    const result = await publish(db, broken('numbers.yaml', 'marketing: journeys, service: omni', 'service: omni'), by('service only'))
    t.match(result, { kind: 'published', version: 4, problems: [{ severity: 'warning' }] })
  })

  await t.test('publishers at the same moment get numbers without a gap, and the same content one of them', async (t) => {
    const codes = Array.from({ length: 12 }, (_, index) => `CODE${index % 6}`)
    const results = await Promise.all(codes.map((code) => publish(db, coupon(code), by(code))))
    t.ok(results.every(({ kind }) => kind !== 'refused'))
    const versions = (await versionsAfter(db, 4)).map(({ version }) => version)
    t.same(
      versions,
      versions.map((_, index) => 5 + index),
      'one unbroken row',
    )
    const published = results.filter(({ kind }) => kind === 'published')
    t.equal(published.length, versions.length, 'everyone who was told "published" has a version of their own')
    const all = await versionsAfter(db, 0)
    t.ok(
      all.every(({ files }, index) => index === 0 || JSON.stringify(files) !== JSON.stringify(all[index - 1]?.files)),
      'no version repeats the one before it',
    )
  })
})
