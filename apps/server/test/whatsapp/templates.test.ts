// The template catalogue over a real database; the provider's answers are the test's.
import type { TemplateListing, TemplateRecord, WhatsAppAccount } from '@baton/adapters'
import { whatsappAccount } from '@baton/adapters'
import { applyStatuses, createReceiver, movableClock } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { readTemplates } from '../../src/store/templates.ts'
import { createTemplateCatalogue } from '../../src/whatsapp/templates.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const AT = Date.UTC(2026, 10, 23)

function account(businessAccountId: string, accessToken = 'token'): WhatsAppAccount {
  return whatsappAccount.parse({ phoneNumberId: '1', businessAccountId, accessToken, appSecrets: ['secret'] })
}

function template(name: string, over: Partial<TemplateRecord> = {}): TemplateRecord {
  return { id: name, name, language: 'en', status: 'APPROVED', category: 'UTILITY', components: [], ...over }
}

const listed = (...templates: TemplateRecord[]): TemplateListing => ({ kind: 'listed', templates })

async function stage(t: Test, options: { accounts?: WhatsAppAccount[]; pauseMs?: number } = {}) {
  const database = await testDatabase(t)
  const { db } = database
  const clock = movableClock({ now: () => AT })
  const lines: string[] = []
  const write = (fields: object, text?: string) => void lines.push(`${text} ${JSON.stringify(fields)}`)
  const asked: string[] = []
  let changes = 0
  let answer: (account: WhatsAppAccount) => Promise<TemplateListing> | TemplateListing = () => listed()
  const catalogue = createTemplateCatalogue({
    db,
    clock,
    log: { debug: write, info: write, warn: write, error: write },
    accounts: () => options.accounts ?? [account('1')],
    businessAccountOf: () => '1',
    async list(from) {
      asked.push(`${from.businessAccountId}:${from.accessToken}`)
      return answer(from)
    },
    onChange: async () => void (changes += 1),
    ...(options.pauseMs === undefined ? {} : { pauseMs: options.pauseMs }),
  })
  t.teardown(() => catalogue.close())
  /** Asks by way of a webhook and waits until the look is over. */
  async function look(id = '1'): Promise<void> {
    const before = asked.length
    catalogue.fetchAgain(id)
    while (asked.length === before) await new Promise(setImmediate)
    await catalogue.idle()
  }
  const rows = async () =>
    (await readTemplates(db)).map((row) => `${row.account} ${row.name}/${row.language} ${row.status} ${row.category}`)
  return {
    db,
    database,
    clock,
    catalogue,
    lines,
    asked,
    look,
    rows,
    changes: () => changes,
    answers: (next: typeof answer) => (answer = next),
  }
}

await t.test('the lists of all business accounts are stored, each under its own', async (t) => {
  const s = await stage(t, { accounts: [account('1'), account('1', 'other'), account('2')] })
  s.answers(({ businessAccountId }) => listed(template('offer', { status: businessAccountId === '1' ? 'APPROVED' : 'PAUSED' })))
  s.catalogue.start()
  await s.catalogue.idle()
  t.strictSame(await s.rows(), ['1 offer/en APPROVED UTILITY', '2 offer/en PAUSED UTILITY'])
  t.strictSame(s.asked.toSorted(), ['1:token', '2:token'], 'one number speaks for its business account')
  t.equal(s.changes(), 2)
})

await t.test('the same list again changes nothing; what it lacks is forgotten, in that account only', async (t) => {
  const s = await stage(t, { pauseMs: 0, accounts: [account('1'), account('2')] })
  s.answers(() => listed(template('offer'), template('news', { category: 'MARKETING' }), template('news', { category: 'MARKETING' })))
  await s.look('1')
  await s.look('2')
  const before = await readTemplates(s.db)
  s.clock.advance(1_000)
  await s.look('1')
  t.strictSame(await readTemplates(s.db), before)
  t.equal(s.changes(), 2)
  s.answers(() => listed(template('offer', { category: 'MARKETING' })))
  await s.look('1')
  t.strictSame(await s.rows(), ['2 news/en APPROVED MARKETING', '1 offer/en APPROVED MARKETING', '2 offer/en APPROVED UTILITY'])
})

await t.test('what a webhook said while the list was on its way stays', async (t) => {
  const s = await stage(t, { pauseMs: 0 })
  s.answers(() => listed(template('offer'), template('news')))
  await s.look()
  s.answers(async () => {
    s.clock.advance(1)
    await sql`update template set status = 'PAUSED', updated_at = ${new Date(s.clock.now())} where name = 'offer'`.execute(s.db)
    await sql`insert into template (account, name, language, status, updated_at)
      values ('1', 'fresh', 'en', 'APPROVED', ${new Date(s.clock.now())})`.execute(s.db)
    return listed(template('offer'))
  })
  await s.look()
  t.strictSame(await s.rows(), ['1 fresh/en APPROVED ', '1 offer/en PAUSED UTILITY'], 'and news, older than the question, is gone')
  s.answers(() => listed(template('offer')))
  await s.look()
  t.strictSame(await s.rows(), ['1 offer/en APPROVED UTILITY'], 'a list that was asked for later is the newer word')
})

