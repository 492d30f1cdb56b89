// What the API and the event stream read from the tables, on a real database.
import { formatId, newUuid, slotOf } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t from 'tap'
import { readChanges, readPosition } from '../../src/store/changes.ts'
import { createReads } from '../../src/store/reads.ts'

const database = await testDatabase(t)
const { db } = database
const SLOT = 7
const T0 = Date.parse('2026-11-23T10:00:00Z')
const idOf = (prefix: 'cv' | 'ms' | 'de') => formatId(prefix, SLOT, newUuid(T0))
const noState = () => Promise.resolve(null)

async function addConversation(over: { at?: number; phone?: string; owner?: string; number?: string } = {}): Promise<string> {
  const id = idOf('cv')
  const at = new Date(over.at ?? T0)
  await sql`insert into actor (slot, id, kind, key, state, number_id, owner, phone, created_at, updated_at)
    values (${SLOT}, ${id}, 'conversation', ${id}, '{}', ${over.number ?? 'main'}, ${over.owner ?? 'service'}, ${over.phone ?? null}, ${at}, ${at})`.execute(
    db,
  )
  return id
}

async function addMessage(actorId: string, over: { at?: number; text?: string; category?: string; delivered?: number } = {}) {
  const id = idOf('ms')
  const delivered = over.delivered === undefined ? null : new Date(over.delivered)
  await sql`insert into message (slot, id, actor_id, direction, content, author_kind, author_id, session_kind, status, category, at, delivered_at)
    values (${SLOT}, ${id}, ${actorId}, 'out', ${JSON.stringify({ kind: 'text', text: over.text ?? 'x' })}, 'api', 'k', 'utility', 'queued',
      ${over.category ?? null}, ${new Date(over.at ?? T0)}, ${delivered})`.execute(db)
  return id
}

async function addDecision(actorId: string, rule: string, at: number) {
  const id = idOf('de')
  await sql`insert into decision (slot, id, actor_id, event_id, event_type, rule, owner_before, owner_after, inputs, config_version, at)
    values (${SLOT}, ${id}, ${actorId}, 'ev', 'message.received', ${rule}, 'none', 'service', '{}', 1, ${new Date(at)})`.execute(db)
  return id
}

async function clear(): Promise<void> {
  await sql`truncate actor, message, decision, alias, quarantine`.execute(db)
}

async function allPages<T>(read: (cursor: string | undefined) => Promise<{ items: T[]; nextCursor: string | null } | null>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await read(cursor)
    all.push(...(page?.items ?? []))
    if (page === null || page.nextCursor === null) return all
    cursor = page.nextCursor
  }
}

await t.test('pages of conversations, the latest changed first, neither skip nor repeat rows of one moment', async (t) => {
  await clear()
  const ids: string[] = []
  for (let i = 0; i < 7; i++) ids.push(await addConversation({ at: T0 + Math.floor(i / 3) }))
  const reads = createReads(db)
  const found = await allPages((cursor) => reads.listConversations({ cursor, limit: 2 }))
  t.strictSame(
    found.map(({ id }) => id),
    ids.toReversed(),
  )
})

await t.test('conversations are filtered by number, contact and owner', async (t) => {
  await clear()
  const one = await addConversation({ phone: '15550001111' })
  const two = await addConversation({ owner: 'marketing', number: 'promo' })
  const reads = createReads(db)
  const find = async (query: object) => (await reads.listConversations({ limit: 10, ...query }))?.items.map(({ id }) => id)
  const text = 'main/phone:15550001111'
  await sql`insert into alias values (${slotOf(text)}, 'main', 'phone', '15550001111', ${SLOT}, ${one})`.execute(db)
  t.strictSame(await find({ contact: { name: '15550001111', numberIds: ['main', 'promo'] } }), [one])
  t.strictSame(await find({ contact: { name: '15550001111', numberIds: ['promo'] } }), [])
  t.strictSame(await find({ numberId: 'promo' }), [two])
  t.strictSame(await find({ owner: 'service' }), [one])
  t.strictSame(await find({ owner: 'external' }), [])
})

