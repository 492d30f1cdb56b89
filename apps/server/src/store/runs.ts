// All SQL of journey runs: those under way from a column of `actor`, those that are over and what happened from the decisions' trails.
import { parseId } from '@baton/router'
import type { LiveRun } from '@baton/router'
import { sql } from 'kysely'
import type { QueryExecutorProvider, RawBuilder } from 'kysely'
import type { Page } from './records.ts'

type Db = QueryExecutorProvider

export interface Contact {
  conversationId: string
  numberId: string | null
  phone: string | null
  userId: string | null
  name: string | null
}
export interface LiveRunRecord extends Contact, LiveRun {}
export interface EndedRunRecord extends Contact {
  id: string
  journey: string
  version: string
  /** Where it ended. */
  step: string
  outcome: string
  at: Date
}
export interface RunQuery {
  journey: string
  version?: string | undefined
  step?: string | undefined
  cursor?: string | undefined
  limit: number
}

/** One mark of a run's trail, and the decision that made it. */
export interface MarkRecord {
  decisionId: string
  rule: string
  at: Date
  run: string
  journey: string
  version: string
  what: string
  step: string
  detail: string | null
}
/** Marks of one kind, counted. */
export interface MarkCount {
  version: string
  what: string
  step: string
  detail: string | null
  count: number
}
export interface LiveCount {
  journey: string
  version: string
  step: string
  status: LiveRun['status']
  count: number
}

/** What the API reads of journey runs. A page is null when the listing did not make the cursor. */
export interface RunReads {
  /** By conversation, in no order a person would see. */
  listLiveRuns(query: RunQuery & { status?: LiveRun['status'] | undefined }): Promise<Page<LiveRunRecord> | null>
  /** The latest first. */
  listEndedRuns(query: RunQuery & { outcome?: string | undefined; since: Date }): Promise<Page<EndedRunRecord> | null>
  liveRunsOf(conversationId: string): Promise<LiveRunRecord[]>
  /** Of one run, or of all runs of the conversation; oldest first, the newest `MOST_MARKS` of them. */
  marksOf(conversationId: string, run?: string): Promise<MarkRecord[]>
  countLiveRuns(journey?: string): Promise<LiveCount[]>
  /** `until` not included. */
  countMarks(journey: string, since: Date, until: Date): Promise<MarkCount[]>
}

const MOST_MARKS = 2_000

export function createRunReads(db: Db): RunReads {
  return {
    listLiveRuns: (query) => listLiveRuns(db, query),
    listEndedRuns: (query) => listEndedRuns(db, query),
    liveRunsOf: (id) => liveRunsOf(db, id),
    marksOf: (id, run) => marksOf(db, id, run),
    countLiveRuns: (journey) => countLiveRuns(db, journey),
    countMarks: (journey, since, until) => countMarks(db, journey, since, until),
  }
}

const CONTACT = sql`a.id as "conversationId", a.number_id as "numberId", a.phone, a.user_id as "userId", a.contact_name as name`
const RUNS = sql`jsonb_to_recordset(a.runs) as r(id text, journey text, version text, step text, status text, "startedAt" float8, since float8, until float8)`
const TRAIL = sql`json_to_recordset(d.trail) as t(run text, journey text, version text, marks json)`

async function listLiveRuns(db: Db, query: Parameters<RunReads['listLiveRuns']>[0]): Promise<Page<LiveRunRecord> | null> {
  const place = readPlace(query.cursor, /^(cv_\S+) (ru_\S+)$/)
  if (place === null) return null
  const [conversation, run] = place
  const slot = parseId(conversation ?? '')?.slot ?? -1
  const wanted = [
    sql`a.runs is not null`,
    ...narrowed(sql`r`, sql`r`, query),
    ...(query.status === undefined ? [] : [sql`r.status = ${query.status}`]),
    ...(conversation === undefined
      ? []
      : [sql`(a.slot, a.id) >= (${slot}, ${conversation})`, sql`(a.slot, a.id, r.id) > (${slot}, ${conversation}, ${run})`]),
  ]
  const { rows } = await sql<LiveRunRecord>`
    select ${CONTACT}, r.* from actor a cross join lateral ${RUNS}
    where ${sql.join(wanted, sql` and `)}
    order by a.slot, a.id, r.id limit ${query.limit + 1}`.execute(db)
  return pageOf(rows, query.limit, (row) => `${row.conversationId} ${row.id}`)
}

