import { test } from 'tap'
import { ADA, at, NOON, NUMBER, start } from './world-under-test.ts'
import type { UnderTest } from './world-under-test.ts'

const to = `+${ADA}`
const reply = (id: string, title: string) => ({ type: 'reply', reply: { id, title } })

/** The `context` of an answer to the business's message. */
function context(id: string) {
  return { from: '12025550100', id }
}

/** The webhook's messages, once all have come. */
async function told({ emulator, messages }: UnderTest) {
  await emulator.settled()
  return messages()
}

await test('what a customer says comes with name, phone, user id and time', async (t) => {
  const world = await start(t)
  const id = world.emulator.say(NUMBER, ADA, 'hello')
  t.match(await told(world), [
    { from: ADA, from_user_id: /^US\./, id, timestamp: String(NOON / 1000), type: 'text', text: { body: 'hello' } },
  ])
  t.match(world.changes()[0]?.value, { contacts: [{ profile: { name: 'Ada Example' }, wa_id: ADA, user_id: /^US\./ }] })
})

await test('who hides the phone number is named by user id and username only', async (t) => {
  const world = await start(t, { customers: [{ phone: ADA, username: '@ada.example', hidesPhone: true, parentUserId: 'US.ENT.1' }] })
  world.emulator.say(NUMBER, 'ada.example', 'hello')
  const [message] = await told(world)
  t.notOk(message?.['from'])
  t.equal(message?.['from_parent_user_id'], 'US.ENT.1')
  const contact = at(world.changes(), 0, 'value', 'contacts', 0)
  t.match(contact, { profile: { username: 'ada.example' }, parent_user_id: 'US.ENT.1' })
  t.notOk(at(contact, 'wa_id'))
  t.notMatch(JSON.stringify(world.changes()), ADA)
})

await test('an unknown phone number that says something becomes a customer; an unknown name does not', async (t) => {
  const world = await start(t)
  world.emulator.say('+1 202 555 0100', '+1 (310) 555-0147', 'hi')
  t.match(await told(world), [{ from: '13105550147' }])
  t.throws(() => world.emulator.say(NUMBER, 'nobody', 'hi'), { code: 'emulator-unknown-customer' })
  t.throws(() => world.emulator.say('404', ADA, 'hi'), { code: 'emulator-unknown-number' })
})

await test('a quote, a forward and an advertisement come along', async (t) => {
  const world = await start(t)
  const first = world.emulator.say(NUMBER, ADA, 'one')
  world.emulator.say(NUMBER, ADA, 'two', { replyTo: first })
  world.emulator.say(NUMBER, ADA, 'three', { forwarded: 'often' })
  world.emulator.say(NUMBER, ADA, 'four', { referral: { source_type: 'ad', source_id: '1', ctwa_clid: 'click' } })
  const [, two, three, four] = await told(world)
  t.same(two?.['context'], { from: ADA, id: first })
  t.same(three?.['context'], { frequently_forwarded: true })
  t.match(four?.['referral'], { source_type: 'ad', ctwa_clid: 'click' })
  t.throws(() => world.emulator.say(NUMBER, ADA, 'x', { replyTo: 'wamid.none' }), { code: 'emulator-unknown-message' })
})

