import { randomUUID } from 'node:crypto'
import { systemClock } from '@baton/router'
import type { Clock, Logger } from '@baton/router'
import type { CustomerInput } from './customers.ts'
import type { Fault } from './faults.ts'
import type { TemplateInput } from './templates.ts'

/** A business phone number. `displayNumber` in any form; its digits count. */
export interface EmulatorNumber {
  phoneNumberId: string
  businessAccountId: string
  displayNumber: string
  accessToken: string
  /** Of its Meta app, where that is another one than the other numbers have. */
  appSecret?: string
  verifiedName?: string
  /** Messages a second, in both directions together; 80 unless told. */
  messagesPerSecond?: number
}

/** Milliseconds of the clock after the acceptance (`review`: after a template was handed in), divided by `speed`. */
interface Delays {
  sent: number
  delivered: number
  read: number
  review: number
}

/** How many of each are kept in memory; the oldest go first. */
export interface Keep {
  chatMessages: number
  customers: number
  requests: number
  webhooks: number
  events: number
  mediaBytes: number
}

interface WebhookOptions {
  /** Updates in one POST, at most. */
  batch: number
  /** POSTs at the same time. More than one gives up their order, as Meta does. */
  concurrency: number
  /** Real milliseconds until an answer that does not come counts as a failure. */
  timeoutMs: number
  /** Milliseconds of the clock (divided by `speed`) before each further try; then the webhook is given up. */
  retryAfterMs: readonly number[]
}

export interface EmulatorOptions {
  numbers: readonly EmulatorNumber[]
  /** The Meta app's secret: signs the webhooks, but for numbers that have their own. */
  appSecret: string
  /** What the handshake presents. */
  verifyToken: string
  /** Where webhooks go; the handshake is made before the first one. Without it they are dropped (and listed as such). */
  webhookUrl?: string
  clock?: Clock
  /** The same seed, clock and calls give the same ids. Random unless told: a receiver that remembers message ids would take
   * the first messages after a restart for duplicates. */
  seed?: string
  /** In Meta's own shape; each business account gets all that do not name another one. */
  templates?: readonly TemplateInput[]
  customers?: readonly CustomerInput[]
  delays?: Partial<Delays>
  /** Divides every delay; Infinity leaves none. */
  speed?: number
  /** A message to nobody known: `fail` accepts it and fails it later with 131026; `create` makes the customer. */
  unknownRecipients?: 'fail' | 'create'
  /** Error codes that come as a failed status after an acceptance, instead of in the answer. */
  failLater?: readonly number[]
  /** `approve` after the review delay, or `hold` as PENDING until told. */
  templateReview?: 'approve' | 'hold'
  webhooks?: Partial<WebhookOptions>
  /** Faults in force from the start. */
  faults?: readonly Fault[]
  keep?: Partial<Keep>
  /** Where customers' media links point, in webhooks; `listen` sets it, a host that mounts the plugin gives it. */
  publicUrl?: string
  log?: Logger
}

export interface Settings {
  numbers: readonly EmulatorNumber[]
  appSecret: string
  verifyToken: string
  clock: Clock
  seed: string
  delays: Delays
  speed: number
  unknownRecipients: 'fail' | 'create'
  failLater: readonly number[]
  templateReview: 'approve' | 'hold'
  webhooks: WebhookOptions
  keep: Keep
  log: Logger
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

export function settingsFrom(options: EmulatorOptions): Settings {
  return {
    numbers: options.numbers,
    appSecret: options.appSecret,
    verifyToken: options.verifyToken,
    clock: options.clock ?? systemClock,
    seed: options.seed ?? randomUUID(),
    delays: { sent: 150, delivered: 500, read: 2500, review: 3 * SECOND, ...options.delays },
    speed: options.speed ?? 1,
    unknownRecipients: options.unknownRecipients ?? 'fail',
    failLater: options.failLater ?? [131026],
    templateReview: options.templateReview ?? 'approve',
    webhooks: {
      batch: 100,
      concurrency: 1,
      timeoutMs: 10 * SECOND,
      retryAfterMs: [0, SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR],
      ...options.webhooks,
    },
    keep: {
      chatMessages: 500,
      customers: 20_000,
      requests: 20_000,
      webhooks: 2000,
      events: 5000,
      mediaBytes: 64 * 1024 * 1024,
      ...options.keep,
    },
    log: options.log ?? SILENT,
  }
}