await t.test('news from before a list does not override what the list confirmed, and the list is asked for again', async (t) => {
  const s = await stage(t, { pauseMs: 0 })
  s.answers(() => listed(template('offer')))
  await s.look()
  s.clock.advance(3_600_000)
  await s.look() // says the same, an hour later
  const receiver = createReceiver({
    database: s.database,
    clock: s.clock,
    log: silent,
    applyStatuses,
    numberOf: () => null,
    numbersUnder: () => [],
  })
  const news = { kind: 'template', account: '1', name: 'offer', language: 'en', status: 'PAUSED', raw: {} } as const
  const say = async (at: number) => {
    const update = { ...news, at }
    await receiver.receive('whatsapp', [update])
    s.catalogue.told([update])
    await s.catalogue.idle()
  }
  s.answers(() => ({ kind: 'failed', error: { code: 10, class: 'final', title: 'no permission' } }))
  const before = s.asked.length
  await say(s.clock.now() - 1_800_000)
  t.strictSame(await s.rows(), ['1 offer/en APPROVED UTILITY'])
  t.equal(s.asked.length, before + 1)
  await say(s.clock.now() - 1_000)
  t.strictSame(await s.rows(), ['1 offer/en PAUSED UTILITY'], 'clocks may differ: what is as new as the list counts')
  t.equal(s.asked.length, before + 1)
})

await t.test('a list that cannot be read changes nothing and is told once, until it can be read again', async (t) => {
  const s = await stage(t, { pauseMs: 0 })
  s.answers(() => listed(template('offer')))
  await s.look()
  s.answers(() => ({ kind: 'failed', error: { code: 190, class: 'halt', title: 'token expired' } }))
  await s.look()
  await s.look()
  t.strictSame(await s.rows(), ['1 offer/en APPROVED UTILITY'])
  t.equal(s.lines.length, 1)
  t.match(s.lines[0], /could not be read.*190 token expired/)
  s.answers(() => ({ kind: 'unknown', reason: 'the provider gave the same page twice' }))
  await s.look()
  s.answers(() => Promise.reject(new Error('a bug')))
  await s.look()
  s.answers(() => listed())
  await s.look()
  t.match(s.lines.slice(1), [/same page twice/, /a bug/, /can be read again/])
})

await t.test('where one number of a business account may not read the list, another is asked', async (t) => {
  const s = await stage(t, { accounts: [account('1', 'weak'), account('1', 'strong')] })
  s.answers(({ accessToken }) =>
    accessToken === 'weak' ? { kind: 'failed', error: { code: 10, class: 'final', title: 'no permission' } } : listed(template('offer')),
  )
  await s.look()
  t.strictSame(s.asked, ['1:weak', '1:strong'])
  t.strictSame([await s.rows(), s.lines], [['1 offer/en APPROVED UTILITY'], []])
})

await t.test('however many webhooks ask, there is one look, and one more after the pause; other accounts are not asked', async (t) => {
  const s = await stage(t, { pauseMs: 50 })
  const first = Promise.withResolvers<TemplateListing>()
  const again = new Promise<void>((resolve) => s.answers(() => (s.asked.length === 1 ? first.promise : (resolve(), listed()))))
  for (let i = 0; i < 20; i++) s.catalogue.fetchAgain('1')
  s.catalogue.fetchAgain('unknown')
  while (s.asked.length === 0) await new Promise(setImmediate)
  t.strictSame(s.asked, ['1:token'])
  first.resolve(listed())
  await again
  await s.catalogue.idle()
  t.strictSame(s.asked, ['1:token', '1:token'])
})

await t.test('after the close nobody is asked any more', async (t) => {
  const s = await stage(t)
  await s.catalogue.close()
  s.catalogue.fetchAgain('1')
  s.catalogue.start()
  await s.catalogue.idle()
  t.strictSame(s.asked, [])
})

await t.test(
  'a template whose message failed because it is paused is not approved any more, whether the provider can be asked or not',
  async (t) => {
    const s = await stage(t, { pauseMs: 1 })
    s.answers(() => listed(template('offer'), template('gone', { status: 'DISABLED' })))
    await s.look()
    s.answers(() => ({ kind: 'failed', error: { code: 10, class: 'final', title: 'no permission' } }))
    let made = 0
    const failed = async (name: string, code: string) => {
      const id = `ms_7_${String((made += 1)).padStart(32, '0')}`
      await sql`insert into message (slot, id, actor_id, direction, content, author_kind, author_id, session_kind, status, at)
      values (7, ${id}, 'cv_7_1', 'out', ${JSON.stringify({ kind: 'template', name, language: 'en' })}, 'api', 'k', 'utility', 'failed', now())`.execute(
        s.db,
      )
      const event = { type: 'send.failed', messageId: id, author: { kind: 'api', id: 'k' }, code, reason: `${name} failed` }
      const actor = { slot: 7, id: 'cv_7_1', kind: 'conversation' as const, key: 'main/phone:1', numberId: 'main', state: {} }
      s.catalogue.hear([{ actor, event: { id: 'ev_7_1', at: AT, receivedAt: AT, event }, turn: {} as never }])
      await s.catalogue.idle()
    }
    await failed('offer', 'provider-refused')
    t.match(await s.rows(), ['1 gone/en DISABLED UTILITY', '1 offer/en APPROVED UTILITY'], 'another failure says nothing of it')
    await failed('offer', 'template-unusable')
    await failed('gone', 'template-unusable')
    await failed('new', 'template-unusable')
    t.match(await s.rows(), ['1 gone/en DISABLED UTILITY', '1 new/en PAUSED ', '1 offer/en PAUSED UTILITY'])
    s.clock.advance(1)
    s.answers(() => listed(template('offer')))
    await s.look()
    t.match(await s.rows(), ['1 offer/en APPROVED UTILITY'], 'what the provider lists counts')
  },
)
