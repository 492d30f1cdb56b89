// All SQL of the measures of the service side: counted from the legs of service sessions that are over, and from wrap-ups.
import { sql } from 'kysely'
import type { QueryExecutorProvider, RawBuilder } from 'kysely'

export const DIMENSIONS = ['queue', 'agent', 'bot', 'number', 'hour', 'day'] as const
export type Dimension = (typeof DIMENSIONS)[number]

export interface MeasureQuery {
  since: Date
  /** Not included. */
  until: Date
  by: readonly Dimension[]
  /** Whose hours and days. */
  zone: string
  /** Only these. */
  only: Partial<Record<'queue' | 'agent' | 'bot' | 'number', string>>
}

/** Counts, and seconds, of the legs that are alike in what was asked for. Null seconds: there was none. */
export interface MeasureRow {
  queue?: string | null
  agent?: string | null
  bot?: string | null
  number?: string | null
  hour?: Date
  day?: Date
  offered: number
  answered: number
  abandoned: number
  answeredInTime: number
  answeredLate: number
  abandonedLate: number
  waitAverage: number | null
  waitMedian: number | null
  waitP90: number | null
  waitLongest: number | null
  responses: number
  respondedInTime: number
  respondedLate: number
  unanswered: number
  responseAverage: number | null
  responseMedian: number | null
  responseP90: number | null
  handled: number
  handleTotal: number
  wrapUps: number
  wrapUpTotal: number
  transferred: number
  sessions: number
  failed: number
  reopened: number
  botSessions: number
  contained: number
  asked: number
  scored: number
  satisfied: number
  scoreAverage: number | null
}

/** More lines than this nobody reads; the answer is one short of being cut. */
export const MOST_LINES = 20_000

const COLUMN: Record<Dimension, (query: MeasureQuery) => RawBuilder<unknown>> = {
  queue: () => sql`l.queue_id`,
  agent: () => sql`l.agent_id`,
  bot: () => sql`l.bot_id`,
  number: () => sql`l.number_id`,
  // Clocks change by whole hours. Asking date_trunc with a zone for each row took three times as long as all the rest.
  hour: ({ since, zone }) => sql`date_bin(interval '1 hour', l.ended_at, date_trunc('hour', ${since}::timestamptz, ${zone}::text))`,
  day: ({ zone }) => sql`date_trunc('day', l.ended_at, ${zone}::text)`,
}

/** Of a leg. */
const COUNTED =
  sql.raw(`queue_id, agent_id, bot_id, number_id, taken_at, ended_at, wait_ms, wait_met, response_ms, response_met, handle_ms, outcome,
  by_agent, reopened, had_bot, had_people, asked, score`)

type Shares = [median: number, p90: number] | null
type Counted = Omit<MeasureRow, 'waitMedian' | 'waitP90' | 'responseMedian' | 'responseP90'> & { waits: Shares; answers: Shares }

/** The index by time keeps it to the time asked about. With 100,000 legs a day (50,000 sessions that a bot begins) a day took 0.4 s on one
 * slow core, and four days by agent and day 1.8 s: half of it the two sorts for the percentiles. Two calls for each percentile sorted four
 * times, and a day took 0.9 s. */
export async function measure(db: QueryExecutorProvider, query: MeasureQuery): Promise<MeasureRow[]> {
  const { since, until, by, only } = query
  const dimensions = by.map((name) => sql`${COLUMN[name](query)} as ${sql.id(name)}`)
  const groups = by.map((_, index) => sql.raw(String(index + 1)))
  const wanted = [
    sql`l.ended_at >= ${since}`,
    sql`l.ended_at < ${until}`,
    ...(['queue', 'agent', 'bot', 'number'] as const).flatMap((name) => {
      const id = only[name]
      return id === undefined ? [] : [sql`${COLUMN[name](query)} = ${id}`]
    }),
  ]
  const { rows } = await sql<Counted>`
    select ${dimensions.length === 0 ? sql`` : sql`${sql.join(dimensions)},`}
      ${count(sql`came`)} as offered,
      ${count(sql`came and taken_at is not null`)} as answered,
      ${count(sql`came and outcome = 'abandoned'`)} as abandoned,
      ${count(sql`taken_at is not null and wait_met`)} as "answeredInTime",
      ${count(sql`taken_at is not null and not wait_met`)} as "answeredLate",
      ${count(sql`outcome = 'abandoned' and not wait_met`)} as "abandonedLate",
      ${average(sql`wait_ms`, sql`came and taken_at is not null`)} as "waitAverage",
      ${shares(sql`wait_ms`, sql`came and taken_at is not null`)} as waits,
      (max(wait_ms) filter (where came) / 1000.0)::float8 as "waitLongest",
      ${count(sql`response_ms is not null`)} as responses,
      ${count(sql`response_ms is not null and response_met`)} as "respondedInTime",
      ${count(sql`response_ms is not null and not response_met`)} as "respondedLate",
      ${count(sql`response_ms is null and not response_met`)} as unanswered,
      ${average(sql`response_ms`, sql`response_ms is not null`)} as "responseAverage",
      ${shares(sql`response_ms`, sql`response_ms is not null`)} as answers,
      ${count(sql`taken_at is not null`)} as handled,
      (coalesce(sum(handle_ms) filter (where taken_at is not null), 0) / 1000.0)::float8 as "handleTotal",
      ${count(sql`wrap_ms is not null`)} as "wrapUps",
      (coalesce(sum(wrap_ms), 0) / 1000.0)::float8 as "wrapUpTotal",
      ${count(sql`taken_at is not null and outcome = 'transferred'`)} as transferred,
      ${count(sql`had_bot is not null`)} as sessions,
      ${count(sql`had_bot is not null and outcome = 'failed'`)} as failed,
      ${count(sql`reopened`)} as reopened,
      ${count(sql`had_bot`)} as "botSessions",
      ${count(sql`had_bot and not had_people and outcome = 'ended'`)} as contained,
      ${count(sql`asked`)} as asked,
      ${count(sql`score is not null`)} as scored,
      ${count(sql`score >= 4`)} as satisfied,
      avg(score)::float8 as "scoreAverage"
    from (
      select ${COUNTED}, null::bigint as wrap_ms from service_leg
      union all
      select queue_id, agent_id, null, number_id, null, ended_at, null, null, null, null, null, null, null, null, null, null, null, null,
        (extract(epoch from ended_at - began_at) * 1000)::bigint
      from wrap_up
    ) l cross join lateral (select l.queue_id is not null and not l.by_agent as came) c
    where ${sql.join(wanted, sql` and `)}
    ${groups.length === 0 ? sql`` : sql`group by ${sql.join(groups)} order by ${sql.join(groups)}`}
    limit ${MOST_LINES + 1}`.execute(db)
  return rows.map(({ waits, answers, ...row }) => ({
    ...row,
    waitMedian: waits?.[0] ?? null,
    waitP90: waits?.[1] ?? null,
    responseMedian: answers?.[0] ?? null,
    responseP90: answers?.[1] ?? null,
  }))
}

function count(wanted: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(count(*) filter (where ${wanted}))::integer`
}

function average(ms: RawBuilder<unknown>, wanted: RawBuilder<unknown>): RawBuilder<number | null> {
  return sql<number | null>`(avg(${ms}) filter (where ${wanted}) / 1000.0)::float8`
}

function shares(ms: RawBuilder<unknown>, wanted: RawBuilder<unknown>): RawBuilder<Shares> {
  return sql<Shares>`percentile_cont(array[0.5, 0.9]) within group (order by ${ms} / 1000.0::float8) filter (where ${wanted})`
}
