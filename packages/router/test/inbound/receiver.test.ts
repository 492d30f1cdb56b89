import t from 'tap'
import type { ChannelUpdate } from '../../src/contract/index.ts'
import type { Database } from '../../src/store/database.ts'
import { testDatabase } from '../../testing/index.ts'
import { drain, said, seenByKey, toyLogic, toyReceiver, toyWorker } from './toy.ts'

await t.test('a message makes the conversation of its sender and waits in its inbox', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const received = await receiver.receive('whatsapp', [said('m1', { userId: 'US.1', phone: '15550001' })])
  t.match(received, { kind: 'stored', events: 1, duplicates: 0 })
  const actors = await database.db.selectFrom('actor').selectAll().execute()
  t.equal(actors.length, 1)
  t.match(actors[0], { kind: 'conversation', key: 'main/user:US.1', number_id: 'main', state: null })
  const inbox = await database.db.selectFrom('inbox').selectAll().execute()
  t.match(inbox, [
    { actor_id: actors[0]?.id ?? '', slot: actors[0]?.slot ?? -1, event: { type: 'message.received', from: { userId: 'US.1' } } },
  ])
  t.equal(inbox[0]?.at.getTime(), Date.UTC(2026, 0, 1), 'ordered by the provider’s time')
  const aliases = await database.db.selectFrom('alias').select(['kind', 'value', 'actor_id']).orderBy('kind').execute()
  t.strictSame(aliases, [
    { kind: 'phone', value: '15550001', actor_id: actors[0]?.id ?? '' },
    { kind: 'user', value: 'US.1', actor_id: actors[0]?.id ?? '' },
  ])
})

await t.test('a repeated webhook is a no-op, in one call, in the next, and in another process', async (t) => {
  const database = await testDatabase(t)
  const one = toyReceiver(database)
  const two = toyReceiver(database)
  const update = said('m1', { phone: '15550001' })
  t.match(await one.receive('whatsapp', [update, update]), { events: 1, duplicates: 1 })
  t.match(await one.receive('whatsapp', [update]), { events: 0, duplicates: 1 })
  t.match(await two.receive('whatsapp', [update]), { events: 0, duplicates: 1 })
  t.equal(await drain(toyWorker(database)), 1)
  t.match(await two.receive('whatsapp', [update]), { events: 0, duplicates: 1 }, 'and after it was applied')
})

await t.test('the same sender in two processes at once is one conversation', async (t) => {
  const database = await testDatabase(t)
  const receivers = Array.from({ length: 8 }, () => toyReceiver(database))
  await Promise.all(
    receivers.flatMap((receiver, at) =>
      Array.from({ length: 20 }, (_, n) => receiver.receive('whatsapp', [said(`m${at}-${n}`, { userId: `US.${n}`, phone: `1555${n}` })])),
    ),
  )
  const actors = await database.db.selectFrom('actor').select('id').execute()
  t.equal(actors.length, 20)
  t.equal(await drain(toyWorker(database)), 160)
})

await t.test('what arrives while one write runs is the next batch', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  let commits = 0
  receiver.onInbox(() => (commits += 1))
  await Promise.all(Array.from({ length: 50 }, (_, n) => receiver.receive('whatsapp', [said(`m${n}`, { phone: '15550001' })])))
  t.equal(commits, 2, 'the first alone, the other 49 together')
})

await t.test('a bad update is set aside and nobody else’s acknowledgement fails', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const bad = said('bad', { phone: '15550002' }, 8.64e15) // a date PostgreSQL has no room for
  const calls = [said('m1', { phone: '15550001' }), bad, said('m2', { phone: '15550003' }), said('bad2', {})]
  const [first, second, third, fourth] = await Promise.all(calls.map((update) => receiver.receive('whatsapp', [update])))
  t.match(first, { events: 1, quarantined: 0 })
  t.match(second, { events: 0, quarantined: 1 })
  t.match(third, { events: 1, quarantined: 0 })
  t.match(fourth, { events: 0, quarantined: 1 })
  const set = await database.db.selectFrom('quarantine').selectAll().orderBy('id').execute()
  t.equal(set.length, 2)
  t.match(set[0], { source: 'webhook', channel: 'whatsapp', reason: /could not be stored/ })
  t.match(JSON.parse(set[0]?.body.toString() ?? ''), { message: { providerId: 'bad' } }, 'with the update as it came')
})

