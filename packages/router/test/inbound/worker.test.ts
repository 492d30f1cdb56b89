import t from 'tap'
import { sql } from 'kysely'
import type { ActorLogic } from '../../src/contract/index.ts'
import { slotOf, systemClock } from '../../src/contract/index.ts'
import type { MessagePayload } from '../../src/outbound/payload.ts'
import { testDatabase } from '../../testing/index.ts'
import { drain, emptyTurn, said, seenByKey, toyLogic, toyReceiver, toyWorker } from './toy.ts'

await t.test(
  'an event leaves snapshot, transcript, decision, timers, outbox, alarms and receipt in one commit, and the inbox',
  async (t) => {
    const database = await testDatabase(t)
    const receiver = toyReceiver(database)
    const committed: string[] = []
    const worker = toyWorker(database, {
      logics: [
        toyLogic((turn, _event, stored) => {
          turn.timers.set.push({ name: 'later', at: 1_000 })
          turn.calls.push({ callId: 'ca_1', kind: 'bot', side: 'service', target: 'bot:faq', data: {}, timeoutMs: 10 })
          turn.commands.push({ to: { kind: 'routing-group', key: 'group/default' }, event: { type: 'x' }, dedupe: 'd' })
          turn.commands.push({ to: { id: 'cv_1_a' }, event: { type: 'x' }, dedupe: 'e' })
          turn.alarms.push({ code: 'toy', detail: { a: 1 } })
          turn.decision = {
            id: 'de_1',
            event: { id: 'ev', type: 'message.received' },
            rule: 'default-app',
            ownerBefore: 'none',
            ownerAfter: 'service',
            inputs: { id: stored.id },
            counterfactual: null,
            configVersion: 1,
            at: 5,
          }
        }),
      ],
      onCommitted: (turns) => committed.push(...turns.map(({ event }) => event.id)),
    })
    await receiver.receive('whatsapp', [said('m1', { phone: '15550001' })])
    t.equal(await worker.runOnce(), 1)
    t.equal(committed.length, 1)
    const { db } = database
    const [actor] = await db.selectFrom('actor').selectAll().execute()
    t.match(actor, { state: { seen: ['m1'] }, owner: 'none', phone: '15550001', contact_name: 'Toy' })
    const messages = await db.selectFrom('message').selectAll().orderBy('id').execute()
    t.match(messages, [
      { direction: 'in', provider_id: 'm1', status: 'received', slot: actor?.slot ?? -1 },
      { direction: 'out', status: 'queued', ref: 'answer-m1', author_kind: 'bot' },
    ])
    t.match(await db.selectFrom('provider_message').selectAll().execute(), [{ provider_id: 'm1', message_id: messages[0]?.id ?? '' }])
    t.match(await db.selectFrom('decision').selectAll().execute(), [{ rule: 'default-app', owner_after: 'service', config_version: 1 }])
    t.match(await db.selectFrom('timer').selectAll().execute(), [{ name: 'later', at: new Date(1_000) }])
    t.match(await db.selectFrom('alarm').selectAll().execute(), [{ code: 'toy', detail: { a: 1 } }])
    const outbox = await db.selectFrom('outbox').selectAll().orderBy('id').execute()
    t.strictSame(
      outbox.map(({ kind, status, target }) => `${kind} ${status} ${target}`),
      ['message ready ', 'call ready bot/bot:faq', 'command ready routing-group/group/default', 'command ready cv_1_a'],
    )
    const payload = {
      messageId: messages[1]?.id ?? '',
      numberId: 'main',
      to: { phone: '15550001', name: 'Toy' },
      content: { kind: 'text', text: 'you said m1' },
      purpose: 'service',
      author: { kind: 'bot', id: 'toy' },
      ref: 'answer-m1',
    } satisfies MessagePayload
    t.strictSame(outbox[0]?.payload, payload, 'as the sender reads it')
    t.match(outbox[1]?.payload, { callId: 'ca_1', numberId: 'main', target: 'bot:faq' })
    t.strictSame(await db.selectFrom('inbox').selectAll().execute(), [])
  },
)

await t.test('events of one conversation are applied in the order of their time, then of their arrival', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const second = Date.UTC(2026, 0, 1)
  for (const [id, at] of [
    ['c', second + 1_000],
    ['a', second],
    ['b', second],
    ['0', second - 5_000],
  ] as const)
    await receiver.receive('whatsapp', [said(id, { phone: '1' }, at)])
  await drain(toyWorker(database))
  t.strictSame(await seenByKey(database), { 'main/phone:1': ['0', 'a', 'b', 'c'] })
})

await t.test('a backlog is worked many conversations a transaction', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  await receiver.receive(
    'whatsapp',
    Array.from({ length: 60 }, (_, n) => said(`m${n}`, { phone: `${n % 20}` })),
  )
  t.equal(await toyWorker(database, { batchSize: 20 }).runOnce(), 60)
  t.equal(await toyWorker(database).runOnce(), 0)
})

