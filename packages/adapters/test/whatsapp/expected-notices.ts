// What each other sample means; a text is the reason why it is unreadable.
import type { Expected } from './expected.ts'
import { ADA, ADA_UNNAMED, AT, BUSINESS, NUMBER, kept, message, status, text } from './expected.ts'

export const NOTICES: Expected = {
  'status-direct-send-template-id.json': [
    status('delivered', { at: AT + 2000, recipient: ADA, pricing: { category: 'utility', type: 'regular', model: 'PMP', billable: true } }),
  ],
  'status-failed-132015-template-paused.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 132015,
        title: 'Template is paused',
        detail: 'Template is paused due to low quality so it cannot be sent in a template message.',
        class: 'final',
        scope: 'message',
        templateUnusable: true,
      },
    }),
  ],
  'errors-value-130429.json': [
    {
      kind: 'account',
      account: NUMBER,
      topic: 'error',
      severity: 'warning',
      detail:
        '130429 Rate limit hit: Message failed to send because there were too many messages sent from this phone number in a short period of time',
    },
  ],
  'errors-value-131031.json': [
    {
      kind: 'account',
      account: NUMBER,
      topic: 'error',
      severity: 'critical',
      detail: '131031 Account has been locked: Business Account locked',
      halt: true,
    },
  ],
  'unknown-field.json': [kept(BUSINESS, 'quantum_update', false)],
  'unknown-object.json': [kept(null, 'page', false)],
  'entry-empty.json': [],
  'missing-object.json': [
    { kind: 'account', account: BUSINESS, topic: 'account_review_update', severity: 'info', detail: 'account review: APPROVED' },
  ],
  'dashboard-test-button.json': [kept(null, 'sample', true)],
  'malformed-truncated.json': 'the body is not JSON',
  'malformed-not-json.txt': 'the body is not JSON',
  'malformed-empty-body.json': 'the body is empty',
  'malformed-wrong-types.json': 'not a webhook: entry is wrong',
  'template-status-approved.json': [
    { kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', status: 'APPROVED', category: 'UTILITY' },
  ],
  'template-status-pending.json': [
    { kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', status: 'PENDING', category: 'UTILITY' },
  ],
  'template-status-rejected.json': [
    {
      kind: 'template',
      account: BUSINESS,
      name: 'order_update',
      language: 'en_US',
      status: 'REJECTED',
      category: 'MARKETING',
      reason: 'INVALID_FORMAT: Two parameters stand next to each other.',
    },
  ],
  'template-status-rejected-tag-mismatch.json': [
    {
      kind: 'template',
      account: BUSINESS,
      name: 'order_update',
      language: 'en_US',
      status: 'REJECTED',
      category: 'UTILITY',
      reason: 'TAG_CONTENT_MISMATCH',
    },
  ],
  'template-status-disabled.json': [
    { kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', status: 'DISABLED', category: 'MARKETING' },
  ],
  'template-status-reinstated.json': [
    { kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', status: 'APPROVED', category: 'MARKETING' },
  ],
  'template-status-flagged.json': [
    { kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', category: 'MARKETING', reason: 'FLAGGED' },
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'message_template_status_update',
      severity: 'warning',
      detail: 'template order_update/en_US is flagged for low quality and will be disabled if it does not improve',
    },
  ],
  'template-status-unknown-event.json': [
    { kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', reason: 'TELEPORTED' },
  ],
  'template-category-impending.json': [
    {
      kind: 'template',
      account: BUSINESS,
      name: 'order_update',
      language: 'en_US',
      category: 'UTILITY',
      reason: 'category will become MARKETING',
    },
  ],
  'template-quality-update.json': [{ kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', quality: 'YELLOW' }],
  'template-quality-update-doc-quirk.json': [
    { kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', quality: 'RED' },
  ],
  'template-components-update.json': [{ kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US' }],
  'account-update-restriction.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'account_update',
      severity: 'critical',
      detail: 'restricted: RESTRICTED_BIZ_INITIATED_MESSAGING until 2026-11-21T12:00:00.000Z',
    },
  ],
  'account-update-violation.json': [
    { kind: 'account', account: BUSINESS, topic: 'account_update', severity: 'critical', detail: 'policy violation: SCAM' },
  ],
  'account-update-disabled.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'account_update',
      severity: 'critical',
      detail: 'SCHEDULE_FOR_DISABLE (November 27, 2026)',
    },
  ],
  'account-update-deleted.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'account_update',
      severity: 'critical',
      halt: true,
      detail: 'ACCOUNT_DELETED: the business account can no longer be used from here',
    },
  ],
  'account-update-volume-tier.json': [
    { kind: 'account', account: BUSINESS, topic: 'account_update', severity: 'info', detail: 'VOLUME_BASED_PRICING_TIER_UPDATE' },
  ],
  'account-update-auth-intl.json': [
    { kind: 'account', account: BUSINESS, topic: 'account_update', severity: 'info', detail: 'AUTH_INTL_PRICE_ELIGIBILITY_UPDATE' },
  ],
  'account-update-partner-removed.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'account_update',
      severity: 'critical',
      halt: true,
      detail: 'PARTNER_REMOVED: the business account can no longer be used from here',
    },
  ],
  'account-update-unknown-event.json': [kept(BUSINESS, 'account_update', false)],
  'account-review-update.json': [
    { kind: 'account', account: BUSINESS, topic: 'account_review_update', severity: 'info', detail: 'account review: APPROVED' },
  ],
  'account-alerts.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'account_alerts',
      severity: 'warning',
      detail: 'INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED (ACTIVE): Limits cannot be increased yet.',
    },
  ],
  'business-capability-update.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'business_capability_update',
      severity: 'info',
      detail: 'customers a day outside the reply window, all numbers: 2000',
    },
  ],
  'business-capability-update-tier-string.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'business_capability_update',
      severity: 'info',
      detail: 'customers a day outside the reply window, all numbers: TIER_UNLIMITED',
    },
  ],
  'phone-number-quality-update.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'phone_number_quality_update',
      severity: 'info',
      detail: '12025550100: THROUGHPUT_UPGRADE, limit TIER_UNLIMITED',
    },
  ],
  'phone-number-quality-update-downgrade.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'phone_number_quality_update',
      severity: 'warning',
      detail: '12025550100: DOWNGRADE, limit TIER_10K to TIER_2K',
    },
  ],
  'phone-number-name-update.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'phone_number_name_update',
      severity: 'warning',
      detail: '12025550100: display name REJECTED (NAME_NOT_CONSISTENT)',
    },
  ],
  'security.json': [
    { kind: 'account', account: BUSINESS, topic: 'security', severity: 'warning', detail: '12025550100: PIN_RESET_REQUEST' },
  ],
  'business-username-update.json': [
    {
      kind: 'account',
      account: BUSINESS,
      topic: 'business_username_update',
      severity: 'info',
      detail: '12025550100: username example.co approved',
    },
  ],
  'partner-solutions.json': [kept(null, 'partner_solutions', true)],
  'payment-configuration-update.json': [kept(BUSINESS, 'payment_configuration_update', true)],
  'user-preferences-stop.json': [{ kind: 'preference', account: NUMBER, contact: ADA, marketing: 'out', at: AT, source: 'whatsapp' }],
  'user-preferences-resume.json': [
    { kind: 'preference', account: NUMBER, contact: ADA_UNNAMED, marketing: 'in', at: AT, source: 'whatsapp' },
  ],
  'history-chunk.json': [kept(NUMBER, 'history', true)],
  'history-declined-2593109.json': [kept(NUMBER, 'history', true)],
  'smb-app-state-sync.json': [kept(NUMBER, 'smb_app_state_sync', true)],
  'calls-connect.json': [{ kind: 'call', account: NUMBER, from: ADA, event: 'connect', at: AT, byCustomer: true }],
  'calls-terminate.json': [{ kind: 'call', account: NUMBER, from: ADA, event: 'terminate', at: AT + 130000, byCustomer: true }],
  'group-lifecycle-create.json': [kept(NUMBER, 'group_lifecycle_update', true)],
  'group-participants-add.json': [kept(NUMBER, 'group_participants_update', true)],
  'group-settings-update.json': [kept(NUMBER, 'group_settings_update', true)],
  'group-status-suspend.json': [kept(NUMBER, 'group_status_update', true)],
  'marketing-user-actions.json': [kept(NUMBER, 'messages.user_actions', true)],
  'account-settings-update.json': [kept(NUMBER, 'account_settings_update', true)],
  '360dialog-message-text.json': [message(ADA, text('via 360dialog'))],
}
