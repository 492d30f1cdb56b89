import t from 'tap'
import { appOf, as, CONVERSATION, conversationRecord, fakeParts, MESSAGE, messageRecord, pendingOffer } from './fake-parts.ts'

const admin = as('admin-key')

await t.test('a conversation is shown with its owner, participant, sessions, reply window and consent', async (t) => {
  const app = await appOf(t, fakeParts())
  const answer = await app.inject({ url: `/api/v1/conversations/${CONVERSATION}`, headers: admin })
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), {
    id: CONVERSATION,
    number: 'main',
    contact: { id: CONVERSATION, phone: '15550001111', userId: 'US.1', name: 'Kim' },
    participant: { kind: 'agent', id: 'ana', name: 'Ana' },
    serviceSession: null,
    marketingSession: null,
    replyWindow: { open: false, closesAt: null },
    consent: { marketing: 'unknown' },
    updatedAt: '2026-11-23T10:00:00.000Z',
  })
})

await t.test('an id that names nothing is a 404 problem, whatever it looks like', async (t) => {
  const app = await appOf(t, fakeParts())
  for (const id of ['cv_7_0199f3c2b7a07000a0000000000000ff', 'nonsense', MESSAGE]) {
    const answer = await app.inject({ url: `/api/v1/conversations/${id}`, headers: admin })
    t.equal(answer.statusCode, 404)
    t.equal(answer.json().code, 'conversation-not-found')
  }
  const none = await app.inject({ url: '/api/v1/nothing', headers: admin })
  t.match(none.json(), { status: 404, code: 'route-not-found' })
})

