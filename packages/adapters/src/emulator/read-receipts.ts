// The business marks a customer's message as read, perhaps with a typing indicator.

import { ok } from './checks.ts'
import type { Checked } from './checks.ts'
import { problem } from './graph-error.ts'
import { textAt } from './json.ts'
import type { Json } from './json.ts'
import type { EmulatorNumber } from './options.ts'
import type { World } from './world.ts'

const TYPING_MS = 25_000

export function markRead(world: World, number: EmulatorNumber, body: Json): Checked<null> {
  const messageId = textAt(body, 'message_id')
  if (body['status'] !== 'read') return problem(100, 'Param status must be one of {READ}.')
  if (!messageId) return problem(131008, 'Required parameter is missing: message_id')
  const held = world.chats.holding(messageId)
  if (!held || held.chat.number !== number || held.message.direction !== 'in')
    return problem(131009, 'message_id is not a message a customer sent to this number.')
  const { chat } = held
  const now = world.now()
  const ids = { number: number.phoneNumberId, customer: chat.customer.key }
  // The earlier messages of the thread are read with it.
  for (const message of chat.messages.all()) {
    if (message.direction === 'in') message.readByBusinessAt ??= now
    if (message === held.message) break
  }
  world.events.emit({ kind: 'read-by-business', ...ids, messageId })
  if (body['typing_indicator'] !== undefined) {
    chat.typingUntil = now + TYPING_MS
    world.events.emit({ kind: 'typing', ...ids, until: chat.typingUntil })
  }
  return ok(null)
}
