// Who a message is for: `to` a phone number, or `recipient` a user id.

import type { Chat } from './chats.ts'
import { ok } from './checks.ts'
import type { Checked } from './checks.ts'
import { digitsOf } from './customers.ts'
import { problem } from './graph-error.ts'
import { callingCodeOf } from './ids.ts'
import { textAt } from './json.ts'
import type { Json } from './json.ts'
import type { EmulatorNumber } from './options.ts'
import type { World } from './world.ts'

export interface Recipient {
  chat: Chat
  by: 'phone' | 'user-id'
  /** As it was given. */
  input: string
}

/** A recipient nobody has heard of becomes a customer: unreachable, or a real one if the options say so. */
export function findRecipient(world: World, number: EmulatorNumber, body: Json): Checked<Recipient> {
  if (body['recipient_type'] !== undefined && body['recipient_type'] !== 'individual')
    return problem(100, 'Param recipient_type must be "individual".')
  const to = textAt(body, 'to')
  const userId = textAt(body, 'recipient')
  const reachable = world.settings.unknownRecipients === 'create'
  // Both given: the phone number wins.
  if (to !== undefined) {
    const phone = phoneOf(world, number, to)
    if (phone === null) return problem(131009, `Param to is not a phone number: ${to}`)
    if (phone === digitsOf(number.displayNumber)) return problem(131021, 'Recipient cannot be the sender.')
    const customer = world.customers.find(phone) ?? world.customers.create({ phone, reachable })
    return ok({ chat: world.chats.of(number, customer), by: 'phone', input: to })
  }
  if (userId === undefined) return problem(131008, 'Required parameter is missing: to or recipient')
  if (!/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(userId))
    return problem(131009, `Param recipient is not a business-scoped user id: ${userId}`)
  const known = world.customers.find(userId) ?? world.customers.list().find((customer) => customer.parentUserId === userId)
  const customer = known ?? world.customers.create({ userId, reachable })
  return ok({ chat: world.chats.of(number, customer), by: 'user-id', input: userId })
}

/** The digits; without a plus, the business's calling code goes in front, unless it is a customer's number as it stands. */
function phoneOf(world: World, number: EmulatorNumber, to: string): string | null {
  const digits = digitsOf(to)
  if (digits.length < 6) return null
  if (to.trim().startsWith('+') || world.customers.find(digits)) return digits
  return `${callingCodeOf(digitsOf(number.displayNumber))}${digits}`
}