await t.test('a quoted message of ours is named by the ref its engine gave it, and the transcript keeps the provider’s id', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const quotes: string[] = []
  const worker = toyWorker(database, { logics: [toyLogic((_turn, { message }) => quotes.push(message?.replyTo ?? 'none'))] })
  await receiver.receive('whatsapp', [said('m1', { phone: '1' })])
  await drain(worker)
  const { db } = database
  const out = await db.selectFrom('message').selectAll().where('direction', '=', 'out').executeTakeFirstOrThrow()
  await db.updateTable('message').set({ provider_id: 'wamid.out' }).where('id', '=', out.id).execute()
  const link = { message_slot: out.slot, message_id: out.id, actor_id: out.actor_id, at: new Date() }
  await db
    .insertInto('provider_message')
    .values({ slot: slotOf('wamid.out'), provider_id: 'wamid.out', ...link })
    .execute()
  const quoting = (id: string, phone: string, replyTo: string) => {
    const update = said(id, { phone })
    if (update.kind === 'message') update.message.replyTo = replyTo
    return update
  }
  await receiver.receive('whatsapp', [quoting('m2', '1', 'wamid.out'), quoting('m3', '1', 'wamid.else'), quoting('m4', '2', 'wamid.out')])
  await drain(worker)
  t.strictSame(new Set(quotes), new Set(['none', 'ref:answer-m1', 'wamid.else', 'wamid.out']), 'only of its own conversation')
  t.equal(quotes.length, 4)
  const line = await db.selectFrom('message').select('reply_to').where('provider_id', '=', 'm2').executeTakeFirstOrThrow()
  t.equal(line.reply_to, 'wamid.out')
  await receiver.submit(
    { id: out.actor_id },
    {
      type: 'send.requested',
      content: { kind: 'reaction', messageId: out.id, emoji: '👍' },
      purpose: 'service',
      by: { kind: 'agent', id: 'ana' },
      replyTo: out.id,
    },
  )
  const asked: unknown[] = []
  await drain(toyWorker(database, { logics: [toyLogic((_turn, event) => asked.push(event))] }))
  t.match(asked, [{ replyTo: 'wamid.out', content: { messageId: 'wamid.out' } }], 'a send may name one of our messages by our id')
})

await t.test('a held message that is released keeps its row and takes the new status', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const logic: ActorLogic = {
    kind: 'conversation',
    step(stored, inbox, now) {
      const turn = { ...emptyTurn(stored), state: { seen: [] } }
      const status = (inbox.event as { status: string }).status
      turn.messages.push({
        id: 'ms_1_00000000000000000000000000000000',
        direction: 'out',
        content: { kind: 'text', text: 'offer' },
        author: { kind: 'campaign', id: 'c' },
        purpose: 'marketing',
        session: { kind: 'marketing', id: null },
        status,
        providerId: null,
        replyTo: null,
        at: now,
      })
      return turn
    },
  }
  const worker = toyWorker(database, { logics: [logic] })
  for (const status of ['held', 'queued', 'failed']) {
    await receiver.submit({ kind: 'conversation', key: 'main/phone:1' }, { type: 'x', status })
    await drain(worker)
  }
  const rows = await database.db.selectFrom('message').select('status').execute()
  t.strictSame(rows, [{ status: 'queued' }], 'once it is on its way only the sender speaks for it')
})

await t.test('every event is applied exactly once and in order by two workers, 200 conversations and 20 events each', async (t) => {
  const database = await testDatabase(t, { max: 20 })
  await fill(database, 200, 20)
  const workers = [1, 2].map(() => toyWorker(database, { concurrency: 2, batchSize: 16 }))
  for (const worker of workers) worker.start()
  await emptied(database)
  await Promise.all(workers.map((worker) => worker.stop()))
  t.strictSame(await seenByKey(database), expected(200, 20))
  const { count } = await database.db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  t.equal(Number(count), 4_000, 'one answer each')
})

await t.test('negative control: claiming rows of the inbox first loses order or events, and the same check notices', async (t) => {
  const database = await testDatabase(t, { max: 20 })
  await fill(database, 5, 40)
  const claimRowsFirst = async (): Promise<void> => {
    for (let left = true; left;) {
      left = await database.db.transaction().execute(async (trx) => {
        const { rows } = await sql<{ slot: number; id: string; actor_id: string; event: { message: { providerId: string } } }>`
          select slot, id, actor_id, event from inbox order by at, id limit 3 for update skip locked`.execute(trx)
        // What a step with a longer turn would do: both workers read, then both write.
        const states = await sql<{ id: string; state: { seen: string[] } | null }>`
          select id, state from actor where id = any(${rows.map((row) => row.actor_id)})`.execute(trx)
        await new Promise((resolve) => setTimeout(resolve, 1))
        for (const { slot, id, actor_id: actor, event } of rows) {
          const stored = states.rows.find((each) => each.id === actor)
          const state = { seen: [...(stored?.state?.seen ?? []), event.message.providerId] }
          if (stored !== undefined) stored.state = state
          await sql`update actor set state = ${JSON.stringify(state)} where slot = ${slot} and id = ${actor}`.execute(trx)
          await sql`delete from inbox where slot = ${slot} and id = ${id}`.execute(trx)
        }
        return rows.length > 0
      })
    }
  }
  await Promise.all([claimRowsFirst(), claimRowsFirst(), claimRowsFirst()].map((work) => work.catch(() => undefined)))
  t.notSame(await seenByKey(database), expected(5, 40))
})