await t.test('a transcript is paged in the order of time', async (t) => {
  await clear()
  const conversation = await addConversation()
  const late = await addMessage(conversation, { at: T0 + 5 })
  const early = await addMessage(conversation, { at: T0 + 1 })
  const same = await addMessage(conversation, { at: T0 + 5 })
  await addMessage(await addConversation())
  const reads = createReads(db)
  const found = await allPages((cursor) => reads.listMessages(conversation, { cursor, limit: 1 }))
  t.strictSame(
    found.map(({ id }) => id),
    [early, late, same],
  )
  t.equal((await reads.getMessage(late))?.actor_id, conversation)
  t.equal(await reads.getMessage('nonsense'), null)
})

await t.test('decisions are listed by conversation, and those without a route by themselves', async (t) => {
  await clear()
  const conversation = await addConversation()
  const first = await addDecision(conversation, 'default-app', T0)
  const second = await addDecision(conversation, 'unrouted', T0 + 1)
  const reads = createReads(db)
  t.strictSame(
    (await reads.listDecisions(conversation, { limit: 9 }))?.items.map(({ id }) => id),
    [second, first],
  )
  t.strictSame(
    (await reads.listUnrouted({ limit: 9 }))?.items.map(({ id }) => id),
    [second],
  )
})

await t.test('the quarantine is listed without its bodies, which may have megabytes each; one is read by its id', async (t) => {
  await clear()
  const at = new Date(T0)
  const ids = Array.from({ length: 60 }, () => formatId('ev', SLOT, newUuid(T0)))
  await sql`insert into quarantine (slot, id, source, reason, body, at)
    select ${SLOT}, id, 'webhook', 'no JSON', convert_to(repeat('x', 4000000), 'UTF8'), ${at} from unnest(${ids}::text[]) as t (id)`.execute(
    db,
  )
  const reads = createReads(db)
  const page = await reads.listQuarantine({ limit: 50 })
  t.strictSame([page?.items.length, page?.items[0]?.bytes], [50, 4_000_000])
  t.ok(JSON.stringify(page).length < 100_000)
  const body = await reads.getQuarantined(ids[7] as string)
  t.strictSame(body, Buffer.alloc(4_000_000, 'x'))
  for (const id of [formatId('ev', SLOT, newUuid(T0)), 'nonsense']) t.equal(await reads.getQuarantined(id), null)
})

await t.test('a cursor that no listing made gives no page', async (t) => {
  await clear()
  const reads = createReads(db)
  for (const cursor of ['nonsense', Buffer.from('1; drop').toString('base64url'), '']) {
    t.equal(await reads.listAlarms({ cursor, limit: 1 }), null)
    t.equal(await reads.listConversations({ cursor, limit: 1 }), null)
    t.equal(await reads.listMessages('cv_7_1', { cursor, limit: 1 }), null)
    t.equal(await reads.listUnrouted({ cursor, limit: 1 }), null)
    t.equal(await reads.listQuarantine({ cursor, limit: 1 }), null)
    t.equal(await reads.listLiveRuns({ journey: 'coupon', cursor, limit: 1 }), null)
    t.equal(await reads.listEndedRuns({ journey: 'coupon', since: new Date(T0), cursor, limit: 1 }), null)
  }
})

await t.test('billed messages and utility traffic are read from the transcript', async (t) => {
  await clear()
  const conversation = await addConversation()
  const reads = createReads(db)
  t.equal(await reads.utilityTraffic(conversation), null)
  const billed = await addMessage(conversation, { category: 'marketing', delivered: T0 + 1 })
  await addMessage(conversation, { at: T0 + 9 })
  t.match(await reads.billedMessages(conversation, 10), [{ id: billed, category: 'marketing', delivered_at: new Date(T0 + 1) }])
  t.match(await reads.utilityTraffic(conversation), { firstAt: new Date(T0), lastAt: new Date(T0 + 9), messages: 2 })
})

