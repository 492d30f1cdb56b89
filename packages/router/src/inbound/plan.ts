// Pure. What each update of a webhook becomes: events for a conversation, a status, or a row that no conversation acts on.
import { createHash } from 'node:crypto'
import type { ChannelUpdate, StatusUpdate } from '../contract/channel.ts'
import type { ConversationEvent } from '../contract/event.ts'
import type { Identity } from '../contract/message.ts'
import type { KeptUpdate, TemplateFacts } from '../store/intake.ts'

export type Planned =
  | ContactEvents
  | { kind: 'status'; numberId: string; status: StatusUpdate }
  | { kind: 'template'; facts: TemplateFacts; dedupe: string | null }
  | Notice
  | ({ kind: 'kept'; setAside: string | null; dedupe: string } & KeptUpdate)

/** What people have to know of a number. Without a time of its own it may come about again in the same words: then it counts
 * once an hour, and a halt each time. */
export interface Notice {
  kind: 'notice'
  code: 'account-notice' | 'number-halted'
  detail: Record<string, unknown>
  halt: string[]
  reason: string
  dedupe: string
  hasTime: boolean
}

/** Events for the conversation of a contact. `dedupe` is the key by which a repeated webhook is known; null: each one counts.
 * `previous`: the contact was known under these names before. `at` null: ours, the moment it is stored. */
export interface ContactEvents {
  kind: 'contact'
  numberId: string
  identity: Identity
  previous?: Identity
  dedupe: string | null
  events: { at: number | null; event: ConversationEvent }[]
}

/** `numberOf`: the number with this account, or null; `numbersUnder`: the numbers of a business account. */
export interface Accounts {
  numberOf(account: string): string | null
  numbersUnder(account: string): string[]
}

/** Conversations are known by number: an update for one that is not configured is kept, and can be found by its field. What may
 * be a customer's message is set aside for people too: nobody reads what is only kept. */
export function planUpdate(update: ChannelUpdate, accounts: Accounts): Planned {
  // One without a time may be the way back to what it was before: told twice, it says the same.
  if (update.kind === 'template')
    return { kind: 'template', facts: withoutRaw(update), dedupe: update.at === undefined ? null : wordsOf(update) }
  if (update.kind === 'account') return planNotice(update, accounts)
  if (update.kind === 'kept') {
    const { account, field, known, raw, unread } = update
    return { kind: 'kept', account, field, known, raw, setAside: unread ?? null, dedupe: wordsOf(update) }
  }
  const numberId = accounts.numberOf(update.account)
  if (numberId === null) {
    const setAside = update.kind === 'message' ? unconfigured(update.account) : null
    const field = `unconfigured:${update.kind}`
    return { kind: 'kept', account: update.account, field, known: true, raw: update, setAside, dedupe: wordsOf(update) }
  }
  if (update.kind === 'status') return { kind: 'status', numberId, status: update.status }
  return planContact(update, numberId)
}

function unconfigured(account: string): string {
  return `no number with the provider's id ${account} is in the published configuration: add it to config/numbers.yaml and publish`
}

type ContactUpdate = Extract<ChannelUpdate, { kind: 'message' | 'echo' | 'upstream' | 'preference' | 'identity' | 'call' }>

function planContact(update: ContactUpdate, numberId: string): Planned {
  const contact = (identity: Identity, key: string | null, ...events: ContactEvents['events']): ContactEvents => {
    return { kind: 'contact', numberId, identity, dedupe: key === null ? null : `in:${numberId}:${key}`, events }
  }
  switch (update.kind) {
    case 'message': {
      const event = { type: 'message.received', message: update.message, from: update.from } as const
      const standby = update.standby === undefined ? {} : { standby: update.standby }
      return contact(update.from, update.message.providerId, { at: update.message.at, event: { ...event, ...standby } })
    }
    case 'echo': {
      const { message, to, source } = update
      return contact(to, message.providerId, { at: message.at, event: { type: 'echo.received', message, to, source } })
    }
    case 'upstream':
      return contact(update.contact, `upstream:${nameOf(update.contact)}:${update.change}:${update.at}`, {
        at: null,
        event: update.change === 'taken' ? { type: 'upstream.taken', by: update.by } : { type: 'upstream.released', by: 'hand-over' },
      })
    case 'preference': {
      const { marketing, at, source } = update
      const key = `preference:${nameOf(update.contact)}:${marketing}:${at}`
      return contact(update.contact, key, { at: null, event: { type: 'preference.changed', marketing, at, source } })
    }
    case 'identity':
      return planIdentity(update, contact)
    case 'call':
      return planCall(update, contact)
  }
}

/** Two events: who it is now, and a line for the transcript. */
function planIdentity(update: Extract<ChannelUpdate, { kind: 'identity' }>, contact: ContactMaker): ContactEvents {
  const { identity, previous, providerId, at, text } = update
  const content = { kind: 'system', type: 'identity', text } as const
  const events = contact(
    identity,
    providerId,
    { at, event: { type: 'contact.identified', identity, previous } },
    { at, event: { type: 'message.received', from: identity, message: { providerId, at, content } } },
  )
  return { ...events, previous }
}

/** A customer's call opens the reply window like a message, once, whatever else is told of the same call. */
function planCall(update: Extract<ChannelUpdate, { kind: 'call' }>, contact: ContactMaker): Planned {
  const { account, from, event, providerId, at, byCustomer } = update
  if (!byCustomer) return { kind: 'kept', account, field: 'calls', known: true, raw: update, setAside: null, dedupe: wordsOf(update) }
  const content = { kind: 'unsupported', type: 'call', reason: event } as const
  return contact(from, providerId, { at, event: { type: 'message.received', from, message: { providerId, at, content } } })
}

type ContactMaker = (identity: Identity, key: string | null, ...events: ContactEvents['events']) => ContactEvents

function planNotice(update: Extract<ChannelUpdate, { kind: 'account' }>, accounts: Accounts): Planned {
  const { account, topic, severity, detail, raw } = update
  const dedupe = wordsOf(update)
  if (severity === 'info' && update.halt !== true) return { kind: 'kept', account, field: topic, known: true, raw, setAside: null, dedupe }
  const own = accounts.numberOf(account)
  const numbers = own === null ? accounts.numbersUnder(account) : [own]
  return {
    kind: 'notice',
    code: update.halt === true ? 'number-halted' : 'account-notice',
    detail: { account, topic, severity, detail, numbers, raw },
    halt: update.halt === true ? numbers : [],
    reason: `${topic}: ${detail}`,
    dedupe,
    hasTime: update.at !== undefined,
  }
}

function withoutRaw({
  account,
  name,
  language,
  status,
  category,
  quality,
  reason,
  at,
}: Extract<ChannelUpdate, { kind: 'template' }>): TemplateFacts {
  return {
    account,
    name,
    language,
    ...(status === undefined ? {} : { status }),
    ...(category === undefined ? {} : { category }),
    ...(quality === undefined ? {} : { quality }),
    ...(reason === undefined ? {} : { reason }),
    ...(at === undefined ? {} : { at }),
  }
}

/** What the provider gave no id is known by all that it says. */
function wordsOf(update: ChannelUpdate): string {
  return `said:${createHash('sha256').update(JSON.stringify(update)).digest('hex')}`
}

function nameOf(identity: Identity): string {
  return identity.userId ?? identity.phone ?? ''
}
