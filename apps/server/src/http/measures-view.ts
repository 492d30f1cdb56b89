// Pure. Measures of the service side, as JSON and as CSV. The definitions are those of the glossary; each is said again beside its figure.
import type { LiveQueue } from '@baton/omni'
import { z } from 'zod'
import type { Dimension, MeasureRow } from '../store/measures.ts'
import { csvOf } from './csv.ts'

const share = z.number().min(0).max(1).nullable()
const seconds = z.number().nullable()
const said = <S extends z.ZodType>(schema: S, description: string): S => schema.meta({ description })

export const measureSchema = z
  .object({
    queue: z.string().nullable().optional(),
    agent: said(z.string().nullable().optional(), 'Who took the leg; null: nobody did.'),
    bot: z.string().nullable().optional(),
    number: z.string().nullable().optional(),
    hour: said(z.iso.datetime().optional(), 'Its beginning. A leg counts in the hour in which it was over.'),
    day: said(z.iso.datetime().optional(), 'Its beginning.'),
    offered: said(z.int(), 'Legs that came to a queue, but for those of sessions that an agent opened.'),
    answered: said(z.int(), 'Of these: an agent took it.'),
    abandoned: said(z.int(), 'Of these: the session was over before an agent took it.'),
    flowedOut: said(z.int(), 'The rest: transferred, diverted or taken out of the queue before an agent took it.'),
    abandonment: said(share, 'abandoned / (answered + abandoned).'),
    serviceLevel: said(
      share,
      'answered within the wait of the queue’s serviceLevel / (answered + abandoned after that time). Who gave up before it does not count. Null: no queue with one.',
    ),
    wait: said(
      z.object({ average: seconds, median: seconds, p90: seconds, longest: seconds }),
      'Seconds until an agent took the leg, of answered ones (`longest`: of all), while the queue was open.',
    ),
    firstResponse: said(
      z.object({ count: z.int(), average: seconds, median: seconds, p90: seconds, level: share }),
      'Seconds until the agent’s (or bot’s) first message in a leg, while the queue was open. `level`: answered within the firstResponse of the queue’s serviceLevel / (answered + not answered within that time).',
    ),
    handle: said(
      z.object({ handled: z.int(), average: seconds, total: z.number() }),
      'Seconds that agents had legs in status active; paused, inactive and wrap-up time do not count.',
    ),
    wrapUp: said(
      z.object({ count: z.int(), average: seconds, total: z.number() }),
      'Seconds that capacity of agents stayed held after their conversations. A wrap-up counts in the hour in which it was over; none by bot.',
    ),
    transferred: said(z.int(), 'Legs that an agent had taken and that were then transferred.'),
    sessions: said(
      z.object({ over: z.int(), failed: z.int(), reopened: z.int() }),
      'Service sessions, with the leg that ended them. `reopened`: begun within 24 hours of the end of the one before.',
    ),
    bots: said(
      z.object({ sessions: z.int(), contained: z.int(), containment: share }),
      'Sessions that a bot had at some time, and those of them that ended without a queue, an agent or an error. By bot, only the sessions that ended with it.',
    ),
    survey: said(
      z.object({ asked: z.int(), scored: z.int(), average: z.number().nullable(), csat: share }),
      'Answers from 1 to 5 to the survey after a session. `csat`: 4 and 5 / all answers.',
    ),
  })
  .meta({ id: 'Measures' })
type Measures = z.output<typeof measureSchema>

