// POST /{phone number id}/messages: is it taken, what is answered, and what follows.

import { fullBucket, takeToken } from './bucket.ts'
import type { BucketRule } from './bucket.ts'
import { windowOpen } from './chats.ts'
import type { Chat, ChatContent, ChatMessage } from './chats.ts'
import { ok } from './checks.ts'
import type { Checked, Look } from './checks.ts'
import { readContent } from './content.ts'
import type { FaultSubject } from './faults.ts'
import { errorAnswer, problem } from './graph-error.ts'
import type { Problem } from './graph-error.ts'
import { recordAt, textAt } from './json.ts'
import type { Json } from './json.ts'
import type { EmulatorNumber } from './options.ts'
import { priceOf } from './pricing.ts'
import type { MessageCategory } from './pricing.ts'
import { markRead } from './read-receipts.ts'
import { findRecipient } from './recipient.ts'
import type { Recipient } from './recipient.ts'
import type { RequestRecord } from './requests.ts'
import { planStatuses } from './statuses.ts'
import { fillTemplate } from './template-send.ts'
import type { Template } from './templates.ts'
import { visiblePhone } from './wire.ts'
import type { World } from './world.ts'

/** `silence`: the caller waits in vain. `delayMs` is the clock's. */
export type SendAnswer = { kind: 'answer'; status: number; body: unknown; delayMs: number } | { kind: 'silence' }

/** One message to a customer, at most 45 at once, then one in 6 seconds. */
const PAIR_RULE: BucketRule = { capacity: 45, refillMs: 6000 }
const DAY_MS = 24 * 60 * 60 * 1000
const FREE_ENTRY_MS = 72 * 60 * 60 * 1000

interface Message {
  content: ChatContent
  template: Template | null
}

export function sendMessage(world: World, number: EmulatorNumber, body: Json): SendAnswer {
  if (body['messaging_product'] !== 'whatsapp') return refuse(world, problem(100, 'Param messaging_product must be "whatsapp".'))
  if (body['status'] !== undefined) {
    const marked = markRead(world, number, body)
    return marked.kind === 'problem' ? refuse(world, marked) : answer({ success: true })
  }
  const record = recordOf(world, number, body)
  const subject = subjectFrom(world, record)
  const ordered = world.faults.take(['time-out-before', 'answer-500', 'answer-error'], subject)
  if (ordered?.kind === 'time-out-before') return finish(world, { ...record, outcome: 'ignored', answered: false }, { kind: 'silence' })
  if (ordered?.kind === 'answer-500') return reject(world, record, problem(131000, 'An unknown error has occurred.'), 500)
  if (ordered) return reject(world, record, problem(ordered.code, 'Ordered by a fault.'))

  const recipient = findRecipient(world, number, body)
  if (recipient.kind === 'problem') return reject(world, record, recipient)
  const read = readMessage(world, number, recipient.value, body)
  if (read.kind === 'problem') return reject(world, record, read)
  const { chat } = recipient.value
  const closed = gate(world, chat, read.value)
  if (closed && !world.settings.failLater.includes(closed.code)) return reject(world, record, closed)
  return accept(world, record, recipient.value, read.value, closed)
}

/** The content, checked without regard to who it is for. */
function readMessage(world: World, number: EmulatorNumber, to: Recipient, body: Json): Checked<Message> {
  const type = textAt(body, 'type') ?? 'text'
  const callbackData = body['biz_opaque_callback_data']
  if (callbackData !== undefined && (typeof callbackData !== 'string' || callbackData.length > 512)) {
    return problem(100, 'Param biz_opaque_callback_data must be a string of at most 512 characters.')
  }
  const look: Look = {
    media: (id) => world.media.find(id),
    message: (id) => {
      const held = world.chats.holding(id)
      return held?.chat === to.chat ? held.message : undefined
    },
  }
  if (type !== 'template') {
    const content = readContent(type, body, look)
    return content.kind === 'problem' ? content : ok({ content: content.value, template: null })
  }
  const sent = recordAt(body, 'template')
  const template = findTemplate(world, number, sent)
  if (template.kind === 'problem') return template
  if (to.by === 'user-id' && hasOtpButton(template.value)) {
    return problem(131062, 'Authentication templates with one-tap, zero-tap or copy-code buttons need a phone number.')
  }
  const content = fillTemplate(template.value, sent, look)
  return content.kind === 'problem' ? content : ok({ content: content.value, template: template.value })
}

