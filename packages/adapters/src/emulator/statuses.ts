// Delivery statuses of one sent message: when, in which order, with which members.

import type { Chat, ChatMessage, ChatStatus } from './chats.ts'
import { statusError } from './graph-error.ts'
import type { Problem } from './graph-error.ts'
import type { Json } from './json.ts'
import type { Pricing } from './pricing.ts'
import { baseValue, contactEntry, phoneAs, seconds } from './wire.ts'
import { subjectOf } from './world.ts'
import type { World } from './world.ts'

type Reported = Exclude<ChatStatus, 'accepted'>

export interface StatusPlan {
  /** Null: never charged (reactions), no `pricing` member. */
  pricing: Pricing | null
  /** Inside a free entry point window: on `sent` only. */
  freeEntry: { id: string; until: number } | null
  /** The message fails with this instead of being sent. */
  failure: Problem | null
}

/** Schedules sent → delivered → read, or failed. A customer without read receipts reports no read. */
export function planStatuses(world: World, chat: Chat, message: ChatMessage, plan: StatusPlan): void {
  const { delays } = world.settings
  const reorder = !plan.failure && world.faults.take(['reorder-statuses'], subjectOf(chat, faultView(message)))
  const held: (() => void)[] = []
  if (plan.failure) {
    world.after(delays.sent, () => report('failed'))
    return
  }
  const steps: Reported[] = message.type === 'reaction' ? ['sent'] : ['sent', 'delivered', 'read']
  for (const [index, step] of steps.entries()) {
    world.after({ sent: delays.sent, delivered: delays.delivered, read: delays.read, failed: 0 }[step], () => {
      if (step !== 'read' || chat.customer.readReceipts) report(step)
      if (index === steps.length - 1) for (const push of held.toReversed()) push()
    })
  }

  function report(status: Reported): void {
    const now = world.now()
    message.status = status
    message.times = { ...message.times, [status]: now }
    if (plan.failure) message.error = { code: plan.failure.code, details: plan.failure.details }
    world.events.emit({ kind: 'status', number: chat.number.phoneNumberId, customer: chat.customer.key, messageId: message.id, status })
    const change = {
      businessAccountId: chat.number.businessAccountId,
      field: 'messages',
      value: statusValue(chat, message, status, plan, now),
    }
    const push = () => world.webhooks.push(change, subjectOf(chat, { ...faultView(message), field: 'messages', status }))
    if (reorder) held.push(push)
    else push()
  }
}

function statusValue(chat: Chat, message: ChatMessage, status: Reported, plan: StatusPlan, now: number): Json {
  const entry: Json = {
    id: message.id,
    status,
    timestamp: seconds(now),
    ...phoneAs('recipient_id', chat, now),
    recipient_user_id: chat.customer.userId,
    ...(message.callbackData === undefined ? {} : { biz_opaque_callback_data: message.callbackData }),
  }
  if (status === 'failed')
    return { ...baseValue(chat.number), statuses: [{ ...entry, errors: plan.failure ? [statusError(plan.failure)] : [] }] }
  if (status === 'sent' && plan.freeEntry) {
    const { id, until } = plan.freeEntry
    entry['conversation'] = { id, expiration_timestamp: seconds(until), origin: { type: 'referral_conversion' } }
  }
  if (status !== 'read' && plan.pricing) entry['pricing'] = plan.pricing
  return { ...baseValue(chat.number), contacts: [contactEntry(chat, now)], statuses: [entry] }
}

function faultView(message: ChatMessage): { type: string; callbackData?: string } {
  return { type: message.type, ...(message.callbackData === undefined ? {} : { callbackData: message.callbackData }) }
}