await test('a press answers as the message was asked: reply button, list row, template quick reply', async (t) => {
  const world = await start(t, {
    templates: [
      {
        name: 'offer',
        language: 'en',
        category: 'MARKETING',
        components: [
          { type: 'BODY', text: 'Want it?' },
          {
            type: 'BUTTONS',
            buttons: [
              { type: 'QUICK_REPLY', text: 'Stop promotions' },
              { type: 'URL', text: 'See', url: 'https://example.com' },
            ],
          },
        ],
      },
    ],
  })
  const { emulator, send } = world
  emulator.say(NUMBER, ADA, 'hi')
  const buttons = await send({
    to,
    type: 'interactive',
    interactive: { type: 'button', body: { text: 'Sure?' }, action: { buttons: [reply('y', 'Yes'), reply('n', 'No')] } },
  })
  const rows = [{ id: 'r1', title: 'Ten', description: 'Downtown' }]
  const list = await send({
    to,
    type: 'interactive',
    interactive: { type: 'list', body: { text: 'When?' }, action: { button: 'Times', sections: [{ rows }] } },
  })
  const payload = { type: 'button', sub_type: 'quick_reply', index: 0, parameters: [{ type: 'payload', payload: 'STOP_PROMO' }] }
  const offer = await send({ to, type: 'template', template: { name: 'offer', language: { code: 'en' }, components: [payload] } })
  emulator.press(NUMBER, ADA, { title: 'Yes' })
  emulator.press(NUMBER, ADA, { messageId: list.id, id: 'r1' })
  emulator.press(NUMBER, ADA, { title: 'Stop promotions' })
  const [, one, two, three] = await told(world)
  t.match(one, {
    type: 'interactive',
    interactive: { type: 'button_reply', button_reply: { id: 'y', title: 'Yes' } },
    context: context(buttons.id),
  })
  t.match(two, {
    interactive: { type: 'list_reply', list_reply: { id: 'r1', title: 'Ten', description: 'Downtown' } },
    context: context(list.id),
  })
  t.match(three, { type: 'button', button: { payload: 'STOP_PROMO', text: 'Stop promotions' }, context: context(offer.id) })
  t.equal(emulator.chat(NUMBER, ADA).at(-1)?.replyTo, offer.id)
  for (const wrong of [{ title: 'Maybe' }, { title: 'See' }, {}, { messageId: list.id, id: 'y' }]) {
    t.throws(() => emulator.press(NUMBER, ADA, wrong), { code: 'emulator-no-such-button' })
  }
})

await test('location, contacts, reaction and its removal come in their shapes', async (t) => {
  const world = await start(t)
  const { emulator, sendText } = world
  emulator.sendLocation(NUMBER, ADA, { latitude: 38.8977, longitude: -77.0365, name: 'Cafe' })
  emulator.sendContacts(NUMBER, ADA, [{ name: { formatted_name: 'Grace' } }])
  const sent = await sendText()
  emulator.react(NUMBER, ADA, sent.id, '👍🏽')
  emulator.react(NUMBER, ADA, sent.id, null)
  const [location, contacts, reaction, removal] = await told(world)
  t.match(location, { type: 'location', location: { latitude: 38.8977, longitude: -77.0365, name: 'Cafe' } })
  t.match(contacts, { type: 'contacts', contacts: [{ name: { formatted_name: 'Grace' } }] })
  t.match(reaction, { type: 'reaction', reaction: { message_id: sent.id, emoji: '👍🏽' } })
  t.same(removal?.['reaction'], { message_id: sent.id }, 'the emoji is left out')
})

await test('a call comes as connect and terminate on the field calls', async (t) => {
  const { emulator, changes } = await start(t)
  const id = emulator.call(NUMBER, ADA)
  await emulator.settled()
  t.match(changes(), [
    { field: 'calls', value: { calls: [{ id, event: 'connect', from: ADA, direction: 'USER_INITIATED' }] } },
    { field: 'calls', value: { calls: [{ id, event: 'terminate' }] } },
  ])
})

await test('a new phone number comes as a system message with the new ids; the chat goes on', async (t) => {
  const world = await start(t)
  world.emulator.say(NUMBER, ADA, 'hi')
  world.emulator.changeNumber(NUMBER, ADA, '+12025550199')
  world.emulator.say(NUMBER, '+12025550199', 'me again')
  const [before, system, after] = await told(world)
  t.match(system, {
    from: ADA,
    from_user_id: before?.['from_user_id'],
    type: 'system',
    system: { type: 'user_changed_number', wa_id: '12025550199' },
  })
  t.equal(at(system, 'system', 'user_id'), after?.['from_user_id'])
  t.not(before?.['from_user_id'], after?.['from_user_id'])
  t.equal(world.emulator.chat(NUMBER, '12025550199').length, 3)
})