function findTemplate(world: World, number: EmulatorNumber, sent: Json): Checked<Template> {
  const name = textAt(sent, 'name') ?? ''
  const language = textAt(recordAt(sent, 'language'), 'code') ?? ''
  if (!name || !language) return problem(131008, "Required parameter is missing: template['name'] and template['language']['code']")
  const template = world.templates.find(number.businessAccountId, name, language)
  if (template?.status === 'PAUSED') return problem(132015, `template (${name}) is paused`)
  if (template?.status === 'DISABLED') return problem(132016, `template (${name}) is disabled`)
  if (template?.status !== 'APPROVED') return problem(132001, `template name (${name}) does not exist in ${language}`)
  return ok(template)
}

function hasOtpButton(template: Template): boolean {
  return (
    template.category === 'AUTHENTICATION' && template.components.some((component) => String(component['type']).toUpperCase() === 'BUTTONS')
  )
}

/** What Meta holds against this message now; the tokens of both limits are taken only when nothing else does. */
function gate(world: World, chat: Chat, message: Message): Problem | null {
  const now = world.now()
  if (!chat.customer.reachable) return problem(131026, 'Message Undeliverable.')
  if (message.template?.category === 'MARKETING' && chat.marketingStopped) {
    return problem(
      131050,
      'Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on WhatsApp from your business.',
    )
  }
  if (!message.template && chat.controlledByOther) return problem(131070, 'Another responder controls this thread.')
  if (!message.template && !windowOpen(chat, now)) {
    return problem(131047, 'Message failed to send because more than 24 hours have passed since the customer last replied to this number.')
  }
  const left = takeToken(chat.pairBucket ?? fullBucket(PAIR_RULE, now), PAIR_RULE, now)
  if (!left) {
    return problem(
      131056,
      'Too many messages sent from the sender phone number to the same recipient phone number in a short period of time.',
    )
  }
  if (!world.takeThroughput(chat.number)) return problem(130429, 'Cloud API message throughput has been reached.')
  chat.pairBucket = left
  return null
}

function accept(world: World, record: RequestRecord, to: Recipient, message: Message, closed: Problem | null): SendAnswer {
  const { chat } = to
  const subject = subjectFrom(world, record)
  const ordered = world.faults.take(['fail-later'], subject)
  const failure = closed ?? (ordered ? problem(ordered.code, 'Ordered by a fault.') : null)
  const now = world.now()
  const category = categoryOf(message)
  const isOpen = windowOpen(chat, now)
  if (to.by === 'phone') chat.phoneUsedAt = now
  if (!failure) openFreeEntry(world, chat, now)
  const freeEntry = chat.freeEntry && now < chat.freeEntry.until ? chat.freeEntry : null
  const id = world.ids.message(visiblePhone(chat, now), 'out')
  const sent = bookMessage(world, chat, message.content, id, record)
  const charged = !failure && message.content.type !== 'reaction'
  const serviceCount = charged && category === 'service' && !freeEntry ? world.countService(chat.number, now) : 0
  planStatuses(world, chat, sent, {
    pricing: charged ? priceOf(category, { at: now, windowOpen: isOpen, freeEntry: freeEntry !== null, serviceCount }) : null,
    freeEntry,
    failure,
  })

  const silent = world.faults.take(['time-out-after'], subject) !== undefined
  const late = world.faults.take(['delay-answer'], subject)
  const body = {
    messaging_product: 'whatsapp',
    contacts: [{ input: to.input, ...(to.by === 'phone' ? { wa_id: chat.customer.phone } : {}), user_id: chat.customer.userId }],
    messages: [{ id, ...(message.template ? { message_status: 'accepted' } : {}) }],
  }
  return finish(
    world,
    { ...record, outcome: 'accepted', answered: !silent, messageId: id },
    silent ? { kind: 'silence' } : { ...answer(body), delayMs: late?.ms ?? 0 },
  )
}

