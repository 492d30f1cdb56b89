import { test } from 'tap'
import type { EmulatorOptions } from '../../src/emulator/index.ts'
import { ACCOUNT, ADA, NUMBER, start } from './world-under-test.ts'

const to = `+${ADA}`
const templates: NonNullable<EmulatorOptions['templates']> = [
  {
    name: 'order_update',
    language: 'en_US',
    category: 'UTILITY',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
      { type: 'BODY', text: 'Hi {{1}}, order {{2}} has shipped.' },
      { type: 'FOOTER', text: 'Example Co' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Thanks' },
          { type: 'QUICK_REPLY', text: 'Stop' },
          { type: 'URL', text: 'Track', url: 'https://example.com/t/{{1}}' },
          { type: 'PHONE_NUMBER', text: 'Call', phone_number: '+12025550100' },
        ],
      },
    ],
  },
  {
    name: 'sale',
    language: 'en',
    category: 'MARKETING',
    parameter_format: 'NAMED',
    components: [{ type: 'BODY', text: 'Hello {{first_name}}, 20 % off.' }],
  },
  {
    name: 'photo',
    language: 'en',
    category: 'MARKETING',
    components: [
      { type: 'HEADER', format: 'IMAGE' },
      { type: 'BODY', text: 'Look.' },
    ],
  },
  {
    name: 'code',
    language: 'en',
    category: 'AUTHENTICATION',
    components: [{ type: 'BODY' }, { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] }],
  },
  { name: 'waiting', language: 'en', category: 'UTILITY', status: 'PENDING', components: [{ type: 'BODY', text: 'x' }] },
]

const texts = (type: string, ...values: string[]) => ({ type, parameters: values.map((value) => ({ type: 'text', text: value })) })
const track = { type: 'button', sub_type: 'url', index: '2', parameters: [{ type: 'text', text: '8812' }] }
const template = (name: string, components: unknown[] = [], code = 'en') => ({
  to,
  type: 'template',
  template: { name, language: { code }, components },
})
const orderUpdate = (...components: unknown[]) => template('order_update', components, 'en_US')
const named = (name: string, value: string) => ({ type: 'body', parameters: [{ type: 'text', parameter_name: name, text: value }] })

await test('a template goes outside the window; the customer sees it filled in', async (t) => {
  const { emulator, send } = await start(t, { templates })
  const payload = { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'THANKS' }] }
  const sent = await send(orderUpdate(texts('header', '8812'), texts('body', 'Ada', '8812'), payload, track))
  t.match(sent, { status: 200, body: { messages: [{ message_status: 'accepted' }] } })
  t.match(emulator.chat(NUMBER, ADA), [
    {
      type: 'template',
      headerText: 'Order 8812',
      text: 'Hi Ada, order 8812 has shipped.',
      footer: 'Example Co',
      template: { name: 'order_update', language: 'en_US', category: 'UTILITY' },
      buttons: [
        { kind: 'quick-reply', title: 'Thanks', id: 'THANKS' },
        { kind: 'quick-reply', title: 'Stop', id: 'Stop' },
        { kind: 'url', url: 'https://example.com/t/8812' },
        { kind: 'phone', url: 'tel:+12025550100' },
      ],
    },
  ])
})

await test('named parameters, media headers and codes are filled in too', async (t) => {
  const { emulator, send } = await start(t, { templates })
  await send(template('sale', [named('first_name', 'Ada')]))
  await send(template('photo', [{ type: 'header', parameters: [{ type: 'image', image: { link: 'https://a.example/p.png' } }] }]))
  const otp = { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: '123456' }] }
  await send(template('code', [texts('body', '123456'), otp]))
  t.match(emulator.chat(NUMBER, ADA), [
    { text: 'Hello Ada, 20 % off.' },
    { text: 'Look.', media: { link: 'https://a.example/p.png' } },
    { text: '123456 is your verification code.', buttons: [{ kind: 'copy-code', id: '123456' }] },
  ])
})

