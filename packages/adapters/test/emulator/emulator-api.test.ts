import Fastify from 'fastify'
import { test } from 'tap'
import { createEmulator } from '../../src/emulator/index.ts'
import { ADA, at, NOON, NUMBER, SECRET, start, TOKEN, VERIFY } from './world-under-test.ts'
import type { Answer } from './world-under-test.ts'

const chatPath = `/emulator/numbers/${NUMBER}/customers/${ADA}`

await test('a customer writes, presses and reads over HTTP', async (t) => {
  const { api, send, emulator } = await start(t)
  const said = await api('POST', `${chatPath}/messages`, { type: 'text', text: 'hi' })
  t.match(said, { status: 201, body: { id: /^wamid/ } })
  const buttons = [{ type: 'reply', reply: { id: 'y', title: 'Yes' } }]
  await send({ to: `+${ADA}`, type: 'interactive', interactive: { type: 'button', body: { text: 'Sure?' }, action: { buttons } } })
  await api('POST', `${chatPath}/messages`, { type: 'press', title: 'Yes' })
  await api('POST', `${chatPath}/messages`, { type: 'location', location: { latitude: 1, longitude: 2 } })
  await api('POST', `${chatPath}/messages`, { type: 'reaction', messageId: said.body.id, emoji: '👍' })
  await api('POST', `${chatPath}/messages`, { type: 'contacts', contacts: [{ name: { formatted_name: 'Grace' } }] })
  await api('POST', `${chatPath}/messages`, {
    type: 'image',
    base64: 'AAAA',
    mimeType: 'image/png',
    caption: 'look',
    replyTo: said.body.id,
  })
  await emulator.settled()
  const chat = await api('GET', `${chatPath}/chat`)
  t.match(chat.body, { windowOpen: true, customer: { name: 'Ada Example', phone: ADA } })
  t.match(chat.body.messages, [
    { direction: 'in', text: 'hi', at: NOON },
    { direction: 'out', text: 'Sure?', status: 'read', times: { accepted: NOON, sent: NOON, delivered: NOON, read: NOON } },
    { text: 'Yes' },
    { location: { latitude: 1, longitude: 2 } },
    { reaction: { messageId: said.body.id, emoji: '👍' } },
    { type: 'contacts' },
    { type: 'image', text: 'look', media: { mimeType: 'image/png' }, replyTo: said.body.id },
  ])
})

await test('a file picked in a browser goes up as a form and comes back as bytes', async (t) => {
  const { url, api } = await start(t)
  const form = new FormData()
  form.set('file', new Blob(['%PDF-'], { type: 'application/pdf' }), 'a.pdf')
  const sent = await fetch(`${url}${chatPath}/media?kind=document&caption=look`, { method: 'POST', body: form })
  t.equal(sent.status, 201)
  const [message] = (await api('GET', `${chatPath}/chat`)).body.messages
  t.match(message, { type: 'document', text: 'look', media: { filename: 'a.pdf' } })
  const file = await fetch(`${url}/emulator/media/${String(at(message, 'media', 'id'))}`)
  t.equal(await file.text(), '%PDF-')
  t.equal((await fetch(`${url}/emulator/media/404`)).status, 404)
})

await test('customers are made, changed and listed; refusals are problems with a code', async (t) => {
  const { api } = await start(t)
  const made = await api('POST', '/emulator/customers', { phone: '+13105550147', name: 'Bob', readReceipts: false })
  t.match(made, { status: 201, body: { phone: '13105550147', readReceipts: false } })
  t.match((await api('PATCH', '/emulator/customers/13105550147', { name: 'Robert' })).body, { name: 'Robert', phone: '13105550147' })
  t.same(
    (await api('GET', '/emulator/customers')).body.items.map((customer) => customer['name']),
    ['Ada Example', 'Robert'],
  )
  t.match(await api('POST', '/emulator/customers', { phone: ADA }), { status: 409, body: { code: 'emulator-customer-exists' } })
  t.match(await api('POST', '/emulator/customers', { nmae: 'x' }), { status: 400, body: { code: 'emulator-bad-request' } })
  t.match(await api('GET', `/emulator/numbers/${NUMBER}/customers/nobody/chat`), {
    status: 404,
    body: { code: 'emulator-unknown-customer' },
  })
  t.match(await api('GET', `/emulator/numbers/404/customers/${ADA}/chat`), { status: 404, body: { code: 'emulator-unknown-number' } })
  t.match(await api('POST', `${chatPath}/messages`, { type: 'press', title: 'x' }), {
    status: 409,
    body: { code: 'emulator-no-such-button' },
  })
})

