import { test } from 'tap'
import type { Fault } from '../../src/emulator/index.ts'
import { ADA, HOUR, NUMBER, OTHER_NUMBER, start, TOKEN } from './world-under-test.ts'

const to = `+${ADA}`
function body(length: number) {
  return 'x'.repeat(length)
}
function button(id: string, title = id) {
  return { type: 'reply', reply: { id, title } }
}
function rows(count: number) {
  return Array.from({ length: count }, (_, index) => ({ id: `r${index}`, title: `Row ${index}` }))
}
/** Five rows as long as they may be. */
function fullRows(from: number) {
  return Array.from({ length: 5 }, (_, index) => ({ id: `${from + index}`, title: body(24), description: body(72) }))
}
const text = { to, type: 'text', text: { body: 'x' } }

await test("errors have Meta's shape", async (t) => {
  const { sendText } = await start(t)
  const refused = await sendText()
  t.equal(refused.status, 400)
  t.match(refused.body.error, {
    message: '(#131047) Re-engagement message',
    type: 'OAuthException',
    code: 131047,
    error_data: { messaging_product: 'whatsapp', details: /24 hours/ },
    fbtrace_id: /^A/,
  })
})

await test('an unknown token is refused with 190 and HTTP 401', async (t) => {
  const { send } = await start(t)
  const refused = await send(text, { token: 'wrong' })
  t.match(refused, { status: 401, body: { error: { code: 190 } } })
})

await test('an unknown number, and a number the token is not for, are both 100 with subcode 33', async (t) => {
  const { send } = await start(t)
  for (const from of [{ number: '999' }, { number: OTHER_NUMBER, token: TOKEN }]) {
    t.match(await send(text, from), { status: 400, body: { error: { code: 100, error_subcode: 33 } } })
  }
})

