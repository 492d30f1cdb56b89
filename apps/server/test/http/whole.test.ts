// The whole server on a real database, with the emulator in the customer's place.
import { movableClock } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import t from 'tap'
import { readConfigFiles } from '../../src/config/files.ts'
import { publish } from '../../src/config/publish.ts'
import type { AgentView } from '../../src/http/agent-schema.ts'
import { createReads } from '../../src/store/reads.ts'
import { client, CONFIG_DIR, KEY, started, until } from './running.ts'

const CUSTOMER = '15557770001'

/** The shipped configuration, with more said of the queue `general`. */
async function withQueue(more: string): Promise<Record<string, string>> {
  const read = await readConfigFiles(CONFIG_DIR)
  const files = read.kind === 'files' ? read.files : {}
  return { ...files, 'queues.yaml': String(files['queues.yaml']).replace('    awayLimit: 5m\n', `    awayLimit: 5m\n${more}`) }
}

await t.test('a customer writes, an agent answers, and the customer reads it', async (t) => {
  const { address, db } = await testDatabase(t)
  const queue = `    weight: 5\n    serviceLevel: { wait: 10ms, warnAt: 0.5 }\n    positionMessage: { text: "You are number {position}." }\n    survey: { question: How was it? }\n`
  await publish(db, await withQueue(queue), { author: 'test', note: '', at: Date.now() })
  const baton = await started(t, { database: address })
  const call = client(baton)
  const asAgent = client(baton, { 'baton-agent': 'ana' })
  const { emulator } = baton
  if (emulator === null) throw new Error('no emulator')
  t.match(await call('GET', '/readyz'), { status: 200, body: { ready: true } })

  emulator.createCustomer({ phone: CUSTOMER, name: 'Kim' })
  emulator.say('100000000000001', CUSTOMER, 'hello, I need help with an order')
  const offered = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items[0]?.['owner'] === 'service',
  )
  const conversation = offered.body.items[0] as { id: string }
  t.match(conversation, {
    number: 'main',
    contact: { phone: CUSTOMER, name: 'Kim' },
    replyWindow: { open: true },
    serviceSession: { status: 'waiting' },
  })

  const missed = await until(
    () => call('GET', '/api/v1/alarms'),
    ({ body }) => body.items.some(({ code }) => code === 'service-level-missed'),
  )
  t.match(
    missed.body.items.find(({ code }) => code === 'service-level-missed'),
    { conversationId: conversation.id, detail: { queue: 'general', objective: 'wait' } },
  )

  t.equal((await asAgent('PUT', '/api/v1/agents/me/presence', { status: 'online' })).status, 200)
  const offers = await until(
    () => asAgent('GET', '/api/v1/offers'),
    ({ body }) => body.items.length > 0,
  )
  t.match(offers.body.items, [{ conversationId: conversation.id, agentId: 'ana', queueId: 'general' }])
  t.equal((await asAgent('POST', `/api/v1/offers/${String(offers.body.items[0]?.['id'])}/accept`)).status, 200)
  await until(
    () => call('GET', `/api/v1/conversations/${conversation.id}`),
    ({ body }) => (body['participant'] as { id: string } | null)?.id === 'ana',
  )

  const sent = await asAgent('POST', `/api/v1/conversations/${conversation.id}/messages`, { text: 'Which order is it?' })
  t.match(sent, { status: 202, body: { kind: 'text', text: 'Which order is it?', author: { kind: 'agent', id: 'ana' } } })
  const read = await until(
    () => call('GET', `/api/v1/conversations/${conversation.id}/messages`),
    ({ body }) => body.items.some(({ id, status }) => id === sent.body['id'] && ['delivered', 'read'].includes(String(status))),
  )
  const spoken = read.body.items.filter(({ author }) => ['customer', 'agent'].includes((author as { kind: string }).kind))
  t.strictSame(
    spoken.map(({ direction, text }) => [direction, text]),
    [
      ['in', 'hello, I need help with an order'],
      ['out', 'Which order is it?'],
    ],
  )
  t.equal(emulator.sends().filter(({ callbackData }) => callbackData === sent.body['id']).length, 1, 'and it was sent once')
  const decisions = await call('GET', `/api/v1/conversations/${conversation.id}/decisions`)
  t.ok(decisions.body.items.some(({ rule, ownerAfter }) => rule === 'default-app' && ownerAfter === 'service'))

  // Ana has no room left: who comes next is told of their place.
  emulator.createCustomer({ phone: '15557770002' })
  emulator.say('100000000000001', '15557770002', 'I need help, too')
  const next = await until(
    () => call('GET', '/api/v1/conversations?contact=15557770002'),
    ({ body }) => body.items[0]?.['owner'] === 'service',
  )
  await until(
    () => call('GET', `/api/v1/conversations/${String(next.body.items[0]?.['id'])}/messages`),
    ({ body }) => body.items.some(({ text }) => text === 'You are number 1.'),
  )

  // What was measured of it.
  t.match((await call('GET', '/api/v1/measures/live')).body.items, [
    { queue: 'general', waiting: 1, offered: 0, active: 1, agentsOnline: 1, agentsFree: 0 },
  ])
  t.match(await call('GET', '/api/v1/measures'), { status: 200, body: { items: [] } }, 'what is under way is not counted')
  t.equal((await asAgent('POST', `/api/v1/conversations/${conversation.id}/service-session/end`)).status, 200)
  emulator.say('100000000000001', CUSTOMER, '4')
  const measures = await until(
    () => call('GET', '/api/v1/measures?by=queue,agent,hour&number=main'),
    ({ body }) => (body.items[0]?.['survey'] as { scored: number } | undefined)?.scored === 1,
  )
  t.match(measures.body.items, [
    {
      queue: 'general',
      agent: 'ana',
      offered: 1,
      answered: 1,
      serviceLevel: 0,
      abandoned: 0,
      abandonment: 0,
      firstResponse: { count: 1 },
      sessions: { over: 1 },
      survey: { asked: 1, scored: 1, average: 4, csat: 1 },
    },
  ])
  const csv = await fetch(`${baton.url}/api/v1/measures.csv?by=agent`, { headers: { authorization: `Bearer ${KEY}` } })
  t.match(csv.headers.get('content-type'), /^text\/csv/)
  t.match(await csv.text(), /^agent,offered,answered,[^]*\r\nana,1,1,/)
  t.match(await call('GET', '/api/v1/measures?by=colour'), { status: 400, body: { code: 'request-invalid' } })
  t.match(await fetch(`${baton.url}/metrics`).then((answer) => answer.text()), 'baton_queue_agents{queue="general",state="online"} 1')
})

