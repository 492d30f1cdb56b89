// Pure. Baton's words to the body of one POST.
import type { Header, Identity, Media, OutgoingContent, SendRequest, TemplateContent } from '@baton/router'
import { compact } from './identity.ts'

type Json = Record<string, unknown>

/** The body that sends a message. The recipient has a phone number or a user id; its phone number wins. */
export function renderMessage({ messageId, to, content, replyTo }: SendRequest): Json {
  // A quote is not shown on reactions; the provider answers with an error for them.
  const quotes = replyTo !== undefined && content.kind !== 'reaction'
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...recipient(to),
    ...renderContent(content),
    ...(quotes && { context: { message_id: replyTo } }),
    biz_opaque_callback_data: messageId,
  }
}

/** The body that marks a customer message as read, and everything before it; with an indicator that vanishes after 25 s or with the next message. */
export function renderRead(providerId: string, typing: boolean): Json {
  return {
    messaging_product: 'whatsapp',
    status: 'read',
    message_id: providerId,
    ...(typing && { typing_indicator: { type: 'text' } }),
  }
}

/** Without the plus the provider would put the business's own country code in front; a user id in `to` is accepted and lost. */
function recipient(to: Identity): Json {
  return to.phone === undefined ? { recipient: to.userId } : { to: `+${to.phone}` }
}

function renderContent(content: OutgoingContent): Json {
  switch (content.kind) {
    case 'text':
      return { type: 'text', text: { body: content.text, ...compact({ preview_url: content.previewUrl }) } }
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return { type: content.kind, [content.kind]: { ...file(content.media, content.kind), ...compact({ caption: content.caption }) } }
    case 'location': {
      const { latitude, longitude, name, address } = content
      // Strings going out, numbers coming in.
      return { type: 'location', location: { latitude: String(latitude), longitude: String(longitude), ...compact({ name, address }) } }
    }
    case 'contacts':
      return { type: 'contacts', contacts: content.contacts }
    case 'reaction':
      return { type: 'reaction', reaction: { message_id: content.messageId, emoji: content.emoji ?? '' } }
    case 'buttons':
      return interactive('button', content, {
        buttons: content.options.map(({ id, title }) => ({ type: 'reply', reply: { id, title } })),
      })
    case 'list':
      return interactive('list', content, {
        button: content.button,
        sections: content.sections.map((section) => ({ ...compact({ title: section.title }), rows: section.rows })),
      })
    case 'cta':
      return interactive('cta_url', content, { name: 'cta_url', parameters: { display_text: content.title, url: content.url } })
    case 'template':
      return { type: 'template', template: renderTemplate(content) }
  }
}

function interactive(type: string, content: { body: string; header?: Header; footer?: string }, action: Json): Json {
  const { body, header, footer } = content
  return {
    type: 'interactive',
    interactive: {
      type,
      ...(header !== undefined && { header: typed(header) }),
      body: { text: body },
      ...(footer !== undefined && { footer: { text: footer } }),
      action,
    },
  }
}

/** `{ image: … }` becomes `{ type: "image", image: … }`: a header, and a header's template parameter, have the same shape. */
function typed(header: Header): Json {
  if ('text' in header) return { type: 'text', text: header.text }
  if ('image' in header) return { type: 'image', image: file(header.image, 'image') }
  if ('video' in header) return { type: 'video', video: file(header.video, 'video') }
  return { type: 'document', document: file(header.document, 'document') }
}

function file(media: Media, kind: string): Json {
  return {
    ...(media.id === undefined ? { link: media.url } : { id: media.id }),
    ...(kind === 'document' && compact({ filename: media.filename })),
    ...(kind === 'audio' && media.voice === true && { voice: true }),
  }
}

function renderTemplate({ name, language, variables = {}, header, buttons = [] }: TemplateContent): Json {
  const components = [
    ...(header === undefined ? [] : [{ type: 'header', parameters: [typed(header)] }]),
    ...(Object.keys(variables).length === 0 ? [] : [{ type: 'body', parameters: bodyParameters(variables) }]),
    ...buttons.map(({ type, value }, n) => ({ type: 'button', ...BUTTONS[type](value), index: String(n) })),
  ]
  return { name, language: { code: language }, ...(components.length > 0 && { components }) }
}

const BUTTONS: Readonly<Record<'quickReply' | 'url' | 'copyCode', (value: string) => Json>> = {
  quickReply: (payload) => ({ sub_type: 'quick_reply', parameters: [{ type: 'payload', payload }] }),
  url: (text) => ({ sub_type: 'url', parameters: [{ type: 'text', text }] }),
  copyCode: (code) => ({ sub_type: 'copy_code', parameters: [{ type: 'coupon_code', coupon_code: code }] }),
}

/** Numbered variables go in the order of their numbers, named ones carry their names. */
function bodyParameters(variables: Record<string, string>): Json[] {
  const names = Object.keys(variables)
  const numbered = names.every((name) => /^\d+$/.test(name))
  if (!numbered) return Object.entries(variables).map(([name, text]) => ({ type: 'text', parameter_name: name, text }))
  return names.toSorted((a, b) => Number(a) - Number(b)).map((name) => ({ type: 'text', text: variables[name] }))
}
