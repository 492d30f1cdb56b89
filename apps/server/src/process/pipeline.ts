// The way of a message through this process: receiver (inbox) → worker (turn) → sender (outbox), and the timers. Which of them run is
// a matter of roles; the receiver is always there, as everything that happens is an event in an inbox.
import type { WhatsAppChannel } from '@baton/adapters'
import { createJourneysEngine } from '@baton/journeys'
import { createOmniEngine, createRoutingGroup } from '@baton/omni'
import { applyStatuses, createConversationLogic, createReceiver, createSender, createTimers, createWorker } from '@baton/router'
import type { Clock, CommittedTurn, Database, ParticipantAdapter, Receiver, Sender, Timers, Worker } from '@baton/router'
import type { Logger } from 'pino'
import { numbersUnder, numbersWith } from '../whatsapp/accounts.ts'
import type { Role } from '../baton.ts'
import type { Closing } from './closing.ts'
import type { Configuration } from '../config/configuration.ts'
import { createJourneyWake } from '../journeys/journey-wake.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { timed } from '../metrics/timed.ts'
import { readHistory } from '../store/transcript.ts'
import type { Tracing } from '../tracing/tracing.ts'

export interface PipelineOptions {
  roles: readonly Role[]
  database: Database
  clock: Clock
  log: Logger
  configuration: Configuration
  whatsapp: WhatsAppChannel
  /** Whom calls of the outbox go to: bots, and the servers of HTTP steps. */
  participants: readonly ParticipantAdapter[]
  metrics: Metrics
  tracing: Tracing | null
  /** The worker's turns, after their commit. */
  onCommitted(turns: CommittedTurn[]): void
  /** Something may have changed in the tables. */
  onChange(): void
}

export interface Pipeline {
  receiver: Receiver
  worker: Worker | null
  timers: Timers | null
  sender: Sender | null
  start(): void
}

/** Nothing runs before `start`. */
export function createPipeline(options: PipelineOptions, closing: Closing): Pipeline {
  const { roles } = options
  const receiver = receiverOf(options)
  closing.push(() => receiver.close())
  const sender = roles.includes('sender') ? senderOf(options, receiver, () => worker?.wake()) : null
  if (sender !== null) closing.push(() => sender.stop())
  const worker = roles.includes('worker') ? workerOf(options, receiver, sender) : null
  if (worker !== null) closing.push(() => worker.stop())
  const timers = worker === null ? null : timersOf(options, worker, closing)
  receiver.onInbox((actors) => worker?.wake(actors))
  return {
    receiver,
    worker,
    timers,
    sender,
    start() {
      worker?.start()
      timers?.start()
      sender?.start()
    },
  }
}

function receiverOf({ database, clock, log, configuration, metrics, onChange }: PipelineOptions): Receiver {
  return createReceiver({
    database,
    clock,
    log,
    applyStatuses: (trx, items, now) => applyStatuses(trx, items, now, (numberId) => numbersWith(configuration, numberId)),
    numberOf: (account) => configuration.numberOf(account),
    numbersUnder: (businessAccount) => numbersUnder(configuration, businessAccount),
    onStored(intake, size, ms) {
      metrics.stored(intake, size, ms)
      onChange()
    },
  })
}

function senderOf(options: PipelineOptions, receiver: Receiver, onInbox: () => void): Sender {
  const { database, clock, log, configuration, whatsapp, participants, metrics, tracing } = options
  return createSender({
    database,
    clock,
    log,
    route(numberId) {
      const account = configuration.accountOf(numberId)
      return account === null ? null : { channel: whatsapp, account }
    },
    limits: { perSecond: (numberId) => configuration.settings().numbers.get(numberId)?.messagesPerSecond ?? 80 },
    numbersWith: (numberId) => numbersWith(configuration, numberId),
    participants,
    submit: (to, event, { dedupe }) => receiver.submit(to, event, { dedupe }),
    history: (conversationId) => readHistory(database.db, conversationId),
    onInbox,
    onSettled(settled) {
      metrics.settled(settled)
      tracing?.settled(settled)
      options.onChange()
    },
  })
}

function workerOf(options: PipelineOptions, receiver: Receiver, sender: Sender | null): Worker {
  const { database, clock, log, configuration, metrics, tracing } = options
  const conversation = createConversationLogic({ engines: [createJourneysEngine(), createOmniEngine()] })
  return createWorker({
    database,
    clock,
    log,
    settings: () => configuration.settings(),
    ...(sender === null ? {} : { openSendBatch: sender.openSendBatch }),
    logics: [conversation, createRoutingGroup()].map((logic) => timed(logic, metrics.stepped)),
    onCommitted(turns, ms) {
      options.onCommitted(turns)
      tracing?.turns(turns, ms)
      receiver.look()
      options.onChange()
    },
  })
}

function timersOf({ database, clock, log, configuration }: PipelineOptions, worker: Worker, closing: Closing): Timers {
  const timers = createTimers({ database, clock, log, onFired: (actors) => worker.wake(actors) })
  closing.push(() => timers.stop())
  const wake = createJourneyWake({ timers, worker, log, settings: configuration.settings() })
  configuration.onChange(wake.onChange)
  closing.push(() => wake.close())
  return timers
}