await test('what a person writes in the phone app is echoed, and opens no window', async (t) => {
  const { emulator, changes, sendText } = await start(t)
  const id = emulator.echo(NUMBER, ADA, 'from my phone')
  await emulator.settled()
  t.match(changes(), [
    {
      field: 'smb_message_echoes',
      value: { message_echoes: [{ from: '12025550100', to: ADA, id, type: 'text', text: { body: 'from my phone' } }] },
    },
  ])
  t.match(emulator.chat(NUMBER, ADA), [{ direction: 'out', source: 'phone-app', text: 'from my phone' }])
  t.equal((await sendText()).body.error.code, 131047)
})

await test('while another responder holds the thread, messages come on standby; each change is a handover', async (t) => {
  const { emulator, changes } = await start(t)
  emulator.handover(NUMBER, ADA, 'taken')
  emulator.say(NUMBER, ADA, 'overheard')
  emulator.echo(NUMBER, ADA, 'the agent answers', 'responder')
  emulator.handover(NUMBER, ADA, 'released')
  emulator.say(NUMBER, ADA, 'for us')
  await emulator.settled()
  const number = { phone_number_id: NUMBER }
  t.match(changes(), [
    {
      field: 'messaging_handovers',
      value: { type: 'control_taken', recipient: number, sender: { phone_number: ADA }, control_taken: { new_owner_role: 'ai_agent' } },
    },
    { field: 'standby', value: { metadata: number, standby: { messages: [{ text: { body: 'overheard' } }] } } },
    { field: 'standby', value: { standby: { message_echoes: [{ message: { to: ADA, text: { body: 'the agent answers' } } }] } } },
    { field: 'messaging_handovers', value: { type: 'control_passed', control_passed: { previous_owner_app_role: 'meta_business_agent' } } },
    { field: 'messages', value: { messages: [{ text: { body: 'for us' } }] } },
  ])
  t.notOk(changes()[0]?.value['metadata'], 'a handover names the number in recipient')
})

await test('a chat keeps its newest messages, and older ones are forgotten', async (t) => {
  const { emulator } = await start(t, { keep: { chatMessages: 10 } })
  const ids = Array.from({ length: 100 }, (_, index) => emulator.say(NUMBER, ADA, String(index)))
  const chat = emulator.chat(NUMBER, ADA)
  t.same(
    chat.map((message) => message.id),
    ids.slice(-10),
  )
  t.throws(() => emulator.say(NUMBER, ADA, 'x', { replyTo: ids[0] ?? '' }), { code: 'emulator-unknown-message' })
})

await test('the oldest customers are forgotten with their chats when there are too many', async (t) => {
  const { emulator } = await start(t, { keep: { customers: 3 } })
  for (let index = 0; index < 5; index += 1) emulator.say(NUMBER, `+1202555020${index}`, 'hi')
  t.same(
    emulator.customers().map((customer) => customer.phone),
    ['12025550202', '12025550203', '12025550204'],
  )
  t.same(emulator.chat(NUMBER, '+12025550200'), [], 'a new customer without a past')
})

await test('two customers cannot have one phone number, user id or username', async (t) => {
  const { emulator } = await start(t, { customers: [{ phone: ADA, username: 'ada' }] })
  const taken = { code: 'emulator-customer-exists' }
  t.throws(() => emulator.createCustomer({ phone: `+${ADA}` }), taken)
  t.throws(() => emulator.createCustomer({ userId: 'US.2', username: '@ada' }), taken)
  const bob = emulator.createCustomer({ phone: '+12025550177', name: 'Bob' })
  t.throws(() => emulator.changeCustomer(bob.key, { phone: ADA }), taken)
  t.throws(() => emulator.createCustomer({ name: 'Nobody' }), { code: 'emulator-bad-request' })
})
