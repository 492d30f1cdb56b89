// Pure. The published configuration of the service side, as it is looked up.
import type { Target } from '@baton/router'
import type { OpeningHours } from '../hours/schema.ts'
import type { StatusSettings } from './presence.ts'
import type { QueuesConfig } from './schemas.ts'

/** Why work is not given out now: its queue is closed, has no member online, has too much already, or let it wait for too long. */
export const HINDRANCES = ['closed', 'nobody-online', 'full', 'waited'] as const
export type Hindrance = (typeof HINDRANCES)[number]

/** What becomes of work that nobody can take now. */
export type Policy = { kind: 'wait' | 'callback' } | { kind: 'divert'; to: Target }

export interface QueueSettings {
  id: string
  name: string
  /** How Baton gives out its work, where `engine` does not; `wait`: not at all. */
  routing: Exclude<QueuesConfig['queues'][number]['routing'], 'external'> | 'wait'
  /** A routing engine elsewhere gives out its work, until it has not been heard of for so long; null: there is none. */
  engine: { silenceMs: number } | null
  offerTimeoutMs: number
  autoAccept: boolean
  /** Agent ids, in the order written. */
  members: string[]
  priority: number
  /** What an agent needs, and for how long after the work came; null: for good. */
  skills: { skill: string; relaxAfterMs: number | null }[]
  /** Whether the customer's language counts among them; null: no. */
  language: { relaxAfterMs: number | null } | null
  /** Capacity units of one conversation. */
  weight: number
  /** Within how long a customer is back, and for how long the work waits for their agent alone; null: nobody is preferred. */
  returnToAgent: { withinMs: number; waitMs: number } | null
  maxWaiting: { size: number; otherwise: Policy } | null
  maxWait: { afterMs: number; otherwise: Policy } | null
  /** Null: always open. */
  hours: OpeningHours | null
  whenClosed: Policy
  whenNobodyOnline: Policy
  closedMessage: string | null
  waitingMessage: string | null
  /** What who waits is told of their place, how often at most, and after how many places. `withoutEstimate`: when nobody can say how long. */
  positionMessage: { text: string; withoutEstimate: string | null; everyMs: number; atMost: number; moved: number } | null
  callbackTemplate: { name: string; language: string } | null
  awayLimitMs: number
  /** What becomes of accepted work when its agent goes offline. */
  whenOffline: QueuesConfig['queues'][number]['whenOffline']
  starvationAfterMs: number
  /** How soon an agent and an answer of one are to come; null: nothing is to be kept. `warnAt`: at which share of the time to warn. */
  serviceLevel: { waitMs: number | null; firstResponseMs: number | null; warnAt: number } | null
  inactiveAfterMs: number | null
  /** How long capacity stays held after the work, and for how long at most; null: not at all. */
  wrapUp: { forMs: number; atMostMs: number } | null
  /** What is asked after a session that an agent of the queue had. `labels`: of the answers 1 to 5. `journey`: asks instead. */
  survey: {
    question: string | null
    button: string
    labels: readonly string[] | null
    thanks: string | null
    template: { name: string; language: string } | null
    journey: string | null
    withinMs: number
  } | null
}
export interface AgentSettings {
  id: string
  name: string
  /** In units. */
  capacity: number
  skills: string[]
  languages: string[]
  supervisor: boolean
  /** The presence statuses they may choose, beside `offline`; null: all. */
  statuses: string[] | null
}
interface AnyBot {
  id: string
  name: string
  url: string
  timeoutMs: number
  fallback: Target[]
  history: number
  /** Gets what agents write for one another. */
  notes: boolean
  /** The attributes of a contact that it may set. */
  learns: readonly string[]
  circuit: { failures: number; openForMs: number }
}
/** `secret` is a reference; the server resolves it. Null: the bot asks for none. */
export type BotSettings = AnyBot &
  (
    | { protocol: 'baton'; secret: string; replyWithinMs: number | null; signedAnswers: boolean }
    | { protocol: 'rasa'; secret: string | null }
    | { protocol: 'openai'; secret: string | null; model: string; prompt: string; handOffTo: Target[] }
  )

/** The published configuration of the service side, by id. */
export interface OmniConfig {
  queues: ReadonlyMap<string, QueueSettings>
  agents: ReadonlyMap<string, AgentSettings>
  bots: ReadonlyMap<string, BotSettings>
  /** How long agents count as there after the last sign of a console, and as having never gone when they are back; and what they may say they are. */
  presence: { leaseMs: number; returnWithinMs: number; statuses: ReadonlyMap<string, StatusSettings> }
}
