// The callback address itself: what is refused, what is taken, and webhooks that speak of several numbers or of none of ours.
import t from 'tap'
import { MESSAGE_CASES } from './cases-messages.ts'
import { ALARM_CASES, BATCH_CASE, EMPTY_CASES, KEPT_CASES, PEOPLE_CASES, QUARANTINE_CASES, TEMPLATE_CASES } from './cases-notices.ts'
import { STATUS_CASES } from './cases-statuses.ts'
import { SECRETS, WAITING } from './configuration.ts'
import { WEBHOOKS, edited, expectation, readSample, sign, signatureOf } from './samples.ts'
import { startScene } from './scene.ts'
import { take } from './take.ts'

t.test('every webhook of the manifest has its case, and only one', async (t) => {
  const tables = [MESSAGE_CASES, STATUS_CASES, KEPT_CASES, QUARANTINE_CASES, ALARM_CASES, TEMPLATE_CASES].flatMap(Object.keys)
  const covered = [...tables, ...EMPTY_CASES, ...PEOPLE_CASES, BATCH_CASE]
  t.strictSame(covered.toSorted(), [...WEBHOOKS.keys()].toSorted())
})

t.test(`${BATCH_CASE}: ${expectation(BATCH_CASE)}`, async (t) => {
  const scene = await startScene(t)
  await take(t, scene, BATCH_CASE)
  const conversations = await scene.conversations()
  t.match(
    conversations.toSorted((a, b) => (String(a['number']) < String(b['number']) ? -1 : 1)),
    [
      { number: 'main', contact: { phone: '12025550123', name: 'Ada Example' }, owner: 'service' },
      { number: 'other', contact: { phone: '14155550164', name: 'Cy' }, owner: 'service' },
    ],
  )
  t.match(
    scene.graph.sends().toSorted((a, b) => (String(a['to']) < String(b['to']) ? -1 : 1)),
    [
      { to: '+12025550123', text: { body: WAITING } },
      { to: '+14155550164', text: { body: WAITING } },
    ],
  )
  t.strictSame(scene.graph.senders().toSorted(), ['301000000000001', '301000000000002'], 'each is answered by the number they wrote to')
  t.match(await scene.sql('select account, name, language, status from template'), [
    { account: '201000000000001', name: 'order_update', language: 'en_US', status: 'APPROVED' },
  ])
})

t.test('no body, no signature, too much of a body: refused, and no row anywhere', async (t) => {
  const scene = await startScene(t)
  const before = await scene.rows()
  const nothing = Buffer.alloc(0)
  const much = Buffer.concat([readSample('message-text.json'), Buffer.alloc(4 * 1024 * 1024, 32)])
  const text = readSample('message-text.json')
  const { 'x-hub-signature-256': right } = signatureOf('message-text.json') as { 'x-hub-signature-256': string }
  const header = (value: string) => ({ 'x-hub-signature-256': value })
  for (const [body, headers, status, code] of [
    [nothing, {}, 401, 'signature-invalid'],
    [text, {}, 401, 'signature-invalid'],
    [text, header(''), 401, 'signature-invalid'],
    [text, header(right.slice(0, -1)), 401, 'signature-invalid'],
    [text, header(right.replace('sha256=', 'sha1=')), 401, 'signature-invalid'],
    [Buffer.from(text.toString('utf8').trimEnd()), header(right), 401, 'signature-invalid'],
    [Buffer.from(JSON.stringify(JSON.parse(text.toString('utf8')))), header(right), 401, 'signature-invalid'],
    [much, sign(much), 413, 'body-too-large'],
  ] as const) {
    t.match(await scene.postBytes(body, headers), { status, body: { code } })
  }
  t.strictSame(await scene.rows(), before)
  t.equal((await scene.postBytes(text, { ...header(right), 'content-type': 'text/plain' })).status, 200, 'the bytes count, not their type')
})

t.test('a message for a number that is not configured is acknowledged, kept, and shown to people', async (t) => {
  const scene = await startScene(t)
  const body = edited('message-text.json', ['301000000000001', '301000000000099'])
  for (const repeat of ['once', 'and again']) {
    t.equal((await scene.postBytes(body, sign(body))).status, 200)
    await scene.settle()
    t.match(await scene.sql('select account, field, known from kept_update'), [
      { account: '301000000000099', field: 'unconfigured:message', known: true },
    ])
    const { items } = (await scene.call('GET', '/api/v1/quarantine')).body
    t.match(items, [{ reason: /301000000000099/ }], repeat)
    t.equal(items.length, 1)
    const kept = await scene.bytesOf(`/api/v1/quarantine/${String(items[0]?.['id'])}/body`)
    t.match(kept.toString('utf8'), 'is my order on its way?')
  }
  t.strictSame([await scene.conversations(), scene.graph.sends()], [[], []])
})