await t.test('a list is paged by a cursor until there is none', async (t) => {
  const parts = fakeParts()
  const ids = Array.from({ length: 5 }, (_, n) => `cv_7_0199f3c2b7a07000a00000000000010${n}`)
  parts.conversations.splice(0, 1, ...ids.map((id) => conversationRecord(id)))
  const app = await appOf(t, parts)
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`
    const answer = await app.inject({ url: `/api/v1/conversations?limit=2${query}`, headers: admin })
    t.equal(answer.statusCode, 200)
    const page = answer.json<{ items: { id: string }[]; nextCursor: string | null }>()
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  }
  t.strictSame(seen, ids)
})

await t.test('a limit out of bounds is a problem that names the place', async (t) => {
  const app = await appOf(t, fakeParts())
  for (const limit of ['0', '201', 'many']) {
    const answer = await app.inject({ url: `/api/v1/conversations?limit=${limit}`, headers: admin })
    t.equal(answer.statusCode, 400)
    t.match(answer.json(), { code: 'request-invalid', errors: [{ path: 'querystring.limit' }] })
  }
})

await t.test('conversations are found by number, contact and owner; a leading plus is no part of a phone number', async (t) => {
  const app = await appOf(t, fakeParts())
  const find = async (query: string) => (await app.inject({ url: `/api/v1/conversations?${query}`, headers: admin })).json().items.length
  t.equal(await find('contact=%2B15550001111&number=main&owner=service'), 1)
  t.equal(await find('contact=+15550001111'), 1, 'which a query makes a space')
  t.equal(await find('contact=US.1'), 1)
  t.equal(await find('contact=15559999999'), 0)
  t.equal(await find('owner=marketing'), 0)
})

await t.test('a message is sent as the key that sends it: 202 with the message', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const url = `/api/v1/conversations/${CONVERSATION}/messages`
  const sent = await app.inject({ method: 'POST', url, headers: as('crm-key'), payload: { text: 'hello' } })
  t.equal(sent.statusCode, 202)
  t.match(sent.json(), { id: MESSAGE, direction: 'out', kind: 'text', text: 'hello', status: 'queued' })
  await app.inject({ method: 'POST', url, headers: as('ana-key'), payload: { content: { kind: 'text', text: 'hi' }, purpose: 'service' } })
  t.match(parts.asked, [
    {
      to: { slot: 7, id: CONVERSATION },
      event: { type: 'send.requested', purpose: 'service', by: { kind: 'api', id: 'crm' }, content: { text: 'hello' } },
    },
    { event: { by: { kind: 'agent', id: 'ana' }, content: { kind: 'text', text: 'hi' } } },
  ])
})

await t.test('only a send that says so opens a marketing session', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const send = (payload: object) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/messages',
      headers: as('crm-key'),
      payload: { number: 'main', to: '+15550001111', ...payload },
    })
  t.equal((await send({ text: 'a' })).statusCode, 202)
  t.equal((await send({ text: 'b', marketing: true })).statusCode, 202)
  t.equal((await send({ text: 'c', marketing: true, purpose: 'utility' })).statusCode, 202)
  const [plain, marketing, both] = parts.asked.map(({ event }) => event as unknown as Record<string, unknown>)
  t.strictSame([plain?.['purpose'], plain?.['opensMarketingSession']], ['service', undefined])
  t.strictSame([marketing?.['purpose'], marketing?.['opensMarketingSession']], ['marketing', true])
  t.strictSame([both?.['purpose'], both?.['opensMarketingSession']], ['utility', true])
})

await t.test('a refusal is a problem with the code of the gate that refused', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const send = () =>
    app.inject({ method: 'POST', url: `/api/v1/conversations/${CONVERSATION}/messages`, headers: admin, payload: { text: 'x' } })
  parts.next.outcome = { kind: 'refused', code: 'window-closed', message: 'The 24-hour reply window is closed.' }
  const refused = await send()
  t.equal(refused.statusCode, 409)
  t.match(refused.json(), { code: 'window-closed', title: 'The 24-hour reply window is closed.', status: 409 })
  parts.next.outcome = { kind: 'refused', code: 'template-not-approved', message: 'not approved' }
  t.equal((await send()).statusCode, 422)
})

await t.test('what took too long is told apart from what was refused: it is stored and will happen', async (t) => {
  const parts = fakeParts()
  parts.next.outcome = { kind: 'unknown' }
  const app = await appOf(t, parts)
  const answer = await app.inject({
    method: 'POST',
    url: `/api/v1/conversations/${CONVERSATION}/messages`,
    headers: admin,
    payload: { text: 'x' },
  })
  t.equal(answer.statusCode, 504)
  t.equal(answer.json().code, 'outcome-unknown')
})

await t.test('a body of the wrong shape, over a limit, or for an unknown number is refused before anything is stored', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const send = (payload: object | string) =>
    app.inject({ method: 'POST', url: '/api/v1/messages', headers: { ...admin, 'content-type': 'application/json' }, payload })
  const to = { number: 'main', to: '15550001111' }
  for (const [payload, code, status] of [
    [{ ...to }, 'request-invalid', 400],
    [{ ...to, text: 'a', content: { kind: 'text', text: 'b' } }, 'request-invalid', 400],
    [{ ...to, content: { kind: 'tex', text: 'b' } }, 'request-invalid', 400],
    [{ ...to, text: 'a', unknown: 1 }, 'request-invalid', 400],
    [{ ...to, to: 'somebody', text: 'a' }, 'request-invalid', 400],
    ['{', 'request-invalid', 400],
    [{ ...to, text: 'a'.repeat(4097) }, 'content-over-limit', 422],
    [{ ...to, number: 'other', text: 'a' }, 'number-not-found', 404],
  ] as const) {
    const answer = await send(payload)
    t.equal(answer.statusCode, status, JSON.stringify(payload).slice(0, 80))
    t.equal(answer.json().code, code)
  }
  t.strictSame(parts.asked, [])
})

await t.test('the other actions on a conversation are the events of their names', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  for (const [path, payload, event] of [
    ['service-session/pause', undefined, { name: 'session.pause' }],
    ['service-session/inactive', undefined, { name: 'session.inactive' }],
    [
      'service-session/transfer',
      { to: 'queue:billing', note: 'invoice', skills: ['vat'], language: 'de' },
      { name: 'session.transfer', data: { to: 'queue:billing', note: 'invoice', skills: ['vat'], language: 'de' } },
    ],
    ['upstream/take', undefined, { type: 'upstream.released', by: 'take' }],
    ['contact/block', undefined, { type: 'contact.blocked' }],
    ['contact/unblock', undefined, { type: 'contact.unblocked' }],
  ] as const) {
    const request = { method: 'POST' as const, url: `/api/v1/conversations/${CONVERSATION}/${path}`, headers: admin }
    const answer = await app.inject(payload === undefined ? request : { ...request, payload })
    t.equal(answer.statusCode, 200, path)
    t.match(parts.asked.at(-1)?.event, event)
  }
  for (const wrong of [{ to: 'somewhere' }, { to: 'queue:billing', skills: ['V A T'] }, { to: 'queue:billing', language: 'German' }]) {
    const url = `/api/v1/conversations/${CONVERSATION}/service-session/transfer`
    t.equal((await app.inject({ method: 'POST', url, headers: admin, payload: wrong })).statusCode, 400)
  }
})

await t.test('a journey run is asked for by number and person', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const payload = { number: 'main', to: { userId: 'US.9' }, input: { code: 1 } }
  const answer = await app.inject({ method: 'POST', url: '/api/v1/journeys/coupon/runs', headers: as('crm-key'), payload })
  t.equal(answer.statusCode, 202)
  t.equal(answer.json().conversationId, CONVERSATION)
  t.match(parts.asked[0]?.event, { type: 'journey.requested', journey: 'coupon', by: { kind: 'api', id: 'crm' }, input: { code: 1 } })
})

await t.test('callbacks: who was promised to be called back, and from when the work is given out', async (t) => {
  const parts = fakeParts()
  const { conversationId, sessionId, number, contact, reason, note } = pendingOffer('of_1', 0)
  const work = { conversationId, sessionId, number, contact, reason, note, queueId: 'general', since: 0 }
  parts.callbacks.push({ ...work, opensAt: 3_600_000, offeredTo: null })
  const app = await appOf(t, parts)
  const { items } = (await app.inject({ url: '/api/v1/callbacks', headers: admin })).json()
  t.match(items, [{ queueId: 'general', since: '1970-01-01T00:00:00.000Z', opensAt: '1970-01-01T01:00:00.000Z', offeredTo: null }])
})

await t.test('a console says that its agent is there, and learns how long that holds', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const beat = (key: string) => app.inject({ method: 'POST', url: '/api/v1/agents/me/heartbeat', headers: as(key) })
  t.strictSame((await beat('ana-key')).json(), { leaseSeconds: 45 })
  t.strictSame(parts.consoles, ['ana'])
  t.equal((await beat('admin-key')).json().code, 'agent-missing')
  t.equal((await beat('look-key')).json().code, 'permission-missing')
})

await t.test('an agent sees how it stands, and which statuses there are to choose from', async (t) => {
  const app = await appOf(t, fakeParts())
  const answer = await app.inject({ url: '/api/v1/agents/me', headers: as('ana-key') })
  t.match(answer.json(), {
    id: 'ana',
    since: '1970-01-01T00:00:00.000Z',
    capacity: { total: 3, used: 0, free: 3 },
    statuses: [{ id: 'online', presence: 'online' }],
  })
  t.equal((await app.inject({ url: '/api/v1/agents/me', headers: as('crm-key') })).json().code, 'permission-missing')
})

await t.test('an agent writes a note into any conversation; an observer does not', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const write = (key: string, text: string) =>
    app.inject({ method: 'POST', url: `/api/v1/conversations/${CONVERSATION}/notes`, headers: as(key), payload: { text } })
  t.equal((await write('ana-key', 'offer a refund')).statusCode, 200)
  t.match(parts.asked.at(-1)?.event, { name: 'note.added', data: { text: 'offer a refund' }, by: { kind: 'agent', id: 'ana' } })
  t.equal((await write('ana-key', '  ')).statusCode, 400)
  t.match((await write('look-key', 'x')).json(), { code: 'permission-missing', needs: 'note:add' })
})

await t.test('a supervisor sees all agents and queues, and who did what', async (t) => {
  const app = await appOf(t, fakeParts())
  const get = async (path: string) => (await app.inject({ url: `/api/v1/${path}`, headers: as('boss-key') })).json()
  t.match(await get('agents'), { items: [{ id: 'ana' }, { id: 'ben', capacity: { free: 3 } }], nextCursor: null })
  t.match(await get('queues'), { items: [{ id: 'general', waiting: 0, drained: null }] })
  t.match(await get('supervision'), {
    items: [{ action: 'queue.drained', by: { kind: 'agent', id: 'boss' }, detail: { queueId: 'general', to: 'bot:faq' } }],
  })
})

await t.test('an agent takes more time to wrap up, or is done with it', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  const wrapUp = (what: string, payload?: object) =>
    app.inject({
      method: 'POST',
      url: `/api/v1/agents/me/wrap-ups/se_1/${what}`,
      headers: as('ana-key'),
      ...(payload === undefined ? {} : { payload }),
    })
  t.equal((await wrapUp('extend', { seconds: 0 })).statusCode, 400)
  t.equal((await wrapUp('extend', { seconds: 60 })).statusCode, 200)
  t.match(parts.asked.at(-1)?.event, { name: 'wrapUp.extended', data: { agentId: 'ana', sessionId: 'se_1', seconds: 60 } })
  t.equal((await wrapUp('end')).statusCode, 200)
  t.match(parts.asked.at(-1)?.event, { name: 'wrapUp.ended', data: { agentId: 'ana', sessionId: 'se_1' } })
})

await t.test('an agent sees and answers its own offers', async (t) => {
  const parts = fakeParts()
  const at = parts.clock.now()
  parts.offers.push(pendingOffer('of_1', at))
  const app = await appOf(t, parts)
  const mine = await app.inject({ url: '/api/v1/offers', headers: as('ana-key') })
  t.match(mine.json(), { items: [{ id: 'of_1', conversationId: CONVERSATION, expiresAt: '2026-11-23T10:00:30.000Z' }] })
  const others = await app.inject({ url: '/api/v1/offers', headers: { ...admin, 'baton-agent': 'ben' } })
  t.strictSame(others.json().items, [])
  for (const [answer, name] of [
    ['accept', 'offer.accepted'],
    ['decline', 'offer.declined'],
  ]) {
    const done = await app.inject({ method: 'POST', url: `/api/v1/offers/of_1/${answer}`, headers: as('ana-key') })
    t.equal(done.statusCode, 200)
    t.match(parts.asked.at(-1), { to: { key: 'group/default' }, event: { name, data: { offerId: 'of_1', agentId: 'ana' } } })
  }
  parts.next.outcome = { kind: 'refused', code: 'offer-gone', message: 'gone' }
  t.equal((await app.inject({ method: 'POST', url: '/api/v1/offers/of_1/accept', headers: as('ana-key') })).json().code, 'offer-gone')
})

await t.test('all four kinds of session are listed and labelled', async (t) => {
  const app = await appOf(t, fakeParts())
  const answer = await app.inject({ url: `/api/v1/conversations/${CONVERSATION}/sessions`, headers: admin })
  t.equal(answer.statusCode, 200)
  t.strictSame(
    answer
      .json()
      .items.map((one: { kind: string }) => one.kind)
      .toSorted(),
    ['billing', 'utility'],
  )
})

await t.test('what could not be read is listed, and its exact bytes are there to be saved', async (t) => {
  const app = await appOf(t, fakeParts())
  const answer = await app.inject({ url: '/api/v1/quarantine', headers: admin })
  t.match(answer.json().items, [{ id: 'q1', source: 'webhook', reason: 'no JSON', bytes: 1 }])
  const body = await app.inject({ url: '/api/v1/quarantine/q1/body', headers: admin })
  t.strictSame([body.statusCode, body.body, body.headers['content-disposition']], [200, '{', 'attachment'])
  t.match(body.headers['content-type'], 'application/octet-stream')
  t.equal((await app.inject({ url: '/api/v1/quarantine/q2/body', headers: admin })).json().code, 'quarantined-not-found')
})

await t.test('a lost database is 503 with a time to come back, and not 401 or 500', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  parts.next.error = new Error('gone')
  const answer = await app.inject({ url: '/api/v1/conversations', headers: admin })
  t.equal(answer.statusCode, 503)
  t.equal(answer.headers['retry-after'], '2')
  parts.deps.auth.findKey = () => Promise.reject(new Error('gone'))
  t.equal((await app.inject({ url: '/api/v1/conversations', headers: as('other') })).statusCode, 503)
})

await t.test('the process is ready when every check is, and says which is not', async (t) => {
  const parts = fakeParts()
  const app = await appOf(t, parts)
  t.equal((await app.inject({ url: '/readyz' })).statusCode, 200)
  parts.checks.push({ name: 'worker', ok: false, detail: 'stopped' })
  const answer = await app.inject({ url: '/readyz' })
  t.equal(answer.statusCode, 503)
  t.match(answer.json(), { ready: false, checks: [{ ok: true }, { name: 'worker', ok: false }] })
  t.equal((await app.inject({ url: '/healthz' })).statusCode, 200, 'it lives all the same')
})

await t.test('the file of a message is handed through, that of a template too, and nothing of it can run in the browser', async (t) => {
  const parts = fakeParts()
  const header = { image: { id: 'header' } }
  parts.messages.splice(
    0,
    1,
    messageRecord({ id: 'image', content: { kind: 'image', media: { id: 'm1', filename: 'a"b\r\n.png' } } }),
    messageRecord({ id: 'page', content: { kind: 'document', media: { id: 'page' } } }),
    messageRecord({ id: 'template', content: { kind: 'template', name: 'n', language: 'en', header } }),
    messageRecord({ id: 'link', content: { kind: 'image', media: { url: 'https://example.com/a.png' } } }),
    messageRecord({ id: 'old', content: { kind: 'image', media: { id: 'old' } } }),
    messageRecord({ id: 'text' }),
  )
  const app = await appOf(t, parts)
  const get = (id: string) => app.inject({ url: `/api/v1/messages/${id}/media`, headers: admin })
  const image = await get('image')
  t.strictSame([...image.rawPayload], [1, 2, 3])
  t.equal(image.headers['content-type'], 'image/png')
  t.equal(image.headers['content-disposition'], "inline; filename*=UTF-8''a_b__.png")
  const page = await get('page')
  t.match([page.headers['content-type'], page.headers['content-disposition']], ['application/octet-stream', 'attachment'])
  t.match(page.headers, { 'content-security-policy': /sandbox/, 'x-content-type-options': 'nosniff' })
  t.equal((await get('template')).statusCode, 200)
  t.match(await get('link'), { statusCode: 302, headers: { location: 'https://example.com/a.png' } })
  t.equal((await get('old')).json().code, 'media-unavailable')
  for (const id of ['text', 'none']) t.equal((await get(id)).json().code, 'media-not-found')
})

await t.test('more requests than are worked at once are told to come again; an event stream does not count', async (t) => {
  const parts = fakeParts()
  parts.deps.requestsAtOnce = 2
  const waiting: (() => void)[] = []
  parts.deps.reads.listTemplates = () => new Promise((resolve) => waiting.push(() => resolve([])))
  const app = await appOf(t, parts)
  const ask = () => app.inject({ url: '/api/v1/templates', headers: admin })
  const [first, second] = [ask(), ask()]
  while (waiting.length < 2) await new Promise(setImmediate)
  const third = await ask()
  t.equal(third.statusCode, 503)
  t.match(third.json(), { code: 'overloaded' })
  t.equal(third.headers['retry-after'], '2')
  for (const go of waiting.splice(0)) go()
  t.strictSame([(await first).statusCode, (await second).statusCode], [200, 200])
  const fourth = ask()
  while (waiting.length < 1) await new Promise(setImmediate)
  waiting[0]?.()
  t.equal((await fourth).statusCode, 200, 'there is room again')
})
