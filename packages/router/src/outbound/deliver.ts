// One attempt of one row: the call to whoever it is for, bounded in time, and what has to be recorded of it.
import type { Channel, ProviderError, SendOutcome, SendRequest } from '../contract/channel.ts'
import type { ActorAddress, MessageRow } from '../contract/actor.ts'
import type { Clock } from '../contract/clock.ts'
import type { Logger } from '../contract/log.ts'
import type { ParticipantAdapter, ParticipantAnswer } from '../contract/participant.ts'
import type { OutboxRow } from '../store/outbox.ts'
import { backoff, nextStep } from './outcome.ts'
import type { Attempt, NextStep, OutcomeLimits } from './outcome.ts'
import type { CallPayload, CommandPayload, MessagePayload, ReadPayload } from './payload.ts'
import { settleMessage, settleOther } from './settlement.ts'
import type { Settlement } from './settlement.ts'

export interface Route {
  channel: Channel
  account: unknown
}

/** What the sender reaches the world through. */
export interface Outside {
  /** The number's channel and account, or null when it is not configured. */
  route(numberId: string): Route | null
  participants: readonly ParticipantAdapter[]
  /** The receiver's: durable when it resolves; the same `dedupe` for the same actor is taken in once. */
  submit(to: ActorAddress, event: unknown, options: { dedupe: string }): Promise<unknown>
  /** The transcript, oldest first. */
  history(conversationId: string): Promise<MessageRow[]>
}

export interface Delivered {
  settlement: Settlement
  /** For counting: `accepted`, `later`, `failed`, `uncertain`, … */
  outcome: string
  step: NextStep | null
}

export interface DeliveryLimits extends OutcomeLimits {
  /** How long one HTTP call to a provider may take, ms. */
  sendTimeoutMs: number
}

/** After this many tries a command or call that cannot be delivered raises an alarm; it is tried on. */
const ALARM_AT_TRY = 8
const READ_TRIES = 3
/** What a call is given beyond its time-out to give up by itself. */
const LATE_MS = 250

export interface DeliveryDeps extends Outside {
  clock: Clock
  log: Logger
  limits: DeliveryLimits
}

/** Carries a claimed row out. Never throws. */
export async function deliver(row: OutboxRow, deps: DeliveryDeps): Promise<Delivered> {
  try {
    switch (row.kind) {
      case 'message':
        return await sendMessage(row, deps)
      case 'call':
        return await callParticipant(row, deps)
      case 'command':
        return await deliverCommand(row, deps)
      case 'read':
        return await markRead(row, deps)
    }
  } catch (error) {
    deps.log.warn({ err: error, outboxId: row.id, kind: row.kind, tries: row.tries + 1 }, 'could not be delivered, is tried again')
    return again(row, deps)
  }
}

/** The attempt about to be made of a claimed message. */
export function attemptOf(row: OutboxRow, now: number): Attempt {
  return { id: row.id, tries: row.tries + 1, purpose: (row.payload as MessagePayload).purpose, expiresAt: row.expiresAt, now }
}

async function sendMessage(row: OutboxRow, deps: DeliveryDeps): Promise<Delivered> {
  const payload = row.payload as MessagePayload
  const route = deps.route(payload.numberId)
  if (route === null) return settledAs(row, { kind: 'failed', ...notConfigured(payload.numberId) }, deps)
  const request: SendRequest = {
    messageId: payload.messageId,
    to: payload.to,
    content: payload.content,
    purpose: payload.purpose,
    ...(payload.replyTo === undefined ? {} : { replyTo: payload.replyTo }),
  }
  const triedAt = deps.clock.now()
  const outcome = await bounded<SendOutcome>(deps.limits.sendTimeoutMs, (signal) => route.channel.send(route.account, request, signal), {
    late: () => ({ kind: 'unknown', reason: 'no answer in time' }),
    // A channel that throws breaks its contract; the request may have been sent all the same.
    thrown(error) {
      deps.log.error({ err: error, channel: route.channel.name, messageId: payload.messageId }, 'a channel threw')
      return { kind: 'unknown', reason: 'the channel threw' }
    },
  })
  return settledAs(row, nextStep(outcome, attemptOf(row, deps.clock.now()), deps.limits), deps, triedAt)
}

/** A message whose next step is known, with a call that began at `triedAt`, or without one. */
export function settledAs(row: OutboxRow, step: NextStep, deps: { clock: Clock }, triedAt: number = deps.clock.now()): Delivered {
  return { settlement: settleMessage(row, step, deps.clock.now(), triedAt), outcome: step.kind, step }
}

function notConfigured(numberId: string): { code: 'number-not-configured'; reason: string; error: ProviderError | null } {
  return { code: 'number-not-configured', reason: `the number ${numberId} is not in the published configuration`, error: null }
}

