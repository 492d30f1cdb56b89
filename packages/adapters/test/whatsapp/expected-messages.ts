// What each message sample means. Reading these beside the samples is the specification of the parser.
import type { Expected } from './expected.ts'
import { ADA, ADA_UNNAMED, AT, NUMBER, kept, link, longText, message, text } from './expected.ts'

export const MESSAGES: Expected = {
  'message-text.json': [message(ADA, text('Hi, is my order on its way?'))],
  'message-text-legacy-no-bsuid.json': [
    message({ phone: '12025550123', name: 'Ada Example' }, text('Hello from before April 2026'), { at: 1764590400000 }),
  ],
  'message-text-unicode-rtl.json': [
    message(
      {
        userId: 'US.10000000000000000123',
        phone: '12025550123',
        name: '\u{644}\u{64a}\u{644}\u{649} \u{1f319} \u{644}\u{650}\u{64a}\u{644}\u{64e}\u{649}',
      },
      text(
        '\u{645}\u{631}\u{62d}\u{628}\u{627} \u{1f44b}\u{1f3fd} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{2014} \u{65e5}\u{672c}\u{8a9e}\u{30c6}\u{30b9}\u{30c8} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466} \u{e9} (e\u{301}) \u{202e}abc\u{202c} \u{1f1e7}\u{1f1f7}\nline 2\ttab "quotes" \\ / <b>&amp;</b> \u{2028} end',
      ),
    ),
  ],
  'message-text-very-long-4096.json': [message(ADA, longText('message-text-very-long-4096.json', 4096))],
  'message-text-very-long-65536.json': [message(ADA, longText('message-text-very-long-65536.json', 65536))],
  'message-text-reply-context.json': [
    message(ADA, text('Yes please'), { replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQwMUMyQUUwMUZDNEExRDk0RjQyMgA=' }),
  ],
  'message-text-forwarded.json': [message(ADA, text('Forwarded note'), { forwarded: 'once' })],
  'message-text-frequently-forwarded.json': [message(ADA, text('Forwarded a lot'), { forwarded: 'often' })],
  'message-text-referred-product.json': [
    message(ADA, text('Is this one in stock?'), {
      replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ3Njg1RTA2QzhGMTAzMEVBMjIxMAA=',
      product: { catalogId: '400000000000001', productId: 'SKU-0042' },
    }),
  ],
  'message-text-referral-ctwa.json': [
    message(ADA, text('Can I get more info about this?'), {
      referral: {
        sourceType: 'ad',
        sourceId: '120000000000000001',
        sourceUrl: 'https://fb.me/exampleAd1',
        headline: 'Chat with us',
        body: 'Winter boots, 20% off this week',
        clickId: 'ARexampleClickId0001',
      },
    }),
  ],
  'message-text-referral-status-ad-no-clid.json': [
    message(ADA, text('Price?'), {
      referral: {
        sourceType: 'ad',
        sourceId: '120000000000000001',
        sourceUrl: 'https://fb.me/exampleAd1',
        headline: 'Chat with us',
        body: 'Winter boots, 20% off this week',
      },
    }),
  ],
  'message-image-referral-post.json': [
    message(
      ADA,
      {
        kind: 'image',
        media: {
          id: '900000000000014',
          url: link('900000000000014'),
          sha256: 'p0MVtLIh2WipN0sLFB7QsZcDd1bYgmbIme7Xr9Eytjo=',
          mimeType: 'image/jpeg',
        },
        caption: 'this one?',
      },
      {
        referral: {
          sourceType: 'post',
          sourceId: '130000000000000001',
          sourceUrl: 'https://fb.me/examplePost1',
          headline: 'Message us',
          body: 'Our new shop',
        },
      },
    ),
  ],
  'message-image.json': [
    message(ADA, {
      kind: 'image',
      media: {
        id: '900000000000015',
        url: link('900000000000015'),
        sha256: 'dFPF9fnyqK+MgVlXAPbDWqQqkUlhxZh6CWnooBclXUs=',
        mimeType: 'image/jpeg',
      },
      caption: 'The damaged box',
    }),
  ],
  'message-image-no-url-no-caption.json': [
    message(ADA, {
      kind: 'image',
      media: { id: '900000000000016', sha256: 'mIYdKGWgYLNXjKSfoQj1pDSCGTUWbAGLUeZn/FruOj8=', mimeType: 'image/jpeg' },
    }),
  ],
  'message-image-forwarded.json': [
    message(
      ADA,
      {
        kind: 'image',
        media: {
          id: '900000000000017',
          url: link('900000000000017'),
          sha256: 'I5lsPj+1cb0uTGWBdxqghmGbEgCVinfbRJuhUTKW00M=',
          mimeType: 'image/png',
        },
      },
      { forwarded: 'once' },
    ),
  ],
  'message-video.json': [
    message(ADA, {
      kind: 'video',
      media: {
        id: '900000000000018',
        url: link('900000000000018'),
        sha256: 'K2uLhZMGYC7ES8nja5lA53e1eEZRd9W4DNt1bsLepoA=',
        mimeType: 'video/mp4',
      },
      caption: 'See from 0:12',
    }),
  ],
  'message-audio.json': [
    message(ADA, {
      kind: 'audio',
      media: {
        id: '900000000000019',
        url: link('900000000000019'),
        sha256: 'L6Yfg6yP+xOtcSgvQTd0Lyftn0unHFcdk8Icb+mgWzs=',
        voice: false,
        mimeType: 'audio/mpeg',
      },
    }),
  ],
  'message-voice.json': [
    message(ADA, {
      kind: 'audio',
      media: {
        id: '900000000000020',
        url: link('900000000000020'),
        sha256: 'hiQ2Evfg1Piodg3qs5UjcsVVRe+0qW1jf+M2x16rwMM=',
        voice: true,
        mimeType: 'audio/ogg; codecs=opus',
      },
    }),
  ],
  'message-document.json': [
    message(ADA, {
      kind: 'document',
      media: {
        id: '900000000000021',
        url: link('900000000000021'),
        sha256: '6+nQysrbKt/idjCBOVeUzmDMaIJeOMhlNCOVBJD6QzA=',
        mimeType: 'application/pdf',
        filename: 'Rechnung Nr. 12 (Kopie) – ä.pdf',
      },
      caption: 'invoice',
    }),
  ],
  'message-sticker.json': [
    message(ADA, {
      kind: 'sticker',
      media: {
        id: '900000000000023',
        url: link('900000000000023'),
        sha256: 'Ufgje6osJC4r+JqTAa6sNj9blbP4QnhtAriore6Uk9Q=',
        animated: true,
        mimeType: 'image/webp',
      },
    }),
  ],
  'message-location.json': [
    message(ADA, {
      kind: 'location',
      latitude: 38.8977,
      longitude: -77.0365,
      name: 'Example Cafe',
      address: '1 Example Ave, Washington, DC',
      url: 'https://cafe.example.com/',
    }),
  ],
  'message-location-pin-only.json': [message(ADA, { kind: 'location', latitude: -33.856784, longitude: 151.215297 })],
  'message-contacts.json': [
    message(ADA, {
      kind: 'contacts',
      contacts: [
        {
          name: { formatted_name: 'Grace B. Sample', first_name: 'Grace', last_name: 'Sample', middle_name: 'B.' },
          org: { company: 'Example Co', department: 'Ops', title: 'Lead' },
          birthday: '1990-05-04',
          addresses: [
            {
              street: '2 Sample St',
              city: 'Springfield',
              state: 'IL',
              zip: '00000',
              country: 'United States',
              country_code: 'us',
              type: 'WORK',
            },
          ],
          emails: [{ email: 'grace@example.com', type: 'WORK' }],
          phones: [
            { phone: '+1 (310) 555-0147', wa_id: '13105550147', type: 'CELL' },
            { phone: '+1 (310) 555-0148', type: 'HOME' },
          ],
          urls: [{ url: 'https://example.com', type: 'WORK' }],
        },
        { name: { formatted_name: 'No Phone' } },
      ],
    }),
  ],
  'message-contacts-shared-own-phone.json': [
    message(
      { userId: 'US.10000000000000000123', phone: '12025550123', name: 'Ada Example', username: 'ada.example' },
      {
        kind: 'contacts',
        contacts: [
          {
            origin: 'contact_request',
            vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Ada Example\nTEL;waid=12025550123:+1 202-555-0123\nEND:VCARD',
            phones: [{ phone: '12025550123' }],
          },
        ],
      },
    ),
  ],
  'message-reaction.json': [
    message(ADA, { kind: 'reaction', messageId: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ3QTlDNEQ5RDg4MDdENjQ0NTMzOAA=', emoji: '👍🏽' }),
  ],
  'message-reaction-removed.json': [
    message(
      ADA,
      { kind: 'reaction', messageId: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ3QTlDNEQ5RDg4MDdENjQ0NTMzOAA=', emoji: null },
      { at: AT + 5000 },
    ),
  ],
  'message-reaction-removed-empty-emoji.json': [
    message(
      ADA,
      { kind: 'reaction', messageId: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ3QTlDNEQ5RDg4MDdENjQ0NTMzOAA=', emoji: null },
      { at: AT + 6000 },
    ),
  ],
  'message-interactive-button-reply.json': [
    message(
      ADA,
      { kind: 'reply', via: 'button', id: 'confirm:order:8812', title: 'Confirm' },
      { replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ2QTE0OUI3MTA4MDczNjY0OTlGQwA=' },
    ),
  ],
  'message-interactive-list-reply.json': [
    message(
      ADA,
      { kind: 'reply', via: 'list', id: 'slot_2026-11-23T10', title: 'Mon 10:00', description: 'Downtown store' },
      { replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ2QTE0OUI3MTA4MDczNjY0OTlGQwA=' },
    ),
  ],
  'message-interactive-nfm-reply-flow.json': [
    message(
      ADA,
      { kind: 'form', name: 'flow', answers: { flow_token: 'ft_8812', name: 'Ada', rating: 5, opt_in: true } },
      { replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ2QTE0OUI3MTA4MDczNjY0OTlGQwA=' },
    ),
  ],
  'message-interactive-nfm-reply-address.json': [
    message(
      ADA,
      {
        kind: 'form',
        name: 'address_message',
        answers: { saved_address_id: 'address1', values: { name: 'Ada Example', in_pin_code: '400063', address: '1 Example Ave' } },
      },
      { replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ2QTE0OUI3MTA4MDczNjY0OTlGQwA=' },
    ),
  ],
  'message-interactive-call-permission-reply.json': [
    message(
      ADA,
      { kind: 'callPermission', accepted: true, permanent: false },
      { replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ2QTE0OUI3MTA4MDczNjY0OTlGQwA=' },
    ),
  ],
  'message-button-template-quick-reply.json': [
    message(
      ADA,
      { kind: 'reply', via: 'template', id: 'OPT_OUT_MARKETING', title: 'Stop promotions' },
      { replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ2QTE0OUI3MTA4MDczNjY0OTlGQwA=' },
    ),
  ],
  'message-order.json': [
    message(
      ADA,
      {
        kind: 'order',
        catalogId: '400000000000001',
        items: [
          { product_retailer_id: 'SKU-0042', quantity: 2, item_price: 19.99, currency: 'USD' },
          { product_retailer_id: 'SKU-0007', quantity: 1, item_price: 5, currency: 'USD' },
        ],
        text: 'Please gift wrap',
      },
      { replyTo: 'wamid.HBgLMTIwMjU1NTAxMjMVAgARGBQ2QTE0OUI3MTA4MDczNjY0OTlGQwA=' },
    ),
  ],
  'message-system-user-changed-number.json': [
    {
      kind: 'identity',
      account: NUMBER,
      identity: { userId: 'US.10000000000000000188', phone: '16465550188' },
      previous: ADA_UNNAMED,
      at: AT,
      text: 'User Ada Example changed from 12025550123 to 16465550188',
    },
  ],
  'message-system-user-changed-number-legacy.json': [
    {
      kind: 'identity',
      account: NUMBER,
      identity: { phone: '16465550188' },
      previous: { phone: '12025550123' },
      at: AT,
      text: 'User Ada Example changed from 12025550123 to 16465550188',
    },
  ],
  'message-system-user-changed-user-id.json': [
    {
      kind: 'identity',
      account: NUMBER,
      identity: { userId: 'US.10000000000000000999' },
      previous: { userId: 'US.10000000000000000123' },
      at: AT,
      text: 'User changed their account',
    },
  ],
  'message-system-identity-changed.json': [
    message(ADA_UNNAMED, { kind: 'system', type: 'customer_identity_changed', text: 'User Ada Example security code changed' }),
  ],
  'message-unsupported-poll.json': [
    message(ADA, { kind: 'unsupported', type: 'poll_creation', code: 131051, reason: 'Message type is currently not supported.' }),
  ],
  'message-unsupported-unavailable-131060.json': [
    message(ADA, { kind: 'unsupported', type: 'unknown', code: 131060, reason: 'This message is currently unavailable' }),
  ],
  'message-media-download-error-131052.json': [
    message(ADA, {
      kind: 'unsupported',
      type: 'unsupported',
      code: 131052,
      reason: 'Media file is too big. Max file size we currently support: 100 MB.',
    }),
  ],
  'message-request-welcome-legacy.json': [kept(NUMBER, 'messages.request_welcome', true)],
  'message-edit-image-caption.json': [
    message(ADA, {
      kind: 'edit',
      targetId: 'wamid.HBgLMTIwMjU1NTAxMjMVAgASGBRCMTk4NURGMzc3NkZFRUE4MjY4MwA=',
      content: {
        kind: 'image',
        media: {
          id: '900000000000015',
          url: link('900000000000015'),
          sha256: 'dFPF9fnyqK+MgVlXAPbDWqQqkUlhxZh6CWnooBclXUs=',
          mimeType: 'image/jpeg',
        },
        caption: 'The damaged box (left side)',
      },
    }),
  ],
  'message-group-unsupported-130501.json': [kept(NUMBER, 'messages.group', true)],
  'message-bsuid-only-text.json': [
    message({ userId: 'US.10000000000000000147', name: 'Priv Ate', username: 'priv.ate' }, text("Hi, you don't know my number")),
  ],
  'message-bsuid-parent-username-text.json': [
    message(
      { userId: 'US.10000000000000000123', parentUserId: 'US.ENT.20000000000000000123', name: 'Ada Example', username: 'ada.example' },
      text('Hi again'),
    ),
  ],
  'message-identity-key-hash.json': [message(ADA, text('hash'))],
  'message-unknown-extra-fields.json': [message(ADA, text('extra'))],
  'message-echoes.json': [
    {
      kind: 'echo',
      account: NUMBER,
      to: { phone: '12025550123' },
      message: { at: AT, content: text('Sent by another app or the business agent') },
      source: 'responder',
    },
  ],
}