await test('a path without a version, and a body that is no JSON, are refused in the same shape', async (t) => {
  const { api, url } = await start(t)
  t.match(await api('POST', `/x/${NUMBER}/messages`, {}), { status: 400, body: { error: { code: 2500 } } })
  t.match(await api('GET', '/nowhere/at/all/here'), { status: 400, body: { error: { code: 2500 } } })
  const broken = await fetch(`${url}/v26.0/${NUMBER}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  })
  t.match(await broken.json(), { error: { code: 100 } })
})

await test("free-form is refused with 131047 from 24 hours after the customer's latest message, per number", async (t) => {
  const { emulator, clock, sendText, send } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  clock.advance(23 * HOUR)
  emulator.say(NUMBER, ADA, 'again')
  clock.advance(24 * HOUR - 1)
  t.equal((await sendText()).status, 200, 'the window slides with the latest message')
  t.equal((await send(text, { number: OTHER_NUMBER, token: 'token-two' })).body.error.code, 131047, 'another number has its own window')
  clock.advance(1)
  t.equal((await sendText()).body.error.code, 131047, 'an answer of the business does not extend it')
  emulator.call(NUMBER, ADA)
  t.equal((await sendText()).status, 200, 'a call opens it')
})

await test('a reaction of the customer opens no window', async (t) => {
  const { emulator, clock, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  const sent = await sendText()
  clock.advance(25 * HOUR)
  emulator.react(NUMBER, ADA, sent.id, '👍')
  t.equal((await sendText()).body.error.code, 131047)
})

await test('the 46th message at once to one customer is refused with 131056; one more goes every 6 seconds', async (t) => {
  const { emulator, clock, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  emulator.say(NUMBER, '+13105550147', 'hi')
  for (let count = 0; count < 45; count += 1) t.equal((await sendText()).status, 200)
  t.match(await sendText(), { status: 400, body: { error: { code: 131056 } } })
  t.equal((await sendText('+13105550147')).status, 200, "the limit is the pair's")
  clock.advance(5999)
  t.equal((await sendText()).body.error?.code, 131056)
  clock.advance(1)
  t.equal((await sendText()).status, 200)
  t.equal((await sendText()).body.error?.code, 131056)
})

await test("over the number's throughput messages are refused with 130429", async (t) => {
  const { emulator, clock, sendText } = await start(t, {
    numbers: [{ phoneNumberId: NUMBER, businessAccountId: '1', displayNumber: '+12025550100', accessToken: TOKEN, messagesPerSecond: 2 }],
  })
  emulator.say(NUMBER, ADA, 'this one counts too')
  t.equal((await sendText()).status, 200)
  t.match(await sendText(), { status: 400, body: { error: { code: 130429 } } })
  clock.advance(500)
  t.equal((await sendText()).status, 200)
})

await test('a message to somebody unknown is accepted and fails later with 131026', async (t) => {
  const { emulator, sendText, statuses } = await start(t)
  const sent = await sendText('+13105550199')
  t.equal(sent.status, 200)
  await emulator.settled()
  t.match(statuses(), [
    { id: sent.id, status: 'failed', errors: [{ code: 131026, title: 'Message undeliverable', error_data: { details: /./ } }] },
  ])
  t.notOk(statuses()[0]?.['pricing'])
})

await test('failLater decides which codes come as a failed status instead of in the answer', async (t) => {
  const { emulator, sendText, statuses, changes } = await start(t, { failLater: [131047] })
  t.equal((await sendText('+13105550199')).body.error.code, 131026)
  t.equal((await sendText()).status, 200)
  await emulator.settled()
  t.match(statuses(), [{ status: 'failed', errors: [{ code: 131047 }] }])
  t.notOk(changes()[0]?.value['contacts'], 'failed statuses have no contacts')
})

await test('the business cannot write to itself', async (t) => {
  const { sendText } = await start(t)
  t.equal((await sendText('+12025550100')).body.error.code, 131021)
})

await test('missing and over-long members are refused, naming the member', async (t) => {
  const { emulator, send } = await start(t)
  const said = emulator.say(NUMBER, ADA, 'hi')
  const buttons = (...list: unknown[]) => ({
    to,
    type: 'interactive',
    interactive: { type: 'button', body: { text: 'b' }, action: { buttons: list } },
  })
  const list = (sections: unknown[], more = {}) => ({
    to,
    type: 'interactive',
    interactive: { type: 'list', body: { text: 'b' }, action: { button: 'Open', sections, ...more } },
  })
  const cases: [what: string, code: number, body: Record<string, unknown>][] = [
    ['no recipient', 131008, { type: 'text', text: { body: 'x' } }],
    ['a recipient that is no phone number', 131009, { ...text, to: 'US.123' }],
    ['a recipient that is no user id', 131009, { recipient: '12025550123', type: 'text', text: { body: 'x' } }],
    ['a group', 100, { ...text, recipient_type: 'group' }],
    ['an unknown type', 131008, { to, type: 'poll' }],
    ['an unknown type with a body', 100, { to, type: 'poll', poll: {} }],
    ['no text', 131008, { to, type: 'text', text: {} }],
    ['a text of 4,097', 100, { to, type: 'text', text: { body: body(4097) } }],
    ['callback data of 513', 100, { ...text, biz_opaque_callback_data: body(513) }],
    ['a caption of 1,025', 100, { to, type: 'image', image: { link: 'https://a.example/i.png', caption: body(1025) } }],
    ['a caption on audio', 100, { to, type: 'audio', audio: { link: 'https://a.example/i.ogg', caption: 'x' } }],
    ['media without id and link', 100, { to, type: 'image', image: {} }],
    ['an unknown media id', 100, { to, type: 'image', image: { id: '404' } }],
    ['a link that is none', 100, { to, type: 'image', image: { link: 'nowhere' } }],
    ['a location without longitude', 100, { to, type: 'location', location: { latitude: '1' } }],
    ['a latitude of 91', 100, { to, type: 'location', location: { latitude: 91, longitude: 0 } }],
    ['no contacts', 100, { to, type: 'contacts', contacts: [] }],
    ['a contact without name', 131008, { to, type: 'contacts', contacts: [{}] }],
    ['258 contacts', 131009, { to, type: 'contacts', contacts: Array.from({ length: 258 }, () => ({ name: { formatted_name: 'x' } })) }],
    ['a reaction to nothing', 131009, { to, type: 'reaction', reaction: { message_id: 'wamid.none', emoji: '👍' } }],
    ['a reaction without emoji', 131008, { to, type: 'reaction', reaction: { message_id: said } }],
    ['4 buttons', 131009, buttons(button('a'), button('b'), button('c'), button('d'))],
    ['no button', 131009, buttons()],
    ['a button title of 21', 131009, buttons(button('a', body(21)))],
    ['a button id of 257', 131009, buttons(button(body(257), 'a'))],
    ['two buttons with one id', 131009, buttons(button('a', 'one'), button('a', 'two'))],
    ['two buttons with one title', 131009, buttons(button('a', 'one'), button('b', 'one'))],
    [
      '11 rows',
      131009,
      list([
        { title: 'A', rows: rows(10) },
        { title: 'B', rows: [{ id: 'x', title: 'x' }] },
      ]),
    ],
    [
      '11 sections',
      131009,
      list(Array.from({ length: 11 }, (_, index) => ({ title: `s${index}`, rows: [{ id: `${index}`, title: 'x' }] }))),
    ],
    ['two sections without titles', 131008, list([{ rows: rows(1) }, { rows: [{ id: 'x', title: 'x' }] }])],
    ['a section title of 25', 131009, list([{ title: body(25), rows: rows(1) }])],
    ['a row title of 25', 131009, list([{ rows: [{ id: 'x', title: body(25) }] }])],
    ['a row description of 73', 131009, list([{ rows: [{ id: 'x', title: 'x', description: body(73) }] }])],
    ['a row id of 201', 131009, list([{ rows: [{ id: body(201), title: 'x' }] }])],
    [
      'two rows with one id',
      131009,
      list([
        {
          rows: [
            { id: 'x', title: 'x' },
            { id: 'x', title: 'y' },
          ],
        },
      ]),
    ],
    ['a list label of 21', 131009, list([{ rows: rows(1) }], { button: body(21) })],
    [
      'a button body of 1,025',
      131009,
      { to, type: 'interactive', interactive: { type: 'button', body: { text: body(1025) }, action: { buttons: [button('a')] } } },
    ],
    [
      'a footer of 61',
      131009,
      {
        to,
        type: 'interactive',
        interactive: { type: 'button', body: { text: 'b' }, footer: { text: body(61) }, action: { buttons: [button('a')] } },
      },
    ],
    [
      'a header of 61',
      131009,
      {
        to,
        type: 'interactive',
        interactive: { type: 'button', header: { type: 'text', text: body(61) }, body: { text: 'b' }, action: { buttons: [button('a')] } },
      },
    ],
    ['an unknown interactive type', 131009, { to, type: 'interactive', interactive: { type: 'wheel', body: { text: 'b' }, action: {} } }],
    [
      'a link button without URL',
      131009,
      {
        to,
        type: 'interactive',
        interactive: { type: 'cta_url', body: { text: 'b' }, action: { name: 'cta_url', parameters: { display_text: 'x' } } },
      },
    ],
  ]
  for (const [what, code, wrong] of cases) {
    const refused = await send(wrong)
    t.equal(refused.body.error?.code, code, what)
    t.ok(refused.body.error?.error_data?.details, `${what} is explained`)
  }
  t.equal(emulator.sends().length, 0)
})

await test('the limits themselves are allowed', async (t) => {
  const { emulator, send } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  const sections = [
    { title: 'x'.repeat(24), rows: fullRows(0) },
    { title: 'y', rows: fullRows(5) },
  ]
  for (const good of [
    { to, type: 'text', text: { body: '😀'.repeat(4096) } },
    {
      to,
      type: 'interactive',
      interactive: { type: 'list', body: { text: 'x'.repeat(4096) }, action: { button: 'x'.repeat(20), sections } },
    },
    {
      to,
      type: 'interactive',
      interactive: {
        type: 'button',
        body: { text: 'x'.repeat(1024) },
        action: { buttons: ['a', 'b', 'c'].map((id) => button(id.repeat(256), id.repeat(20))) },
      },
    },
  ]) {
    t.equal((await send(good)).status, 200)
  }
})

await test('while another responder holds the thread, free-form is refused with 131070', async (t) => {
  const { emulator, sendText } = await start(t)
  emulator.say(NUMBER, ADA, 'hi')
  emulator.handover(NUMBER, ADA, 'taken')
  t.equal((await sendText()).body.error.code, 131070)
  emulator.handover(NUMBER, ADA, 'released')
  t.equal((await sendText()).status, 200)
})

await test('a refused message leaves no trace in the chat and takes nothing from the limits', async (t) => {
  const faults: Fault[] = [{ kind: 'answer-error', code: 131000, times: 45 }]
  const { emulator, sendText } = await start(t, { faults })
  emulator.say(NUMBER, ADA, 'hi')
  for (let count = 0; count < 45; count += 1) t.equal((await sendText()).status, 500)
  t.equal(emulator.chat(NUMBER, ADA).length, 1)
  for (let count = 0; count < 45; count += 1) t.equal((await sendText()).status, 200)
})
