// All SQL of the API's listings. Each page is one statement that starts where the last one ended (no offsets).
import { groupParts, ROUTING_GROUP } from '@baton/omni'
import { createStateReader, parseId, slotOf } from '@baton/router'
import { sql } from 'kysely'
import type { QueryExecutorProvider, RawBuilder } from 'kysely'
import { conversationsOf } from './contacts.ts'
import { readCursor, toPage } from './cursor.ts'
import { measure } from './measures.ts'
import type { MeasureQuery, MeasureRow } from './measures.ts'
import type {
  AlarmRecord,
  BilledRecord,
  ConversationRecord,
  DecisionRecord,
  MessageRecord,
  Page,
  PageQuery,
  QuarantineRecord,
} from './records.ts'
import { createRunReads } from './runs.ts'
import type { RunReads } from './runs.ts'
import { readTemplates } from './templates.ts'
import type { TemplateRow } from './templates.ts'
import { billedMessages, utilityTraffic } from './sessions.ts'

type Db = QueryExecutorProvider
type Row<T> = T & { id: string; us: string }

/** What the API reads from the tables. A page is null when the listing did not make the cursor. */
export interface Reads extends RunReads {
  listConversations(
    query: PageQuery & {
      numberId?: string | undefined
      /** The conversations a phone number (digits) or user id leads to, on any of these numbers. */
      contact?: { name: string; numberIds: string[] } | undefined
      owner?: string | undefined
    },
  ): Promise<Page<ConversationRecord> | null>
  getConversation(id: string): Promise<ConversationRecord | null>
  listMessages(conversationId: string, query: PageQuery & { withMarketing?: boolean }): Promise<Page<MessageRecord> | null>
  getMessage(id: string): Promise<MessageRecord | null>
  /** Our id of the message that the provider knows by this id. */
  findMessageOf(providerId: string): Promise<string | null>
  listDecisions(conversationId: string, query: PageQuery): Promise<Page<DecisionRecord> | null>
  /** What was done in the routing group by somebody who acted for others. */
  listSupervision(query: PageQuery): Promise<Page<DecisionRecord> | null>
  listQuarantine(query: PageQuery): Promise<Page<QuarantineRecord> | null>
  /** The exact bytes that were set aside. */
  getQuarantined(id: string): Promise<Uint8Array | null>
  listUnrouted(query: PageQuery): Promise<Page<DecisionRecord> | null>
  listAlarms(query: PageQuery): Promise<Page<AlarmRecord> | null>
  listTemplates(): Promise<TemplateRow[]>
  /** In the order of what is told apart; one more line than `MOST_LINES` when there are more. */
  measure(query: MeasureQuery): Promise<MeasureRow[]>
  /** The routing group as its logic has it in memory; null before its first event. */
  getGroup(): Promise<unknown>
  /** Messages the provider charged, newest first. */
  billedMessages(conversationId: string, limit: number): Promise<BilledRecord[]>
  /** When utility traffic began and was last seen. */
  utilityTraffic(conversationId: string): Promise<{ firstAt: Date; lastAt: Date; messages: number } | null>
}

export function createReads(db: Db): Reads {
  const readState = createStateReader(db, groupParts)
  return {
    ...createRunReads(db),
    listConversations: (query) => listConversations(db, query),
    getConversation: (id) => getConversation(db, id),
    listMessages: (id, query) => listMessages(db, id, query),
    getMessage: (id) => getMessage(db, id),
    findMessageOf: (providerId) => findMessageOf(db, providerId),
    listDecisions: (id, query) => listDecisions(db, sql`d.slot = ${slotIn(id)} and d.actor_id = ${id}`, query),
    listUnrouted: (query) => listDecisions(db, sql`d.rule = 'unrouted'`, query),
    listSupervision: (query) => listDecisions(db, inGroup(), query),
    listQuarantine: (query) => listQuarantine(db, query),
    getQuarantined: (id) => getQuarantined(db, id),
    listAlarms: (query) => listAlarms(db, query),
    listTemplates: () => readTemplates(db),
    measure: (query) => measure(db, query),
    getGroup: () => readState(ROUTING_GROUP.kind, ROUTING_GROUP.key),
    billedMessages: (id, limit) => billedMessages(db, slotIn(id), id, limit),
    utilityTraffic: (id) => utilityTraffic(db, slotIn(id), id),
  }
}

const CONVERSATION = sql`a.id, a.number_id, a.state, a.owner, a.participant, a.phone, a.user_id, a.contact_name, a.last_message_at, a.updated_at`
const MESSAGE = sql`m.id, m.actor_id, m.direction, m.content, m.author_kind, m.author_id, m.purpose, m.session_kind, m.session_id, m.category,
  m.status, m.reason, m.error, m.provider_id, m.reply_to, m.at, m.sent_at, m.delivered_at, m.read_at, m.failed_at`

async function listConversations(db: Db, query: Parameters<Reads['listConversations']>[0]) {
  const older = before(sql`a.updated_at`, sql`a.id`, query)
  if (older === null) return null
  const wanted = [
    sql`a.kind = 'conversation'`,
    sql`a.state is not null`, // nothing came of what it was made for
    ...(query.numberId === undefined ? [] : [sql`a.number_id = ${query.numberId}`]),
    ...(query.owner === undefined ? [] : [sql`coalesce(a.owner, 'none') = ${query.owner}`]),
    ...(query.contact === undefined ? [] : [sql`(a.slot, a.id) in (${conversationsOf(query.contact.name, query.contact.numberIds)})`]),
    ...older,
  ]
  const { rows } = await sql<Row<ConversationRecord>>`
    select ${CONVERSATION}, ${micros(sql`a.updated_at`)} as us from actor a
    where ${sql.join(wanted, sql` and `)}
    order by a.updated_at desc, a.id desc limit ${query.limit + 1}`.execute(db)
  return toPage(rows, query.limit)
}