await t.test(
  'a supervisor gives work to an agent, sees it wrapped up, drains a queue, and each act is kept; notes stay inside',
  async (t) => {
    const database = await testDatabase(t)
    const read = await readConfigFiles(CONFIG_DIR)
    const files = read.kind === 'files' ? read.files : {}
    const queues = (files['queues.yaml'] ?? '')
      .replace('offerTimeout: 30s', 'offerTimeout: 30s\n    wrapUp: { for: 10m, atMost: 20m }')
      .replace('queues:\n', 'presence: { statuses: [{ id: training, label: In training, base: busy }] }\nqueues:\n')
    await publish(database.db, { ...files, 'queues.yaml': queues }, { author: 'test', note: '', at: Date.now() })
    const baton = await started(t, { database: database.address })
    const boss = client(baton, { 'baton-agent': 'ana' })
    const ben = client(baton, { 'baton-agent': 'ben' })
    baton.emulator?.createCustomer({ phone: CUSTOMER })
    baton.emulator?.say('100000000000001', CUSTOMER, 'I need help with an order')
    const found = await until(
      () => boss('GET', `/api/v1/conversations?contact=${CUSTOMER}&owner=service`),
      ({ body }) => body.items.length === 1,
    )
    const session = `/api/v1/conversations/${String(found.body.items[0]?.['id'])}/service-session`

    t.match(await ben('PUT', '/api/v1/agents/me/presence', { status: 'dinner' }), { status: 422, body: { code: 'unknown-status' } })
    t.equal((await ben('PUT', '/api/v1/agents/me/presence', { status: 'training' })).status, 200)
    t.equal((await boss('POST', `${session}/reassign`, { to: 'agent:ben' })).status, 200)
    const agents = async () => (await boss('GET', '/api/v1/agents')).body.items as unknown as AgentView[]
    await until(agents, (all) => all[1]?.work.length === 1)
    t.match(await agents(), [{ id: 'ana' }, { id: 'ben', status: { label: 'In training' }, presence: 'busy', capacity: { used: 1 } }])

    t.equal((await boss('POST', `${session}/take-over`, { note: 'mine' })).status, 200)
    const [, wrapping] = await until(agents, (all) => all[1]?.wrapUps.length === 1)
    const wrapUp = wrapping?.wrapUps[0]
    const extended = await ben('POST', `/api/v1/agents/me/wrap-ups/${wrapUp?.sessionId}/extend`, { seconds: 3_600 })
    t.same((extended.body['data'] as { until: string }).until, new Date(Date.parse(wrapUp?.since ?? '') + 1_200_000).toISOString())
    t.equal((await boss('POST', `/api/v1/agents/ben/wrap-ups/${wrapUp?.sessionId}/end`)).status, 200)
    t.match((await boss('GET', `${session.replace('/service-session', '')}/decisions`)).body.items, [
      {
        rule: 'supervision',
        inputs: { asked: { by: { id: 'ana' } }, service: { action: 'takeOver', from: 'agent:ben', to: 'agent:ana' } },
      },
    ])

    const conversation = session.replace('/service-session', '')
    t.equal(
      (await ben('POST', `${conversation}/notes`, { text: 'they get 10 % off' })).status,
      200,
      'a note by somebody else than the owner',
    )
    t.match((await boss('GET', `${conversation}/messages`)).body.items.at(-1), {
      direction: 'note',
      text: 'they get 10 % off',
      author: { kind: 'agent', id: 'ben' },
      status: 'noted',
    })
    t.equal((await boss('POST', `${conversation}/messages`, { text: 'One moment.' })).status, 202)
    const sends = await until(
      async () => baton.emulator?.sends() ?? [],
      (all) => JSON.stringify(all).includes('One moment.'),
    )
    t.notMatch(JSON.stringify(sends), /10 % off|mine/, 'no note has left')

    t.equal((await boss('POST', '/api/v1/queues/general/drain', { to: 'queue:billing', waiting: 'move' })).status, 200)
    t.match((await boss('GET', '/api/v1/queues')).body.items, [{ id: 'general', drained: { to: 'queue:billing' } }])
    t.equal((await boss('POST', '/api/v1/queues/general/undrain')).status, 200)
    const acts = (await boss('GET', '/api/v1/supervision')).body.items
    t.same(
      acts.map(({ action }) => action),
      ['queue.undrained', 'queue.drained', 'wrapUp.ended'],
    )
  },
)