await test("wrong templates and parameters are refused with Meta's codes", async (t) => {
  const { emulator, send } = await start(t, { templates })
  const header = texts('header', '8812')
  const cases: [what: string, status: number, code: number, body: Record<string, unknown>][] = [
    ['an unknown name', 404, 132001, template('nothing')],
    ['an unknown language', 404, 132001, template('sale', [], 'de')],
    ['one that is not approved', 404, 132001, template('waiting')],
    ['no language', 400, 131008, { to, type: 'template', template: { name: 'sale' } }],
    ['too few body parameters', 400, 132000, orderUpdate(header, texts('body', 'Ada'), track)],
    ['too many body parameters', 400, 132000, orderUpdate(header, texts('body', 'a', 'b', 'c'), track)],
    ['no header parameter', 400, 132000, orderUpdate(texts('body', 'Ada', '8812'), track)],
    ['an empty parameter', 400, 131008, orderUpdate(header, texts('body', 'Ada', ''), track)],
    ['a line break in a parameter', 400, 132018, orderUpdate(header, texts('body', 'Ada', 'a\nb'), track)],
    ['five spaces in a parameter', 400, 132018, orderUpdate(header, texts('body', 'Ada', 'a     b'), track)],
    ['a text over the limit once filled in', 400, 132005, orderUpdate(header, texts('body', 'Ada', 'x'.repeat(1024)), track)],
    ['no URL suffix', 400, 131008, orderUpdate(header, texts('body', 'Ada', '8812'))],
    ['a button that is not there', 400, 132018, orderUpdate(header, texts('body', 'Ada', '8812'), track, { ...track, index: '7' })],
    ['a button of another kind', 400, 132012, orderUpdate(header, texts('body', 'Ada', '8812'), { ...track, sub_type: 'quick_reply' })],
    ['an unknown parameter name', 400, 100, template('sale', [named('surname', 'x')])],
    ['no image', 400, 132012, template('photo')],
    ['a text for an image', 400, 132012, template('photo', [texts('header', 'x')])],
    ['a component the template lacks', 400, 132012, template('sale', [named('first_name', 'Ada'), texts('header', 'x')])],
  ]
  for (const [what, status, code, wrong] of cases) {
    const refused = await send(wrong)
    t.match({ status: refused.status, code: refused.body.error?.code }, { status, code }, what)
  }
  t.equal(emulator.sends().length, 0)
})

await test('a paused template is refused with 132015, a disabled one with 132016, and both are told by webhook', async (t) => {
  const { emulator, send, changes } = await start(t, { templates })
  const sale = template('sale', [named('first_name', 'Ada')])
  emulator.changeTemplate('sale', 'en', { status: 'PAUSED', quality: 'RED' })
  t.equal((await send(sale)).body.error.code, 132015)
  emulator.changeTemplate('sale', 'en', { status: 'DISABLED', reason: 'NONE' })
  t.equal((await send(sale)).body.error.code, 132016)
  emulator.changeTemplate('sale', 'en', { status: 'APPROVED', category: 'UTILITY' })
  t.equal((await send(sale)).status, 200)
  await emulator.settled()
  const told = changes().filter((change) => change.field.includes('template') && change.value['message_template_name'] === 'sale')
  t.match(told.slice(0, 4), [
    { field: 'message_template_quality_update', value: { previous_quality_score: 'UNKNOWN', new_quality_score: 'RED' } },
    { field: 'message_template_status_update', value: { event: 'PAUSED', message_template_language: 'en', message_template_id: Number } },
  ])
  t.ok(told.some((change) => change.field === 'template_category_update' && change.value['new_category'] === 'UTILITY'))
})

await test('who stopped marketing gets no marketing template (131050), but still gets utility', async (t) => {
  const { emulator, send, changes } = await start(t, { templates })
  emulator.stopMarketing(NUMBER, ADA)
  const sale = template('sale', [named('first_name', 'Ada')])
  t.equal((await send(sale)).body.error.code, 131050)
  t.equal((await send(orderUpdate(texts('header', '1'), texts('body', 'a', 'b'), track))).status, 200)
  emulator.resumeMarketing(NUMBER, ADA)
  t.equal((await send(sale)).status, 200)
  await emulator.settled()
  const preferences = changes().filter((change) => change.field === 'user_preferences')
  t.match(
    preferences.map((change) => change.value['user_preferences']),
    [[{ wa_id: ADA, user_id: /^US\./, category: 'marketing_messages', value: 'stop', timestamp: Number }], [{ value: 'resume' }]],
  )
})