await t.test('a worker that was woken by nobody finds what waits', async (t) => {
  const database = await testDatabase(t)
  await toyReceiver(database).receive('whatsapp', [said('m1', { phone: '1' })])
  const worker = toyWorker(database)
  worker.start()
  t.teardown(() => worker.stop())
  await emptied(database)
  t.pass()
})

await t.test('a backlog of few conversations with many events each is worked to its end at the first look', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  for (const phone of ['1', '2', '3', '4', '5'])
    await receiver.receive(
      'whatsapp',
      Array.from({ length: 20 }, (_, n) => said(`${phone}-${n}`, { phone })),
    )
  const worker = toyWorker(database, { batchSize: 2, concurrency: 1, sweepMs: 600_000 }) // its first look is its last for ten minutes
  worker.start()
  t.teardown(() => worker.stop())
  await emptied(database)
  t.equal(Object.values(await seenByKey(database)).flat().length, 100)
})

await t.test('when the database ends every session the worker and the receiver go on by themselves', async (t) => {
  const database = await testDatabase(t, { max: 20 })
  const receiver = toyReceiver(database)
  const worker = toyWorker(database, { clock: systemClock })
  worker.start()
  t.teardown(() => worker.stop())
  let sent = 0
  for (let round = 0; round < 5; round += 1) {
    const calls = Array.from({ length: 20 }, () => receiver.receive('whatsapp', [said(`m${sent++}`, { phone: `${sent % 7}` })]))
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
      .execute(database.db)
      .catch(() => undefined) // ours may be among them
    const results = await Promise.allSettled(calls)
    // What was not acknowledged is repeated by the provider.
    for (const [at, result] of results.entries())
      if (result.status === 'rejected')
        await receiver.receive('whatsapp', [said(`m${sent - 20 + at}`, { phone: `${(sent - 20 + at + 1) % 7}` })])
  }
  await emptied(database)
  const seen = Object.values(await seenByKey(database)).flat()
  t.equal(seen.length, 100)
  t.equal(new Set(seen).size, 100, 'each exactly once')
})

type Db = Awaited<ReturnType<typeof testDatabase>>

/** Conversations named by phone, each with its events in order. */
async function fill(database: Db, conversations: number, events: number): Promise<void> {
  const receiver = toyReceiver(database)
  const all = Array.from({ length: events }, (_, e) =>
    Array.from({ length: conversations }, (_each, c) => said(`${c}-${e}`, { phone: `${c}` })),
  )
  await receiver.receive('whatsapp', all.flat())
}

function expected(conversations: number, events: number): Record<string, string[]> {
  const keys = Array.from({ length: conversations }, (_, c) => c)
  return Object.fromEntries(keys.map((c) => [`main/phone:${c}`, Array.from({ length: events }, (_, e) => `${c}-${e}`)]))
}

/** Resolves when the inbox is empty. */
async function emptied({ db }: Db): Promise<void> {
  for (;;) {
    const row = await db
      .selectFrom('inbox')
      .select('id')
      .limit(1)
      .executeTakeFirst()
      .catch(() => ({ id: 'unknown' }))
    if (row === undefined) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

await t.test('turns under way are over when they are committed, and not before, however long the database keeps them', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const worker = toyWorker(database)
  await receiver.receive('whatsapp', [said('m1', { phone: '15550001' })])
  await worker.turnsOver()
  const done: string[] = []
  let [turn, over] = [Promise.resolve(0), Promise.resolve()]
  await database.db.transaction().execute(async (trx) => {
    await sql`lock table message in access exclusive mode`.execute(trx)
    turn = worker.runOnce()
    for (let waits = 0; waits === 0;) {
      const { rows } = await sql<{ waits: number }>`
        select count(*)::integer as waits from pg_locks join pg_database d on d.oid = database
        where d.datname = current_database() and relation = 'message'::regclass and not granted`.execute(trx)
      waits = rows[0]?.waits ?? 0
    }
    over = worker.turnsOver().then(() => void done.push('over'))
    await sql`select pg_sleep(0.05)`.execute(trx)
    done.push('let go')
  })
  await over
  t.strictSame(done, ['let go', 'over'])
  t.equal((await database.db.selectFrom('message').selectAll().execute()).length, 2, 'both messages are there')
  t.equal(await turn, 1)
})