await t.test('text that PostgreSQL cannot hold is stored with replacement characters', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const update = said('m1', { phone: '15550001' })
  if (update.kind === 'message') update.message.content = { kind: 'text', text: 'a\u0000b \ud800 \\u0000 \\\\u0000 😀' }
  t.match(await receiver.receive('whatsapp', [update]), { events: 1 })
  const inbox = await database.db.selectFrom('inbox').select('event').execute()
  t.match(inbox, [{ event: { message: { content: { text: 'a\ufffdb \ufffd \\u0000 \\\\u0000 😀' } } } }])
})

await t.test('over its limit the receiver takes nothing', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database, { limits: { queue: 5 } })
  const first = receiver.receive(
    'whatsapp',
    [1, 2, 3, 4].map((n) => said(`m${n}`, { phone: '1' })),
  )
  const second = receiver.receive(
    'whatsapp',
    [5, 6].map((n) => said(`m${n}`, { phone: '1' })),
  )
  const third = receiver.receive('whatsapp', [said('m7', { phone: '1' })])
  t.strictSame(await second, { kind: 'overloaded' })
  await t.rejects(Promise.all(Array.from({ length: 2 }, () => receiver.submit({ kind: 'routing-group', key: 'g' }, { type: 'x' }))), {
    code: 'overloaded',
  })
  t.match(await first, { events: 4 })
  t.match(await third, { events: 1 })
  t.match(await receiver.receive('whatsapp', [said('m5', { phone: '1' })]), { events: 1 }, 'the provider repeats it later')
})

await t.test('over its limit the receiver takes no unreadable body either', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const kept = await Promise.allSettled(Array.from({ length: 25 }, () => receiver.quarantine('whatsapp', Buffer.from('{'), 'no JSON')))
  t.equal(kept.filter(({ status }) => status === 'fulfilled').length, 20)
  t.match(kept.at(-1), { status: 'rejected', reason: { code: 'overloaded' } })
  t.ok(await receiver.quarantine('whatsapp', Buffer.from('{'), 'no JSON'), 'the provider repeats it later')
})

await t.test('an update for a number that is not configured is kept and can be found', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const update = { ...said('m1', { phone: '1' }), account: 'other' } as ChannelUpdate
  t.match(await receiver.receive('whatsapp', [update]), { events: 0, recorded: 1 })
  const kept = await database.db.selectFrom('kept_update').selectAll().execute()
  t.match(kept, [{ account: 'other', field: 'unconfigured:message', raw: { message: { providerId: 'm1' } } }])
  const [aside] = await database.db.selectFrom('quarantine').selectAll().execute()
  t.match(aside, { source: 'webhook', reason: /id other .*config\/numbers\.yaml/ }, 'a customer wrote it: people are shown it')
  t.match(JSON.parse(String(aside?.body)), { message: { providerId: 'm1' } })
})

await t.test('what may be a customer’s message and could not be read is set aside; what is only unknown is not', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const kept = { kind: 'kept', account: 'acc', field: 'messages', known: false, raw: { id: 'm1' } } as const
  t.match(await receiver.receive('whatsapp', [{ ...kept, unread: 'no sender' }, kept]), { recorded: 2 })
  t.match(await database.db.selectFrom('quarantine').select('reason').execute(), [{ reason: 'no sender' }])
})