/** A crash before the answer is recorded calls again: participants recognise a call by its `callId`. */
async function callParticipant(row: OutboxRow, deps: DeliveryDeps): Promise<Delivered> {
  const call = row.payload as CallPayload
  const adapter = deps.participants.find((each) => each.kind === call.kind)
  const answer = adapter === undefined ? failedCall(call, 'not-connected') : await callAdapter(adapter, row, call, deps)
  const { name, data, by } = answer
  const event = { type: 'engine.event' as const, side: call.side, name, data, ...(by === undefined ? {} : { by }) }
  await deps.submit({ id: row.actorId }, event, { dedupe: `call:${call.callId}` })
  return { settlement: settleOther(row, { kind: 'done' }), outcome: name.endsWith('.failed') ? 'failed' : 'answered', step: null }
}

async function callAdapter(adapter: ParticipantAdapter, row: OutboxRow, call: CallPayload, deps: DeliveryDeps): Promise<ParticipantAnswer> {
  const history = adapter.readsHistory === false ? [] : await deps.history(row.actorId)
  const { callId, target, data, timeoutMs } = call
  const request = { callId, target, conversationId: row.actorId, data, history, timeoutMs }
  return bounded<ParticipantAnswer>(timeoutMs, (signal) => adapter.call(request, signal), {
    late: () => failedCall(call, 'timeout'),
    thrown(error) {
      deps.log.error({ err: error, kind: call.kind, target, callId }, 'a participant adapter threw')
      return failedCall(call, 'adapter-threw')
    },
  })
}

/** `bot.failed`, `app.failed`: what the engine is told when nobody answered. */
function failedCall(call: CallPayload, reason: string): ParticipantAnswer {
  return { name: `${call.kind}.failed`, data: { callId: call.callId, reason } }
}

async function deliverCommand(row: OutboxRow, deps: DeliveryDeps): Promise<Delivered> {
  const command = row.payload as CommandPayload
  await deps.submit(command.to, command.event, { dedupe: command.dedupe })
  return { settlement: settleOther(row, { kind: 'done' }), outcome: 'submitted', step: null }
}

/** A read receipt is a courtesy: a few tries and it is let go. Twice does no harm. */
async function markRead(row: OutboxRow, deps: DeliveryDeps): Promise<Delivered> {
  const payload = row.payload as ReadPayload
  const route = row.numberId === null ? null : deps.route(row.numberId)
  const mark = route?.channel.markRead?.bind(route.channel)
  if (route === null || mark === undefined) return { settlement: settleOther(row, { kind: 'done' }), outcome: 'skipped', step: null }
  const outcome = await bounded<SendOutcome>(
    deps.limits.sendTimeoutMs,
    (signal) => mark(route.account, payload.providerId, payload.typing, signal),
    {
      late: () => ({ kind: 'unknown', reason: 'no answer in time' }),
      thrown(error) {
        deps.log.error({ err: error, channel: route.channel.name }, 'a channel threw')
        return { kind: 'unknown', reason: 'the channel threw' }
      },
    },
  )
  const temporary = outcome.kind === 'unknown' || (outcome.kind === 'failed' && ['retry', 'wait'].includes(outcome.error.class))
  if (temporary && row.tries + 1 < READ_TRIES) return again(row, deps)
  return { settlement: settleOther(row, { kind: 'done' }), outcome: outcome.kind === 'accepted' ? 'accepted' : 'failed', step: null }
}

function again(row: OutboxRow, deps: DeliveryDeps): Delivered {
  const tries = row.tries + 1
  const alarm =
    tries === ALARM_AT_TRY && row.kind !== 'message'
      ? { slot: row.slot, actorId: row.actorId, code: 'delivery-stuck', detail: { outboxId: row.id, kind: row.kind, tries } }
      : null
  const at = deps.clock.now() + backoff(row.id, tries)
  return { settlement: settleOther(row, { kind: 'again', at, alarm }), outcome: 'later', step: null }
}

/** Runs a call with a signal that aborts after `ms`; a call that ignores the signal is left behind. */
async function bounded<T>(
  ms: number,
  call: (signal: AbortSignal) => Promise<T>,
  instead: { late(): T; thrown(error: unknown): T },
): Promise<T> {
  const controller = new AbortController()
  const abort = setTimeout(() => controller.abort(new DOMException('time-out', 'TimeoutError')), ms)
  let leave: NodeJS.Timeout | undefined
  const late = new Promise<T>((resolve) => {
    leave = setTimeout(() => resolve(instead.late()), ms + LATE_MS)
  })
  try {
    return await Promise.race([call(controller.signal), late])
  } catch (error) {
    return controller.signal.aborted ? instead.late() : instead.thrown(error)
  } finally {
    clearTimeout(abort)
    clearTimeout(leave)
  }
}