await t.test('changes are read once by their keys: conversations, decisions, messages and later statuses', async (t) => {
  await clear()
  const conversation = await addConversation({ at: T0 + 10 })
  const start = await readPosition(db, T0)
  const seen = new Set<string>()
  const read = async () => {
    const found = await readChanges(db, start, (key) => !seen.has(key), start.turnMs, noState)
    for (const { key } of found.changes) seen.add(key)
    return found.changes.map((change) => [change.kind, change.kind === 'group' ? change.state : change.row.id])
  }
  const message = await addMessage(conversation)
  const decision = await addDecision(conversation, 'send', T0 + 10)
  t.strictSame(await read(), [
    ['message', message],
    ['decision', decision],
    ['conversation', conversation],
  ])
  t.strictSame(await read(), [])
  await sql`update message set status = 'delivered', changed_at = clock_timestamp() where id = ${message}`.execute(db)
  t.strictSame(await read(), [['message', message]])
  // Within the same millisecond of the product's clock.
  await sql`update actor set owner = 'marketing' where id = ${conversation}`.execute(db)
  t.strictSame(await read(), [['conversation', conversation]])
  await sql`insert into actor (slot, id, kind, key, created_at, updated_at, state)
    values (1, 'rg_1', 'routing-group', 'group/default', ${new Date(T0)}, ${new Date(T0 + 20)}, '{}')`.execute(db)
  t.strictSame(await read(), [['group', await noState()]])
})

await t.test('a message written a moment ago is new to followers, one of yesterday is not', async (t) => {
  await clear()
  const conversation = await addConversation()
  const start = await readPosition(db, T0)
  const old = await addMessage(conversation)
  const fresh = formatId('ms', SLOT, newUuid(Date.now()))
  await sql`update message set id = ${fresh} where id = ${old}`.execute(db)
  const yesterday = formatId('ms', SLOT, `${(Date.now() - 86_400_000).toString(16).padStart(12, '0')}${fresh.slice(-20)}`)
  const other = await addMessage(conversation)
  await sql`update message set id = ${yesterday} where id = ${other}`.execute(db)
  const { changes } = await readChanges(db, start, () => true, start.turnMs, noState)
  const created = changes.flatMap((change) => (change.kind === 'message' ? [[change.row.id, change.created]] : []))
  t.strictSame(
    new Map(created as [string, boolean][]),
    new Map([
      [fresh, true],
      [yesterday, false],
    ]),
  )
})

await t.test('what changed before the position is not read', async (t) => {
  await clear()
  const conversation = await addConversation({ at: T0 - 10 })
  await addMessage(conversation)
  const { changes, more } = await readChanges(db, await readPosition(db, T0), () => true, T0, noState)
  t.strictSame([changes, more], [[], false])
})

await t.test('with more than a page of changed conversations, no decision of those on the next page is left out', async (t) => {
  await clear()
  const start = await readPosition(db, T0)
  await sql`insert into actor (slot, id, kind, key, state, number_id, owner, created_at, updated_at)
    select ${SLOT}, 'cv_' || n, 'conversation', 'cv_' || n, '{}', 'main', 'service', at, at
    from generate_series(1, 2000) n, lateral (select ${new Date(T0)}::timestamptz + n * interval '1 ms' as at) moment`.execute(db)
  const late = await addConversation({ at: T0 + 3_000 })
  const decisions = [await addDecision(late, 'default-app', T0 + 1), await addDecision(late, 'send', T0 + 3_000)]
  const first = await readChanges(db, start, () => true, start.turnMs, noState)
  t.strictSame([first.changes.length, first.more], [2_000, true])
  const known = new Set(first.changes.map(({ key }) => key))
  const second = await readChanges(db, first.reached, (key) => !known.has(key), start.turnMs, noState)
  t.notOk(second.more)
  t.strictSame(
    second.changes.map((change) => (change.kind === 'decision' ? change.row.id : change.kind)),
    [...decisions, 'conversation'],
  )
})

