// What no honest caller sends, over real HTTP: a clear answer, the server goes on, and nothing is stored half.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { tmpdir } from 'node:os'
import { mkdtemp, rm } from 'node:fs/promises'
import { testDatabase } from '@baton/router/testing'
import t, { type Test } from 'tap'
import { NUMBERS, writeDemoConfiguration } from '../../src/demo/demo-configuration.ts'
import { fileURLToPath } from 'node:url'
import { client, KEY, started, until } from './running.ts'

const CUSTOMER = '15557770001'
const shipped = fileURLToPath(new URL('../../../../config', import.meta.url))
const nested = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)

await t.test('a body that cannot be stored as it came is refused with the reason, and nothing is made of it', async (t) => {
  const { address, db } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  const contacts = (member: string) => `{"number":"main","to":"${CUSTOMER}","content":{"kind":"contacts","contacts":[{"x":${member}}]}}`
  const refused: [string, RegExp][] = [
    [contacts(nested(100_000)), /nested more than 200 levels/],
    [contacts('['.repeat(100_000) + ']'.repeat(100_000)), /nested more than 200 levels/],
    ['['.repeat(500_000), /nested more than 200 levels/],
    [contacts('1e999'), /content\.contacts\.0\.x is too large a number/],
    [contacts(`[1,${'9'.repeat(400)}]`), /content\.contacts\.0\.x\.1 is too large a number/],
    [contacts('{"__proto__":{"admin":true}}'), /content\.contacts\.0\.x\.__proto__ is no name/],
    [contacts('{"\\u005f_prot\\u006f__":{"admin":true}}'), /__proto__ is no name/],
    [contacts('tru'), /not JSON/],
  ]
  for (const [body, detail] of refused) {
    const answer = await call('POST', '/api/v1/messages', body)
    t.match(answer, { status: 400, body: { code: 'request-invalid', detail } }, String(detail))
  }
  t.match(await call('POST', '/api/v1/messages', `{"number":"${'x'.repeat(2_000_000)}"`), { status: 413, body: { code: 'body-too-large' } })
  const input = await call('POST', '/api/v1/journeys/coupon/runs', `{"number":"main","to":"${CUSTOMER}","input":{"x":${nested(100_000)}}}`)
  t.match(input, { status: 400, body: { code: 'request-invalid' } })
  for (const table of ['actor', 'inbox', 'message', 'quarantine'] as const)
    t.same(await db.selectFrom(table).select('slot').execute(), [], `nothing in ${table}`)
  t.equal(({} as Record<string, unknown>)['admin'], undefined)
})

await t.test('text that PostgreSQL has no place for is stored with U+FFFD in its place, whole', async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  baton.emulator?.say(NUMBERS.main, CUSTOMER, 'hello')
  const list = () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`)
  const found = await until(list, ({ body }) => body.items.length === 1)
  const at = `/api/v1/conversations/${String(found.body.items[0]?.['id'])}/messages`
  const sent = await call('POST', at, '{"text":"cut \\ud83d here, \\u0000, whole \\ud83d\\ude00"}')
  t.match(sent, { status: 202, body: { text: 'cut \ufffd here, \ufffd, whole \u{1f600}' } })
  const deep = `{"content":{"kind":"contacts","contacts":[{"name":{"formatted_name":"Kim"},"phones":[{"phone":"+1555"}],"x":${nested(100)}}]}}`
  t.match(await call('POST', at, deep), { status: 202 }, 'a hundred levels are odd, and no trouble')
  const odd = await call('POST', '/api/v1/messages', '{"number":"main","to":{"userId":"US\\u0000\\ud800"},"text":"x"}')
  t.match(odd, { status: 409, body: { code: 'window-closed' } })
})

await t.test('an address with bytes no text has is a problem, not a failure', async (t) => {
  const { address } = await testDatabase(t)
  const { url } = await started(t, { database: address })
  for (const odd of [
    '/api/v1/conversations?contact=%00',
    '/api/v1/conversations?number=a%00b',
    '/api/v1/conversations?contact=%ED%A0%80',
    '/api/v1/conversations?cursor=%00',
    '/api/v1/conversations/%00',
    '/api/v1/conversations/cv_17_%00/messages',
    '/api/v1/messages/%00/media',
    '/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=%00&hub.challenge=%00',
  ]) {
    const { status } = await fetch(url + odd, { headers: { authorization: `Bearer ${KEY}` } })
    t.ok(status < 500, `${odd}: ${status}`)
  }
})

/** The shipped configuration with a bot that answers as told. */
async function withBot(t: Test, answer: string) {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.end(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const configDir = await mkdtemp(path.join(tmpdir(), 'baton-odd-'))
  t.teardown(() => rm(configDir, { recursive: true, force: true }))
  const bot = `http://127.0.0.1:${(server.address() as AddressInfo).port}/turn`
  await writeDemoConfiguration(shipped, configDir, bot, bot) // number `fragile` goes to a bot first
  return configDir
}

await t.test('a bot that answers what cannot be stored has failed, and its fallback has the customer', async (t) => {
  const answers = [
    `{"messages":["hi"],"attributes":{"x":${nested(40_000)}}}`,
    '{"messages":["hi"],"attributes":{"x":1e400}}',
    '{"messages":["hi"],"attributes":{"__proto__":{"vip":true}}}',
  ]
  for (const answer of answers) {
    const { address, db } = await testDatabase(t)
    const baton = await started(t, { database: address, configDir: await withBot(t, answer) })
    baton.emulator?.say(NUMBERS.fragile, CUSTOMER, 'is anybody there?')
    const alarms = await until(
      () => db.selectFrom('alarm').select(['code', 'detail']).execute(),
      (rows) => rows.some(({ code }) => code === 'bot-failed'),
    )
    t.match(
      alarms.find(({ code }) => code === 'bot-failed'),
      { detail: { reason: 'bot-malformed' } },
    )
    const said = await db.selectFrom('message').select('author_kind').where('author_kind', '=', 'bot').execute()
    t.same(said, [], 'no half of it was said')
    await baton.close()
  }
})

await t.test('a bot that cuts an emoji in two is heard', async (t) => {
  const { address, db } = await testDatabase(t)
  const baton = await started(t, { database: address, configDir: await withBot(t, '{"messages":["hi \\ud83d \\u0000"]}') })
  baton.emulator?.say(NUMBERS.fragile, CUSTOMER, 'is anybody there?')
  const said = await until(
    () => db.selectFrom('message').select(['content', 'status']).where('author_kind', '=', 'bot').execute(),
    (rows) => rows.some(({ status }) => ['sent', 'delivered', 'read'].includes(status)),
  )
  t.match(said, [{ content: { text: 'hi \ufffd \ufffd' } }])
})
