// Pure. The members of a webhook's value that name the number and the customer.

import type { Chat } from './chats.ts'
import { digitsOf } from './customers.ts'
import type { Json } from './json.ts'
import type { EmulatorNumber } from './options.ts'

const SHOWN_MS = 30 * 24 * 60 * 60 * 1000

/** The customer's phone number, when the business may see it: not hidden, or written to in the last 30 days. */
export function visiblePhone(chat: Chat, now: number): string | null {
  const { phone, hidesPhone } = chat.customer
  const used = chat.phoneUsedAt !== null && now - chat.phoneUsedAt < SHOWN_MS
  return hidesPhone && !used ? null : phone
}

export function baseValue(number: EmulatorNumber): Json {
  return {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: digitsOf(number.displayNumber), phone_number_id: number.phoneNumberId },
  }
}

/** One entry of `contacts`. */
export function contactEntry(chat: Chat, now: number): Json {
  const { name, username, userId, parentUserId } = chat.customer
  return {
    profile: { name, ...(username === null ? {} : { username }) },
    ...phoneAs('wa_id', chat, now),
    user_id: userId,
    ...(parentUserId === null ? {} : { parent_user_id: parentUserId }),
  }
}

/** The phone number under the given name, or nothing when it is hidden. */
export function phoneAs(member: string, chat: Chat, now: number): Json {
  const phone = visiblePhone(chat, now)
  return phone === null ? {} : { [member]: phone }
}

/** Epoch seconds as Meta writes them in messages and statuses: a string. */
export function seconds(ms: number): string {
  return String(Math.floor(ms / 1000))
}