async function getConversation(db: Db, id: string): Promise<ConversationRecord | null> {
  const { rows } = await sql<ConversationRecord>`
    select ${CONVERSATION} from actor a where a.slot = ${slotIn(id)} and a.id = ${id} and a.kind = 'conversation'`.execute(db)
  return rows[0] ?? null
}

/** The oldest first: a transcript is read forwards. */
async function listMessages(db: Db, id: string, query: PageQuery & { withMarketing?: boolean }) {
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor)
  if (cursor === null) return null
  const after = cursor === undefined ? sql`true` : sql`(m.at, m.id) > (${moment(cursor.us)}, ${cursor.id})`
  const { rows } = await sql<Row<MessageRecord>>`
    select ${MESSAGE}, ${micros(sql`m.at`)} as us from message m
    where m.slot = ${slotIn(id)} and m.actor_id = ${id} and ${after} and (${query.withMarketing ?? true} or m.session_kind <> 'marketing')
    order by m.at, m.id limit ${query.limit + 1}`.execute(db)
  return toPage(rows, query.limit)
}

async function getMessage(db: Db, id: string): Promise<MessageRecord | null> {
  const { rows } = await sql<MessageRecord>`select ${MESSAGE} from message m where m.slot = ${slotIn(id)} and m.id = ${id}`.execute(db)
  return rows[0] ?? null
}

async function findMessageOf(db: Db, providerId: string): Promise<string | null> {
  const { rows } = await sql<{ message_id: string }>`
    select message_id from provider_message where slot = ${slotOf(providerId)} and provider_id = ${providerId}`.execute(db)
  return rows[0]?.message_id ?? null
}

async function listDecisions(db: Db, wanted: RawBuilder<unknown>, query: PageQuery) {
  const older = before(sql`d.at`, sql`d.id`, query)
  if (older === null) return null
  const { rows } = await sql<Row<DecisionRecord>>`
    select d.id, d.actor_id, d.event_id, d.event_type, d.message_id, d.rule, d.owner_before, d.owner_after, d.inputs,
      d.counterfactual, d.config_version, d.at, ${micros(sql`d.at`)} as us
    from decision d where ${sql.join([wanted, ...older], sql` and `)}
    order by d.at desc, d.id desc limit ${query.limit + 1}`.execute(db)
  return toPage(rows, query.limit)
}

/** Without the bodies, which have some megabytes each. */
async function listQuarantine(db: Db, query: PageQuery) {
  const older = before(sql`q.at`, sql`q.id`, query)
  if (older === null) return null
  const { rows } = await sql<Row<QuarantineRecord>>`
    select q.id, q.source, q.channel, q.actor_id, q.reason, octet_length(q.body) as bytes, q.at, ${micros(sql`q.at`)} as us
    from quarantine q where ${sql.join([sql`true`, ...older], sql` and `)}
    order by q.at desc, q.id desc limit ${query.limit + 1}`.execute(db)
  return toPage(rows, query.limit)
}

async function getQuarantined(db: Db, id: string): Promise<Uint8Array | null> {
  const { rows } = await sql<{ body: Uint8Array }>`select body from quarantine where slot = ${slotIn(id)} and id = ${id}`.execute(db)
  return rows[0]?.body ?? null
}

async function listAlarms(db: Db, query: PageQuery) {
  const older = before(sql`l.at`, sql`l.id`, query)
  if (older === null) return null
  const { rows } = await sql<Row<AlarmRecord>>`
    select l.id, l.actor_id, l.code, l.detail, l.at, ${micros(sql`l.at`)} as us
    from alarm l where ${sql.join([sql`true`, ...older], sql` and `)}
    order by l.at desc, l.id desc limit ${query.limit + 1}`.execute(db)
  return toPage(rows, query.limit)
}

/** Decisions of the routing group: there is one each time somebody acted for others. */
function inGroup(): RawBuilder<unknown> {
  const { key } = ROUTING_GROUP
  const slot = slotOf(key)
  return sql`d.slot = ${slot} and d.actor_id = (select a.id from actor a where a.slot = ${slot} and a.kind = 'routing-group' and a.key = ${key})`
}

/** Rows after the cursor of a list with the newest first; null: the cursor is of no listing. */
function before(at: RawBuilder<unknown>, id: RawBuilder<unknown>, query: PageQuery): RawBuilder<unknown>[] | null {
  if (query.cursor === undefined) return []
  const cursor = readCursor(query.cursor)
  return cursor === null ? null : [sql`(${at}, ${id}) < (${moment(cursor.us)}, ${cursor.id})`]
}

function micros(at: RawBuilder<unknown>): RawBuilder<string> {
  return sql<string>`(extract(epoch from ${at}) * 1000000)::bigint::text`
}

/** Exact, unlike to_timestamp of a fraction. */
function moment(us: string): RawBuilder<Date> {
  return sql<Date>`('epoch'::timestamptz + ${us}::bigint * interval '1 microsecond')`
}

/** An id that is none is in no slot, so nothing is found. */
function slotIn(id: string): number {
  return parseId(id)?.slot ?? -1
}
