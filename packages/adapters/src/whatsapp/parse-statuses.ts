// Pure. Delivery statuses, and errors that belong to no message.
import { parseId } from '@baton/router'
import type { ChannelUpdate, DeliveryStatus } from '@baton/router'
import { providerError } from './error-table.ts'
import { compact, identityOf } from './identity.ts'
import { kept } from './parse-messages.ts'
import type { Scope } from './parse-messages.ts'
import { providerFault, status } from './payload.ts'
import type { Status } from './payload.ts'

const STATUSES: readonly string[] = ['sent', 'delivered', 'read', 'played', 'failed'] satisfies DeliveryStatus[]
/** Of the on-premises product: recorded, nothing more. */
const RETIRED: readonly string[] = ['deleted', 'warning']

/** One item of `statuses[]`. Order is the reader's business: statuses of one message come in any order. */
export function statusUpdate(item: unknown, scope: Scope): ChannelUpdate {
  const parsed = status.safeParse(item).data
  if (parsed === undefined) return kept(scope, `${scope.field}.status`, false, item)
  const name = parsed.status
  if (!isDeliveryStatus(name)) return kept(scope, `${scope.field}.status`, RETIRED.includes(name), item)
  const participant = parsed.recipient_participant_user_id ?? parsed.recipient_participant_id
  const fault = name === 'failed' ? parsed.errors?.[0] : undefined
  return {
    kind: 'status',
    account: scope.account,
    status: {
      providerId: parsed.id,
      status: name,
      at: parsed.timestamp,
      ...compact({
        messageId: ourId(parsed.biz_opaque_callback_data),
        recipient: recipientOf(parsed, scope) ?? undefined,
        participant,
        pricing: pricingOf(parsed),
        freeEntryUntil: freeEntryUntil(parsed),
        error: fault && providerError(fault),
      }),
    },
  }
}

/** An error of the number or account itself. */
export function faultUpdate(item: unknown, scope: Scope): ChannelUpdate {
  const fault = providerFault.safeParse(item).data
  if (fault === undefined) return kept(scope, `${scope.field}.error`, false, item)
  const error = providerError(fault)
  const halt = error.class === 'halt'
  const detail = `${error.code} ${error.title}${error.detail === undefined ? '' : `: ${error.detail}`}`
  return {
    kind: 'account',
    account: scope.account,
    topic: 'error',
    severity: halt || error.undocumented === true ? 'critical' : 'warning',
    detail,
    raw: item,
    ...(halt && { halt }),
  }
}

function isDeliveryStatus(name: string): name is DeliveryStatus {
  return STATUSES.includes(name)
}

/** Another app on the same number may use the callback data for its own ends: only our own ids count. */
function ourId(data: string | undefined): string | undefined {
  return data !== undefined && parseId(data)?.prefix === 'ms' ? data : undefined
}

/** The `recipient_id` of a group is the group, not a person. */
function recipientOf(parsed: Status, scope: Scope): ReturnType<typeof identityOf> {
  if (parsed.recipient_type === 'group')
    return identityOf({ phone: parsed.recipient_participant_id, userId: parsed.recipient_participant_user_id }, scope.contacts)
  const parentUserId = parsed.parent_recipient_user_id ?? parsed.parent_user_id
  return identityOf({ phone: parsed.recipient_id, userId: parsed.recipient_user_id, parentUserId }, scope.contacts)
}

function pricingOf({ pricing }: Status): Record<'category', string> | undefined {
  if (pricing === undefined) return undefined
  // The international rate is written with an underscore in some places and with a hyphen in others.
  const category = pricing.category.replace('_international', '-international')
  return { category, ...compact({ type: pricing.type, model: pricing.pricing_model, billable: pricing.billable }) }
}

/** Under conversation-based pricing every conversation had an end; only a free entry point's is the end of a free window. */
function freeEntryUntil({ conversation, pricing }: Status): number | undefined {
  const free = conversation?.origin?.type === 'referral_conversion' || pricing?.type === 'free_entry_point'
  return free ? conversation?.expiration_timestamp : undefined
}
