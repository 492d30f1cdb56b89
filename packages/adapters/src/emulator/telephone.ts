// The customer's side: everything a person does with the telephone, as methods.

import type { Chat, ChatButton, ChatContent, ChatMedia, ChatMessage } from './chats.ts'
import { digitsOf } from './customers.ts'
import { EmulatorError } from './errors.ts'
import { fixtureFor } from './fixtures.ts'
import { userIdOf } from './ids.ts'
import type { Json } from './json.ts'
import { sha256Of } from './media.ts'
import type { MediaFile, MediaType } from './media.ts'
import { baseValue, contactEntry, phoneAs, seconds, visiblePhone } from './wire.ts'
import { subjectOf } from './world.ts'
import type { World } from './world.ts'

interface MessageExtras {
  /** The id of the message this one quotes. */
  replyTo?: string
  /** The advertisement the message came from, in Meta's own shape. */
  referral?: Json
  forwarded?: 'once' | 'often'
}

/** Which button: by id or title, of a given message or of the latest one that has it. */
interface Press {
  messageId?: string
  id?: string
  title?: string
}

/** A file: the bytes with their MIME type, or the small example file there is for every kind but video. */
interface MediaInput {
  bytes?: Uint8Array
  mimeType?: string
  filename?: string
  caption?: string
  voice?: boolean
  animated?: boolean
}

interface LocationInput {
  latitude: number
  longitude: number
  name?: string
  address?: string
}

/** `number`: a phone number id or display number. `customer`: a phone number, user id, username or key; an unknown phone number
 * makes a customer. Methods that write a message give its id. They throw EmulatorError. */
export interface Telephone {
  say(number: string, customer: string, text: string, extras?: MessageExtras): string
  /** Reply button, list row or a template's quick reply; what comes back depends on the message. */
  press(number: string, customer: string, button: Press): string
  sendMedia(number: string, customer: string, kind: MediaType, input?: MediaInput, extras?: MessageExtras): string
  sticker(number: string, customer: string): string
  sendLocation(number: string, customer: string, location: LocationInput, extras?: MessageExtras): string
  sendContacts(number: string, customer: string, contacts: readonly Json[], extras?: MessageExtras): string
  /** To a message of the business; null takes the reaction back. */
  react(number: string, customer: string, messageId: string, emoji: string | null): string
  /** A call that rings and ends unanswered; it opens the reply window. Gives the call's id. */
  call(number: string, customer: string): string
  /** The customer tells WhatsApp to stop the business's marketing; it is refused with 131050 from now on. */
  stopMarketing(number: string, customer: string): void
  resumeMarketing(number: string, customer: string): void
  /** The customer moves to another phone number: a system message, and a new user id. */
  changeNumber(number: string, customer: string, phone: string): string
  /** The chat as the customer has it, oldest first. */
  chat(number: string, customer: string): ChatMessage[]
}

