/** One stay of a service session at a bot, or at a queue and with the agent who took it from there: a fact that is stored when it is
 * over, and that measures are counted from. Times are epoch milliseconds, durations milliseconds. */
export interface ServiceLeg {
  sessionId: string
  /** The first of a session is 1. */
  n: number
  /** Null: it came to the agent, or to the bot, without a queue. */
  queueId: string | null
  agentId: string | null
  botId: string | null
  beganAt: number
  /** When an agent took it; null: none did. */
  takenAt: number | null
  endedAt: number
  /** Until it was taken, or until it was over without that; only time in which the queue was open. */
  waitMs: number
  /** Whether the wait stayed within what the queue is to keep; null: it is to keep nothing. */
  waitMet: boolean | null
  /** Until the first answer of whoever had it, counted like the wait; null: none was given, or nobody waited for one. */
  responseMs: number | null
  responseMet: boolean | null
  /** How long its agent had it in status `active`. */
  handleMs: number
  outcome: LegOutcome
  /** An agent opened the session: nobody waited. */
  byAgent: boolean
  /** What is known of the whole session by the leg that ended it; null: the session went on. */
  session: SessionSummary | null
}

/** `ended`: the session was over while an agent or bot had it. `abandoned`: it was over while the customer waited. `failed`: it was over
 * with an error. The others went on: `transferred` by somebody, `diverted` by the queue's policy, `handed-off` by the bot, `resumed` after
 * it had been inactive, `upstream` when an upstream owner took it out of the queue, `requeued` because its agent or place was lost. */
export type LegOutcome = 'ended' | 'abandoned' | 'failed' | 'transferred' | 'diverted' | 'handed-off' | 'resumed' | 'upstream' | 'requeued'

export interface SessionSummary {
  /** It began soon after the end of the one before. */
  reopened: boolean
  /** A bot had it at some time. */
  bot: boolean
  /** It was in a queue or with an agent at some time. */
  people: boolean
  /** A survey was sent after it. Of one that a journey asks a `SurveyScore` says so, when it has begun. */
  asked: boolean
}

/** An agent's capacity was held after a conversation had ended or gone to somebody else: a fact that is stored when it is over. Times
 * are epoch milliseconds. */
export interface ServiceWrapUp {
  sessionId: string
  agentId: string
  queueId: string
  /** Null: it began in a release that did not keep it. */
  numberId: string | null
  beganAt: number
  endedAt: number
}

/** What the customer answered to the survey after a service session, 1 (worst) to 5; null: a journey has begun to ask. */
export interface SurveyScore {
  sessionId: string
  score: number | null
  at: number
}