await t.test('an agent whose stream is gone is offline when the lease is over, and back as soon as it is there again', async (t) => {
  const { address, db } = await testDatabase(t)
  const clock = movableClock()
  const baton = await started(t, { database: address, clock })
  const asAgent = client(baton, { 'baton-agent': 'ana' })
  const inGroup = async () => {
    const state = await createReads(db).getGroup()
    return (state as { agents: ReadonlyMap<string, { presence: string; leaseUntil: number | null }> } | null)?.agents.get('ana')
  }
  const openStream = async () => {
    const gone = new AbortController()
    t.teardown(() => gone.abort())
    const headers = { authorization: `Bearer ${KEY}`, 'baton-agent': 'ana' }
    await fetch(`${baton.url}/api/v1/events`, { headers, signal: gone.signal })
    return gone
  }
  await asAgent('PUT', '/api/v1/agents/me/presence', { status: 'online' })
  const stream = await openStream()
  await until(inGroup, (ana) => ana?.presence === 'online' && ana.leaseUntil !== null)
  stream.abort()
  clock.advance(46_000)
  await until(inGroup, (ana) => ana?.presence === 'offline')
  await openStream()
  await until(inGroup, (ana) => ana?.presence === 'online')
  t.equal((await asAgent('POST', '/api/v1/agents/me/heartbeat')).body['leaseSeconds'], 45)
})

await t.test('a message to somebody new that is refused leaves no conversation; one that is taken makes it', async (t) => {
  const { address, db } = await testDatabase(t)
  const call = client(await started(t, { database: address }))
  const list = async () => (await call('GET', `/api/v1/conversations?contact=${CUSTOMER}&number=main`)).body.items
  const refused = await call('POST', '/api/v1/messages', { number: 'main', to: `+${CUSTOMER}`, text: 'hello' })
  t.match(refused, { status: 409, body: { code: 'window-closed' } })
  t.match(await call('POST', '/api/v1/journeys/nothing/runs', { number: 'main', to: CUSTOMER }), {
    status: 422,
    body: { code: 'journey-unknown' },
  })
  t.same(await list(), [])
  t.same((await call('GET', '/api/v1/conversations')).body.items, [])
  t.match(await db.selectFrom('decision').select('rule').execute(), [{ rule: 'send' }, {}], 'why it was refused is kept')

  const content = { kind: 'template', name: 'appointment_reminder', language: 'en', variables: { first_name: 'Kim', time: 'noon' } }
  const taken = await until(
    () => call('POST', '/api/v1/messages', { number: 'main', to: CUSTOMER, purpose: 'utility', content }),
    ({ status }) => status !== 422, // until the provider's list of templates is read
  )
  t.equal(taken.status, 202, JSON.stringify(taken.body))
  t.match(await list(), [{ contact: { phone: CUSTOMER }, owner: 'none' }])
})

await t.test('a server that is closed and started again goes on where it was', async (t) => {
  const { address } = await testDatabase(t)
  const first = await started(t, { database: address })
  first.emulator?.say('100000000000001', CUSTOMER, 'hello')
  const list = () => client(first)('GET', `/api/v1/conversations?contact=${CUSTOMER}`)
  await until(list, ({ body }) => body.items.length === 1)
  await first.close()
  await t.rejects(fetch(`${first.url}/healthz`))
  const second = await started(t, { database: address })
  const found = await client(second)('GET', `/api/v1/conversations?contact=${CUSTOMER}`)
  t.equal(found.body.items.length, 1)
})

