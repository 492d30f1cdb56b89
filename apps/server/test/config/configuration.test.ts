import { testDatabase, type TestDatabase } from '@baton/router/testing'
import type { Logger } from '@baton/router'
import { sql } from 'kysely'
import t from 'tap'
import { openConfiguration, type Configuration, type OpenOptions } from '../../src/config/configuration.ts'
import { publish } from '../../src/config/publish.ts'
import { insertVersion } from '../../src/store/config-versions.ts'
import { broken, SECRETS, VALID } from './fixtures/valid.ts'

const by = { author: 'test', note: '', at: 0 }

function memoryLog(): Logger & { lines: { fields: object; message: string | undefined }[] } {
  const lines: { fields: object; message: string | undefined }[] = []
  const write = (fields: object, message?: string) => void lines.push({ fields, message })
  return { lines, debug: write, info: write, warn: write, error: write }
}

async function open(database: TestDatabase, options: Partial<OpenOptions> = {}): Promise<Configuration> {
  const sources = { env: SECRETS, readFile: () => '' }
  const opened = await openConfiguration({ db: database.db, log: memoryLog(), sources, pollMs: 0, ...options })
  if (opened.kind !== 'open') throw new Error(JSON.stringify(opened))
  return opened.configuration
}

await t.test('a running configuration', async (t) => {
  const database = await testDatabase(t)
  const { db } = database

  await t.test('nothing is published before the first version', async (t) => {
    const opened = await openConfiguration({ db, log: memoryLog(), pollMs: 0 })
    t.same(opened, { kind: 'unpublished' })
  })

  await publish(db, VALID, by)

  await t.test('gives settings, accounts with their secrets, and the numbers of accounts', async (t) => {
    const configuration = await open(database)
    const settings = configuration.settings()
    t.equal(settings.version, 1)
    t.same([...settings.numbers.keys()], ['main', 'promo'])
    t.same(Object.keys(settings.engines), ['journeys', 'omni'])
    t.equal(configuration.numberOf('100000000000002'), 'promo')
    t.equal(configuration.numberOf('999'), null)
    t.match(configuration.accountOf('promo'), {
      baseUrl: 'http://127.0.0.1:9/graph',
      accessToken: 'token-of-the-test',
      appSecrets: ['secret-of-the-test'],
    })
    t.equal(configuration.accountOf('main')?.verifyToken, 'verify-of-the-test')
    t.equal(configuration.accountOf('other'), null)
    t.equal(configuration.secret(configuration.bot('faq')?.secret ?? ''), 'bot-secret-of-the-test')
    t.equal(configuration.settings(), settings, 'compiled once: the same object until something changes')
    await configuration.close()
  })

  await t.test('the secrets are in no stored version', async (t) => {
    const { rows } = await sql<{ text: string }>`select files::text as text from config_version`.execute(db)
    for (const secret of Object.values(SECRETS).filter((value) => value.includes('of-the-test'))) {
      t.notOk(rows.some(({ text }) => text.includes(secret)))
    }
  })

  await t.test('a process without a secret does not start, and says which', async (t) => {
    const { WHATSAPP_APP_SECRET: _secret, ...env } = SECRETS
    const opened = await openConfiguration({ db, log: memoryLog(), pollMs: 0, sources: { env, readFile: () => '' } })
    t.match(opened, { kind: 'invalid', version: 1 })
    t.match(opened.kind === 'invalid' ? opened.problems[0] : null, {
      file: 'config/numbers.yaml',
      line: 9,
      path: 'numbers[0].whatsapp.appSecrets[0]',
      message: /WHATSAPP_APP_SECRET is not set/,
    })
  })

  await t.test('a new version is in force after a look, without a restart', async (t) => {
    const configuration = await open(database)
    const seen: number[] = []
    configuration.onChange(({ version }) => seen.push(version))
    await publish(db, broken('numbers.yaml', 'defaultApp: service', 'defaultApp: marketing'), by)
    await configuration.refresh()
    await configuration.refresh()
    t.equal(configuration.settings().version, 2)
    t.equal(configuration.settings().numbers.get('main')?.incoming.defaultApp, 'marketing')
    t.same(seen, [2], 'told once')
    await configuration.close()
  })

  await t.test('a new version is heard of by itself', async (t) => {
    const configuration = await open(database, { connection: database.connection })
    const changed = new Promise<number>((resolve) => configuration.onChange(({ version }) => resolve(version)))
    await publish(db, broken('numbers.yaml', 'supportPhrases: [agent, human]', 'supportPhrases: [agent]'), by)
    t.equal(await changed, 3)
    await configuration.close()
  })

  await t.test('a version that cannot be used here leaves the running one in place and is logged once', async (t) => {
    const log = memoryLog()
    const configuration = await open(database, { log })
    await publish(db, broken('numbers.yaml', 'env:WHATSAPP_VERIFY_TOKEN', 'env:NOT_SET_HERE'), by)
    await configuration.refresh()
    await configuration.refresh()
    t.equal(configuration.settings().version, 3)
    t.equal(log.lines.filter(({ message }) => message?.includes('cannot be used here')).length, 1)
    await publish(db, VALID, by)
    await configuration.refresh()
    t.equal(configuration.settings().version, 5, 'the next good one is taken')
    await configuration.close()
  })

  await t.test('journey versions of earlier publications are known to a process that starts later', async (t) => {
    const before = (await open(database)).settings().engines['journeys'] as { versions: ReadonlyMap<string, unknown> }
    await publish(db, broken('journeys/coupon.yaml', 'SAVE10', 'SAVE30'), by)
    const after = (await open(database)).settings().engines['journeys'] as { versions: ReadonlyMap<string, unknown> }
    t.equal(after.versions.size, before.versions.size + 1)
    for (const version of before.versions.keys()) t.ok(after.versions.has(version))
  })

  await t.test('a version that would not be published any more, by rules that came later, runs, and is logged once', async (t) => {
    const calls = (url: string, more: string) => `{ http: { url: "${url}", ${more} }, goto: z, onError: z }`
    const steps = [
      calls('https://shop.example/x', 'bearer: env:SHOP_TOKEN'),
      calls('http://api.shop.example/x', 'bearer: env:SHOP_TOKEN'),
      calls('https://elsewhere.example', 'headers: { x-api-key: written-out }, attributes: { name: $.name }'),
    ].map((step, index) => `  s${index}: ${step.replace('goto: z', `goto: ${index === 2 ? 'z' : `s${index + 1}`}`)}\n`)
    const order = `journey: order\nentry: { keywords: [order] }\nstart: s0\nsteps:\n${steps.join('')}  z: { end: completed }\n`
    const files = { ...VALID, 'journeys/order.yaml': order }
    t.match(await publish(db, files, by), { kind: 'refused' })

    const log = memoryLog()
    const running = await open(database, { log })
    const { version } = await insertVersion(db, { files, ...by })
    await running.refresh()
    await running.refresh()
    t.equal(running.settings().version, version, 'a running process takes it up')
    const told = log.lines.filter(({ message }) => message?.includes('would not be published'))
    t.equal(told.length, 1, 'once')
    const { problems } = (told[0]?.fields ?? { problems: [] }) as { problems: { path: string }[] }
    t.same(
      problems.map(({ path }) => path),
      ['s0.http.bearer', 's1.http.bearer', 's2.http.url', 's2.http.headers.x-api-key', 's2.http.attributes.name'].map(
        (at) => `steps.${at}`,
      ),
    )
    await running.close()

    const later = memoryLog()
    const started = await open(database, { log: later })
    t.equal(started.settings().version, version, 'and one that starts runs with it')
    t.match(later.lines, [{ fields: { version }, message: /would not be published/ }])
    await started.close()
    await publish(db, VALID, by)
  })

  await t.test('templates come from what the provider said, for each number those of its own business account', async (t) => {
    const configuration = await open(database)
    const add = (account: string, name: string, status: string) =>
      sql`insert into template (account, name, language, status, category, updated_at) values (${account}, ${name}, 'en', ${status}, 'UTILITY', now())`.execute(
        db,
      )
    await add('200000000000001', 'reminder', 'APPROVED')
    await add('200000000000001', 'offer', 'APPROVED')
    await add('200000000000002', 'offer', 'PAUSED')
    const before = configuration.settings()
    await configuration.refresh()
    const own = [
      ['offer/en', { status: 'APPROVED', category: 'UTILITY' }],
      ['reminder/en', { status: 'APPROVED', category: 'UTILITY' }],
    ]
    const templates = () => [...configuration.settings().templates].map(([number, known]) => [number, [...known]])
    t.same(templates(), [
      ['main', own],
      ['promo', own],
    ])
    const same = configuration.settings()
    await configuration.refresh()
    t.equal(configuration.settings(), same, 'nothing has changed')
    await sql`update template set status = 'PAUSED' where name = 'offer'`.execute(db)
    await configuration.refresh()
    t.match(configuration.settings().templates.get('promo')?.get('offer/en'), { status: 'PAUSED' })
    t.equal(configuration.settings().version, before.version)
    await configuration.close()
  })
})
