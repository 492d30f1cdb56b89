// Pure. One attempt's result as the rows that record it.
import type { ProviderError } from '../contract/channel.ts'
import type { Identity } from '../contract/message.ts'
import type { AppendedEvent, RaisedAlarm } from '../store/append.ts'
import type { AliasName } from '../store/contacts.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { NextStep } from './outcome.ts'
import type { MessagePayload } from './payload.ts'
import type { Halt, Pause } from './stops.ts'
import { failureEventsOf } from './statuses.ts'
import type { Refusal } from './undocumented.ts'

/** What settling one row writes. `kept`: when the row is looked at again, and as what; null: it is done with. Nothing of it happens when the row is no longer ours. */
export interface Settlement {
  row: OutboxRow
  kept: { status: 'ready' | 'maybe-sent'; availableAt: number; uncounted: boolean; bulk: boolean } | null
  message: MessageOutcome | null
  /** More names of the contact, which lead to its conversation from now on unless they lead somewhere already. */
  names: AliasName[]
  events: AppendedEvent[]
  alarms: RaisedAlarm[]
  halt: Halt | null
  pause: Pause | null
  /** By the provider, for good. */
  refusal: Refusal | null
}

/** What the transcript says afterwards. */
export type MessageOutcome =
  | { id: string; status: 'accepted'; providerId: string; heldForQuality: boolean }
  | { id: string; status: 'maybe-sent' }
  | { id: string; status: 'failed'; code: string; error: ProviderError | null }

const nothing = { message: null, halt: null, pause: null, refusal: null } as const

/** A message's next step. `triedAt`: when its call began, epoch milliseconds. */
export function settleMessage(row: OutboxRow, step: NextStep, now: number, triedAt: number): Settlement {
  const payload = row.payload as MessagePayload
  const { slot, actorId } = row
  const id = payload.messageId
  const base = { row, ...nothing, names: [], events: [], alarms: [] }
  switch (step.kind) {
    case 'accepted':
      return {
        ...base,
        kept: null,
        message: { id, status: 'accepted', providerId: step.providerId, heldForQuality: step.heldForQuality },
        names: namesLearnt(payload, step.recipient),
      }
    case 'later':
      return {
        ...base,
        kept: { status: 'ready', availableAt: step.at, uncounted: !step.counts, bulk: step.bulk },
        pause: step.slow === null || step.slow.scope === 'pair' ? null : { numberId: payload.numberId, ...step.slow },
      }
    case 'halted': {
      const reason = `${step.error.code} ${step.error.title}`
      return {
        ...base,
        kept: { status: 'ready', availableAt: now, uncounted: true, bulk: false },
        halt: { numberId: payload.numberId, scope: step.error.scope ?? 'number', reason, code: step.error.code, slot, actorId },
      }
    }
    case 'failed': {
      const events = failureEventsOf({ ...payload, slot, actorId, triedAt }, { code: step.code, reason: step.reason }, now)
      const lost = { slot, actorId, code: step.code, detail: { numberId: payload.numberId, messageId: id } }
      const alarms = step.code === 'number-not-configured' ? [lost] : []
      const { code, error } = step
      const refusal = error === null ? null : { error, numberId: payload.numberId, messageId: id, slot, actorId }
      return { ...base, kept: null, message: { id, status: 'failed', code, error }, events, alarms, refusal }
    }
    case 'uncertain':
      return {
        ...base,
        kept: { status: 'maybe-sent', availableAt: step.at, uncounted: false, bulk: false },
        message: { id, status: 'maybe-sent' },
      }
    case 'abandoned': {
      const alarm = {
        slot,
        actorId,
        code: 'send-unconfirmed',
        detail: { messageId: id, purpose: payload.purpose, numberId: payload.numberId },
      }
      return { ...base, kept: null, message: { id, status: 'maybe-sent' }, alarms: [alarm] }
    }
  }
}

/** A call, command or read receipt that is done with, or has to be tried again at `at`. */
export function settleOther(row: OutboxRow, step: { kind: 'done' } | { kind: 'again'; at: number; alarm: RaisedAlarm | null }): Settlement {
  const base = { row, ...nothing, names: [], events: [], alarms: [] }
  if (step.kind === 'done') return { ...base, kept: null }
  return {
    ...base,
    kept: { status: 'ready', availableAt: step.at, uncounted: false, bulk: false },
    alarms: step.alarm === null ? [] : [step.alarm],
  }
}

/** What the customer's own messages will name them by: in Brazil and Mexico another phone number than the one that was sent to. A user id
 * only where we knew none, for it says who somebody is. */
function namesLearnt({ numberId, to }: MessagePayload, { phone, userId }: Identity): AliasName[] {
  const names: AliasName[] = []
  if (phone !== undefined && phone !== to.phone) names.push({ numberId, kind: 'phone', value: phone })
  if (userId !== undefined && to.userId === undefined) names.push({ numberId, kind: 'user', value: userId })
  return names
}
