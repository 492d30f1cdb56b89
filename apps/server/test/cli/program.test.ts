// The command line as a whole: what it answers, and with which exit code. No test here starts a server.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { childId, formatId, newUuid, slotOf } from '@baton/router'
import { testDatabase, type TestDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { createAuth } from '../../src/auth/auth.ts'
import { buildProgram, runCli } from '../../src/cli/program.ts'
import { insertVersion } from '../../src/store/config-versions.ts'
import { VALID, SECRETS } from '../config/fixtures/valid.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

async function baton(args: string[], env: Record<string, string | undefined> = {}): Promise<{ exit: number; out: string; err: string }> {
  const said: { out: string[]; err: string[] } = { out: [], err: [] }
  const exit = await runCli(args, { out: (line) => said.out.push(line), err: (line) => said.err.push(line), env })
  return { exit, out: said.out.join('\n'), err: said.err.join('\n') }
}

/** A directory of configuration files; `journeys/x.yaml` is a folder and a file. */
function configDir(t: Test, files: Readonly<Record<string, string>>): string {
  const journeys = Object.entries(files).filter(([name]) => name.startsWith('journeys/'))
  const flat = Object.entries(files).filter(([name]) => !name.startsWith('journeys/'))
  return t.testdir({ ...Object.fromEntries(flat), journeys: Object.fromEntries(journeys.map(([name, text]) => [name.slice(9), text])) })
}

await t.test('misuse ends with 2 and says what there is', async (t) => {
  for (const args of [
    [],
    ['nonsense'],
    ['config', 'chekc'],
    ['explain'],
    ['config', 'pull', '--version', 'x'],
    ['config', 'check', '--no-such-option'],
  ]) {
    const { exit, out, err } = await baton(args)
    t.equal(exit, 2, args.join(' '))
    t.equal(out, '', 'nothing on standard output')
    t.ok(err.length > 0)
  }
  t.match((await baton(['config', 'chekc'])).err, /Did you mean check\?/)
  t.match(await baton(['--help']), { exit: 0, out: /Usage: baton/ })
})

await t.test('an environment that cannot be used is misuse', async (t) => {
  t.match(await baton(['config', 'check'], { PORT: 'http' }), { exit: 2, err: /PORT is "http"/ })
})

await t.test('config check: 0 when all is well, 1 with findings, 2 without files', async (t) => {
  const good = configDir(t, VALID)
  t.match(await baton(['config', 'check'], { BATON_CONFIG_DIR: good }), { exit: 0, out: /no problems/ })
  t.match(await baton(['config', 'check'], { BATON_CONFIG_DIR: `${good}/nowhere` }), { exit: 2 })
  const bad = configDir(t, { ...VALID, 'numbers.yaml': (VALID['numbers.yaml'] ?? '').replace('defaultApp: service', 'defaultApp: sales') })
  const found = await baton(['config', 'check'], { BATON_CONFIG_DIR: bad })
  t.equal(found.exit, 1)
  t.ok(found.out.startsWith(`${bad}/numbers.yaml:13:19 numbers[0].incoming.defaultApp: expected "service" or "marketing", got "sales"`))
})

await t.test('--json answers in one line of JSON, wherever it stands', async (t) => {
  const dir = configDir(t, { ...VALID, 'bots.yaml': 'bots: 7\n' })
  for (const args of [
    ['--json', 'config', 'check'],
    ['config', 'check', '--json'],
  ]) {
    const { exit, out } = await baton(args, { BATON_CONFIG_DIR: dir })
    t.equal(exit, 1)
    t.match(JSON.parse(out), { ok: false, problems: [{ file: `${dir}/bots.yaml`, line: 1, column: 7, path: 'bots', severity: 'error' }] })
  }
})

await t.test('--json answers in JSON also when the command could not do its work', async (t) => {
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' }
  const told = await baton(['migrate'], env)
  t.match(told, { exit: 1, out: '', err: /^baton: .*ECONNREFUSED.* — fix: start PostgreSQL there/ })
  const { exit, out, err } = await baton(['migrate', '--json'], env)
  t.match([exit, err], [1, ''])
  t.strictSame(JSON.parse(out), { ok: false, problem: told.err.slice('baton: '.length) })
})

await t.test('journeys: lint, test and graph', async (t) => {
  const tests = [
    'tests:',
    '  - name: says no',
    '    steps: [{ customer: coupon }, { customer: { button: no } }, { expect: { message: "Another time, then.", outcome: completed } }]',
    '  - name: expects too much',
    '    steps:',
    '      - customer: coupon',
    '      - expect: { message: Something else }',
    '',
  ].join('\n')
  const dir = configDir(t, { ...VALID, 'journeys/coupon.test.yaml': tests })
  const env = { BATON_CONFIG_DIR: dir }
  t.match(await baton(['journey', 'lint'], env), { exit: 0, out: /no problems/ })
  t.match(await baton(['journey', 'graph', 'coupon'], env), { exit: 0, out: /^flowchart TD/ })
  t.match(await baton(['journey', 'graph', 'coupon', '--svg'], env), { exit: 0, out: /^<svg .*<\/svg>\s*$/s })
  t.match(await baton(['journey', 'graph', 'cupon'], env), { exit: 2, err: /did you mean "coupon"/ })
  const ran = await baton(['journey', 'test'], env)
  t.equal(ran.exit, 1)
  t.match(ran.out, /ok {5}coupon: says no\nFAILED coupon: expects too much\n/)
  t.match(ran.out, new RegExp(`${RegExp.escape(dir)}/journeys/coupon.test.yaml:7:28 .*expects too much: expected`))
  t.match(ran.out, /1 passed, 1 failed$/)
})

await t.test('what journeys say in their tests is compared with what was kept', async (t) => {
  const tests =
    'tests:\n  - name: says no\n    steps: [{ customer: coupon }, { advance: 2h }, { customer: { button: no } }, { expect: { outcome: completed } }]\n'
  const dir = configDir(t, { ...VALID, 'journeys/coupon.test.yaml': tests })
  const env = { BATON_CONFIG_DIR: dir }
  const file = `${dir}/journeys/coupon.transcript.txt`
  t.match(await baton(['journey', 'test'], env), { exit: 0 }, 'where nothing was kept there is nothing to compare')
  t.match(await baton(['journey', 'test', '--update'], env), { exit: 0 })
  const kept = [
    '# says no',
    '+0s      customer  coupon',
    '+0s      journey   10 % off today. Want it? [Yes] [No thanks]',
    '+2h      customer  [no]',
    '+2h      journey   Another time, then.',
    '+2h      (coupon ended: completed)',
    '',
  ]
  t.equal(readFileSync(file, 'utf8'), kept.join('\n'))
  t.match(await baton(['journey', 'test'], env), { exit: 0 })
  for (const [text, at] of [
    [kept.with(4, '+2h      journey   So long.'), 5],
    [[...kept, 'more'], 8],
    [kept.slice(0, 2), 3],
  ] as const) {
    writeFileSync(file, text.join('\n'))
    const { exit, out } = await baton(['journey', 'test'], env)
    t.equal(exit, 1)
    t.match(out, new RegExp(`${RegExp.escape(file)}:${at}:1: something else was said: .*--update`))
  }
})

await t.test('the journeys that are shipped pass their tests', async (t) => {
  const { exit, out } = await baton(['journey', 'test'], { BATON_CONFIG_DIR: `${root}config` })
  t.equal(exit, 0, out)
  t.match(out, /[1-9]\d* passed, 0 failed$/)
})

await t.test(
  'a database in which nothing was made yet is not an old one: nothing is published, nothing is stored, and nothing is made',
  async (t) => {
    const { db, connection } = await testDatabase(t)
    await sql`drop schema baton cascade`.execute(db)
    await sql`drop schema if exists auth cascade`.execute(db)
    const env = { BATON_CONFIG_DIR: configDir(t, VALID), DATABASE_URL: urlOf({ connection }), ...SECRETS }
    const diff = await baton(['config', 'diff'], env)
    t.match(diff, { exit: 1, out: /^--- \/dev\/null.*\n\+\+\+ .*numbers\.yaml/m })
    t.match(diff.out, /\+journey: coupon/)
    t.match(await baton(['config', 'pull'], env), { exit: 1, out: 'nothing is published yet' })
    t.match(await baton(['config', 'pull', '--version', '3'], env), { exit: 1, out: 'there is no version 3' })
    t.match(await baton(['explain', 'wamid.nobody'], env), { exit: 1, out: /there is no message with the provider's id wamid\.nobody/ })
    t.match(await baton(['explain', `cv_1_${'0'.repeat(32)}`], env), { exit: 1, out: /there is no conversation/ })
    t.match(await sql`select from pg_namespace where nspname = 'baton'`.execute(db), { rows: { length: 0 } })
  },
)

await t.test('with a database', async (t) => {
  const database = await testDatabase(t)
  const dir = configDir(t, VALID)
  const env = { BATON_CONFIG_DIR: dir, DATABASE_URL: urlOf(database), PORT: '0', ...SECRETS }

  await t.test('diff, apply, apply again, pull', async (t) => {
    t.match(await baton(['config', 'diff'], env), { exit: 1, out: /\+defaultApp: service|\+journey: coupon/ })
    t.match(await baton(['config', 'apply', '--note', 'first', '--author', 'ana'], env), { exit: 0, out: 'published version 1' })
    t.match(await baton(['config', 'apply'], env), { exit: 0, out: 'nothing has changed since version 1' })
    t.match(await baton(['config', 'diff'], env), { exit: 0 })
    const elsewhere = `${t.testdir()}/pulled`
    t.match(await baton(['config', 'pull'], { ...env, BATON_CONFIG_DIR: elsewhere }), { exit: 0, out: /written numbers\.yaml/ })
    t.equal(readFileSync(`${elsewhere}/numbers.yaml`, 'utf8'), VALID['numbers.yaml'])
    t.match(await baton(['config', 'pull', '--version', '9'], env), { exit: 1, out: /there is no version 9/ })
  })

  await t.test('apply refuses a broken configuration', async (t) => {
    const bad = configDir(t, { ...VALID, 'queues.yaml': 'queues: 1\n' })
    t.match(await baton(['config', 'apply'], { ...env, BATON_CONFIG_DIR: bad }), { exit: 1, out: /nothing is published/ })
  })

  await t.test('migrate says when there is nothing to do', async (t) => {
    t.match(await baton(['migrate'], env), { exit: 0, out: 'the schema is up to date' })
  })

  await t.test('what only reads leaves a schema of another release as it is, and says what to do', async (t) => {
    const { db } = database
    const { rows } = await sql<{ name: string }>`select name from migration order by name`.execute(db)
    const last = rows.at(-1)?.name ?? ''
    const reading = [
      ['config', 'diff'],
      ['config', 'pull'],
      ['explain', 'wamid.nobody'],
    ]
    await sql`update migration set name = '9998_later.sql' where name = ${last}`.execute(db)
    for (const args of reading)
      t.match(await baton(args, env), { exit: 1, out: /a newer Baton has changed the database \(9998_later\.sql\)/ }, args.join(' '))
    await sql`update migration set only_adds = true where name = '9998_later.sql'`.execute(db)
    for (const args of reading) {
      const { exit, out } = await baton(args, env)
      t.equal(exit, 1)
      t.match(out, `it lacks ${last}), and this command only reads — fix: baton migrate`)
    }
    const after = await sql<{ name: string }>`select name from migration order by name`.execute(db)
    t.notOk(after.rows.some(({ name }) => name === last))
    await sql`update migration set name = ${last} where name = '9998_later.sql'`.execute(db)
    t.match(await baton(['config', 'diff'], env), { exit: 0 })
  })

  await t.test('explain tells a stored conversation and a message of it', async (t) => {
    const [cv, ev, ms] = (['cv', 'ev', 'ms'] as const).map((prefix) => formatId(prefix, 17, newUuid(Date.now())))
    const at = new Date(Date.UTC(2026, 10, 23, 10))
    await sql`insert into actor (slot, id, kind, key, number_id, owner, phone, contact_name, created_at, updated_at)
      values (17, ${cv}, 'conversation', 'main/phone:15551234567', 'main', 'marketing', '15551234567', 'Mary', ${at}, ${at})`.execute(
      database.db,
    )
    await sql`insert into message (slot, id, actor_id, direction, content, author_kind, author_id, session_kind, status, at)
      values (17, ${ms}, ${cv}, 'in', '{"kind":"text","text":"coupon"}', 'customer', '15551234567', 'utility', 'received', ${at})`.execute(
      database.db,
    )
    await sql`insert into decision (slot, id, actor_id, event_id, event_type, message_id, rule, owner_before, owner_after, inputs, config_version, at)
      values (17, ${childId('de', 17, ev ?? '', 0)}, ${cv}, ${ev}, 'message.received', ${ms}, 'reserved-keyword', 'none', 'marketing', '{"keyword":"coupon"}', 1, ${at})`.execute(
      database.db,
    )
    for (const id of [cv, ms]) {
      const { exit, out } = await baton(['explain', id ?? ''], env)
      t.equal(exit, 0)
      for (const part of [
        'Mary, +15551234567',
        'number main',
        '"coupon"',
        'rule reserved-keyword',
        'none → marketing',
        'keyword = coupon',
        'configuration version 1',
      ]) {
        t.ok(out.includes(part), part)
      }
    }
    await sql`insert into provider_message (slot, provider_id, message_slot, message_id, actor_id, at)
      values (${slotOf('wamid.ABC=')}, 'wamid.ABC=', 17, ${ms}, ${cv}, ${at})`.execute(database.db)
    t.strictSame(await baton(['explain', 'wamid.ABC='], env), await baton(['explain', ms ?? ''], env), 'by the provider’s id too')
    t.match(JSON.parse((await baton(['explain', ms ?? '', '--json'], env)).out), {
      ok: true,
      decision: { rule: 'reserved-keyword' },
      message: { id: ms },
    })
  })

  await t.test('explain knows ids from other text, and ids that do not exist', async (t) => {
    t.match(await baton(['explain', 'coupon'], env), { exit: 2 })
    t.match(await baton(['explain', 'wamid.nobody'], env), { exit: 1, out: /no message with the provider's id wamid\.nobody/ })
    t.match(await baton(['explain', `cv_1_${'0'.repeat(32)}`], env), { exit: 1, out: /there is no conversation/ })
  })

  await t.test('doctor finds a number the provider cannot be asked about, and everything else well', async (t) => {
    const { exit, out } = await baton(['--json', 'doctor'], { ...env, WHATSAPP_BASE_URL: 'http://127.0.0.1:9' })
    const { checks } = JSON.parse(out) as { checks: { name: string; status: string }[] }
    const statusOf = (name: string) => checks.find((check) => check.name === name)?.status
    t.equal(exit, 1)
    for (const name of ['Node', 'configuration files', 'database', 'schema', 'published configuration', 'secrets', 'port'])
      t.equal(statusOf(name), 'ok', name)
    t.equal(statusOf('number promo'), 'error')

    await sql`insert into number_state (number_id, halted_at, halted_reason, updated_at) values ('main', now(), 'locked', now())`.execute(
      database.db,
    )
    t.match((await baton(['doctor'], env)).out, /ERROR {3}number main: halted since .*: locked\n +fix: .*numbers\/main\/release/)
    await sql`delete from number_state`.execute(database.db)
  })

  await t.test('doctor tells a missing secret from a missing database', async (t) => {
    const secret = await baton(['doctor'], { ...env, WHATSAPP_VERIFY_TOKEN: undefined })
    t.match(secret, { exit: 1, out: /ERROR {3}secrets: .*WHATSAPP_VERIFY_TOKEN is not set/ })
    const gone = await baton(['doctor'], { ...env, DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' })
    t.match(gone, { exit: 1, out: /ERROR {3}database: / })
  })
})

await t.test('doctor names the secrets that no start asks for, of bots and of HTTP steps, where they are not set', async (t) => {
  const step = '{ http: { url: "https://shop.example/x", headers: { x-key: env:SHOP_KEY }, bearer: env:SHOP_TOKEN }, goto: z, onError: z }'
  const order = `journey: order\nentry: { keywords: [order] }\nstart: a\nsteps:\n  a: ${step}\n  z: { end: completed }\n`
  const outgoing = 'outgoing: { hosts: [{ host: shop.example, secrets: [env:SHOP_KEY, env:SHOP_TOKEN] }] }\n'
  const files = { ...VALID, 'outgoing.yaml': outgoing, 'journeys/order.yaml': order }
  const env = { BATON_CONFIG_DIR: configDir(t, files), DATABASE_URL: urlOf(await testDatabase(t)), PORT: '0', ...SECRETS, SHOP_KEY: 'key' }
  const { out } = await baton(['doctor'], { ...env, FAQ_BOT_SECRET: undefined })
  const missing = 'secrets: bot faq: env:FAQ_BOT_SECRET leads to nothing; journey order: env:SHOP_TOKEN leads to nothing\n'
  t.match(out, `ERROR   ${missing}`)
  t.match(out, /fix: set it where calls are made/)

  const nowhere = { ...env, FAQ_BOT_SECRET: undefined }
  const web = (await baton(['doctor'], { ...nowhere, BATON_ROLES: 'web' })).out
  t.match(web, `note    ${missing}`, 'no calls are made there')
  t.match(web, /fix: set it where calls are made/)
  t.match((await baton(['doctor'], { ...nowhere, BATON_ROLES: 'sender' })).out, `ERROR   ${missing}`)
  const posting = String(VALID['bots.yaml']).replace('timeout: 5s', 'timeout: 5s, replyWithin: 1h')
  const posts = { ...nowhere, BATON_CONFIG_DIR: configDir(t, { ...files, 'bots.yaml': posting }) }
  t.match((await baton(['doctor'], { ...posts, BATON_ROLES: 'worker' })).out, `note    ${missing}`)
  const taking = (await baton(['doctor'], { ...posts, BATON_ROLES: 'web,worker' })).out
  t.match(taking, 'ERROR   secrets: bot faq: env:FAQ_BOT_SECRET leads to nothing\n', 'its replies are verified where they are posted')
  t.match(taking, 'note    secrets: journey order: env:SHOP_TOKEN leads to nothing\n')
})

await t.test('doctor lists the keys of agents who are not configured any more, and says that BATON_API_KEY was revoked', async (t) => {
  const database = await testDatabase(t)
  const env = { BATON_CONFIG_DIR: configDir(t, VALID), DATABASE_URL: urlOf(database), PORT: '0', ...SECRETS }
  t.notMatch((await baton(['doctor'], env)).out, /keys of agents/, 'before the first start there are none')
  t.match(await baton(['config', 'apply'], env), { exit: 0 })
  const auth = createAuth(database.pool)
  await auth.migrate()
  const BATON_API_KEY = 'administrator-key-of-doctor'
  await auth.takeAdministrator(BATON_API_KEY)
  await auth.createKey({ name: 'ana', kind: 'agent', agentId: 'ana' })
  t.match((await baton(['doctor'], { ...env, BATON_API_KEY })).out, /ok {6}keys: /)
  const carl = await auth.createKey({ name: 'carl at the desk', kind: 'supervisor', agentId: 'carl' })
  const id = carl.kind === 'created' ? carl.stored.id : ''
  await auth.revokeKey((await auth.findKey(BATON_API_KEY))?.id ?? '')
  const { exit, out } = await baton(['doctor'], { ...env, BATON_API_KEY })
  t.equal(exit, 1)
  t.match(out, `WARNING keys: of agents who are not in the published configuration: carl at the desk (agent carl, ${id})\n        fix: `)
  t.match(out, /WARNING keys: the one of BATON_API_KEY was revoked.*\n +fix: .*openssl rand -hex 24/)
})

await t.test('doctor says before an upgrade what the start after it will run, and what is wrong with that', async (t) => {
  const database = await testDatabase(t)
  const env = { BATON_CONFIG_DIR: configDir(t, VALID), DATABASE_URL: urlOf(database), PORT: '0', ...SECRETS }
  t.match((await baton(['doctor'], env)).out, /published configuration: none yet/)
  const step = '{ http: { url: "https://shop.example", bearer: env:SHOP_TOKEN }, goto: z, onError: z }'
  const order = `journey: order\nstart: a\nsteps:\n  a: ${step}\n  z: { end: completed }\n`
  await insertVersion(database.db, { files: { ...VALID, 'journeys/order.yaml': order }, author: 'earlier release', note: '', at: 0 })
  await sql`delete from baton.migration where name = (select max(name) from baton.migration)`.execute(database.db)

  const { out } = await baton(['doctor'], env)
  t.match(out, /note {4}schema: 1 to be applied/)
  t.match(out, /published configuration: version 1; the files differ: journeys\/order\.yaml/)
  t.match(out, /WARNING published configuration: would not be published any more: .*SHOP_TOKEN is not among the secrets/)
  t.match(out, /ERROR {3}secrets: journey order: env:SHOP_TOKEN leads to nothing/, 'not of the local files')
})

await t.test('every command of the README exists, and every command is in the README', async (t) => {
  const program = buildProgram({ out: () => {}, err: () => {}, env: {} }, () => {})
  const known = program.commands.flatMap((command) =>
    command.commands.length === 0 ? [command.name()] : command.commands.map((sub) => `${command.name()} ${sub.name()}`),
  )
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const table = [...readme.matchAll(/^\| `baton ([a-z ]+?)`/gm)].map(([, name]) => name ?? '')
  t.same(table.toSorted(), known.toSorted())
  for (const [, said = ''] of readme.matchAll(/pnpm@12 baton ([a-z ]+?) *(?:[<#`]|$)/gm)) t.ok(known.includes(said), `baton ${said}`)
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> }
  for (const [, script = ''] of readme.matchAll(/npx -y pnpm@12 (\w+)/g)) t.ok(scripts[script] !== undefined, `pnpm ${script}`)
})

function urlOf({ connection }: Pick<TestDatabase, 'connection'>): string {
  if (connection.connectionString !== undefined) return connection.connectionString
  const { user = 'postgres', database = 'postgres', host = '' } = connection
  return `postgres://${user}@/${database}?host=${encodeURIComponent(host)}`
}
