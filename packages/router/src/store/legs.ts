// All SQL that writes legs of service sessions, and what agents do after them.
import { sql } from 'kysely'
import type { LegOutcome } from '../contract/leg.ts'
import { recordset } from './recordset.ts'
import { LEG, SCORE, WRAP_UP } from './row-types.ts'
import type { Statement } from './statement.ts'

/** Columns of `service_leg`. */
export interface LegWrite {
  slot: number
  session_id: string
  n: number
  actor_id: string
  number_id: string | null
  queue_id: string | null
  agent_id: string | null
  bot_id: string | null
  began_at: number
  taken_at: number | null
  ended_at: number
  wait_ms: number
  wait_met: boolean | null
  response_ms: number | null
  response_met: boolean | null
  handle_ms: number
  outcome: LegOutcome
  by_agent: boolean
  reopened: boolean | null
  had_bot: boolean | null
  had_people: boolean | null
  asked: boolean | null
}

export function insertLegs(legs: readonly LegWrite[]): Statement[] {
  if (legs.length === 0) return []
  return [
    sql`
    insert into service_leg (slot, session_id, n, actor_id, number_id, queue_id, agent_id, bot_id, began_at, taken_at, ended_at, wait_ms,
      wait_met, response_ms, response_met, handle_ms, outcome, by_agent, reopened, had_bot, had_people, asked)
    select slot, session_id, n, actor_id, number_id, queue_id, agent_id, bot_id, began_at, taken_at, ended_at, wait_ms, wait_met,
      response_ms, response_met, handle_ms, outcome, by_agent, reopened, had_bot, had_people, asked
    from ${recordset(LEG, legs)}
    on conflict (slot, session_id, n) do nothing`,
  ]
}

export interface WrapUpWrite {
  slot: number
  session_id: string
  agent_id: string
  queue_id: string
  number_id: string | null
  began_at: number
  ended_at: number
}

export function insertWrapUps(wrapUps: readonly WrapUpWrite[]): Statement[] {
  if (wrapUps.length === 0) return []
  return [
    sql`
    insert into wrap_up (slot, session_id, agent_id, queue_id, number_id, began_at, ended_at)
    select slot, session_id, agent_id, queue_id, number_id, began_at, ended_at from ${recordset(WRAP_UP, wrapUps)}
    on conflict do nothing`,
  ]
}

export interface ScoreWrite {
  slot: number
  session_id: string
  score: number | null
}

/** After the legs that ended the sessions; of two answers the later counts. */
export function updateScores(scores: readonly ScoreWrite[]): Statement[] {
  if (scores.length === 0) return []
  const latest = new Map<string, ScoreWrite>()
  for (const each of scores) latest.set(each.session_id, { ...each, score: each.score ?? latest.get(each.session_id)?.score ?? null })
  return [
    sql`
    update service_leg l set score = coalesce(r.score, l.score), asked = true from ${recordset(SCORE, [...latest.values()])}
    where l.slot = r.slot and l.session_id = r.session_id and l.had_bot is not null`,
  ]
}
