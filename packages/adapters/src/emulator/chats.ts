// Owns the chats: one for each number and customer.
// R1 A chat keeps its newest messages only; a message id found here is of a kept message.

import type { EmulatorNumber, Keep } from './options.ts'
import { boundedList } from './bounded-list.ts'
import type { BoundedList } from './bounded-list.ts'
import type { Bucket } from './bucket.ts'
import type { Customer } from './customers.ts'

/** A button as the customer sees it. Only `reply`, `row` and `quick-reply` send something back. */
export interface ChatButton {
  kind: 'reply' | 'row' | 'quick-reply' | 'url' | 'phone' | 'copy-code' | 'other'
  title: string
  /** What comes back: the reply's id, or a template button's payload. */
  id?: string
  description?: string
  url?: string
  section?: string
}

/** A media file: of the emulator's own (`id`; its bytes at `/emulator/media/<id>`), or elsewhere (`link`). */
export interface ChatMedia {
  id?: string
  link?: string
  mimeType?: string
  filename?: string
  voice?: boolean
}

export interface ChatContent {
  /** The Cloud API's message type; `interactive` stands for buttons, lists and links alike. */
  type: string
  /** Body, caption, or a template's text with its variables filled in. */
  text?: string
  headerText?: string
  footer?: string
  media?: ChatMedia
  buttons?: ChatButton[]
  /** What a list opens with. */
  listLabel?: string
  location?: { latitude: number; longitude: number; name?: string; address?: string }
  contacts?: unknown[]
  reaction?: { messageId: string; emoji: string | null }
  template?: { name: string; language: string; category: string }
}

export type ChatStatus = 'accepted' | 'sent' | 'delivered' | 'read' | 'failed'

/** `direction` is the business's: `in` was written by the customer. All times in epoch milliseconds. */
export interface ChatMessage extends ChatContent {
  id: string
  direction: 'in' | 'out'
  at: number
  replyTo?: string
  /** Of an outgoing message. */
  status?: ChatStatus
  times?: Partial<Record<ChatStatus, number>>
  error?: { code: number; details: string }
  callbackData?: string
  /** Who wrote it, when it was not sent through the Cloud API. */
  source?: 'phone-app' | 'responder'
  /** When the business marked a customer's message as read. */
  readByBusinessAt?: number
}

export interface Chat {
  readonly number: EmulatorNumber
  readonly customer: Customer
  readonly messages: BoundedList<ChatMessage>
  /** The customer's latest message or call. The reply window counts from it. */
  lastCustomerAt: number | null
  pairBucket: Bucket | null
  /** When the business last wrote to the phone number itself: it then sees it, although hidden. */
  phoneUsedAt: number | null
  /** The latest message that came from an advertisement. */
  referralAt: number | null
  freeEntry: { id: string; until: number } | null
  marketingStopped: boolean
  /** Another responder holds the thread: we hear it on standby. */
  controlledByOther: boolean
  typingUntil: number | null
}

export interface Chats {
  of(number: EmulatorNumber, customer: Customer): Chat
  /** The chat that holds a message. */
  holding(messageId: string): { chat: Chat; message: ChatMessage } | undefined
  add(chat: Chat, message: ChatMessage): void
  list(): Chat[]
  forget(customer: Customer): void
}

const WINDOW_MS = 24 * 60 * 60 * 1000

export function windowOpen(chat: Chat, now: number): boolean {
  return chat.lastCustomerAt !== null && now < chat.lastCustomerAt + WINDOW_MS
}

export function createChats(keep: Keep): Chats {
  const chats = new Map<string, Chat>()
  const places = new Map<string, Chat>()

  return {
    of(number, customer) {
      const key = keyOf(number, customer)
      const known = chats.get(key)
      if (known) return known
      const chat: Chat = {
        number,
        customer,
        messages: boundedList(keep.chatMessages, (message) => places.delete(message.id)),
        lastCustomerAt: null,
        pairBucket: null,
        phoneUsedAt: null,
        referralAt: null,
        freeEntry: null,
        marketingStopped: false,
        controlledByOther: false,
        typingUntil: null,
      }
      chats.set(key, chat)
      return chat
    },
    holding(messageId) {
      const chat = places.get(messageId)
      const message = chat?.messages.findLast((candidate) => candidate.id === messageId)
      return chat && message ? { chat, message } : undefined
    },
    add(chat, message) {
      chat.messages.push(message)
      places.set(message.id, chat)
    },
    list: () => [...chats.values()],
    forget(customer) {
      for (const [key, chat] of chats) {
        if (chat.customer !== customer) continue
        for (const message of chat.messages.all()) places.delete(message.id)
        chats.delete(key)
      }
    },
  }
}

function keyOf(number: EmulatorNumber, customer: Customer): string {
  return `${number.phoneNumberId}/${customer.key}`
}