async function listEndedRuns(db: Db, query: Parameters<RunReads['listEndedRuns']>[0]): Promise<Page<EndedRunRecord> | null> {
  const place = readPlace(query.cursor, /^(\d{1,18}) (de_\S+) (ru_\S+)$/)
  if (place === null) return null
  const [at, decision, run] = place
  const wanted = [
    sql`d.trail is not null`,
    sql`d.at >= ${query.since}`,
    ...narrowed(sql`t`, sql`e`, query),
    ...(query.outcome === undefined ? [] : [sql`e.outcome = ${query.outcome}`]),
    ...(at === undefined
      ? []
      : [sql`(d.at, d.id, t.run) < ('epoch'::timestamptz + ${at}::bigint * interval '1 microsecond', ${decision}, ${run})`]),
  ]
  const { rows } = await sql<EndedRunRecord & { us: string; decision: string }>`
    select ${CONTACT}, t.run as id, t.journey, t.version, e.step, e.outcome, d.at, d.id as decision,
      (extract(epoch from d.at) * 1000000)::bigint::text as us
    from decision d cross join lateral ${TRAIL} cross join lateral (
      select m ->> 1 as step, m ->> 2 as outcome from json_array_elements(t.marks) m where m ->> 0 = 'ended'
    ) e join actor a on a.slot = d.slot and a.id = d.actor_id
    where ${sql.join(wanted, sql` and `)}
    order by d.at desc, d.id desc, t.run desc limit ${query.limit + 1}`.execute(db)
  return pageOf(rows, query.limit, (row) => `${row.us} ${row.decision} ${row.id}`)
}

async function liveRunsOf(db: Db, id: string): Promise<LiveRunRecord[]> {
  const { rows } = await sql<LiveRunRecord>`
    select ${CONTACT}, r.* from actor a cross join lateral ${RUNS}
    where a.slot = ${parseId(id)?.slot ?? -1} and a.id = ${id} and a.runs is not null order by r."startedAt" desc, r.id desc`.execute(db)
  return rows
}

async function marksOf(db: Db, id: string, run?: string): Promise<MarkRecord[]> {
  const { rows } = await sql<MarkRecord>`
    select * from (
      select d.id as "decisionId", d.rule, d.at, t.run, t.journey, t.version, m.mark ->> 0 as what, m.mark ->> 1 as step,
        m.mark ->> 2 as detail, t.place * 1000 + m.place as place
      from decision d
      cross join lateral rows from (json_to_recordset(d.trail) as (run text, journey text, version text, marks json))
        with ordinality as t(run, journey, version, marks, place)
      cross join lateral json_array_elements(t.marks) with ordinality as m(mark, place)
      where d.slot = ${parseId(id)?.slot ?? -1} and d.actor_id = ${id} and d.trail is not null
        and (${run ?? null}::text is null or t.run = ${run ?? null})
      order by d.at desc, d.id desc, place desc limit ${MOST_MARKS}
    ) newest order by at, "decisionId", place`.execute(db)
  return rows
}

async function countLiveRuns(db: Db, journey?: string): Promise<LiveCount[]> {
  const { rows } = await sql<LiveCount>`
    select r.journey, r.version, r.step, r.status, count(*)::integer as count from actor a cross join lateral ${RUNS}
    where a.runs is not null and (${journey ?? null}::text is null or r.journey = ${journey ?? null})
    group by 1, 2, 3, 4 order by 1, 2, 3, 4`.execute(db)
  return rows
}

/** Counted when asked, so that turns write no counters: a million decisions take some 14 s of one busy core, so a time to
 * look back is always given. */
async function countMarks(db: Db, journey: string, since: Date, until: Date): Promise<MarkCount[]> {
  const { rows } = await sql<MarkCount>`
    select t.version, m ->> 0 as what, m ->> 1 as step, m ->> 2 as detail, count(*)::integer as count
    from decision d cross join lateral ${TRAIL} cross join lateral json_array_elements(t.marks) m
    where d.trail is not null and d.at >= ${since} and d.at < ${until} and t.journey = ${journey}
    group by 1, 2, 3, 4 order by 1, 2, 3, 4`.execute(db)
  return rows
}

/** `of` has the journey and version, `at` the step. */
function narrowed(of: RawBuilder<unknown>, at: RawBuilder<unknown>, { journey, version, step }: RunQuery): RawBuilder<unknown>[] {
  return [
    sql`${of}.journey = ${journey}`,
    ...(version === undefined ? [] : [sql`${of}.version = ${version}`]),
    ...(step === undefined ? [] : [sql`${at}.step = ${step}`]),
  ]
}

/** The parts of a cursor; none: from the start. Null: the cursor is not of this shape. */
function readPlace(cursor: string | undefined, shape: RegExp): string[] | null {
  if (cursor === undefined) return []
  return shape.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.slice(1) ?? null
}

function pageOf<T>(rows: T[], limit: number, place: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items, nextCursor: null }
  return { items, nextCursor: Buffer.from(place(last)).toString('base64url') }
}
