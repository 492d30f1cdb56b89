// What becomes of each sample that is about a number, a template or a business account, or that is no webhook at all.

const NUMBER = '301000000000001'
const BUSINESS = '201000000000001'

/** Kept as it came: [the provider's name for the account, the field, whether it was understood]. */
export const KEPT_CASES: Record<string, [account: string | null, field: string, known: boolean]> = {
  'unknown-field.json': [BUSINESS, 'quantum_update', false],
  'unknown-object.json': [null, 'page', false],
  'dashboard-test-button.json': [null, 'sample', true],
  'missing-object.json': [BUSINESS, 'account_review_update', true],
  'account-review-update.json': [BUSINESS, 'account_review_update', true],
  'account-update-volume-tier.json': [BUSINESS, 'account_update', true],
  'account-update-auth-intl.json': [BUSINESS, 'account_update', true],
  'account-update-unknown-event.json': [BUSINESS, 'account_update', false],
  'business-capability-update.json': [BUSINESS, 'business_capability_update', true],
  'business-capability-update-tier-string.json': [BUSINESS, 'business_capability_update', true],
  'phone-number-quality-update.json': [BUSINESS, 'phone_number_quality_update', true],
  'business-username-update.json': [BUSINESS, 'business_username_update', true],
  'partner-solutions.json': [null, 'partner_solutions', true],
  'payment-configuration-update.json': [BUSINESS, 'payment_configuration_update', true],
  'account-settings-update.json': [NUMBER, 'account_settings_update', true],
  'history-chunk.json': [NUMBER, 'history', true],
  'history-declined-2593109.json': [NUMBER, 'history', true],
  'smb-app-state-sync.json': [NUMBER, 'smb_app_state_sync', true],
  'group-lifecycle-create.json': [NUMBER, 'group_lifecycle_update', true],
  'group-participants-add.json': [NUMBER, 'group_participants_update', true],
  'group-settings-update.json': [NUMBER, 'group_settings_update', true],
  'group-status-suspend.json': [NUMBER, 'group_status_update', true],
  'marketing-user-actions.json': [NUMBER, 'messages.user_actions', true],
  'message-request-welcome-legacy.json': [NUMBER, 'messages.request_welcome', true],
  'message-group-unsupported-130501.json': [NUMBER, 'messages.group', true],
}

/** Nothing is in them. */
export const EMPTY_CASES = ['entry-empty.json', 'value-without-messages-or-statuses.json']

/** Signed and unreadable: acknowledged, and set aside for this reason. */
export const QUARANTINE_CASES: Record<string, string> = {
  'malformed-truncated.json': 'the body is not JSON',
  'malformed-not-json.txt': 'the body is not JSON',
  'malformed-empty-body.json': 'the body is empty',
  'malformed-wrong-types.json': 'not a webhook: entry is wrong',
}

export interface AlarmCase {
  topic: string
  severity: 'warning' | 'critical'
  detail: RegExp
  /** Nothing is sent from the number until somebody releases it. */
  halts: boolean
}

const account = (severity: AlarmCase['severity'], detail: RegExp, halts = false): AlarmCase => {
  return { topic: 'account_update', severity, detail, halts }
}

export const ALARM_CASES: Record<string, AlarmCase> = {
  'errors-value-130429.json': { topic: 'error', severity: 'warning', detail: /130429 Rate limit hit/, halts: false },
  'errors-value-131031.json': { topic: 'error', severity: 'critical', detail: /131031 .*locked/, halts: true },
  'account-update-restriction.json': account('critical', /RESTRICTED_BIZ_INITIATED_MESSAGING until 2026-11-21T12:00/),
  'account-update-violation.json': account('critical', /SCAM/),
  'account-update-disabled.json': account('critical', /SCHEDULE_FOR_DISABLE \(November 27, 2026\)/),
  'account-update-deleted.json': account('critical', /ACCOUNT_DELETED/, true),
  'account-update-partner-removed.json': account('critical', /PARTNER_REMOVED/, true),
  'account-alerts.json': { topic: 'account_alerts', severity: 'warning', detail: /ELIGIBILITY_DEFERRED/, halts: false },
  'phone-number-quality-update-downgrade.json': {
    topic: 'phone_number_quality_update',
    severity: 'warning',
    detail: /TIER_10K to TIER_2K/,
    halts: false,
  },
  'phone-number-name-update.json': { topic: 'phone_number_name_update', severity: 'warning', detail: /REJECTED/, halts: false },
  'security.json': { topic: 'security', severity: 'warning', detail: /PIN_RESET_REQUEST/, halts: false },
}

export interface TemplateCase {
  /** What the provider listed before. */
  was: string
  row: { status: string; category: string; quality: string; reason: string | RegExp }
  /** Whether the gate lets it through afterwards. */
  sends: boolean
  /** The webhook does not say what the template is now, so the provider is asked. */
  asks?: true
  alarm?: RegExp
}

const APPROVED = { status: 'APPROVED', category: 'UTILITY', quality: 'GREEN', reason: '' }

export const TEMPLATE_CASES: Record<string, TemplateCase> = {
  'template-status-approved.json': { was: 'PENDING', row: APPROVED, sends: true },
  'template-status-pending.json': { was: 'APPROVED', row: { ...APPROVED, status: 'PENDING' }, sends: false },
  'template-status-rejected.json': {
    was: 'PENDING',
    row: { ...APPROVED, status: 'REJECTED', category: 'MARKETING', reason: /^INVALID_FORMAT: / },
    sends: false,
  },
  'template-status-rejected-tag-mismatch.json': {
    was: 'PENDING',
    row: { ...APPROVED, status: 'REJECTED', reason: 'TAG_CONTENT_MISMATCH' },
    sends: false,
  },
  'template-status-disabled.json': { was: 'APPROVED', row: { ...APPROVED, status: 'DISABLED', category: 'MARKETING' }, sends: false },
  'template-status-reinstated.json': { was: 'PAUSED', row: { ...APPROVED, category: 'MARKETING' }, sends: true },
  'template-status-flagged.json': {
    was: 'APPROVED',
    row: { ...APPROVED, category: 'MARKETING', reason: 'FLAGGED' },
    sends: true,
    asks: true,
    alarm: /flagged for low quality/,
  },
  'template-status-unknown-event.json': { was: 'APPROVED', row: { ...APPROVED, reason: 'TELEPORTED' }, sends: true, asks: true },
  'template-category-impending.json': {
    was: 'APPROVED',
    row: { ...APPROVED, reason: 'category will become MARKETING' },
    sends: true,
    asks: true,
  },
  'template-quality-update.json': { was: 'APPROVED', row: { ...APPROVED, quality: 'YELLOW' }, sends: true, asks: true },
  'template-quality-update-doc-quirk.json': { was: 'APPROVED', row: { ...APPROVED, quality: 'RED' }, sends: true, asks: true },
  'template-components-update.json': { was: 'APPROVED', row: APPROVED, sends: true, asks: true },
}

/** About a person, and no message: see people.test.ts. */
export const PEOPLE_CASES = ['user-preferences-stop.json', 'user-preferences-resume.json', 'calls-connect.json', 'calls-terminate.json']

/** Two numbers of two business accounts, and a template: see door.test.ts. */
export const BATCH_CASE = 'batch-several-entries-and-fields.json'