export function measuresOf(row: MeasureRow): Measures {
  const { queue, agent, bot, number, hour, day, offered, answered, abandoned } = row
  return {
    ...(queue === undefined ? {} : { queue }),
    ...(agent === undefined ? {} : { agent }),
    ...(bot === undefined ? {} : { bot }),
    ...(number === undefined ? {} : { number }),
    ...(hour === undefined ? {} : { hour: hour.toISOString() }),
    ...(day === undefined ? {} : { day: day.toISOString() }),
    offered,
    answered,
    abandoned,
    flowedOut: offered - answered - abandoned,
    abandonment: ratio(abandoned, answered + abandoned),
    serviceLevel: ratio(row.answeredInTime, row.answeredInTime + row.answeredLate + row.abandonedLate),
    wait: { average: row.waitAverage, median: row.waitMedian, p90: row.waitP90, longest: row.waitLongest },
    firstResponse: {
      count: row.responses,
      average: row.responseAverage,
      median: row.responseMedian,
      p90: row.responseP90,
      level: ratio(row.respondedInTime, row.respondedInTime + row.respondedLate + row.unanswered),
    },
    handle: { handled: row.handled, average: ratio(row.handleTotal, row.handled), total: row.handleTotal },
    wrapUp: { count: row.wrapUps, average: ratio(row.wrapUpTotal, row.wrapUps), total: row.wrapUpTotal },
    transferred: row.transferred,
    sessions: { over: row.sessions, failed: row.failed, reopened: row.reopened },
    bots: { sessions: row.botSessions, contained: row.contained, containment: ratio(row.contained, row.botSessions) },
    survey: { asked: row.asked, scored: row.scored, average: row.scoreAverage, csat: ratio(row.satisfied, row.scored) },
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

/** One line for each, one column for each figure: `wait.average`. */
export function measuresCsv(items: readonly Measures[], by: readonly Dimension[]): string {
  const columns = [...by, ...figuresOf(measuresOf(NOTHING)).map(([name]) => name)]
  const lines = items.map((item) => {
    const figures = new Map<string, string | number | null>([...namesOf(item, by), ...figuresOf(item)])
    return columns.map((column) => figures.get(column))
  })
  return csvOf([columns, ...lines])
}

function namesOf(item: Measures, by: readonly Dimension[]): [string, string | null][] {
  return by.map((name) => [name, item[name] ?? null])
}

/** `offered`, `wait.average` and their like, in order. */
function figuresOf({ queue: _1, agent: _2, bot: _3, number: _4, hour: _5, day: _6, ...figures }: Measures): [string, number | null][] {
  return Object.entries(figures).flatMap(([name, value]): [string, number | null][] =>
    typeof value === 'number' || value === null
      ? [[name, value]]
      : Object.entries(value).map(([part, figure]) => [`${name}.${part}`, figure]),
  )
}

/** Of no leg at all: only its shape is of use. */
const NOTHING: MeasureRow = {
  offered: 0,
  answered: 0,
  abandoned: 0,
  answeredInTime: 0,
  answeredLate: 0,
  abandonedLate: 0,
  waitAverage: null,
  waitMedian: null,
  waitP90: null,
  waitLongest: null,
  responses: 0,
  respondedInTime: 0,
  respondedLate: 0,
  unanswered: 0,
  responseAverage: null,
  responseMedian: null,
  responseP90: null,
  handled: 0,
  handleTotal: 0,
  wrapUps: 0,
  wrapUpTotal: 0,
  transferred: 0,
  sessions: 0,
  failed: 0,
  reopened: 0,
  botSessions: 0,
  contained: 0,
  asked: 0,
  scored: 0,
  satisfied: 0,
  scoreAverage: null,
}

export const liveQueueSchema = z
  .object({
    queue: z.string(),
    name: z.string(),
    open: z.boolean(),
    waiting: said(z.int(), 'Customers who have nobody and were offered to nobody.'),
    offered: said(z.int(), 'Offered to an agent who has not answered.'),
    active: said(z.int(), 'With an agent.'),
    oldestWait: said(seconds, 'Seconds the longest of those who wait or are offered has waited; null: nobody waits.'),
    agentsOnline: z.int(),
    agentsFree: said(z.int(), 'Online, with capacity left.'),
  })
  .meta({ id: 'LiveQueue' })

export function liveQueueView({ id, name, open, waiting, offered, active, oldestSince, online, free }: LiveQueue, now: number) {
  const oldestWait = oldestSince === null ? null : (now - oldestSince) / 1_000
  return { queue: id, name, open, waiting, offered, active, oldestWait, agentsOnline: online, agentsFree: free }
}

export function liveCsv(items: readonly ReturnType<typeof liveQueueView>[]): string {
  return csvOf([Object.keys(liveQueueSchema.shape), ...items.map((item) => Object.values(item))])
}
