// What becomes of the message that each status sample is about.

export interface StatusCase {
  /** How the message was sent; a template needs no reply window. */
  sent: 'text' | 'marketing' | 'utility'
  /** Of the message afterwards. */
  becomes: { status: string; [member: string]: unknown }
  /** What else is true of the message: the price in the provider's words, the error. */
  pricing?: Record<string, unknown>
}

const SENT = '2026-11-20T12:00:00.000Z'
const DELIVERED = '2026-11-20T12:00:02.000Z'

function delivered(sent: StatusCase['sent'], category: string, type: string, billable: boolean): StatusCase {
  const becomes = { status: 'delivered', deliveredAt: DELIVERED, sentAt: null, category, reason: null, error: null }
  return { sent, becomes, pricing: { category, type, model: 'PMP', billable } }
}

function failed(sent: StatusCase['sent'], code: number, reason = 'provider-refused'): StatusCase {
  return { sent, becomes: { status: 'failed', failedAt: SENT, deliveredAt: null, reason, error: { code } } }
}

export const STATUS_CASES: Record<string, StatusCase> = {
  'status-sent.json': { sent: 'text', becomes: { status: 'sent', sentAt: SENT, category: null } },
  'status-sent-fep-conversation.json': {
    sent: 'text',

    becomes: { status: 'sent', sentAt: SENT, category: 'referral_conversion' },
    pricing: {
      category: 'referral_conversion',
      type: 'free_entry_point',
      model: 'PMP',
      billable: false,
      freeEntryUntil: Date.parse('2026-11-27T12:00:00.000Z'),
    },
  },
  'status-delivered-marketing-regular.json': delivered('marketing', 'marketing', 'regular', true),
  'status-delivered-service-free-tier.json': delivered('text', 'service', 'free_customer_service', false),
  'status-delivered-service-regular.json': delivered('text', 'service', 'regular', true),
  'status-delivered-utility-in-csw-regular.json': delivered('utility', 'utility', 'regular', true),
  'status-delivered-paid-exempt.json': delivered('text', 'service', 'regular', false),
  'status-delivered-marketing-lite.json': delivered('marketing', 'marketing_lite', 'regular', true),
  'status-delivered-auth-international.json': delivered('utility', 'authentication-international', 'regular', true),
  'status-direct-send-template-id.json': delivered('utility', 'utility', 'regular', true),
  'status-failed-131047-window-closed.json': failed('text', 131047, 'window-closed'),
  'status-failed-131026-undeliverable.json': failed('text', 131026),
  'status-failed-131049-ecosystem.json': failed('marketing', 131049),
  'status-failed-131050-user-stopped-marketing.json': failed('marketing', 131050, 'customer-opted-out'),
  'status-failed-131048-spam-rate.json': failed('marketing', 131048),
  'status-failed-131056-pair-rate.json': failed('text', 131056),
  'status-failed-131053-media.json': failed('text', 131053),
  'status-failed-131042-payment.json': failed('utility', 131042),
  'status-failed-132015-template-paused.json': failed('marketing', 132015, 'template-unusable'),
  'status-failed-131000-generic.json': failed('text', 131000),
  'status-failed-130472-experiment.json': failed('marketing', 130472),
  'status-failed-bsuid-only.json': failed('utility', 131062),
  'status-failed-after-delivered-group.json': failed('text', 131000),
  'status-bsuid-delivered.json': delivered('utility', 'utility', 'regular', true),
  // What a member of a group has is not what the group has.
  'status-group-delivered-aggregated.json': { sent: 'text', becomes: { status: 'accepted', deliveredAt: null, readAt: null } },
  'status-legacy-cbp.json': {
    sent: 'marketing',

    becomes: { status: 'sent', sentAt: '2025-06-01T09:00:00.000Z', category: 'marketing' },
    pricing: { category: 'marketing', model: 'CBP', billable: true },
  },
  'status-deleted-onprem-legacy.json': { sent: 'text', becomes: { status: 'accepted', deliveredAt: null } },
  'status-warning-onprem-legacy.json': { sent: 'text', becomes: { status: 'accepted', deliveredAt: null } },
  'sequence-same-second-1-delivered.json': {
    sent: 'text',

    becomes: { status: 'delivered', deliveredAt: DELIVERED, sentAt: null },
  },
  'sequence-same-second-2-sent.json': { sent: 'text', becomes: { status: 'sent', sentAt: DELIVERED } },
  'batch-statuses-out-of-order-in-one-post.json': {
    sent: 'text',

    becomes: {
      status: 'read',
      sentAt: '2026-11-20T12:00:01.000Z',
      deliveredAt: '2026-11-20T12:00:03.000Z',
      readAt: '2026-11-20T12:00:04.000Z',
    },
  },
  'batch-several-changes-one-entry.json': {
    sent: 'text',

    becomes: { status: 'delivered', deliveredAt: '2026-11-20T12:00:01.000Z' },
  },
  'batch-messages-and-statuses-same-value.json': { sent: 'text', becomes: { status: 'read', readAt: SENT } },
  '360dialog-status-delivered.json': delivered('utility', 'utility', 'regular', true),
}
