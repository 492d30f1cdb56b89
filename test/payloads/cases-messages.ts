// What becomes of each message sample beside its line in the transcript.

export interface MessageCase {
  /** `opens`: the reply window closes 24 hours after the message was written. */
  window: 'opens' | 'stays-closed'
  /** Whom the answer is sent to, in the provider's words; null: nobody is answered. */
  answer: { to: string } | { recipient: string } | null
  owner: 'service' | 'external' | 'none'
}

const ADA = { to: '+12025550123' }
const ROUTED: MessageCase = { window: 'opens', answer: ADA, owner: 'service' }
/** Stored, and nobody acts on it. */
const OBSERVED: MessageCase = { window: 'stays-closed', answer: null, owner: 'none' }

export const MESSAGE_CASES: Record<string, MessageCase> = {
  'message-text.json': ROUTED,
  // A year late: its window is over, so it is routed and not answered in free text.
  'message-text-legacy-no-bsuid.json': { ...ROUTED, answer: null },
  'message-text-unicode-rtl.json': ROUTED,
  'message-text-very-long-4096.json': ROUTED,
  'message-text-very-long-65536.json': ROUTED,
  'message-text-reply-context.json': ROUTED,
  'message-text-forwarded.json': ROUTED,
  'message-text-frequently-forwarded.json': ROUTED,
  'message-text-referred-product.json': ROUTED,
  'message-text-referral-ctwa.json': ROUTED,
  'message-text-referral-status-ad-no-clid.json': ROUTED,
  'message-image-referral-post.json': ROUTED,
  'message-image.json': ROUTED,
  'message-image-no-url-no-caption.json': ROUTED,
  'message-image-forwarded.json': ROUTED,
  'message-video.json': ROUTED,
  'message-audio.json': ROUTED,
  'message-voice.json': ROUTED,
  'message-document.json': ROUTED,
  'message-sticker.json': ROUTED,
  'message-location.json': ROUTED,
  'message-location-pin-only.json': ROUTED,
  'message-contacts.json': ROUTED,
  'message-contacts-shared-own-phone.json': ROUTED,
  'message-reaction.json': OBSERVED,
  'message-reaction-removed.json': OBSERVED,
  'message-reaction-removed-empty-emoji.json': OBSERVED,
  'message-interactive-button-reply.json': ROUTED,
  'message-interactive-list-reply.json': ROUTED,
  'message-interactive-nfm-reply-flow.json': ROUTED,
  'message-interactive-nfm-reply-address.json': ROUTED,
  'message-interactive-call-permission-reply.json': OBSERVED,
  'message-button-template-quick-reply.json': ROUTED,
  'message-order.json': ROUTED,
  'message-system-user-changed-number.json': OBSERVED,
  'message-system-user-changed-number-legacy.json': OBSERVED,
  'message-system-user-changed-user-id.json': OBSERVED,
  'message-system-identity-changed.json': OBSERVED,
  'message-unsupported-poll.json': ROUTED,
  'message-unsupported-unavailable-131060.json': ROUTED,
  'message-media-download-error-131052.json': ROUTED,
  'message-edit-image-caption.json': OBSERVED,
  'message-bsuid-only-text.json': { ...ROUTED, answer: { recipient: 'US.10000000000000000147' } },
  'message-bsuid-parent-username-text.json': { ...ROUTED, answer: { recipient: 'US.10000000000000000123' } },
  'message-identity-key-hash.json': ROUTED,
  'message-unknown-extra-fields.json': ROUTED,
  'message-echoes.json': { window: 'stays-closed', answer: null, owner: 'external' },
  '360dialog-message-text.json': ROUTED,
}