await t.test('measures are counted from legs, told apart as asked, and only of the time asked about', async (t) => {
  const reads = createReads(db)
  const minute = 60_000
  let sessions = 0
  /** Ended so many minutes after T0. */
  const leg = (minutes: number, over: Record<string, unknown> = {}) => {
    const at = new Date(T0 + minutes * minute)
    const whole = { had_bot: false, had_people: true, reopened: false, asked: false }
    const taken = {
      agent_id: 'ana',
      taken_at: at,
      wait_ms: 10_000,
      wait_met: true,
      response_ms: 20_000,
      response_met: true,
      handle_ms: 60_000,
    }
    const rest = {
      slot: SLOT,
      session_id: `se_${(sessions += 1)}`,
      n: 1,
      actor_id: 'cv',
      number_id: 'main',
      queue_id: 'general',
      began_at: at,
    }
    return { ...rest, ...taken, ...whole, ended_at: at, outcome: 'ended' as const, by_agent: false, ...over }
  }
  const nobody = { agent_id: null, taken_at: null, response_ms: null, handle_ms: 0 }
  await db
    .insertInto('service_leg')
    .values([
      leg(1),
      leg(2, { wait_ms: 30_000, wait_met: false, response_ms: 40_000, response_met: false, score: 5, asked: true }),
      leg(3, { ...nobody, outcome: 'abandoned', wait_ms: 5_000, wait_met: true, response_met: true, asked: true }),
      leg(4, { ...nobody, outcome: 'abandoned', wait_ms: 90_000, wait_met: false, response_met: false, score: 2, asked: true }),
      leg(5, { ...nobody, outcome: 'diverted', had_bot: null, had_people: null, reopened: null, asked: null }),
      leg(6, { outcome: 'transferred', had_bot: null, had_people: null, reopened: null, asked: null, agent_id: 'ben' }),
      leg(61, {
        ...nobody,
        queue_id: null,
        bot_id: 'faq',
        wait_ms: 0,
        wait_met: null,
        response_met: null,
        had_bot: true,
        had_people: false,
      }),
      leg(62, {
        ...nobody,
        queue_id: null,
        bot_id: 'faq',
        wait_ms: 0,
        wait_met: null,
        response_met: null,
        had_bot: true,
        outcome: 'failed',
      }),
      leg(63, { queue_id: null, by_agent: true, wait_ms: 0, wait_met: null, response_ms: null, response_met: null, reopened: true }),
    ])
    .execute()
  const wrapUp = (minutes: number, seconds: number, queue_id: string) => {
    const ended_at = new Date(T0 + minutes * minute)
    const began_at = new Date(ended_at.getTime() - seconds * 1_000)
    return { slot: SLOT, session_id: 'se_1', agent_id: 'ana', number_id: 'main', queue_id, began_at, ended_at }
  }
  await db
    .insertInto('wrap_up')
    .values([wrapUp(3, 20, 'general'), wrapUp(4, 40, 'general'), wrapUp(70, 30, 'billing')])
    .execute()
  const all = { since: new Date(T0), until: new Date(T0 + 120 * minute), by: [], zone: 'UTC', only: {} } as const
  const [whole] = await reads.measure(all)
  t.match(whole, {
    offered: 6,
    answered: 3,
    abandoned: 2,
    answeredInTime: 2,
    answeredLate: 1,
    abandonedLate: 1,
    waitLongest: 90,
    waitMedian: 10,
  })
  t.match(whole, { responses: 3, respondedInTime: 2, respondedLate: 1, unanswered: 1, handled: 4, handleTotal: 240, transferred: 1 })
  t.match(whole, { wrapUps: 3, wrapUpTotal: 90 })
  t.match(whole, {
    sessions: 7,
    failed: 1,
    reopened: 1,
    botSessions: 2,
    contained: 1,
    asked: 3,
    scored: 2,
    satisfied: 1,
    scoreAverage: 3.5,
  })
  const byHour = await reads.measure({ ...all, by: ['hour', 'queue'] })
  t.match(byHour, [
    { hour: new Date(T0), queue: 'general', offered: 6, wrapUps: 2, wrapUpTotal: 60 },
    { hour: new Date(T0 + 60 * minute), queue: 'billing', offered: 0, wrapUps: 1, waitLongest: null },
    { hour: new Date(T0 + 60 * minute), queue: null, offered: 0, sessions: 3, wrapUps: 0 },
  ])
  t.match(await reads.measure({ ...all, by: ['day'], zone: 'Asia/Kolkata' }), [{ day: new Date('2026-11-22T18:30:00Z') }])
  t.match(await reads.measure({ ...all, by: ['agent'], only: { agent: 'ben' } }), [{ agent: 'ben', handled: 1 }])
  t.match(await reads.measure({ ...all, until: new Date(T0 + 2 * minute) }), [{ offered: 1, answered: 1 }])
})
