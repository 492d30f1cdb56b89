// What each status and batch sample means.
import type { Expected } from './expected.ts'
import { ADA, ADA_UNNAMED, AT, BUSINESS, NUMBER, kept, link, message, status, text } from './expected.ts'

export const STATUSES: Expected = {
  'status-sent.json': [status('sent', { at: AT, recipient: ADA })],
  'status-sent-fep-conversation.json': [
    status('sent', {
      at: AT,
      recipient: ADA,
      pricing: { category: 'referral_conversion', type: 'free_entry_point', model: 'PMP', billable: false },
      freeEntryUntil: AT + 604800000,
    }),
  ],
  'status-delivered-marketing-regular.json': [
    status('delivered', {
      at: AT + 2000,
      recipient: ADA,
      pricing: { category: 'marketing', type: 'regular', model: 'PMP', billable: true },
    }),
  ],
  'status-delivered-service-free-tier.json': [
    status('delivered', {
      at: AT + 2000,
      recipient: ADA,
      pricing: { category: 'service', type: 'free_customer_service', model: 'PMP', billable: false },
    }),
  ],
  'status-delivered-service-regular.json': [
    status('delivered', { at: AT + 2000, recipient: ADA, pricing: { category: 'service', type: 'regular', model: 'PMP', billable: true } }),
  ],
  'status-delivered-utility-in-csw-regular.json': [
    status('delivered', { at: AT + 2000, recipient: ADA, pricing: { category: 'utility', type: 'regular', model: 'PMP', billable: true } }),
  ],
  'status-delivered-paid-exempt.json': [
    status('delivered', {
      at: AT + 2000,
      recipient: ADA,
      pricing: { category: 'service', type: 'regular', model: 'PMP', billable: false },
    }),
  ],
  'status-delivered-marketing-lite.json': [
    status('delivered', {
      at: AT + 2000,
      recipient: ADA,
      pricing: { category: 'marketing_lite', type: 'regular', model: 'PMP', billable: true },
    }),
  ],
  'status-delivered-auth-international.json': [
    status('delivered', {
      at: AT + 2000,
      recipient: ADA,
      pricing: { category: 'authentication-international', type: 'regular', model: 'PMP', billable: true },
    }),
  ],
  'status-failed-131047-window-closed.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 131047,
        title: 'Re-engagement message',
        detail: 'Message failed to send because more than 24 hours have passed since the customer last replied to this number.',
        class: 'template',
        scope: 'message',
      },
    }),
  ],
  'status-failed-131026-undeliverable.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: { code: 131026, title: 'Message undeliverable', detail: 'Message Undeliverable.', class: 'final', scope: 'message' },
    }),
  ],
  'status-failed-131049-ecosystem.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 131049,
        title: 'This message was not delivered to maintain healthy ecosystem engagement.',
        detail: 'In order to maintain a healthy ecosystem engagement, the message failed to be delivered.',
        class: 'wait',
        scope: 'message',
        retryAfterMs: 86400000,
        maxTries: 3,
      },
    }),
  ],
  'status-failed-131050-user-stopped-marketing.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 131050,
        title: 'User has stopped marketing messages',
        detail:
          'Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on WhatsApp from your business.',
        class: 'final',
        scope: 'message',
        optOut: true,
      },
    }),
  ],
  'status-failed-131048-spam-rate.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 131048,
        title: 'Spam rate limit hit',
        detail: 'Message failed to send because there are restrictions on how many messages can be sent from this phone number.',
        class: 'halt',
        scope: 'number',
      },
    }),
  ],
  'status-failed-131056-pair-rate.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 131056,
        title: '(Business Account, Consumer Account) pair rate limit hit',
        detail: 'Too many messages sent from the sender phone number to the same recipient phone number in a short period of time.',
        class: 'wait',
        scope: 'pair',
        retryAfterMs: 1000,
      },
    }),
  ],
  'status-failed-131053-media.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 131053,
        title: 'Media upload error',
        detail: 'Media download from URL failed: HTTP 404.',
        class: 'final',
        scope: 'message',
      },
    }),
  ],
  'status-failed-131042-payment.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 131042,
        title: 'Business eligibility payment issue',
        detail: 'Message failed to send because there were one or more errors related to your payment method.',
        class: 'halt',
        scope: 'account',
      },
    }),
  ],
  'status-failed-131000-generic.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 131000,
        title: 'Something went wrong',
        detail: 'Message failed to send due to an unknown error.',
        class: 'retry',
        scope: 'message',
        maxTries: 3,
      },
    }),
  ],
  'status-failed-130472-experiment.json': [
    status('failed', {
      at: AT,
      recipient: ADA_UNNAMED,
      error: {
        code: 130472,
        title: "User's number is part of an experiment",
        detail: "Failed to send message because this user's phone number is part of an experiment.",
        class: 'final',
        scope: 'message',
      },
    }),
  ],
  'status-failed-bsuid-only.json': [
    status('failed', {
      at: AT,
      recipient: { userId: 'US.10000000000000000147' },
      error: {
        code: 131062,
        title: 'Business-scoped User ID (BSUID) recipients are not supported for this message.',
        detail: 'Authentication templates with one-tap, zero-tap or copy-code buttons need a phone number.',
        class: 'final',
        scope: 'message',
      },
    }),
  ],
  'status-failed-after-delivered-group.json': [
    status('failed', {
      at: AT,
      error: { code: 131000, title: 'Something went wrong', detail: 'unknown', class: 'retry', scope: 'message', maxTries: 3 },
    }),
  ],
  'status-bsuid-delivered.json': [
    status('delivered', {
      at: AT + 2000,
      recipient: { userId: 'US.10000000000000000147', name: 'Priv Ate', username: 'priv.ate' },
      pricing: { category: 'utility', type: 'regular', model: 'PMP', billable: true },
    }),
  ],
  'status-group-delivered-aggregated.json': [
    status('delivered', {
      at: AT,
      recipient: ADA,
      participant: 'US.10000000000000000123',
      pricing: { category: 'group_service', type: 'free_group_customer_service', model: 'PMP', billable: false },
    }),
    status('delivered', {
      at: AT + 1000,
      recipient: { userId: 'US.10000000000000000147', phone: '13105550147', name: 'Priv Ate' },
      participant: 'US.10000000000000000147',
      pricing: { category: 'group_service', type: 'free_group_customer_service', model: 'PMP', billable: false },
    }),
    status('read', {
      at: AT + 2000,
      recipient: ADA,
      participant: 'US.10000000000000000123',
      pricing: { category: 'group_service', type: 'free_group_customer_service', model: 'PMP', billable: false },
    }),
  ],
  'status-legacy-cbp.json': [
    status('sent', {
      at: 1748768400000,
      recipient: { phone: '12025550123' },
      pricing: { category: 'marketing', model: 'CBP', billable: true },
    }),
  ],
  'status-deleted-onprem-legacy.json': [kept(NUMBER, 'messages.status', true)],
  'status-warning-onprem-legacy.json': [kept(NUMBER, 'messages.status', true)],
  'sequence-same-second-1-delivered.json': [status('delivered', { at: AT + 2000, recipient: ADA })],
  'sequence-same-second-2-sent.json': [status('sent', { at: AT + 2000, recipient: ADA })],
  'batch-statuses-out-of-order-in-one-post.json': [
    status('read', { at: AT + 4000, recipient: ADA }),
    status('sent', { at: AT + 1000, recipient: ADA }),
    status('delivered', { at: AT + 3000, recipient: ADA }),
  ],
  'batch-several-changes-one-entry.json': [
    message(ADA, text('first')),
    message(
      { userId: 'US.10000000000000000147', phone: '13105550147', name: 'Priv Ate' },
      {
        kind: 'image',
        media: {
          id: '900000000000073',
          url: link('900000000000073'),
          sha256: 'GHlhTNt9Zlp0i8C3v7mRdzqhDPKP3Zetj5hf7DtoQZI=',
          mimeType: 'image/jpeg',
        },
      },
      { at: AT + 1000 },
    ),
    status('delivered', { at: AT + 1000, recipient: ADA }),
  ],
  'batch-several-entries-and-fields.json': [
    message(ADA, text('to number 1')),
    message({ userId: 'US.10000000000000000164', phone: '14155550164', name: 'Cy' }, text('to number 2 of other WABA'), {
      account: '301000000000002',
    }),
    { kind: 'template', account: BUSINESS, name: 'order_update', language: 'en_US', status: 'APPROVED', category: 'UTILITY' },
  ],
  'batch-messages-and-statuses-same-value.json': [message(ADA, text('ok')), status('read', { at: AT, recipient: ADA })],
  'value-without-messages-or-statuses.json': [],
  '360dialog-status-delivered.json': [
    status('delivered', { at: AT + 2000, recipient: ADA, pricing: { category: 'utility', type: 'regular', model: 'PMP', billable: true } }),
  ],
}
