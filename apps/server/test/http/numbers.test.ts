import { numberSettings } from '@baton/router'
import t from 'tap'
import { appOf, as, fakeParts } from './fake-parts.ts'

const HALT = { at: Date.UTC(2026, 10, 23), reason: '131031 account locked' }

await t.test('numbers are listed with their apps and with what keeps them from sending', async (t) => {
  const parts = fakeParts()
  const later = parts.clock.now() + 1_000
  parts.numberStates.push(
    { numberId: 'main', halted: HALT, waitUntil: later },
    { numberId: 'gone', halted: HALT, waitUntil: null }, // of a number that is not configured any more
  )
  const app = await appOf(t, parts)
  const list = async () => (await app.inject({ url: '/api/v1/numbers', headers: as('ana-key') })).json()
  t.strictSame(await list(), {
    items: [
      {
        id: 'main',
        displayNumber: '+15550100001',
        provider: 'whatsapp',
        apps: { marketing: null, service: null },
        defaultApp: null,
        halted: { at: '2026-11-23T00:00:00.000Z', reason: '131031 account locked' },
        waitUntil: new Date(later).toISOString(),
      },
    ],
    nextCursor: null,
  })
  parts.clock.advance(1_000)
  t.equal((await list()).items[0].waitUntil, null, 'a wait that is over is none')
})

await t.test('the default app is the chosen one of two, or the only one', async (t) => {
  const parts = fakeParts()
  const settings = parts.deps.settings()
  const number = (id: string, apps: object, defaultApp: string) => {
    return numberSettings.parse({ id, displayNumber: '+15550100001', provider: 'whatsapp', apps, incoming: { defaultApp } })
  }
  const numbers = [
    number('both', { marketing: 'journeys', service: 'omni' }, 'marketing'),
    number('service-only', { service: 'omni' }, 'marketing'),
    number('marketing-only', { marketing: 'journeys' }, 'service'),
  ]
  parts.deps.settings = () => ({ ...settings, numbers: new Map(numbers.map((each) => [each.id, each])) })
  const { items } = (await (await appOf(t, parts)).inject({ url: '/api/v1/numbers', headers: as('look-key') })).json()
  t.strictSame(
    items.map(({ id, defaultApp, halted }: Record<string, unknown>) => [id, defaultApp, halted]),
    [
      ['both', 'marketing', null],
      ['service-only', 'service', null],
      ['marketing-only', 'marketing', null],
    ],
  )
})

await t.test('an administrator releases a number; nobody else may, and only a configured one can be', async (t) => {
  const parts = fakeParts()
  parts.numberStates.push({ numberId: 'main', halted: HALT, waitUntil: null })
  const app = await appOf(t, parts)
  const release = (id: string, key: string) => app.inject({ method: 'POST', url: `/api/v1/numbers/${id}/release`, headers: as(key) })
  for (const key of ['ana-key', 'crm-key', 'look-key']) {
    const refused = await release('main', key)
    t.equal(refused.statusCode, 403, key)
    t.match(refused.json(), { code: 'permission-missing', needs: 'number:control' })
  }
  t.ok(parts.numberStates[0]?.halted, 'nothing was released')
  t.match((await release('nowhere', 'admin-key')).json(), { code: 'number-not-found', number: 'nowhere' })
  const released = await release('main', 'admin-key')
  t.equal(released.statusCode, 200)
  t.match(released.json(), { id: 'main', halted: null })
  t.equal((await release('main', 'admin-key')).statusCode, 200, 'a second time changes nothing')
})

await t.test('templates are listed with what the provider says of them', async (t) => {
  const parts = fakeParts()
  const row = {
    account: '2',
    name: 'offer',
    language: 'en',
    status: 'PAUSED',
    category: 'MARKETING',
    quality: 'RED',
    reason: 'low quality',
  }
  parts.templates.push({ ...row, updated_at: new Date(HALT.at) })
  const listed = await (await appOf(t, parts)).inject({ url: '/api/v1/templates', headers: as('ana-key') })
  t.strictSame(listed.json(), { items: [{ ...row, updatedAt: '2026-11-23T00:00:00.000Z' }], nextCursor: null })
})
