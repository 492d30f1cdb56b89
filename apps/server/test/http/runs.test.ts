// Journey runs over the API of a whole server: lists, history, results, and what somebody does with a run.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { leftBehindText, runsLeftBehind } from '../../src/config/left-behind.ts'
import { readConfigFiles } from '../../src/config/files.ts'
import { readJourneyFiles } from '../../src/config/journeys.ts'
import { publish } from '../../src/config/publish.ts'
import { client, CONFIG_DIR, KEY, started, until } from './running.ts'

const { address, db } = await testDatabase(t)
const baton = await started(t, { database: address })
const call = client(baton)
const NUMBER = '100000000000001'

/** A customer who asked for the coupon; their conversation and run. */
async function asked(phone: string): Promise<{ conversation: string; run: string }> {
  baton.emulator?.createCustomer({ phone })
  baton.emulator?.say(NUMBER, phone, 'coupon')
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${phone}`),
    ({ body }) => body.items[0]?.['owner'] === 'marketing',
  )
  const conversation = String(found.body.items[0]?.['id'])
  const { body } = await call('GET', `/api/v1/conversations/${conversation}/runs`)
  return { conversation, run: String(body.items[0]?.['id']) }
}

function sorted(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => (a < b ? -1 : 1))
}

/** The ids of every page, in the order of their text. */
async function list(query: string): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await call('GET', `/api/v1/journeys/coupon/runs?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`)
    ids.push(...body.items.map(({ id }) => String(id)))
    cursor = body['nextCursor'] as string | null
  }
  return sorted(ids)
}

await t.test('runs under way are listed page by page, by step and status, and those that ended by outcome', async (t) => {
  const people = ['15557771001', '15557771002', '15557771003']
  const runs = await Promise.all(people.map(asked))
  t.strictSame(await list('limit=1'), sorted(runs.map(({ run }) => run)))
  t.strictSame((await list('limit=2&step=offer&status=asking')).length, 3)
  t.strictSame(await list('step=give'), [])
  t.strictSame(await list('version=0000'), [])

  baton.emulator?.say(NUMBER, people[0] as string, 'yes')
  baton.emulator?.say(NUMBER, people[1] as string, 'no thanks')
  await until(
    () => list('status=ended&limit=1'),
    (ended) => ended.length === 2,
  )
  t.strictSame(await list('step=offer'), [runs[2]?.run])
  t.strictSame(await list('status=ended&outcome=completed'), sorted(runs.slice(0, 2).map(({ run }) => run)))
  t.strictSame(await list('status=ended&outcome=other'), [])
  t.strictSame(await list(`status=ended&since=${new Date(Date.now() + 60_000).toISOString()}`), [])
  t.match(await call('GET', '/api/v1/journeys/coupon/runs?outcome=completed'), { status: 400, body: { code: 'request-invalid' } })
  t.match(await call('GET', '/api/v1/journeys/coupon/runs?cursor=bm9uc2Vuc2U'), { status: 400, body: { code: 'cursor-invalid' } })

  const path = `/api/v1/conversations/${runs[0]?.conversation}/runs/${runs[0]?.run}`
  const { body } = await call('GET', path)
  t.match(body, { journey: 'coupon', status: 'ended', outcome: 'completed', step: 'done', number: 'main' })
  t.strictSame(
    (body['history'] as { what: string; step: string; detail: string | null; rule: string }[]).map(({ what, step, detail, rule }) => [
      what,
      step,
      detail,
      rule,
    ]),
    [
      ['started', 'offer', 'customer', 'reserved-keyword'],
      ['entered', 'offer', null, 'reserved-keyword'],
      ['replied', 'offer', 'yes', 'journey-reply'],
      ['entered', 'give', null, 'journey-reply'],
      ['entered', 'done', null, 'journey-reply'],
      ['ended', 'done', 'completed', 'journey-reply'],
    ],
  )
})

await t.test('results are counted by version and step, as JSON and as CSV', async (t) => {
  const { body } = await call('GET', '/api/v1/journeys/coupon/results')
  const [version] = body['versions'] as [Record<string, unknown>]
  t.match(version, { current: true, started: 3, underWay: 1, ended: 2, outcomes: { completed: 2 }, converted: 0, conversion: 0 })
  t.match(version['steps'], [
    { step: 'offer', kind: 'ask', entered: 3, waiting: 1, replied: { yes: 1, no: 1 }, invalid: 0, timedOut: 0, undelivered: 0 },
    { step: 'give', kind: 'send', entered: 1, waiting: 0, replied: {} },
    { step: 'bye', kind: 'send', entered: 1 },
    { step: 'done', kind: 'end', entered: 2, ended: { completed: 2 } },
  ])
  const answer = await fetch(`${baton.url}/api/v1/journeys/coupon/results.csv`, { headers: { authorization: `Bearer ${KEY}` } })
  t.match(answer.headers.get('content-type'), /^text\/csv/)
  const lines = (await answer.text()).split('\r\n')
  t.equal(lines[0], 'journey,version,current,step,kind,measure,detail,count')
  t.ok(lines.includes(`coupon,${String(version['version'])},true,offer,ask,replied,yes,1`), lines.join('\n'))

  const past = await call('GET', '/api/v1/journeys/coupon/results?until=2020-01-01T00:00:00Z')
  t.match(past.body['versions'], [{ started: 0, underWay: 1, conversion: null }], 'what is under way is under way now')
  t.match(await call('GET', '/api/v1/journeys/nothing/results'), { status: 404, body: { code: 'journey-not-found' } })
  const { items } = (await call('GET', '/api/v1/journeys')).body
  t.match(
    items.find(({ id }) => id === 'coupon'),
    { status: 'active', underWay: [{ current: true, step: 'offer', runs: 1 }] },
  )
})

await t.test('a run is moved to another step, and what it says there is sent', async (t) => {
  const { conversation, run } = await asked('15557771004')
  const path = `/api/v1/conversations/${conversation}/runs/${run}`
  const elsewhere = await call('POST', `${path}/move`, { from: 'bye', to: 'give' })
  t.match(elsewhere, { status: 409, body: { code: 'journey-run-elsewhere' } })
  t.match(await call('POST', `${path}/move`, { from: 'offer', to: 'nowhere' }), { status: 422, body: { code: 'journey-run-step-unknown' } })
  const moved = await call('POST', `${path}/move`, { from: 'offer', to: 'give' })
  t.match(moved, { status: 200, body: { status: 'ended', outcome: 'completed' } })
  const { body } = await call('GET', `/api/v1/conversations/${conversation}/messages`)
  t.equal(body.items.at(-1)?.['text'], 'Your code: SAVE10')
  t.match(await call('POST', `${path}/move`, { from: 'offer', to: 'give' }), { status: 409, body: { code: 'journey-run-over' } })
})

await t.test('a run is ended once, however often it is asked for; whose is unknown is not found', async (t) => {
  const { conversation, run } = await asked('15557771005')
  const path = `/api/v1/conversations/${conversation}/runs/${run}`
  const answers = await Promise.all([call('POST', `${path}/exit`), call('POST', `${path}/exit`)])
  for (const answer of answers) t.match(answer, { status: 200, body: { status: 'ended', outcome: 'exited' } })
  t.match(await call('POST', `${path}/exit`), { status: 200, body: { outcome: 'exited' } })
  const history = (await call('GET', path)).body['history'] as { what: string; rule: string }[]
  t.strictSame(history.filter(({ what }) => what === 'ended').length, 1)
  t.match(await call('GET', `/api/v1/conversations/${conversation}`), { body: { owner: 'none' } })
  for (const [method, other] of [
    ['GET', ''],
    ['POST', '/exit'],
  ] as const)
    t.match(await call(method, `/api/v1/conversations/${conversation}/runs/ru_1_00000000000000000000000000000000${other}`), {
      status: 404,
      body: { code: 'run-not-found' },
    })
})

await t.test('a publication says whom it leaves behind; a migration does what its dry run said, and no more', async (t) => {
  const read = await readConfigFiles(CONFIG_DIR)
  const files = read.kind === 'files' ? read.files : {}
  const coupon = files['journeys/coupon.yaml'] ?? ''
  const renamed = { ...files, 'journeys/coupon.yaml': coupon.replace('start: offer', 'start: pick').replace('  offer:\n', '  pick:\n') }
  const { conversation, run } = await asked('15557771006')
  const version = String((await call('GET', `/api/v1/conversations/${conversation}/runs/${run}`)).body['version'])
  const left = await runsLeftBehind(db, readJourneyFiles(renamed, { dir: 'config' }).documents)
  t.match(left, [{ journey: 'coupon', version, steps: { offer: 2 } }])
  t.match(leftBehindText(left), [/^coupon: runs on version \w+ stay on it \(2 at offer\)/])
  t.match(await publish(db, renamed, { author: 'test', note: '', at: Date.now() }), { kind: 'published', version: 2 })
  await until(
    async () => baton.settings().version,
    (now) => now === 2,
  )
  const migrate = (body: object) => call('POST', '/api/v1/journeys/coupon/migrations', { from: version, ...body })
  t.match(await migrate({ steps: { offer: 'offer' } }), {
    status: 422,
    body: { code: 'migration-invalid', errors: [{ path: 'body.steps.offer' }] },
  })
  t.match(await migrate({ from: 'nothing', steps: { offer: 'pick' } }), { status: 422, body: { errors: [{ path: 'body.from' }] } })
  const foreseen = await migrate({ steps: { offer: 'pick' }, dryRun: true })
  t.match(foreseen, {
    status: 200,
    body: { steps: [{ from: 'offer', to: 'pick', how: 'stays', runs: 2, handedOff: 0, goneOn: 0 }], unmapped: [], remaining: 2 },
  })
  t.match(await call('GET', `/api/v1/conversations/${conversation}/runs/${run}`), { body: { version, step: 'offer' } }, 'nothing happened')
  const done = await migrate({ steps: { offer: 'pick' } })
  t.strictSame(done.body['steps'], foreseen.body['steps'])
  t.match(done.body, { remaining: 0 })
  const { body } = await call('GET', `/api/v1/conversations/${conversation}/runs/${run}`)
  t.match(body, { step: 'pick', status: 'asking' })
  t.not(body['version'], version)
  baton.emulator?.say(NUMBER, '15557771006', 'yes')
  await until(
    () => call('GET', `/api/v1/conversations/${conversation}/runs/${run}`),
    (answer) => answer.body['outcome'] === 'completed',
  )
  const results = await call('GET', '/api/v1/journeys/coupon/results')
  t.match(results.body['versions'], [
    { current: true, started: 0, migratedIn: 2, ended: 1 },
    { current: false, version, migratedOut: 2, underWay: 0 },
  ])
})

await t.test('an HTTP step calls a real server, whose answer goes into the message, the contact and the results', async (t) => {
  const heard: { url: string | undefined; key: unknown; token: unknown }[] = []
  const shop = createServer(({ url, headers }, response) => {
    heard.push({ url, key: headers['idempotency-key'], token: headers.authorization })
    if (heard.length === 1) response.writeHead(503).end()
    else response.end(JSON.stringify({ price: 12, tier: 'gold' }))
  })
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
  t.teardown(() => shop.close())
  const host = `127.0.0.1:${(shop.address() as AddressInfo).port}`
  const price = `journey: price
entry: { keywords: [price] }
start: look
steps:
  look:
    http: { url: "http://${host}/of/{{ contact.phone }}", bearer: env:FAQ_BOT_SECRET, save: { price: $.price }, attributes: { tier: $.tier }, backoff: 100ms }
    goto: say
    onError: done
  say: { send: { text: "It costs {{ answers.price }}" }, goto: done }
  done: { end: completed }
`
  const read = await readConfigFiles(CONFIG_DIR)
  const files = { ...(read.kind === 'files' ? read.files : {}), 'journeys/price.yaml': price }
  const by = { author: 'test', note: '', at: Date.now() }
  const refused = await publish(db, files, by)
  t.match(refused, { kind: 'refused', problems: [{ path: 'steps.look.http.url' }] }, 'not while the operator allows nobody to call there')
  const outgoing = (entry: string): Record<string, string> => ({
    'outgoing.yaml': `outgoing: { hosts: [shop.example, ${entry}], networks: [127.0.0.1/32] }\n`,
  })
  const secretless = await publish(db, { ...files, ...outgoing(`"${host}"`) }, by)
  t.match(
    secretless,
    { kind: 'refused', problems: [{ severity: 'warning' }, { path: 'steps.look.http.bearer' }] },
    'nor without leave to send the secret there',
  )
  const published = await publish(db, { ...files, ...outgoing(`{ host: "${host}", secrets: [env:FAQ_BOT_SECRET] }`) }, by)
  const version = published.kind === 'published' ? published.version : 0
  await until(
    async () => baton.settings().version,
    (now) => now === version,
  )
  const phone = '15557771009'
  baton.emulator?.createCustomer({ phone })
  baton.emulator?.say(NUMBER, phone, 'price')
  const { body } = await until(
    () => call('GET', '/api/v1/journeys/price/results'),
    (answer) => JSON.stringify(answer.body).includes('"completed":1'),
  )
  t.match(body['versions'], [{ steps: [{ step: 'look', kind: 'http', entered: 1, calls: { '503': 1, '200': 1 } }] }])
  t.match(heard, [{ url: `/of/${phone}`, token: 'Bearer bot' }, { url: `/of/${phone}` }])
  t.ok(heard[0]?.key)
  t.equal(heard[0]?.key, heard[1]?.key, 'the server can tell that it was asked twice')
  const found = await call('GET', `/api/v1/conversations?contact=${phone}`)
  const messages = await call('GET', `/api/v1/conversations/${String(found.body.items[0]?.['id'])}/messages`)
  t.match(messages.body.items.at(-1), { text: 'It costs 12' })

  heard.length = 0
  const put = (yaml: string) => call('PUT', '/api/v1/journeys/price/definition', { yaml, basedOn: version })
  t.match(await put(price.replace('env:FAQ_BOT_SECRET', 'env:WHATSAPP_ACCESS_TOKEN, headers: { x-host: file:/etc/hostname }')), {
    status: 422,
    body: {
      code: 'journey-invalid',
      errors: [
        { message: /warning: contact.phone may have no value/ },
        { message: /journeys\/price.yaml:6:\d+ steps.look.http.bearer: env:WHATSAPP_ACCESS_TOKEN is not among the secrets that may/ },
        { message: /x-host: file:\/etc\/hostname is not among the secrets that may be sent to 127.0.0.1/ },
      ],
    },
  })
  t.same(heard, [])
})

await t.test('a call that waits is not made when its secret has been taken back meanwhile', async (t) => {
  const read = await readConfigFiles(CONFIG_DIR)
  const journey = (wait: string, secret: string) => `journey: late
entry: { keywords: [late] }
start: rest
steps:
  rest: { wait: { for: ${wait} }, goto: look }
  look: { http: { url: "http://127.0.0.1:9/"${secret}, retries: 0 }, goto: done, onError: done }
  done: { end: completed }
`
  const publishWith = async (yaml: string, secrets: string) => {
    const outgoing = `outgoing: { hosts: [shop.example, { host: "127.0.0.1:9", secrets: [${secrets}] }], networks: [127.0.0.1/32] }\n`
    const files = { ...(read.kind === 'files' ? read.files : {}), 'journeys/late.yaml': yaml, 'outgoing.yaml': outgoing }
    const published = await publish(db, files, { author: 'test', note: '', at: Date.now() })
    t.match(published, { kind: 'published' })
    await until(
      async () => baton.settings().version,
      (now) => published.kind === 'published' && now === published.version,
    )
  }
  await publishWith(journey('1h', ', bearer: env:FAQ_BOT_SECRET'), 'env:FAQ_BOT_SECRET')
  const phone = '15557771011'
  baton.emulator?.createCustomer({ phone })
  baton.emulator?.say(NUMBER, phone, 'late')
  const { body } = await until(
    () => call('GET', '/api/v1/journeys/late/runs'),
    (answer) => answer.body.items.length === 1,
  )
  await publishWith(journey('1h', ''), '')
  const { conversationId: conversation, id: run } = body.items[0] as { conversationId: string; id: string }
  await call('POST', `/api/v1/conversations/${conversation}/runs/${run}/move`, { from: 'rest', to: 'look' })
  const ended = await until(
    () => call('GET', `/api/v1/conversations/${conversation}/runs/${run}`),
    (answer) => answer.body['status'] === 'ended',
  )
  const history = ended.body['history'] as { what: string; detail: string | null }[]
  t.match(
    history.filter(({ what }) => what === 'called'),
    [{ detail: 'call-secret-refused' }],
  )
  const alarms = await call('GET', '/api/v1/alarms')
  t.match(
    alarms.body.items.find(({ code }) => code === 'call-not-made'),
    { detail: { reason: 'call-secret-refused', detail: 'env:FAQ_BOT_SECRET to 127.0.0.1:9' } },
  )
})

await t.test('a journey is read, checked and published by the API, and nobody overwrites what they have not read', async (t) => {
  const url = '/api/v1/journeys/coupon/definition'
  const { body: read } = await call('GET', url)
  t.match(read, { journey: 'coupon', yaml: /^# yaml-language-server/ })
  const { configVersion: basedOn, version } = read as unknown as { configVersion: number; version: string }
  const yaml = String(read['yaml']).replace('title: No thanks', 'title: Not now')
  const { run } = await asked('15557771010')
  const put = (change: object) => call('PUT', url, { yaml, basedOn, ...change })

  t.match(await put({ yaml: yaml.replace('goto: bye', 'goto: by') }), {
    status: 422,
    body: {
      code: 'journey-invalid',
      errors: [{ path: 'body.yaml', message: /^config\/journeys\/coupon.yaml:\d+:\d+ steps.* there is no step by/ }],
    },
  })
  t.match(await put({ yaml: yaml.replace('journey: coupon', 'journey: other') }), { status: 422, body: { code: 'journey-invalid' } })
  t.match(await put({ basedOn: basedOn - 1 }), { status: 409, body: { code: 'configuration-superseded', configVersion: basedOn } })
  const checked = await put({ dryRun: true })
  t.match(checked, { status: 200, body: { published: false, configVersion: basedOn } })
  const left = (checked.body['leftBehind'] as { version: string; steps: Record<string, number> }[]).find((each) => each.version === version)
  t.ok((left?.steps['offer'] ?? 0) > 0, JSON.stringify(checked.body['leftBehind']))
  t.match((await call('GET', url)).body, { configVersion: basedOn }, 'nothing has happened')

  const done = await put({ note: 'a softer no' })
  t.match(done, { status: 200, body: { ...checked.body, published: true, configVersion: basedOn + 1 } })
  t.not(done.body['version'], version)
  t.match(await put({}), { status: 409 }, 'the same again is based on a version that is old by now')
  await until(
    async () => baton.settings().version,
    (now) => now === basedOn + 1,
  )
  t.match(
    (await call('GET', '/api/v1/journeys')).body.items.find(({ id }) => id === 'coupon'),
    { version: done.body['version'] },
  )
  t.ok((await list(`version=${version}`)).includes(run), 'whoever was in it stays on their version')

  const added = await call('PUT', '/api/v1/journeys/hello/definition', {
    yaml: 'journey: hello\nstart: done\nsteps: { done: { end: completed } }\n',
    basedOn: basedOn + 1,
  })
  t.match(added, { status: 200, body: { journey: 'hello', published: true, leftBehind: [] } })
  t.match(await call('GET', '/api/v1/journeys/gone/definition'), { status: 404, body: { code: 'journey-not-found' } })
})
