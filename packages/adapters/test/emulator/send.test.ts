import { test } from 'tap'
import { ADA, HOUR, NOON, NUMBER, start } from './world-under-test.ts'

function reply(id: string) {
  return { type: 'reply', reply: { id, title: id.toUpperCase() } }
}

await test('a message is accepted and answered with its contact and id', async (t) => {
  const { emulator, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  const sent = await sendText()
  t.equal(sent.status, 200)
  t.match(sent.body, {
    messaging_product: 'whatsapp',
    contacts: [{ input: `+${ADA}`, wa_id: ADA, user_id: /^US\.1\d{19}$/ }],
    messages: [{ id: /^wamid\./ }],
  })
})

await test('statuses come as sent, delivered, read, with callback data, recipient and contact', async (t) => {
  const { emulator, sendText, statuses, changes } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  const sent = await sendText(undefined, { biz_opaque_callback_data: 'msg-1' })
  await emulator.settled()
  t.same(
    statuses().map((status) => status['status']),
    ['sent', 'delivered', 'read'],
  )
  for (const status of statuses()) {
    t.match(status, {
      id: sent.id,
      timestamp: String(NOON / 1000),
      recipient_id: ADA,
      recipient_user_id: /^US\./,
      biz_opaque_callback_data: 'msg-1',
    })
  }
  const last = changes().at(-1)
  t.match(last, {
    field: 'messages',
    value: { metadata: { phone_number_id: NUMBER, display_phone_number: '12025550100' }, contacts: [{ wa_id: ADA }] },
  })
})

await test('each status waits for its delay on the clock, divided by the speed', async (t) => {
  const { emulator, clock, sendText, statuses } = await start(t, { speed: 2, delays: { sent: 100, delivered: 1000, read: 60_000 } })
  emulator.say(NUMBER, ADA, 'hi')
  await sendText()
  const until = (status: string) => emulator.waitFor((event) => event.kind === 'status' && event.status === status, 5000)
  clock.advance(50)
  await until('sent')
  t.equal(emulator.chat(NUMBER, ADA).at(-1)?.status, 'sent')
  clock.advance(450)
  await until('delivered')
  clock.advance(29_500)
  await until('read')
  await emulator.settled()
  t.same(
    statuses().map((status) => Number(status['timestamp']) - NOON / 1000),
    [0, 0, 30],
  )
})

await test('a customer without read receipts never reads', async (t) => {
  const { emulator, sendText, statuses } = await start(t, { customers: [{ phone: ADA, readReceipts: false }] })
  emulator.say(NUMBER, ADA, 'hi')
  await sendText()
  await emulator.settled()
  t.same(
    statuses().map((status) => status['status']),
    ['sent', 'delivered'],
  )
})

await test('a reaction only gets sent, and no pricing', async (t) => {
  const { emulator, send, statuses } = await start(t)
  const said = emulator.say(NUMBER, ADA, 'hi')
  await send({ to: `+${ADA}`, type: 'reaction', reaction: { message_id: said, emoji: '👍' } })
  await emulator.settled()
  t.equal(statuses().length, 1)
  t.notOk(statuses()[0]?.['pricing'])
})

await test('a user id reaches the customer, and the answer names no phone number', async (t) => {
  const { emulator, send, statuses } = await start(t, { customers: [{ userId: 'US.10000000000000000147', username: 'priv.ate' }] })
  emulator.say(NUMBER, 'priv.ate', 'hi')
  const sent = await send({ recipient: 'US.10000000000000000147', type: 'text', text: { body: 'x' } })
  t.same(sent.body.contacts, [{ input: 'US.10000000000000000147', user_id: 'US.10000000000000000147' }])
  await emulator.settled()
  t.notOk(statuses()[0]?.['recipient_id'])
  t.equal(statuses()[0]?.['recipient_user_id'], 'US.10000000000000000147')
})

await test('a hidden phone number shows for 30 days after the business wrote to it', async (t) => {
  const { emulator, clock, sendText, messages } = await start(t, { customers: [{ phone: ADA, hidesPhone: true }] })
  emulator.say(NUMBER, ADA, 'one')
  await sendText()
  emulator.say(NUMBER, ADA, 'two')
  clock.advance(30 * 24 * HOUR)
  emulator.say(NUMBER, ADA, 'three')
  await emulator.settled()
  t.same(
    messages().map((message) => message['from']),
    [undefined, ADA, undefined],
  )
})

await test('to wins over recipient; without a plus the calling code goes in front of what is no customer', async (t) => {
  const { emulator, send } = await start(t, { unknownRecipients: 'create' })
  emulator.say(NUMBER, ADA, 'hi')
  const both = await send({ to: ADA, recipient: 'US.1', type: 'text', text: { body: 'x' } })
  t.match(both.body.contacts, [{ input: ADA, wa_id: ADA }])
  const short = await send({ to: '(310) 555-0147', type: 'text', text: { body: 'x' } })
  t.equal(short.body.error.code, 131047, 'a new customer never wrote')
  t.ok(emulator.customers().some((customer) => customer.phone === '13105550147'))
})

await test('a message quotes another one of the chat, and goes without the quote when that is gone', async (t) => {
  const { emulator, sendText } = await start(t)
  const said = emulator.say(NUMBER, ADA, 'hi')
  await sendText(undefined, { context: { message_id: said } })
  await sendText(undefined, { context: { message_id: 'wamid.gone' } })
  t.same(
    emulator.chat(NUMBER, ADA).map((message) => message.replyTo),
    [undefined, said, undefined],
  )
})

await test('a read receipt marks this and the earlier messages, and may show typing', async (t) => {
  const { emulator, api, clock } = await start(t)
  emulator.say(NUMBER, ADA, 'one')
  const two = emulator.say(NUMBER, ADA, 'two')
  emulator.say(NUMBER, ADA, 'three')
  const path = `/v26.0/${NUMBER}/messages`
  const answer = await api('POST', path, {
    messaging_product: 'whatsapp',
    status: 'read',
    message_id: two,
    typing_indicator: { type: 'text' },
  })
  t.same(answer, { status: 200, body: { success: true } })
  t.same(
    emulator.chat(NUMBER, ADA).map((message) => message.readByBusinessAt),
    [NOON, NOON, undefined],
  )
  const chat = () => api('GET', `/emulator/numbers/${NUMBER}/customers/${ADA}/chat`)
  t.equal((await chat()).body.businessTyping, true)
  clock.advance(25_000)
  t.equal((await chat()).body.businessTyping, false)
  const wrong = await api('POST', path, { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.other' })
  t.equal(wrong.body.error.code, 131009)
  t.equal(emulator.requests().length, 0, 'read receipts are no sends')
})

await test('every kind of content shows in the chat as the customer sees it', async (t) => {
  const { emulator, send } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  const to = `+${ADA}`
  await send({ to, type: 'image', image: { link: 'https://example.com/a.png', caption: 'look' } })
  await send({ to, type: 'location', location: { latitude: '38.9', longitude: '-77.03', name: 'Cafe' } })
  await send({ to, type: 'contacts', contacts: [{ name: { formatted_name: 'Grace' } }] })
  await send({
    to,
    type: 'interactive',
    interactive: { type: 'button', body: { text: 'Sure?' }, action: { buttons: [reply('y'), reply('n')] } },
  })
  const rows = [{ id: 'r1', title: 'Row one', description: 'First' }]
  await send({
    to,
    type: 'interactive',
    interactive: { type: 'list', body: { text: 'Pick' }, action: { button: 'Open', sections: [{ rows }] } },
  })
  const link = { name: 'cta_url', parameters: { display_text: 'Go', url: 'https://example.com' } }
  await send({
    to,
    type: 'interactive',
    interactive: { type: 'cta_url', header: { type: 'text', text: 'Top' }, body: { text: 'Link' }, footer: { text: 'Foot' }, action: link },
  })
  t.match(emulator.chat(NUMBER, ADA).slice(1), [
    { type: 'image', text: 'look', media: { link: 'https://example.com/a.png' } },
    { type: 'location', location: { latitude: 38.9, longitude: -77.03, name: 'Cafe' } },
    { type: 'contacts', contacts: [{ name: { formatted_name: 'Grace' } }] },
    { type: 'interactive', text: 'Sure?', buttons: [{ kind: 'reply', id: 'y', title: 'Y' }, { id: 'n' }] },
    { type: 'interactive', text: 'Pick', listLabel: 'Open', buttons: [{ kind: 'row', id: 'r1', description: 'First' }] },
    { type: 'interactive', headerText: 'Top', footer: 'Foot', buttons: [{ kind: 'url', title: 'Go', url: 'https://example.com' }] },
  ])
})

await test('sends() lists every accepted message once, with its callback data', async (t) => {
  const { emulator, sendText } = await start(t)
  await sendText(undefined, { biz_opaque_callback_data: 'refused' })
  emulator.say(NUMBER, ADA, 'hi')
  const sent = await sendText(undefined, { biz_opaque_callback_data: 'taken' })
  t.match(emulator.sends(), [{ callbackData: 'taken', messageId: sent.id, type: 'text', number: NUMBER }])
  t.equal(emulator.sends().length, 1)
  t.match(emulator.requests()[0], { callbackData: 'refused', outcome: 'rejected', code: 131047 })
})

await test('the same seed, clock and calls give the same ids', async (t) => {
  const one = await start(t)
  const two = await start(t)
  const third = await start(t, { seed: 'another' })
  const ids = [one, two, third].map(({ emulator }) => emulator.say(NUMBER, ADA, 'hi'))
  t.equal(ids[0], ids[1])
  t.not(ids[0], ids[2])
})
