// Pure. The body of one inbound message, provider's words to Baton's.
import { readJson } from '@baton/router'
import type { IncomingContent, MediaKind } from '@baton/router'
import { compact } from './identity.ts'
import { bodies, providerFault } from './payload.ts'

interface Typed {
  type: string
  [member: string]: unknown
}

/** What the customer sent. A body that cannot be read, or of a type that is new, is `unsupported`: it still is a message
 * of the customer, and somebody should see that it came. */
export function contentOf(message: Typed): IncomingContent {
  return read(message) ?? unsupported(message)
}

function read(message: Typed): IncomingContent | null {
  const body = message[message.type]
  switch (message.type) {
    case 'text': {
      const text = bodies.text.safeParse(body).data
      return text === undefined ? null : { kind: 'text', text: text.body }
    }
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return mediaContent(message.type, body)
    case 'location': {
      const location = bodies.location.safeParse(body).data
      return location === undefined
        ? null
        : { kind: 'location', latitude: location.latitude, longitude: location.longitude, ...compact(placeOf(location)) }
    }
    case 'contacts': {
      const contacts = bodies.contacts.safeParse(body).data
      return contacts === undefined ? null : { kind: 'contacts', contacts: contacts.map((one) => withOrigin(one, message['origin'])) }
    }
    case 'reaction': {
      const reaction = bodies.reaction.safeParse(body).data
      // A removed reaction has no emoji; older versions sent an empty one.
      return reaction === undefined ? null : { kind: 'reaction', messageId: reaction.message_id, emoji: reaction.emoji || null }
    }
    case 'interactive':
      return interactiveContent(body)
    case 'button': {
      const button = bodies.button.safeParse(body).data
      return button === undefined ? null : { kind: 'reply', via: 'template', id: button.payload ?? button.text, title: button.text }
    }
    case 'order': {
      const order = bodies.order.safeParse(body).data
      return order === undefined
        ? null
        : { kind: 'order', catalogId: order.catalog_id, items: order.product_items, ...compact({ text: order.text }) }
    }
    case 'edit': {
      const edit = bodies.edit.safeParse(body).data
      if (edit === undefined) return null
      // An edit of an edit does not exist; following a forged chain of them would end in a stack overflow.
      if (edit.message?.type === 'edit') return null
      return { kind: 'edit', targetId: edit.original_message_id, content: edit.message === undefined ? null : contentOf(edit.message) }
    }
    case 'revoke': {
      const revoke = bodies.revoke.safeParse(body).data
      return revoke === undefined ? null : { kind: 'revoke', targetId: revoke.original_message_id }
    }
    case 'system': {
      const system = bodies.system.safeParse(body).data
      return system === undefined ? null : { kind: 'system', type: system.type, text: system.body }
    }
    default:
      return null
  }
}

function mediaContent(kind: MediaKind, body: unknown): IncomingContent | null {
  const media = bodies.media.safeParse(body).data
  // Without id and link nobody can ever fetch it.
  if (media === undefined || (media.id === undefined && media.url === undefined)) return null
  const { caption, mime_type: mimeType, filename, ...file } = media
  return { kind, media: compact({ ...file, mimeType, filename: filename && safeName(filename) }), ...compact({ caption }) }
}

/** The customer chooses the name: no folders, nothing invisible, nothing endless. */
function safeName(filename: string): string {
  const last = filename.split(/[/\\]/).at(-1) ?? ''
  // Control and format characters: the second kind can turn the visible extension round.
  return Array.from(last.replace(/[\p{Cc}\p{Cf}]/gu, ''))
    .slice(0, 200)
    .join('')
}

function interactiveContent(body: unknown): IncomingContent | null {
  const reply = bodies.interactive.safeParse(body).data
  switch (reply?.type) {
    case 'button_reply':
      return { kind: 'reply', via: 'button', id: reply.button_reply.id, title: reply.button_reply.title }
    case 'list_reply': {
      const { id, title, description } = reply.list_reply
      return { kind: 'reply', via: 'list', id, title, ...compact({ description }) }
    }
    case 'nfm_reply': {
      const answers = jsonObject(reply.nfm_reply.response_json)
      return answers === null ? null : { kind: 'form', name: reply.nfm_reply.name, answers }
    }
    case 'call_permission_reply': {
      const { response, is_permanent: permanent } = reply.call_permission_reply
      return { kind: 'callPermission', accepted: response === 'accept', permanent }
    }
    default:
      return null
  }
}

function unsupported(message: Typed): IncomingContent {
  const named = bodies.unsupported.safeParse(message['unsupported']).data?.type
  const fault = Array.isArray(message['errors']) ? providerFault.safeParse(message['errors'][0]).data : undefined
  const reason = fault === undefined ? undefined : (fault.error_data?.details ?? fault.title ?? fault.message)
  return { kind: 'unsupported', type: named ?? message.type, ...compact({ code: fault?.code, reason }) }
}

function placeOf(location: { name?: string | undefined; address?: string | undefined; url?: string | undefined }): {
  name: string | undefined
  address: string | undefined
  url: string | undefined
} {
  return { name: location.name, address: location.address, url: location.url }
}

/** The mark of an answered request for the phone number stands beside the message's type or in the contact: afterwards always in the contact. */
function withOrigin(contact: Record<string, unknown>, origin: unknown): Record<string, unknown> {
  return typeof origin === 'string' ? { origin, ...contact } : contact
}

function jsonObject(text: string): Record<string, unknown> | null {
  const json = readJson(text)
  // The caller shows the message as unsupported, with its raw body kept.
  if (json.kind === 'unreadable') return null
  const { value } = json
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
}