await t.test('echoes, hand-overs, preferences, changes of identity and calls are events of their conversation', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const contact = { userId: 'US.1', phone: '1' }
  const at = Date.UTC(2026, 0, 1)
  const updates: ChannelUpdate[] = [
    {
      kind: 'echo',
      account: 'acc',
      to: contact,
      source: 'phone-app',
      message: { providerId: 'e1', at, content: { kind: 'text', text: 'hi' } },
    },
    { kind: 'upstream', account: 'acc', contact, change: 'taken', by: 'agent', at },
    { kind: 'upstream', account: 'acc', contact, change: 'released', by: 'agent', at: at + 1 },
    { kind: 'preference', account: 'acc', contact, marketing: 'out', at, source: 'whatsapp' },
    {
      kind: 'identity',
      account: 'acc',
      identity: { userId: 'US.2', phone: '2' },
      previous: contact,
      providerId: 's1',
      at,
      text: 'changed',
    },
    { kind: 'call', account: 'acc', from: { userId: 'US.2' }, event: 'connect', providerId: 'c1', at, byCustomer: true },
    { kind: 'call', account: 'acc', from: { userId: 'US.2' }, event: 'terminate', providerId: 'c1', at: at + 5, byCustomer: true },
    { kind: 'call', account: 'acc', from: { userId: 'US.2' }, event: 'connect', providerId: 'c2', at, byCustomer: false },
  ]
  t.match(await receiver.receive('whatsapp', updates), { events: 7, duplicates: 1, recorded: 1 })
  t.match(await receiver.receive('whatsapp', updates), { events: 0, duplicates: 8, recorded: 0 })
  t.equal((await database.db.selectFrom('actor').select('id').execute()).length, 1, 'one person, one conversation')
  const rows = await database.db.selectFrom('inbox').select('event').orderBy('id').execute()
  t.match(
    rows.map(({ event }) => event),
    [
      { type: 'echo.received', source: 'phone-app' },
      { type: 'upstream.taken', by: 'agent' },
      { type: 'upstream.released', by: 'hand-over' },
      { type: 'preference.changed', marketing: 'out' },
      { type: 'contact.identified', identity: { userId: 'US.2' }, previous: { userId: 'US.1' } },
      { type: 'message.received', message: { content: { kind: 'system', text: 'changed' } } },
      { type: 'message.received', message: { content: { kind: 'unsupported', type: 'call' } } },
    ],
  )
})

await t.test('what the provider says of templates and accounts is kept for people', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const template = { kind: 'template', account: 'business', name: 'offer', language: 'en', raw: {} } as const
  await receiver.receive('whatsapp', [
    { ...template, status: 'APPROVED', category: 'MARKETING' },
    { ...template, quality: 'GREEN' },
    { kind: 'account', account: 'business', topic: 'restricted', severity: 'critical', halt: true, detail: 'spam', raw: { a: 1 } },
    { kind: 'account', account: 'acc', topic: 'limit', severity: 'warning', detail: 'lower', raw: {} },
    { kind: 'account', account: 'acc', topic: 'name', severity: 'info', detail: 'approved', raw: {} },
    { kind: 'kept', account: null, field: 'flows', known: false, raw: { x: 1 } },
  ])
  t.match(await database.db.selectFrom('template').selectAll().execute(), [
    { name: 'offer', status: 'APPROVED', category: 'MARKETING', quality: 'GREEN' },
  ])
  const alarms = await database.db.selectFrom('alarm').selectAll().orderBy('code').execute()
  t.match(alarms, [
    { code: 'account-notice', detail: { topic: 'limit', numbers: ['main'] } },
    { code: 'number-halted', detail: { topic: 'restricted', numbers: ['main'], raw: { a: 1 } } },
  ])
  t.match(await database.db.selectFrom('number_state').selectAll().execute(), [{ number_id: 'main', halted_reason: 'restricted: spam' }])
  const kept = await database.db.selectFrom('kept_update').select(['field', 'known']).orderBy('field').execute()
  t.strictSame(kept, [
    { field: 'flows', known: false },
    { field: 'name', known: true },
  ])
})

await t.test('news of a template that comes late does not override newer news', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const template = { kind: 'template', account: 'business', name: 'offer', language: 'en', raw: {} } as const
  const known = () => database.db.selectFrom('template').select(['status', 'reason', 'quality']).execute()
  await receiver.receive('whatsapp', [{ ...template, at: 2_000, status: 'APPROVED' }])
  t.match(await receiver.receive('whatsapp', [{ ...template, at: 1_000, status: 'PAUSED', reason: 'low quality' }]), { recorded: 1 })
  t.strictSame(await known(), [{ status: 'APPROVED', reason: '', quality: '' }])
  await receiver.receive('whatsapp', [{ ...template, quality: 'RED' }])
  t.strictSame(await known(), [{ status: 'APPROVED', reason: '', quality: 'RED' }], 'without a time it is new')
  await receiver.receive('whatsapp', [{ ...template, at: 1_500, status: 'PAUSED' }])
  await receiver.receive('whatsapp', [{ ...template, at: 3_000, status: 'DISABLED' }])
  t.strictSame(await known(), [{ status: 'DISABLED', reason: '', quality: 'RED' }])
})

