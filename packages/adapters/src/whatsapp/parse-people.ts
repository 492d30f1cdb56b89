// Pure. What a person did besides writing, and who holds the thread: preferences, calls, hand-overs.
import type { ChannelUpdate } from '@baton/router'
import { contactsOf, identityOf } from './identity.ts'
import { kept } from './parse-messages.ts'
import type { Scope } from './parse-messages.ts'
import { call, handover, preference } from './payload.ts'

/** The customer's own switch for marketing messages inside WhatsApp. */
export function preferenceUpdate(item: unknown, scope: Scope): ChannelUpdate {
  const parsed = preference.safeParse(item).data
  const contact = parsed && identityOf({ phone: parsed.wa_id, userId: parsed.user_id }, scope.contacts)
  const marketing = parsed?.value === 'stop' ? 'out' : parsed?.value === 'resume' ? 'in' : null
  if (parsed === undefined || !contact || marketing === null || parsed.category !== 'marketing_messages')
    return kept(scope, scope.field, false, item)
  return { kind: 'preference', account: scope.account, contact, marketing, at: parsed.timestamp, source: 'whatsapp' }
}

/** A call's beginning or end. Its own statuses (ringing, accepted) are no message statuses and are only kept. */
export function callUpdate(item: unknown, scope: Scope): ChannelUpdate {
  const parsed = call.safeParse(item).data
  if (parsed === undefined) return kept(scope, scope.field, false, item)
  const byCustomer = parsed.direction === 'USER_INITIATED'
  const from = byCustomer
    ? identityOf({ phone: parsed.from, userId: parsed.from_user_id }, scope.contacts)
    : identityOf({ phone: parsed.to, userId: parsed.to_user_id }, scope.contacts)
  if (from === null) return kept(scope, scope.field, false, item)
  return { kind: 'call', account: scope.account, from, event: parsed.event, providerId: parsed.id, at: parsed.timestamp, byCustomer }
}

/** `control_passed` is told to the new owner, `control_taken` to the one who lost the thread: so the first means that
 * upstream gave it to us, the second that upstream took it. */
export function handoverUpdate(value: Record<string, unknown>, entryId: string | null): ChannelUpdate {
  const parsed = handover.safeParse(value).data
  const contacts = contactsOf(Array.isArray(value['contacts']) ? value['contacts'] : [])
  const contact =
    parsed && identityOf({ phone: parsed.sender.wa_id ?? parsed.sender.phone_number, userId: parsed.sender.user_id }, contacts)
  if (parsed === undefined || !contact) return kept({ account: entryId }, 'messaging_handovers', false, value)
  const passed = parsed.type === 'control_passed'
  const by = passed
    ? (parsed.control_passed?.previous_owner_app_role ?? parsed.control_passed?.previous_owner_role)
    : parsed.control_taken?.new_owner_role
  return {
    kind: 'upstream',
    account: parsed.recipient.phone_number_id,
    contact,
    change: passed ? 'released' : 'taken',
    by: by ?? 'unknown',
    at: parsed.timestamp,
  }
}
