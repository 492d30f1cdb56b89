/** Who holds the baton. `external` is the phone app or an upstream agent. */
export type Owner = 'none' | 'marketing' | 'service' | 'external'
/** The two sides an app can be connected to. */
export type Side = 'marketing' | 'service'

export const OPEN_SERVICE_STATUSES = ['new', 'waiting', 'active', 'paused', 'inactive'] as const
export type OpenServiceStatus = (typeof OPEN_SERVICE_STATUSES)[number]
export type ServiceStatus = OpenServiceStatus | 'ended' | 'error'

/** What does the work for an owner. */
export interface Participant {
  kind: 'journey' | 'bot' | 'queue' | 'agent' | 'app'
  id: string
  name: string
}

/** A target of a hand-off: `queue:general`, `bot:faq`, `agent:ana`. */
export type Target = `${'queue' | 'bot' | 'agent'}:${string}`

/** What travels from one side to the other: an ordered list of targets inside one service session, and what is known. */
export interface HandOff {
  targets: Target[]
  reason: string
  note?: string
  answers?: Record<string, unknown>
  journey?: { id: string; runId: string }
  /** What whoever takes it must be able to do. */
  skills?: string[]
  /** Bots that failed this customer on the way here. */
  failed?: string[]
  /** Since when the customer has waited for an answer that they did not get, epoch milliseconds. */
  waitingSince?: number
  /** The queue that promised them to call back, while nobody has. */
  callback?: string
  /** Since when they have waited to be taken: their age in the next queue, epoch milliseconds; absent: from now on. */
  since?: number
  /** What they wrote to a bot that it has not answered: the next bot is asked it. Not kept with the service session. */
  messages?: UnansweredMessage[]
}

export interface UnansweredMessage {
  providerId: string
  at: number
  content: Record<string, unknown>
}