await test('a code cannot go to a user id (131062)', async (t) => {
  const { emulator, send } = await start(t, { templates })
  const [ada] = emulator.customers()
  const { to: _to, ...rest } = template('code')
  t.equal((await send({ ...rest, recipient: ada?.userId })).body.error.code, 131062)
})

await test('templates are listed page by page, filtered, with the asked fields', async (t) => {
  const { api, url } = await start(t, { templates })
  const names: unknown[] = []
  let path: string | undefined = `/v26.0/${ACCOUNT}/message_templates?limit=2&fields=name,status`
  while (path !== undefined) {
    const page: Awaited<ReturnType<typeof api>> = await api('GET', path)
    for (const row of page.body.data) {
      names.push(row['name'])
      t.same(Object.keys(row).toSorted(), ['id', 'name', 'status'])
    }
    path = page.body.paging.next?.slice(url.length)
  }
  t.same(names, ['order_update', 'sale', 'photo', 'code', 'waiting'])
  const second = await api(
    'GET',
    `/v26.0/${ACCOUNT}/message_templates?limit=2&after=${(await api('GET', `/v26.0/${ACCOUNT}/message_templates?limit=2`)).body.paging.cursors.after}`,
  )
  const first = await api('GET', String(second.body.paging.previous).slice(url.length))
  t.same(
    first.body.data.map((row) => row['name']),
    ['order_update', 'sale'],
  )
  const pending = await api('GET', `/v26.0/${ACCOUNT}/message_templates?status=PENDING`)
  t.same(
    pending.body.data.map((row) => row['name']),
    ['waiting'],
  )
  t.equal((await api('GET', '/v26.0/404/message_templates')).body.error.error_subcode, 33)
})

await test('a new template is pending until its review, then approved and told by webhook', async (t) => {
  const { emulator, api, clock, changes } = await start(t, { speed: 1, delays: { review: 60_000 } })
  const path = `/v26.0/${ACCOUNT}/message_templates`
  const wanted = { name: 'fresh', language: 'en', category: 'UTILITY', components: [{ type: 'BODY', text: 'Your parcel is here.' }] }
  const made = await api('POST', path, wanted)
  t.match(made, { status: 200, body: { id: /^\d+$/, status: 'PENDING', category: 'UTILITY' } })
  t.match((await api('GET', `/v26.0/${made.body.id}`)).body, { name: 'fresh', status: 'PENDING' })
  t.equal((await api('POST', path, wanted)).body.error.error_subcode, 2_388_024, 'the same again is refused')
  clock.advance(60_000)
  await emulator.settled()
  t.match(changes(), [{ field: 'message_template_status_update', value: { event: 'APPROVED', message_template_name: 'fresh' } }])
  t.same((await api('DELETE', `${path}?name=fresh`)).body, { success: true })
  t.equal((await api('DELETE', `${path}?name=fresh`)).body.error.code, 100)
})

await test('a template with a wrong name, category, or variable at the end is refused', async (t) => {
  const { api } = await start(t)
  const body = [{ type: 'BODY', text: 'Your parcel is here.' }]
  const wrong: [Record<string, unknown>, number | undefined][] = [
    [{ name: 'Big Name', language: 'en', category: 'UTILITY', components: body }, undefined],
    [{ name: 'a', language: 'en', category: 'SERVICE', components: body }, undefined],
    [{ name: 'a', language: 'english please', category: 'UTILITY', components: body }, undefined],
    [{ name: 'a', language: 'en', category: 'UTILITY', components: [] }, undefined],
    [{ name: 'a', language: 'en', category: 'UTILITY', components: [{ type: 'BODY', text: 'Hello {{1}}' }] }, 2_388_299],
    [{ name: 'a', language: 'en', category: 'UTILITY', components: [...body, { type: 'FOOTER', text: 'x'.repeat(61) }] }, 2_388_040],
  ]
  for (const [asked, subcode] of wrong) {
    const refused = await api('POST', `/v26.0/${ACCOUNT}/message_templates`, asked)
    t.equal(refused.body.error?.code, 100)
    t.equal(refused.body.error?.error_subcode, subcode)
  }
})
