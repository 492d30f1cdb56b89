// Others who answer for the business: a person in the phone app, or another responder (Meta's own agent) that holds the thread.

import type { Chat, ChatMessage } from './chats.ts'
import { digitsOf } from './customers.ts'
import type { Json } from './json.ts'
import { baseValue, contactEntry, phoneAs, seconds } from './wire.ts'
import { subjectOf } from './world.ts'
import type { World } from './world.ts'

export interface OtherResponders {
  /** Somebody else wrote to the customer; gives the message's id. The reply window is not concerned. */
  echo(number: string, customer: string, text: string, source?: 'phone-app' | 'responder'): string
  /** Another responder takes the thread (its messages then come on standby, free-form sends fail with 131070), or gives it back. */
  handover(number: string, customer: string, change: 'taken' | 'released'): void
}

export function createOtherResponders(world: World): OtherResponders {
  function chatOf(number: string, customer: string): Chat {
    return world.chats.of(world.needNumber(number), world.customers.need(customer))
  }

  function tell(chat: Chat, field: string, value: Json): void {
    world.webhooks.push({ businessAccountId: chat.number.businessAccountId, field, value }, subjectOf(chat, { field }))
  }

  return {
    echo(number, customer, text, source = 'phone-app') {
      const chat = chatOf(number, customer)
      const now = world.now()
      const id = world.ids.message(chat.customer.phone, 'out')
      const message: ChatMessage = { id, direction: 'out', at: now, type: 'text', text, source, status: 'sent', times: { sent: now } }
      world.chats.add(chat, message)
      world.events.emit({ kind: 'message', number: chat.number.phoneNumberId, customer: chat.customer.key, message })
      const names = {
        from: digitsOf(chat.number.displayNumber),
        ...phoneAs('to', chat, now),
        to_user_id: chat.customer.userId,
      }
      const content = { type: 'text', text: { body: text } }
      if (source === 'responder' && chat.controlledByOther) {
        // On standby an echo's message lies one level deeper.
        const echoes = [{ id, timestamp: seconds(now), message: { ...names, ...content } }]
        tell(chat, 'standby', { ...baseValue(chat.number), standby: { contacts: [contactEntry(chat, now)], message_echoes: echoes } })
      } else {
        const echoes = [{ ...names, id, timestamp: seconds(now), ...content }]
        tell(chat, source === 'phone-app' ? 'smb_message_echoes' : 'message_echoes', { ...baseValue(chat.number), message_echoes: echoes })
      }
      return id
    },
    handover(number, customer, change) {
      const chat = chatOf(number, customer)
      const now = world.now()
      chat.controlledByOther = change === 'taken'
      const type = change === 'taken' ? 'control_taken' : 'control_passed'
      const roles =
        change === 'taken'
          ? { previous_owner_role: 'escalation', new_owner_role: 'ai_agent' }
          : { previous_owner_app_role: 'meta_business_agent', previous_owner_role: 'ai_agent', new_owner_role: 'escalation' }
      // This field names the number in `recipient`; it has no `metadata`.
      tell(chat, 'messaging_handovers', {
        messaging_product: 'whatsapp',
        recipient: { display_phone_number: digitsOf(chat.number.displayNumber), phone_number_id: chat.number.phoneNumberId },
        sender: { ...phoneAs('phone_number', chat, now), user_id: chat.customer.userId },
        timestamp: seconds(now),
        type,
        [type]: roles,
      })
    },
  }
}
