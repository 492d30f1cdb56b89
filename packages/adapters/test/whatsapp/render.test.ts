import { test } from 'tap'
import type { OutgoingContent, SendRequest } from '@baton/router'
import { renderMessage, renderRead } from '../../src/whatsapp/render.ts'

const base: Omit<SendRequest, 'content'> = { messageId: 'ms_1_x', to: { phone: '12025550123', userId: 'US.1' }, purpose: 'service' }

/** The part of the body that depends on the content. */
function rendered(content: OutgoingContent): unknown {
  const { messaging_product: _, recipient_type: __, to: ___, biz_opaque_callback_data: ____, ...rest } = renderMessage({ ...base, content })
  return rest
}

void test('the envelope names the recipient with a plus, our id, and the quoted message', async (t) => {
  t.strictSame(renderMessage({ ...base, content: { kind: 'text', text: 'Hi', previewUrl: true }, replyTo: 'wamid.1' }), {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: '+12025550123',
    type: 'text',
    text: { body: 'Hi', preview_url: true },
    context: { message_id: 'wamid.1' },
    biz_opaque_callback_data: 'ms_1_x',
  })
})

void test('a customer known only by user id is addressed by recipient, never by to', async (t) => {
  const body = renderMessage({ ...base, to: { userId: 'US.1', parentUserId: 'US.ENT.1' }, content: { kind: 'text', text: 'Hi' } })
  t.equal(body['recipient'], 'US.1')
  t.notOk('to' in body)
})

void test('a reaction quotes nothing, and removing it is an empty emoji', async (t) => {
  const body = renderMessage({ ...base, content: { kind: 'reaction', messageId: 'wamid.1', emoji: null }, replyTo: 'wamid.1' })
  t.strictSame(body['reaction'], { message_id: 'wamid.1', emoji: '' })
  t.notOk('context' in body)
})

void test('files go by id or link, with what their kind allows', async (t) => {
  t.strictSame(rendered({ kind: 'image', media: { url: 'https://example.com/a.jpg', mimeType: 'image/jpeg' }, caption: 'A' }), {
    type: 'image',
    image: { link: 'https://example.com/a.jpg', caption: 'A' },
  })
  t.strictSame(rendered({ kind: 'document', media: { id: '9', filename: 'a.pdf' } }), {
    type: 'document',
    document: { id: '9', filename: 'a.pdf' },
  })
  t.strictSame(rendered({ kind: 'audio', media: { id: '9', voice: true } }), { type: 'audio', audio: { id: '9', voice: true } })
  t.strictSame(rendered({ kind: 'sticker', media: { id: '9', filename: 'a.webp' } }), { type: 'sticker', sticker: { id: '9' } })
})

void test('a location has strings for numbers', async (t) => {
  t.strictSame(rendered({ kind: 'location', latitude: 38.8977, longitude: -77.0365, name: 'Cafe' }), {
    type: 'location',
    location: { latitude: '38.8977', longitude: '-77.0365', name: 'Cafe' },
  })
})

void test('contacts go as they are', async (t) => {
  const contacts = [{ name: { formatted_name: 'Grace' }, phones: [{ phone: '+13105550147' }] }]
  t.strictSame(rendered({ kind: 'contacts', contacts }), { type: 'contacts', contacts })
})

void test('buttons, lists and links are interactive messages', async (t) => {
  t.strictSame(
    rendered({ kind: 'buttons', body: 'Well?', options: [{ id: 'y', title: 'Yes' }], header: { image: { id: '9' } }, footer: 'Shop' }),
    {
      type: 'interactive',
      interactive: {
        type: 'button',
        header: { type: 'image', image: { id: '9' } },
        body: { text: 'Well?' },
        footer: { text: 'Shop' },
        action: { buttons: [{ type: 'reply', reply: { id: 'y', title: 'Yes' } }] },
      },
    },
  )
  t.strictSame(
    rendered({
      kind: 'list',
      body: 'When?',
      button: 'Choose',
      sections: [{ title: 'Mon', rows: [{ id: '1', title: '10:00', description: 'Shop' }] }],
    }),
    {
      type: 'interactive',
      interactive: {
        type: 'list',
        body: { text: 'When?' },
        action: { button: 'Choose', sections: [{ title: 'Mon', rows: [{ id: '1', title: '10:00', description: 'Shop' }] }] },
      },
    },
  )
  t.strictSame(rendered({ kind: 'cta', body: 'Look', title: 'Open', url: 'https://example.com', header: { text: 'Hi' } }), {
    type: 'interactive',
    interactive: {
      type: 'cta_url',
      header: { type: 'text', text: 'Hi' },
      body: { text: 'Look' },
      action: { name: 'cta_url', parameters: { display_text: 'Open', url: 'https://example.com' } },
    },
  })
})

void test('numbered template variables go in the order of their numbers, ten after nine', async (t) => {
  const variables = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [String(10 - n), `v${10 - n}`]))
  const parameters = Array.from({ length: 10 }, (_, n) => ({ type: 'text', text: `v${n + 1}` }))
  t.strictSame(rendered({ kind: 'template', name: 'reminder', language: 'en_US', variables }), {
    type: 'template',
    template: { name: 'reminder', language: { code: 'en_US' }, components: [{ type: 'body', parameters }] },
  })
})

void test('a template has its header, named variables and buttons', async (t) => {
  t.strictSame(
    rendered({
      kind: 'template',
      name: 'order',
      language: 'en',
      header: { document: { id: '9', filename: 'a.pdf' } },
      variables: { first_name: 'Ada' },
      buttons: [
        { type: 'quickReply', value: 'STOP' },
        { type: 'url', value: '8812' },
        { type: 'copyCode', value: 'SAVE10' },
      ],
    }),
    {
      type: 'template',
      template: {
        name: 'order',
        language: { code: 'en' },
        components: [
          { type: 'header', parameters: [{ type: 'document', document: { id: '9', filename: 'a.pdf' } }] },
          { type: 'body', parameters: [{ type: 'text', parameter_name: 'first_name', text: 'Ada' }] },
          { type: 'button', sub_type: 'quick_reply', parameters: [{ type: 'payload', payload: 'STOP' }], index: '0' },
          { type: 'button', sub_type: 'url', parameters: [{ type: 'text', text: '8812' }], index: '1' },
          { type: 'button', sub_type: 'copy_code', parameters: [{ type: 'coupon_code', coupon_code: 'SAVE10' }], index: '2' },
        ],
      },
    },
  )
  t.strictSame(rendered({ kind: 'template', name: 'plain', language: 'en' }), {
    type: 'template',
    template: { name: 'plain', language: { code: 'en' } },
  })
})

void test('a read receipt carries the typing indicator only when asked', async (t) => {
  const read = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.1' }
  t.strictSame(renderRead('wamid.1', false), read)
  t.strictSame(renderRead('wamid.1', true), { ...read, typing_indicator: { type: 'text' } })
})