await t.test('what has no id of its own is known by all it says: a repeat of it changes nothing', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const template = { kind: 'template', account: 'business', name: 'offer', language: 'en', at: 1, raw: {} } as const
  const news = [
    { ...template, status: 'APPROVED' },
    { kind: 'account', account: 'acc', topic: 'limit', severity: 'warning', detail: 'lower', at: 1, raw: {} },
    { kind: 'account', account: 'acc', topic: 'error', severity: 'warning', detail: 'too fast', raw: {} },
    { kind: 'kept', account: null, field: 'flows', known: false, raw: { x: 1 } },
  ] satisfies ChannelUpdate[]
  t.match(await receiver.receive('whatsapp', [...news, ...news]), { recorded: 4, duplicates: 4 })
  await receiver.receive('whatsapp', [{ ...template, at: 2, status: 'PAUSED' }])
  t.match(await receiver.receive('whatsapp', news), { recorded: 0, duplicates: 4 })
  t.match(await database.db.selectFrom('template').selectAll().execute(), [{ status: 'PAUSED' }], 'nothing old comes back')
  t.equal((await database.db.selectFrom('alarm').select('id').execute()).length, 2)
  t.equal((await database.db.selectFrom('kept_update').select('id').execute()).length, 1)
  const again = news.map((update) => ({ ...update, at: 3 }))
  t.match(await receiver.receive('whatsapp', again), { recorded: 4 }, 'the same words of another time are news')
})

await t.test('statuses go to whoever applies them, with the number they came for', async (t) => {
  const database = await testDatabase(t)
  const given: unknown[] = []
  const receiver = toyReceiver(database, {
    async applyStatuses(_trx, items) {
      given.push(...items.map(({ numberId, status }) => `${numberId} ${status.providerId} ${status.status}`))
      return []
    },
  })
  const status = { providerId: 'm1', status: 'read', at: 1 } as const
  t.match(await receiver.receive('whatsapp', [{ kind: 'status', account: 'acc', status }]), { statuses: 1 })
  t.strictSame(given, ['main m1 read'])
})

await t.test('statuses call the worker only to conversations that were told something', async (t) => {
  const database = await testDatabase(t)
  const failed = { slot: 1, id: 'cv_1_a' }
  const receiver = toyReceiver(database, {
    applyStatuses: async (_trx, items) => (items.some(({ status }) => status.status === 'failed') ? [failed] : []),
  })
  const told: unknown[] = []
  receiver.onInbox((actors) => told.push(actors))
  for (const status of ['sent', 'failed', 'read'] as const)
    await receiver.receive('whatsapp', [{ kind: 'status', account: 'acc', status: { providerId: 'm1', status, at: 1 } }])
  t.strictSame(told, [[failed]])
})

await t.test('a body that cannot be read is kept byte for byte', async (t) => {
  const database = await testDatabase(t)
  const body = Uint8Array.from([0, 255, 123])
  const id = await toyReceiver(database).quarantine('whatsapp', body, 'no JSON\u0000')
  const rows = await database.db.selectFrom('quarantine').selectAll().execute()
  t.match(rows, [{ id, source: 'webhook', channel: 'whatsapp' }])
  t.strictSame(new Uint8Array(rows[0]?.body ?? []), body)
})

await t.test('an event is submitted by key or by id, once per dedupe key', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const group = { kind: 'routing-group', key: 'group/default' } as const
  t.ok(await receiver.submit(group, { type: 'a' }, { dedupe: 'k' }))
  t.equal(await receiver.submit(group, { type: 'a' }, { dedupe: 'k' }), null)
  t.ok(await receiver.submit({ kind: 'conversation', key: 'main/phone:1' }, { type: 'b' }, { dedupe: 'k' }), 'a key is unique per actor')
  await receiver.receive('whatsapp', [said('m1', { phone: '1' })])
  const actors = await database.db.selectFrom('actor').select(['slot', 'id', 'key']).orderBy('key').execute()
  t.strictSame(
    actors.map(({ key }) => key),
    ['group/default', 'main/phone:1'],
  )
  const conversation = actors[1] ?? { slot: 0, id: '' }
  t.ok(await receiver.submit({ id: conversation.id }, { type: 'c' }))
  // As earlier releases wrote it into outbox rows that may still be there.
  t.ok(await receiver.submit({ kind: 'conversation', key: '', id: conversation.id }, { type: 'd' }))
  await t.rejects(receiver.submit({ id: 'cv_3_0' }, { type: 'x' }), { code: 'unknown-actor' })
  await t.rejects(receiver.submit({ kind: 'conversation', key: 'nonsense' }, { type: 'x' }), { code: 'unknown-actor' })
  const seen = await database.db.selectFrom('inbox').select('event').where('actor_id', '=', conversation.id).orderBy('id').execute()
  t.match(
    seen.map(({ event }) => event),
    [{ type: 'b' }, { type: 'message.received' }, { type: 'c' }, { type: 'd' }],
  )
})

