// Pure. How delivery statuses add up on one message, in whatever order and however often they come.
import type { StatusUpdate } from '../contract/channel.ts'
import type { DeliveryRow, MessageKey } from '../store/statuses.ts'
import { failureOf } from './outcome.ts'

/** What a message's line says of its delivery. Times in epoch milliseconds. */
export type DeliveryState = Omit<DeliveryRow, keyof MessageKey | 'actorId' | 'author' | 'ref' | 'at' | 'purpose'>

/** A message whose outcome is not settled yet ranks lowest; `failed` has no rank: it gives way only to proof of delivery. */
const RANK: Record<string, number> = { accepted: 1, sent: 2, delivered: 3, read: 4, played: 5 }
const PROOF_OF_DELIVERY = 3

/** Adds one status. Never downgrades, keeps the earliest time of each state and the first price seen.
 * The same statuses give the same status and times in every order. */
export function mergeStatus(state: DeliveryState, update: StatusUpdate): DeliveryState {
  const status = higher(state.status, update.status)
  const next: DeliveryState = {
    ...state,
    status,
    providerId: state.providerId ?? update.providerId,
    sentAt: update.status === 'sent' ? earlier(state.sentAt, update.at) : state.sentAt,
    deliveredAt: update.status === 'delivered' ? earlier(state.deliveredAt, update.at) : state.deliveredAt,
    readAt: update.status === 'read' ? earlier(state.readAt, update.at) : state.readAt,
    failedAt: update.status === 'failed' ? earlier(state.failedAt, update.at) : state.failedAt,
  }
  if (update.status === 'failed' && update.error !== undefined) next.error = state.error ?? update.error
  if (status !== state.status) next.reason = status === 'failed' ? codeOf(update) : null
  if (state.pricing === null && update.pricing !== undefined) {
    next.pricing =
      update.freeEntryUntil === undefined ? { ...update.pricing } : { ...update.pricing, freeEntryUntil: update.freeEntryUntil }
    next.category = update.pricing.category
  }
  return next
}

function higher(current: string, seen: StatusUpdate['status']): string {
  if (seen === 'failed') return (RANK[current] ?? 0) >= PROOF_OF_DELIVERY ? current : 'failed'
  const rank = RANK[seen] as number
  if (current === 'failed') return rank >= PROOF_OF_DELIVERY ? seen : current
  return rank > (RANK[current] ?? 0) ? seen : current
}

function codeOf(update: StatusUpdate): string {
  return update.error === undefined ? 'provider-refused' : failureOf(update.error).code
}

function earlier(a: number | null, b: number): number {
  return a === null ? b : Math.min(a, b)
}