await test("a number's chats are listed with their last message", async (t) => {
  const { emulator, api } = await start(t)
  emulator.say(NUMBER, ADA, 'one')
  emulator.say(NUMBER, ADA, 'two')
  t.match((await api('GET', `/emulator/numbers/${NUMBER}/customers`)).body.items, [
    { customer: { phone: ADA }, lastMessage: { text: 'two' } },
  ])
})

await test('asking for the chat may wait for the next thing that happens in it', async (t) => {
  const { emulator, api, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  await emulator.settled()
  const { seq } = (await api('GET', `${chatPath}/chat`)).body
  const waiting = api('GET', `${chatPath}/chat?after=${seq}&waitMs=20000`)
  emulator.say(NUMBER, '+13105550147', 'somebody else')
  await sendText()
  t.equal((await waiting).body.messages.length, 2)
  const now = (await emulator.settled(), emulator.seq())
  t.equal((await api('GET', `${chatPath}/chat?after=${now}&waitMs=20`)).status, 200, 'nothing in time is no error')
})

await test('events stream as they happen, and replay after the last one seen', async (t) => {
  const { emulator, url } = await start(t)
  const before = emulator.seq()
  emulator.say(NUMBER, ADA, 'missed')
  const stop = new AbortController()
  const stream = await fetch(`${url}/emulator/events`, { headers: { 'last-event-id': String(before) }, signal: stop.signal })
  t.equal(stream.headers.get('content-type'), 'text/event-stream')
  let text = ''
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  emulator.say(NUMBER, ADA, 'live')
  while (!text.includes('live')) text += (await reader?.read())?.value ?? ''
  stop.abort()
  t.match(text, /^id: \d+\nevent: message\ndata: \{.*"missed"/)
  t.ok(text.indexOf('missed') < text.indexOf('live'))
})

await test('an open event stream does not keep the emulator from closing', async (t) => {
  const { emulator, url } = await start(t)
  const stream = await fetch(`${url}/emulator/events`)
  await emulator.close()
  await t.rejects(stream.text())
})

await test('marketing, call, echo, handover, a new number, templates, webhook and requests have their paths', async (t) => {
  const { emulator, api, sendText, changes, webhookUrl } = await start(t, {
    templates: [{ name: 'sale', language: 'en', category: 'MARKETING', components: [{ type: 'BODY', text: 'Sale.' }] }],
  })
  t.match((await api('PUT', `${chatPath}/marketing`, { value: 'stop' })).body, { marketingStopped: true })
  t.match((await api('PUT', `${chatPath}/marketing`, { value: 'resume' })).body, { marketingStopped: false })
  t.equal((await api('POST', `${chatPath}/call`)).status, 201)
  t.equal((await api('POST', `${chatPath}/echo`, { text: 'by hand' })).status, 201)
  t.match((await api('PUT', `${chatPath}/handover`, { value: 'taken' })).body, { controlledByOther: true })
  t.match((await api('PUT', `${chatPath}/handover`, { value: 'released' })).body, { controlledByOther: false })
  t.equal((await api('PATCH', '/emulator/templates/sale/en', { status: 'PAUSED' })).status, 200)
  t.match(await api('PATCH', '/emulator/templates/none/en', { status: 'PAUSED' }), {
    status: 404,
    body: { code: 'emulator-unknown-template' },
  })
  t.equal((await api('POST', '/emulator/webhooks', { body: { object: 'whatsapp_business_account', entry: [] } })).status, 202)
  await sendText()
  t.equal((await api('POST', `${chatPath}/number`, { phone: '+12025550199' })).status, 201)
  t.equal((await api('GET', '/emulator/settled')).status, 200)
  t.same([...new Set(changes().map((change) => change.field))].toSorted(), [
    'calls',
    'message_template_status_update',
    'messages',
    'messaging_handovers',
    'smb_message_echoes',
    'user_preferences',
  ])
  t.match((await api('GET', '/emulator/requests')).body.items, [{ outcome: 'accepted', type: 'text' }])
  t.ok((await api('GET', '/emulator/webhooks')).body.items.every((delivery) => delivery['state'] === 'delivered'))
  t.equal((await api('PUT', '/emulator/webhook', { url: 'http://127.0.0.1:1/' })).status, 409)
  t.equal((await api('PUT', '/emulator/webhook', { url: webhookUrl })).status, 200)
  const overview = await api('GET', '/emulator')
  t.match(overview.body, { webhookUrl, pending: 0, now: NOON, numbers: [{ phoneNumberId: NUMBER }, {}] })
  t.notMatch(JSON.stringify(overview.body), TOKEN, 'no secrets')
  t.equal(emulator.seq() >= overview.body.seq, true)
})

await test('the number answers for itself, with the asked fields only', async (t) => {
  const { api } = await start(t)
  t.match((await api('GET', `/v26.0/${NUMBER}`)).body, {
    id: NUMBER,
    display_phone_number: '+1 202 555 0100',
    throughput: { level: 'STANDARD' },
  })
  t.same((await api('GET', `/v26.0/${NUMBER}?fields=quality_rating`)).body, { id: NUMBER, quality_rating: 'GREEN' })
})

await test('it can be mounted in another server under a prefix, and closes with it', async (t) => {
  const emulator = createEmulator({
    appSecret: SECRET,
    verifyToken: VERIFY,
    numbers: [{ phoneNumberId: NUMBER, businessAccountId: '1', displayNumber: '+12025550100', accessToken: TOKEN }],
  })
  const host = Fastify({ forceCloseConnections: true })
  host.get('/healthz', async () => ({ ok: true }))
  await host.register(emulator.plugin, { prefix: '/whatsapp' })
  const url = await host.listen({ host: '127.0.0.1', port: 0 })
  const headers = { authorization: `Bearer ${TOKEN}` }
  const form = new FormData()
  form.set('messaging_product', 'whatsapp')
  form.set('file', new Blob([new Uint8Array(2 * 1024 * 1024)], { type: 'image/png' }), 'a.png')
  const uploaded = (await (await fetch(`${url}/whatsapp/v26.0/${NUMBER}/media`, { method: 'POST', headers, body: form })).json()) as Answer
  const found = (await (await fetch(`${url}/whatsapp/v26.0/${uploaded.id}`, { headers })).json()) as Answer
  t.ok(found.url.startsWith(`${url}/whatsapp/whatsapp_business/attachments/`))
  t.equal((await (await fetch(found.url, { headers })).arrayBuffer()).byteLength, 2 * 1024 * 1024)
  t.equal((await fetch(`${url}/healthz`)).status, 200)
  t.equal((await fetch(`${url}/whatsapp/emulator/customers`)).status, 200)
  t.equal((await fetch(`${url}/elsewhere`)).headers.get('content-type'), 'application/json; charset=utf-8')
  const waiting = emulator.waitFor(() => false, 60_000)
  const stream = await fetch(`${url}/whatsapp/emulator/events`)
  const refused = t.rejects(waiting, { code: 'emulator-wait-timed-out' })
  await host.close()
  await refused
  await t.rejects(stream.text())
})