function bookMessage(world: World, chat: Chat, content: ChatContent, id: string, record: RequestRecord): ChatMessage {
  const now = world.now()
  const replyTo = textAt(recordAt(record.body, 'context'), 'message_id')
  const message: ChatMessage = {
    ...content,
    id,
    direction: 'out',
    at: now,
    status: 'accepted',
    times: { accepted: now },
    // A quoted message that is gone is no error: it is sent without the quote.
    ...(replyTo !== undefined && world.chats.holding(replyTo)?.chat === chat ? { replyTo } : {}),
    ...(record.callbackData === undefined ? {} : { callbackData: record.callbackData }),
  }
  chat.typingUntil = null
  world.chats.add(chat, message)
  world.events.emit({ kind: 'message', number: chat.number.phoneNumberId, customer: chat.customer.key, message })
  return message
}

/** The first answer within a day of a message from an advertisement opens the free window. */
function openFreeEntry(world: World, chat: Chat, now: number): void {
  if (chat.referralAt === null || now - chat.referralAt >= DAY_MS) return
  chat.freeEntry = { id: world.ids.conversation(), until: now + FREE_ENTRY_MS }
  chat.referralAt = null
}

function categoryOf(message: Message): MessageCategory {
  if (!message.template) return 'service'
  return ({ MARKETING: 'marketing', UTILITY: 'utility', AUTHENTICATION: 'authentication' } as const)[message.template.category]
}

function recordOf(world: World, number: EmulatorNumber, body: Json): RequestRecord {
  world.requestCount += 1
  const to = textAt(body, 'to') ?? textAt(body, 'recipient')
  const callbackData = textAt(body, 'biz_opaque_callback_data')
  return {
    id: world.requestCount,
    at: world.now(),
    number: number.phoneNumberId,
    type: textAt(body, 'type') ?? 'text',
    outcome: 'rejected',
    answered: true,
    body,
    ...(to === undefined ? {} : { to }),
    ...(callbackData === undefined ? {} : { callbackData }),
  }
}

/** The customer under all the names faults may use; as it was given when nobody is known by it. */
function subjectFrom(world: World, record: RequestRecord): FaultSubject {
  const { number, type, callbackData, to } = record
  const known = to === undefined ? undefined : world.customers.find(to)
  const names = known ? [known.key, known.userId, known.phone ?? ''] : to === undefined ? [] : [to.replace(/^\+/, '')]
  return { number, type, customer: names, ...(callbackData === undefined ? {} : { callbackData }) }
}

function reject(world: World, record: RequestRecord, from: Problem, status?: number): SendAnswer {
  const refused = refuse(world, from)
  return finish(world, { ...record, code: from.code }, refused.kind === 'answer' && status !== undefined ? { ...refused, status } : refused)
}

function finish(world: World, record: RequestRecord, given: SendAnswer): SendAnswer {
  world.requests.push(record)
  world.events.emit({ kind: 'request', request: record })
  return given
}

function refuse(world: World, from: Problem): SendAnswer {
  return { kind: 'answer', ...errorAnswer(from, world.ids.trace()), delayMs: 0 }
}

function answer(body: unknown): { kind: 'answer'; status: number; body: unknown; delayMs: number } {
  return { kind: 'answer', status: 200, body, delayMs: 0 }
}