await t.test('a customer who is blocked everywhere is blocked on every number, also where they never wrote', async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  baton.emulator?.createCustomer({ phone: CUSTOMER })
  baton.emulator?.say('100000000000001', CUSTOMER, 'you will regret this')
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items.length > 0,
  )
  const { id } = found.body.items[0] as { id: string }
  const answer = await call('POST', `/api/v1/conversations/${id}/contact/block`, { everywhere: true })
  t.match(answer, {
    status: 200,
    body: { id, blocked: true },
  })
  const all = await call('GET', `/api/v1/conversations?contact=${CUSTOMER}`)
  t.same(
    all.body.items.map(({ number, blocked }) => [number, blocked]).toSorted(([a], [b]) => String(a).localeCompare(String(b))),
    [
      ['main', true],
      ['promo', true],
    ],
  )
})

await t.test('one customer on two numbers is two conversations, and consent is per number', async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  baton.emulator?.createCustomer({ phone: CUSTOMER })
  baton.emulator?.say('100000000000001', CUSTOMER, 'stop')
  baton.emulator?.say('100000000000002', CUSTOMER, 'coupon')
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items.length === 2 && body.items.every(({ lastMessageAt }) => lastMessageAt !== null),
  )
  const consent = Object.fromEntries(found.body.items.map(({ number, consent: given }) => [String(number), given]))
  t.match(consent, { main: { marketing: 'out' }, promo: { marketing: 'unknown' } })
})

await t.test(
  'a reply to a paused journey waits in the database, and is answered as soon as the journey is published as active',
  async (t) => {
    const database = await testDatabase(t)
    const baton = await started(t, { database: database.address })
    const call = client(baton)
    const read = await readConfigFiles(CONFIG_DIR)
    const files = read.kind === 'files' ? read.files : {}
    const inForce = async (text: string, version: number) => {
      const published = await publish(database.db, { ...files, 'journeys/coupon.yaml': text }, { author: 'test', note: '', at: Date.now() })
      t.match(published, { kind: 'published', version })
      await until(
        async () => baton.settings().version,
        (now) => now === version,
      )
    }
    baton.emulator?.createCustomer({ phone: CUSTOMER })
    baton.emulator?.say('100000000000001', CUSTOMER, 'coupon')
    const found = await until(
      () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
      ({ body }) => body.items[0]?.['owner'] === 'marketing',
    )
    const id = String(found.body.items[0]?.['id'])
    const coupon = files['journeys/coupon.yaml'] ?? ''
    await inForce(`${coupon}status: paused\n`, 2)
    baton.emulator?.say('100000000000001', CUSTOMER, 'yes')
    const rules = async () => (await call('GET', `/api/v1/conversations/${id}/decisions`)).body.items.map(({ rule }) => rule)
    await until(rules, (all) => all.includes('journey-paused'))
    t.notOk((await rules()).includes('journey-reply'))
    await inForce(coupon, 3)
    await until(rules, (all) => all.includes('journey-reply'))
    const { body } = await call('GET', `/api/v1/conversations/${id}/messages`)
    t.match(body.items.at(-1), { direction: 'out', text: 'Your code: SAVE10' })
  },
)

await t.test("the transcript shows marketing as the number's display mode says, unless it is asked for otherwise", async (t) => {
  const { address } = await testDatabase(t)
  const baton = await started(t, { database: address })
  const call = client(baton)
  baton.emulator?.createCustomer({ phone: CUSTOMER })
  baton.emulator?.say('100000000000001', CUSTOMER, 'coupon')
  const found = await until(
    () => call('GET', `/api/v1/conversations?contact=${CUSTOMER}`),
    ({ body }) => body.items[0]?.['owner'] === 'marketing',
  )
  const path = `/api/v1/conversations/${String(found.body.items[0]?.['id'])}/messages`
  const count = async (query: string) => (await call('GET', path + query)).body.items.length
  t.same([await count(''), await count('?marketing=include'), await count('?marketing=exclude')], [2, 2, 0])
  const number = baton.settings().numbers.get('main')
  if (number !== undefined) number.displayMode = 'utility-only'
  t.same([await count(''), await count('?marketing=include')], [0, 2])
})

await t.test('a process without the web role shows how it is and nothing else', async (t) => {
  const { address } = await testDatabase(t)
  const { url } = await started(t, { database: address, roles: ['worker'] })
  t.equal((await fetch(`${url}/healthz`)).status, 200)
  t.equal((await fetch(`${url}/api/v1/conversations`, { headers: { authorization: `Bearer ${KEY}` } })).status, 404)
})
