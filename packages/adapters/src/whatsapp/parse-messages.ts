// Pure. Customer messages of the fields `messages` and `standby`, and what others wrote (echoes).
import type { ChannelUpdate, Identity, IncomingContent, InboundMessage } from '@baton/router'
import { contentOf } from './content.ts'
import { compact, digits, identityOf } from './identity.ts'
import { bodies, echo, message } from './payload.ts'
import type { Contact, Message } from './payload.ts'

/** Where an item stands: the number and the people its value names. */
export interface Scope {
  account: string
  contacts: readonly Contact[]
  field: string
}

/** One item of `messages[]`. Not every item is a message to route: groups have no conversation here, and a customer's new
 * number or id is news about the person. */
export function messageUpdate(item: unknown, scope: Scope): ChannelUpdate {
  const parsed = message.safeParse(item).data
  if (parsed === undefined) return unread(scope, scope.field, item)
  if (parsed.group_id !== undefined) return kept(scope, `${scope.field}.group`, true, item)
  if (parsed.type === 'request_welcome') return kept(scope, `${scope.field}.request_welcome`, true, item)
  if (parsed.type === 'system') {
    const change = identityChange(parsed, scope)
    if (change !== null) return change
  }
  const content = contentOf(parsed)
  const from = identityOf(
    {
      phone: parsed.from ?? sharedPhone(content),
      userId: parsed.from_user_id,
      parentUserId: parsed.from_parent_user_id,
    },
    scope.contacts,
  )
  if (from === null) return unread(scope, scope.field, item)
  const contact = scope.contacts.find((one) => isAbout(one, from))
  const raw = { message: item, ...(contact !== undefined && { contact }) }
  const update: ChannelUpdate = { kind: 'message', account: scope.account, from, message: inbound(parsed, content, raw) }
  return scope.field === 'standby' ? { ...update, standby: true } : update
}

/** One item of `message_echoes[]`: written by the business in its phone app, or by another responder of the number. */
export function echoUpdate(item: unknown, scope: Scope): ChannelUpdate {
  const outer = echo.safeParse(item).data
  const parsed = message.safeParse(outer?.message === undefined ? item : { ...outer, ...outer.message }).data
  if (parsed === undefined) return unread(scope, `${scope.field}.echo`, item)
  if (parsed.group_id !== undefined) return kept(scope, `${scope.field}.group`, true, item)
  const to = identityOf(
    { phone: parsed.to ?? phoneIn(parsed.recipient), userId: parsed.to_user_id ?? userIn(parsed.recipient) },
    scope.contacts,
  )
  if (to === null) return unread(scope, `${scope.field}.echo`, item)
  return {
    kind: 'echo',
    account: scope.account,
    to,
    message: inbound(parsed, contentOf(parsed), { message: item }),
    source: scope.field === 'smb_message_echoes' ? 'phone-app' : 'responder',
  }
}

function inbound(parsed: Message, content: IncomingContent, raw: unknown): InboundMessage {
  const { context, referral } = parsed
  const product = context?.referred_product
  return {
    providerId: parsed.id,
    at: parsed.timestamp,
    content,
    raw,
    ...compact({
      replyTo: context?.id,
      forwarded: context?.frequently_forwarded === true ? ('often' as const) : context?.forwarded === true ? ('once' as const) : undefined,
      product: product && compact({ catalogId: product.catalog_id, productId: product.product_retailer_id }),
      referral: referral && {
        sourceType: referral.source_type,
        ...compact({
          sourceId: referral.source_id,
          sourceUrl: referral.source_url,
          headline: referral.headline,
          body: referral.body,
          clickId: referral.ctwa_clid,
        }),
      },
    }),
  }
}

/** `user_changed_number` names the old person outside and the new one inside; `user_changed_user_id` names both inside. */
function identityChange(parsed: Message, scope: Scope): ChannelUpdate | null {
  const system = bodies.system.safeParse(parsed['system']).data
  if (system === undefined || !['user_changed_number', 'user_changed_user_id'].includes(system.type)) return null
  const identity = identityOf(
    { phone: system.wa_id ?? system.new_wa_id, userId: system.user_id, parentUserId: system.parent_user_id },
    scope.contacts,
  )
  const previous =
    system.previous_user_id === undefined
      ? identityOf({ phone: parsed.from, userId: parsed.from_user_id, parentUserId: parsed.from_parent_user_id }, [])
      : identityOf({ userId: system.previous_user_id, parentUserId: system.previous_parent_user_id }, [])
  if (identity === null || previous === null) return null
  return { kind: 'identity', account: scope.account, identity, previous, providerId: parsed.id, at: parsed.timestamp, text: system.body }
}

/** The number a customer shares of herself, when asked for it, ties her user id to a phone. The provider sets the mark, not
 * the customer; a contact with several numbers says nothing certain. */
function sharedPhone(content: IncomingContent): string | undefined {
  if (content.kind !== 'contacts' || content.contacts.length !== 1) return undefined
  const [contact] = content.contacts
  if (contact?.['origin'] !== 'contact_request') return undefined
  const phones = Array.isArray(contact['phones']) ? contact['phones'] : []
  const phone: unknown = phones.length === 1 ? phones[0]?.phone : undefined
  return typeof phone === 'string' ? phone : undefined
}

function isAbout(contact: Contact, person: Identity): boolean {
  if (person.userId !== undefined && contact.user_id === person.userId) return true
  return person.phone !== undefined && digits(contact.wa_id) === person.phone
}

/** An echo's `recipient` may be either: a user id has letters, a phone number has none. */
function phoneIn(recipient: string | undefined): string | undefined {
  return recipient !== undefined && /^[\d+\s()-]+$/.test(recipient) ? recipient : undefined
}
function userIn(recipient: string | undefined): string | undefined {
  return recipient !== undefined && /[A-Za-z]/.test(recipient) ? recipient : undefined
}

/** What nothing acts on. `known`: by design; otherwise it could not be read and is worth a look. */
export function kept(scope: { account: string | null }, field: string, known: boolean, raw: unknown): ChannelUpdate {
  return { kind: 'kept', account: scope.account, field, known, raw }
}

/** What could not be read and may hold what a customer wrote: people have to look at it. */
export function unread(scope: { account: string | null }, field: string, raw: unknown): ChannelUpdate {
  const why = `an item of the field ${field} lacks what routes it (sender, id, time or number), or has it in a shape that is not known`
  return { kind: 'kept', account: scope.account, field, known: false, raw, unread: why }
}