export function createTelephone(world: World): Telephone {
  function chatOf(number: string, customer: string): Chat {
    return world.chats.of(world.needNumber(number), world.customers.need(customer))
  }

  function write(chat: Chat, content: ChatContent, body: unknown, extras: MessageExtras & { context?: Json } = {}): string {
    const now = world.now()
    const id = world.ids.message(visiblePhone(chat, now), 'in')
    const { replyTo, referral, forwarded } = extras
    const context = extras.context ?? contextOf(chat, replyTo, forwarded)
    const wire: Json = {
      ...phoneAs('from', chat, now),
      from_user_id: chat.customer.userId,
      ...(chat.customer.parentUserId === null ? {} : { from_parent_user_id: chat.customer.parentUserId }),
      id,
      timestamp: seconds(now),
      type: content.type,
      [content.type]: body,
      ...(context ? { context } : {}),
      ...(referral ? { referral } : {}),
    }
    if (content.type !== 'reaction') chat.lastCustomerAt = now
    // Whoever writes has WhatsApp.
    chat.customer.reachable = true
    if (referral) chat.referralAt = now
    world.takeThroughput(chat.number)
    const quoted = extras.context?.['id'] ?? replyTo
    keep(chat, { ...content, id, direction: 'in', at: now, ...(typeof quoted === 'string' ? { replyTo: quoted } : {}) })
    // A thread another responder holds is only overheard.
    const heard = { contacts: [contactEntry(chat, now)], messages: [wire] }
    if (chat.controlledByOther) tell(chat, 'standby', { standby: heard }, content.type)
    else tell(chat, 'messages', heard, content.type)
    return id
  }

  function keep(chat: Chat, message: ChatMessage): void {
    world.chats.add(chat, message)
    world.events.emit({ kind: 'message', number: chat.number.phoneNumberId, customer: chat.customer.key, message })
  }

  function tell(chat: Chat, field: string, value: Json, type: string): void {
    const change = { businessAccountId: chat.number.businessAccountId, field, value: { ...baseValue(chat.number), ...value } }
    world.webhooks.push(change, subjectOf(chat, { field, type }))
  }

  function setMarketing(number: string, customer: string, value: 'stop' | 'resume'): void {
    const chat = chatOf(number, customer)
    const now = world.now()
    chat.marketingStopped = value === 'stop'
    const preference = {
      ...phoneAs('wa_id', chat, now),
      user_id: chat.customer.userId,
      detail: `User requested to ${value} marketing messages`,
      category: 'marketing_messages',
      value,
      timestamp: Math.floor(now / 1000),
    }
    tell(chat, 'user_preferences', { contacts: [contactEntry(chat, now)], user_preferences: [preference] }, value)
  }

  function sendMedia(number: string, customer: string, kind: MediaType, input: MediaInput = {}, extras?: MessageExtras): string {
    const chat = chatOf(number, customer)
    const file = storeFile(kind, input)
    const caption = kind === 'audio' || kind === 'sticker' ? undefined : input.caption
    const filename = kind === 'document' ? (file.filename ?? 'document') : undefined
    const voice = kind === 'audio' ? (input.voice ?? true) : undefined
    const media: ChatMedia = {
      id: file.id,
      mimeType: file.mimeType,
      ...(filename === undefined ? {} : { filename }),
      ...(voice === undefined ? {} : { voice }),
    }
    const body = {
      ...(caption === undefined ? {} : { caption }),
      ...(filename === undefined ? {} : { filename }),
      mime_type: file.mimeType,
      sha256: sha256Of(file, 'base64'),
      id: file.id,
      ...(world.publicUrl === null ? {} : { url: world.media.urlOf(file, world.publicUrl) }),
      ...(voice === undefined ? {} : { voice }),
      ...(kind === 'sticker' ? { animated: input.animated ?? false } : {}),
    }
    return write(chat, { type: kind, media, ...(caption === undefined ? {} : { text: caption }) }, body, extras)
  }

  function storeFile(kind: MediaType, input: MediaInput): MediaFile {
    const fixture = input.bytes === undefined ? fixtureFor(kind) : null
    const bytes = input.bytes === undefined ? fixture?.bytes : Buffer.from(input.bytes)
    const mimeType = input.mimeType ?? fixture?.mimeType
    if (!bytes || !mimeType) throw new EmulatorError('emulator-bad-request', `A ${kind} needs its bytes and their MIME type`)
    return world.media.add(bytes, mimeType, 'customer', input.filename ?? fixture?.filename)
  }

  return {
    say: (number, customer, text, extras) => write(chatOf(number, customer), { type: 'text', text }, { body: text }, extras),
    press(number, customer, wanted) {
      const chat = chatOf(number, customer)
      const { message, button } = findButton(chat, wanted)
      const context = { from: digitsOf(chat.number.displayNumber), id: message.id }
      const { title, id = title, description } = button
      if (button.kind === 'quick-reply') return write(chat, { type: 'button', text: title }, { payload: id, text: title }, { context })
      const body =
        button.kind === 'row'
          ? { type: 'list_reply', list_reply: { id, title, ...(description === undefined ? {} : { description }) } }
          : { type: 'button_reply', button_reply: { id, title } }
      return write(chat, { type: 'interactive', text: title }, body, { context })
    },
    sendMedia,
    sticker: (number, customer) => sendMedia(number, customer, 'sticker'),
    sendLocation: (number, customer, location, extras) => write(chatOf(number, customer), { type: 'location', location }, location, extras),
    sendContacts: (number, customer, contacts, extras) =>
      write(chatOf(number, customer), { type: 'contacts', contacts: [...contacts] }, contacts, extras),
    react(number, customer, messageId, emoji) {
      const chat = chatOf(number, customer)
      const target = messageIn(chat, messageId)
      const body = { message_id: target.id, ...(emoji === null ? {} : { emoji }) }
      return write(chat, { type: 'reaction', reaction: { messageId: target.id, emoji } }, body)
    },
    call(number, customer) {
      const chat = chatOf(number, customer)
      const now = world.now()
      const id = world.ids.call()
      chat.lastCustomerAt = now
      const call = {
        id,
        ...phoneAs('from', chat, now),
        from_user_id: chat.customer.userId,
        to: digitsOf(chat.number.displayNumber),
        direction: 'USER_INITIATED',
        timestamp: seconds(now),
      }
      const session = { sdp_type: 'offer', sdp: 'v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n' }
      tell(chat, 'calls', { contacts: [contactEntry(chat, now)], calls: [{ ...call, event: 'connect', session }] }, 'connect')
      tell(chat, 'calls', { contacts: [contactEntry(chat, now)], calls: [{ ...call, event: 'terminate', status: 'FAILED' }] }, 'terminate')
      return id
    },
    stopMarketing: (number, customer) => setMarketing(number, customer, 'stop'),
    resumeMarketing: (number, customer) => setMarketing(number, customer, 'resume'),
    changeNumber(number, customer, phone) {
      const chat = chatOf(number, customer)
      const before = { phone: phoneAs('from', chat, world.now()), userId: chat.customer.userId }
      const { name } = chat.customer
      world.customers.change(chat.customer, { phone, userId: userIdOf(digitsOf(phone)) })
      const now = world.now()
      const id = world.ids.message(visiblePhone(chat, now), 'in')
      const text = `User ${name} changed their phone number`
      const system = { body: text, type: 'user_changed_number', ...phoneAs('wa_id', chat, now), user_id: chat.customer.userId }
      const wire = { ...before.phone, from_user_id: before.userId, id, timestamp: seconds(now), type: 'system', system }
      keep(chat, { id, direction: 'in', at: now, type: 'system', text })
      tell(chat, 'messages', { messages: [wire] }, 'system')
      return id
    },
    chat: (number, customer) => chatOf(number, customer).messages.all(),
  }
}

