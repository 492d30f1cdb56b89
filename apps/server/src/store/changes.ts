// All SQL of the event stream: first the keys of what changed, then the rows of those nobody has been told of.
import { sql } from 'kysely'
import type { QueryExecutorProvider } from 'kysely'
import type { Change, Position } from '../events/changes.ts'
import type { Reads } from './reads.ts'
import type { ConversationRecord, DecisionRecord, MessageRecord } from './records.ts'

/** Keys read in one page, of each kind. */
const PAGE = 2_000
/** A message written so short a time before its last change may be unknown to followers. */
const NEW_MS = 30_000

type Key = { slot: number; id: string }

/** Where the tables stand: the database's clock for messages, `now` (the product's) for turns. */
export async function readPosition(db: QueryExecutorProvider, now: number): Promise<Position> {
  const { rows } = await sql<{ us: string }>`select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text as us`.execute(db)
  return { turnMs: now, messageUs: Number(rows[0]?.us) }
}

export async function readChanges(
  db: QueryExecutorProvider,
  from: Position,
  isNew: (key: string) => boolean,
  decidedFromMs: number,
  readGroup: Reads['getGroup'],
): Promise<{ changes: Change[]; reached: Position; more: boolean }> {
  const [actors, messages] = await Promise.all([changedActors(db, from.turnMs), changedMessages(db, from.messageUs)])
  const newActors = actors.filter((row) => isNew(actorKey(row)))
  const newMessages = messages.filter((row) => isNew(messageKey(row)))
  const [actorRows, decisions, messageRows] = await Promise.all([
    readActors(db, newActors),
    readDecisions(db, newActors, decidedFromMs),
    readMessages(db, newMessages),
  ])
  const group = newActors.find(({ id }) => actorRows.get(id)?.kind === 'routing-group')
  const changes: Change[] = [
    ...newMessages.flatMap((key): Change[] => {
      const row = messageRows.get(key.id)
      return row === undefined ? [] : [{ key: messageKey(key), kind: 'message', row, created: key.created }]
    }),
    ...decisions.filter((row) => isNew(row.id)).map((row): Change => ({ key: row.id, kind: 'decision', row })),
    ...newActors.flatMap((key): Change[] => {
      const row = actorRows.get(key.id)
      return row?.kind === 'conversation' ? [{ key: actorKey(key), kind: 'conversation', row }] : []
    }),
    ...(group === undefined ? [] : [{ key: actorKey(group), kind: 'group' as const, state: await readGroup() }]),
  ]
  const reached = {
    turnMs: Math.max(from.turnMs, ...actors.slice(-1).map((row) => row.ms)),
    messageUs: Math.max(from.messageUs, ...messages.slice(-1).map((row) => Number(row.us))),
  }
  return { changes, reached, more: actors.length === PAGE || messages.length === PAGE }
}

/** `version` is the row's, so that two changes within one millisecond are two. */
async function changedActors(db: QueryExecutorProvider, fromMs: number): Promise<(Key & { ms: number; version: string })[]> {
  const { rows } = await sql<Key & { ms: number; version: string }>`
    select slot, id, (extract(epoch from updated_at) * 1000)::float8 as ms, xmin::text as version from actor
    where kind in ('conversation', 'routing-group') and updated_at >= ${new Date(fromMs)}
    order by updated_at, id limit ${PAGE}`.execute(db)
  return rows.map((row) => ({ ...row, ms: Math.floor(row.ms) }))
}

async function changedMessages(db: QueryExecutorProvider, fromUs: number): Promise<(Key & { us: string; created: boolean })[]> {
  const { rows } = await sql<Key & { us: string }>`
    select slot, id, (extract(epoch from changed_at) * 1000000)::bigint::text as us from message
    where changed_at >= 'epoch'::timestamptz + ${Math.trunc(fromUs)}::bigint * interval '1 microsecond'
    order by changed_at, id limit ${PAGE}`.execute(db)
  return rows.map((row) => ({ ...row, created: Number(row.us) / 1_000 - bornAt(row.id) < NEW_MS }))
}

async function readActors(
  db: QueryExecutorProvider,
  keys: Key[],
): Promise<Map<string, ConversationRecord & { kind: string; key: string }>> {
  if (keys.length === 0) return new Map()
  const { rows } = await sql<ConversationRecord & { kind: string; key: string }>`
    select a.id, a.kind, a.key, a.number_id, a.state, a.owner, a.participant, a.phone, a.user_id, a.contact_name, a.last_message_at, a.updated_at
    from actor a join ${keyList(keys)} on a.slot = r.slot and a.id = r.id where a.state is not null`.execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}

async function readDecisions(db: QueryExecutorProvider, actors: Key[], fromMs: number): Promise<DecisionRecord[]> {
  if (actors.length === 0) return []
  const { rows } = await sql<DecisionRecord>`
    select d.id, d.actor_id, d.event_id, d.event_type, d.message_id, d.rule, d.owner_before, d.owner_after, d.inputs,
      d.counterfactual, d.config_version, d.at
    from decision d join ${keyList(actors)} on d.slot = r.slot and d.actor_id = r.id
    where d.at >= ${new Date(fromMs)}
    order by d.at, d.id`.execute(db)
  return rows
}

async function readMessages(db: QueryExecutorProvider, keys: Key[]): Promise<Map<string, MessageRecord>> {
  if (keys.length === 0) return new Map()
  const { rows } = await sql<MessageRecord>`
    select m.id, m.actor_id, m.direction, m.content, m.author_kind, m.author_id, m.purpose, m.session_kind, m.session_id, m.category,
      m.status, m.reason, m.error, m.provider_id, m.reply_to, m.at, m.sent_at, m.delivered_at, m.read_at, m.failed_at
    from message m join ${keyList(keys)} on m.slot = r.slot and m.id = r.id`.execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}

function keyList(keys: Key[]) {
  return sql`unnest(${keys.map(({ slot }) => slot)}::smallint[], ${keys.map(({ id }) => id)}::text[]) as r(slot, id)`
}

function actorKey(row: { id: string; ms: number; version: string }): string {
  return `${row.id} ${row.ms} ${row.version}`
}

function messageKey(row: { id: string; us: string }): string {
  return `${row.id} ${row.us}`
}

/** The moment in an id, epoch milliseconds: a uuidv7 begins with it. */
function bornAt(id: string): number {
  return parseInt(id.slice(-32, -20), 16)
}