/** Its first commit is kept, but the answer to it is lost; `meanwhile` happens before anybody tries again. */
function losingAnAnswer(database: Database, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Database {
  let isLost = false
  return {
    ...database,
    async transact(work) {
      const result = await database.transact(work)
      if (isLost) return result
      isLost = true
      await meanwhile()
      throw Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' })
    },
  }
}

await t.test('what is stored again because the answer to its commit was lost is there once, and told as stored', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(losingAnAnswer(database))
  const told: unknown[] = []
  receiver.onInbox((actors) => told.push(actors))
  const target = { kind: 'conversation', key: 'main/phone:1' } as const
  const id = await receiver.submit(target, { type: 'x' })
  const inbox = await database.db.selectFrom('inbox').select(['slot', 'actor_id', 'id']).execute()
  t.strictSame(
    inbox.map((row) => row.id),
    [id],
  )
  t.strictSame(told, [inbox.map((row) => ({ slot: row.slot, id: row.actor_id }))], 'the worker is told of it')
  t.not(await receiver.submit(target, { type: 'x' }), id)
  await drain(toyWorker(database))
  t.strictSame(await seenByKey(database), { 'main/phone:1': ['x', 'x'] }, 'without a key each one counts')
})

await t.test('and so is what was applied before it is stored again: ask() gives its outcome', async (t) => {
  const database = await testDatabase(t)
  const worker = toyWorker(database)
  const receiver = toyReceiver(losingAnAnswer(database, () => drain(worker)))
  const outcome = await receiver.ask({ kind: 'conversation', key: 'main/phone:1' }, { type: 'x' }, { timeoutMs: 20_000 })
  t.strictSame(outcome, { kind: 'done', data: { count: 1 } })
  t.equal(await drain(worker), 0)
  t.strictSame(await seenByKey(database), { 'main/phone:1': ['x'] })
})

await t.test('ask() gives the outcome that another worker stored, and says so when it takes too long', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const other = toyWorker(database)
  other.start()
  t.teardown(() => other.stop())
  const target = { kind: 'conversation', key: 'main/phone:1' } as const
  t.strictSame(await receiver.ask(target, { type: 'x' }, { timeoutMs: 20_000 }), { kind: 'done', data: { count: 1 } })
  await other.stop()
  const late = await receiver.ask(target, { type: 'y' }, { timeoutMs: 1 })
  t.match(late, { kind: 'pending', eventId: /^ev_/ })
  await drain(other)
  t.strictSame(await seenByKey(database), { 'main/phone:1': ['x', 'y'] }, 'it is applied all the same')
})

await t.test('who asks a conversation that was merged is answered by the one that goes on', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  await receiver.submit({ kind: 'conversation', key: 'main/user:US.1' }, { type: 'a' })
  const winner = await database.db.selectFrom('actor').select('id').executeTakeFirstOrThrow()
  const merged = toyLogic((turn, _event, { key }) => {
    if (key === 'main/phone:1') turn.outcome = { kind: 'refused', code: 'conversation-merged', message: 'ask there', mergedInto: winner.id }
  })
  const worker = toyWorker(database, { logics: [merged] })
  worker.start()
  t.teardown(() => worker.stop())
  const target = { kind: 'conversation', key: 'main/phone:1' } as const
  t.strictSame(await receiver.ask(target, { type: 'x' }, { timeoutMs: 20_000 }), { kind: 'done', data: { count: 2 } })
})

await t.test('a webhook of statuses only, or of nothing, holds up nothing that comes later', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const status = { providerId: 'm1', status: 'read', at: 1 } as const
  t.match(await receiver.receive('whatsapp', []), { kind: 'stored', events: 0 })
  t.match(await receiver.receive('whatsapp', [{ kind: 'status', account: 'acc', status }]), { statuses: 1 })
  t.match(await receiver.receive('whatsapp', [said('m1', { phone: '1' })]), { events: 1 })
  t.match(await receiver.receive('whatsapp', [{ kind: 'status', account: 'acc', status }]), { statuses: 1 })
  await receiver.close()
  t.equal(receiver.size(), 0)
})