function contextOf(chat: Chat, replyTo: string | undefined, forwarded: MessageExtras['forwarded']): Json | null {
  if (forwarded) return forwarded === 'often' ? { frequently_forwarded: true } : { forwarded: true }
  if (replyTo === undefined) return null
  const quoted = messageIn(chat, replyTo)
  const author = quoted.direction === 'out' ? digitsOf(chat.number.displayNumber) : (chat.customer.phone ?? chat.customer.userId)
  return { from: author, id: quoted.id }
}

function messageIn(chat: Chat, messageId: string): ChatMessage {
  const message = chat.messages.findLast((candidate) => candidate.id === messageId)
  if (!message) throw new EmulatorError('emulator-unknown-message', `No message ${messageId} in this chat`)
  return message
}

function findButton(chat: Chat, wanted: Press): { message: ChatMessage; button: ChatButton } {
  const message = chat.messages.findLast(
    (candidate) =>
      candidate.direction === 'out' &&
      candidate.status !== 'failed' &&
      (wanted.messageId ?? candidate.id) === candidate.id &&
      pick(candidate, wanted) !== undefined,
  )
  const button = message && pick(message, wanted)
  if (!button) throw new EmulatorError('emulator-no-such-button', `No button ${JSON.stringify(wanted)} in this chat`)
  return { message, button }
}

/** The wanted button of a message, if pressing it sends something back. */
function pick(message: ChatMessage, wanted: Press): ChatButton | undefined {
  return message.buttons?.find(
    (button) =>
      ['reply', 'row', 'quick-reply'].includes(button.kind) &&
      (wanted.id !== undefined || wanted.title !== undefined) &&
      (wanted.id ?? button.id) === button.id &&
      (wanted.title ?? button.title) === button.title,
  )
}
