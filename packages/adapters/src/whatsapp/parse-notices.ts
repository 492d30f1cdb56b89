// Pure. What the provider says about templates, numbers and business accounts. These fields name the business account, not the number.
import type { ChannelUpdate } from '@baton/router'
import { compact } from './identity.ts'
import { kept } from './parse-messages.ts'
import { notice, template } from './payload.ts'
import type { Notice } from './payload.ts'

type Finding = { severity: 'info' | 'warning' | 'critical'; halt?: boolean; detail: string }

/** Statuses a template can be in; other events of the field (FLAGGED, LOCKED, something new) leave the status as it was. */
const TEMPLATE_STATUSES: readonly string[] = [
  'APPROVED',
  'PENDING',
  'REJECTED',
  'PAUSED',
  'DISABLED',
  'IN_APPEAL',
  'LIMIT_EXCEEDED',
  'ARCHIVED',
  'DELETED',
  'PENDING_DELETION',
]

/** One template changed. Which field it came under does not matter: official samples put one's members under another's name.
 * Without status, category and quality the receiver should fetch the template again. */
export function templateUpdates(value: unknown, account: string, field: string): ChannelUpdate[] {
  const parsed = template.safeParse(value).data
  if (parsed === undefined) return [kept({ account }, field, false, value)]
  const { event } = parsed
  const status = event === 'REINSTATED' ? 'APPROVED' : event !== undefined && TEMPLATE_STATUSES.includes(event) ? event : undefined
  // The day before a change the category named is still the old one; what it will be is a reason to look.
  const impending = parsed.correct_category === undefined ? undefined : `category will become ${parsed.correct_category}`
  const named = parsed.reason === 'NONE' || parsed.reason == null ? undefined : parsed.reason
  const reasons = [status === undefined ? event : undefined, named, parsed.rejection_info?.reason, impending].filter(
    (one) => one !== undefined,
  )
  // Languages come as en-US and en_US; sends use the underscore.
  const language = parsed.message_template_language.replace('-', '_')
  const update: ChannelUpdate = {
    kind: 'template',
    account,
    name: parsed.message_template_name,
    language,
    raw: value,
    ...compact({
      status,
      category: parsed.new_category ?? parsed.message_template_category,
      quality: parsed.new_quality_score,
      reason: reasons.length === 0 ? undefined : reasons.join(': '),
    }),
  }
  if (event !== 'FLAGGED') return [update]
  const detail = `template ${parsed.message_template_name}/${language} is flagged for low quality and will be disabled if it does not improve`
  return [update, { kind: 'account', account, topic: field, severity: 'warning', detail, raw: value }]
}

/** A notice about a number or business account, or null when the field is none of these. */
export function noticeUpdate(field: string, value: unknown, account: string): ChannelUpdate | null {
  const judge = JUDGES[field]
  if (judge === undefined) return null
  const parsed = notice.safeParse(value).data
  const finding = parsed === undefined ? null : judge(parsed)
  return finding === null ? kept({ account }, field, false, value) : { kind: 'account', account, topic: field, raw: value, ...finding }
}

const JUDGES: Readonly<Record<string, (notice: Notice) => Finding | null>> = {
  account_update: accountFinding,
  account_review_update: ({ decision }) => ({
    severity: decision === 'REJECTED' ? 'critical' : 'info',
    detail: `account review: ${decision}`,
  }),
  account_alerts: ({ alert_info: alert }) => ({
    severity: alert?.alert_severity === 'CRITICAL' ? 'critical' : alert?.alert_severity === 'WARNING' ? 'warning' : 'info',
    detail: `${alert?.alert_type} (${alert?.alert_status}): ${alert?.alert_description}`,
  }),
  business_capability_update: ({ max_daily_conversations_per_business: limit }) => ({
    severity: 'info',
    detail: `customers a day outside the reply window, all numbers: ${limit}`,
  }),
  phone_number_quality_update: ({ event, display_phone_number: number, old_limit: old, current_limit: now }) => ({
    severity: event === 'DOWNGRADE' || event === 'FLAGGED' ? 'warning' : 'info',
    detail: `${number}: ${event}, limit ${old === undefined ? now : `${old} to ${now}`}`,
  }),
  phone_number_name_update: ({ display_phone_number: number, decision, rejection_reason: reason }) => ({
    severity: decision === 'APPROVED' ? 'info' : 'warning',
    detail: `${number}: display name ${decision}${reason == null ? '' : ` (${reason})`}`,
  }),
  security: ({ display_phone_number: number, event }) => ({ severity: 'warning', detail: `${number}: ${event}` }),
  business_username_update: ({ display_phone_number: number, username, status }) => ({
    severity: 'info',
    detail: `${number}: username ${username} ${status}`,
  }),
}

const HARMLESS: readonly string[] = [
  'VOLUME_BASED_PRICING_TIER_UPDATE',
  'AUTH_INTL_PRICE_ELIGIBILITY_UPDATE',
  'BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE',
  'PARTNER_ADDED',
  'PARTNER_APP_INSTALLED',
  'PARTNER_APP_UNINSTALLED',
  'MM_LITE_TERMS_SIGNED',
  'AD_ACCOUNT_LINKED',
  'ACCOUNT_RECONNECTED',
]

function accountFinding({ event, ban_info: ban, violation_info: violation, restriction_info: restrictions }: Notice): Finding | null {
  switch (event) {
    case 'ACCOUNT_DELETED':
    case 'PARTNER_REMOVED':
    case 'ACCOUNT_OFFBOARDED':
      return { severity: 'critical', halt: true, detail: `${event}: the business account can no longer be used from here` }
    case 'DISABLED_UPDATE':
      return banFinding(ban?.waba_ban_state, ban?.waba_ban_date)
    case 'ACCOUNT_VIOLATION':
      return { severity: 'critical', detail: `policy violation: ${violation?.violation_type}` }
    case 'ACCOUNT_RESTRICTION':
      // Replies stay possible under most restrictions, so this does not stop the number.
      return { severity: 'critical', detail: `restricted: ${(restrictions ?? []).map(restrictionText).join('; ')}` }
    default:
      return event !== undefined && HARMLESS.includes(event) ? { severity: 'info', detail: event } : null
  }
}

function banFinding(state: string | undefined, date: string | undefined): Finding {
  const detail = `${state}${date === undefined ? '' : ` (${date})`}`
  if (state === 'REINSTATE') return { severity: 'info', detail }
  return state === 'DISABLE' ? { severity: 'critical', halt: true, detail } : { severity: 'critical', detail }
}

function restrictionText({
  restriction_type: type,
  expiration,
}: {
  restriction_type?: string | undefined
  expiration?: number | undefined
}): string {
  return expiration === undefined ? `${type}` : `${type} until ${new Date(expiration * 1_000).toISOString()}`
}