t.test('what comes with the secret of one number does nothing to another, and is shown to people', async (t) => {
  const scene = await startScene(t, { door: 'two-apps' })
  const said = [
    'message-text.json',
    'user-preferences-stop.json',
    'account-update-disabled.json',
    'status-failed-131026-undeliverable.json',
  ]
  for (const file of said) {
    const body = readSample(file)
    t.equal((await scene.postBytes(body, sign(body, SECRETS.PAYLOADS_OTHER_SECRET))).status, 200, file)
  }
  await scene.settle()
  t.strictSame([await scene.conversations(), scene.graph.sends(), await scene.sql('select from alarm')], [[], [], []])
  t.match((await scene.call('GET', '/api/v1/numbers')).body.items, [{ halted: null }, { halted: null }])
  const { items } = (await scene.call('GET', '/api/v1/quarantine')).body
  t.equal(items.length, said.length)
  for (const item of items)
    t.match(item, {
      source: 'webhook',
      reason: /speaks of [23]01000000000001 and came with a secret that is not one of its own.*appSecrets/,
    })
  t.strictSame(await scene.sql('select distinct known from kept_update'), [{ known: true }])

  t.equal(await scene.post('message-text.json'), 200)
  const own = edited('message-text.json', ['301000000000001', '301000000000002'])
  t.equal((await scene.postBytes(own, sign(own, SECRETS.PAYLOADS_OTHER_SECRET))).status, 200)
  await scene.settle()
  t.strictSame(
    (await scene.conversations()).map(({ number }) => String(number)).toSorted(),
    ['main', 'other'],
    'each is believed of its own',
  )
})

t.test('a message while the thread is held upstream is stored, and nobody here answers until it is given back', async (t) => {
  const scene = await startScene(t)
  const standby = edited('message-text.json', ['"field": "messages"', '"field": "standby"'])
  t.equal((await scene.postBytes(standby, sign(standby))).status, 200)
  await scene.settle()
  const [conversation] = await scene.conversations()
  t.match(conversation, { owner: 'external', serviceSession: null, replyWindow: { open: true, closesAt: '2026-11-21T12:00:00.000Z' } })
  await scene.post('message-image.json')
  t.match(await scene.conversations(), [{ owner: 'external' }])
  t.strictSame(scene.graph.sends(), [])
  t.equal((await scene.messages(conversation ?? {})).length, 2)
})

t.test('an echo of the business holds the thread: the customer who answers it is not answered here', async (t) => {
  const scene = await startScene(t)
  await scene.post('message-echoes.json')
  await scene.post('message-text.json')
  const [conversation, ...others] = await scene.conversations()
  t.strictSame(others, [], 'it is one thread')
  t.match(conversation, { owner: 'external', upstream: { by: 'responder' }, replyWindow: { open: true } })
  t.match(
    (await scene.messages(conversation ?? {})).map(({ direction, author }) => [direction, author]),
    [
      ['out', { kind: 'external' }],
      ['in', { kind: 'customer' }],
    ],
  )
  t.strictSame(scene.graph.sends(), [])
})

t.test('the same webhook many times at once is one message and one answer', async (t) => {
  const scene = await startScene(t)
  const body = readSample('message-text.json')
  const answers = await Promise.all(Array.from({ length: 25 }, () => scene.postBytes(body, signatureOf('message-text.json'))))
  t.ok(answers.every(({ status }) => status === 200))
  await scene.settle()
  t.equal((await scene.sql(`select from message where direction = 'in'`)).length, 1)
  t.equal(scene.graph.sends().length, 1)
})

t.test('the handshake answers its challenge to whoever knows the token', async (t) => {
  const scene = await startScene(t)
  const ask = (token: string) =>
    fetch(`${scene.baton.url}/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=4711`)
  const right = await ask('verify')
  t.strictSame([right.status, await right.text()], [200, '4711'])
  t.equal((await ask('guess')).status, 403)
})
