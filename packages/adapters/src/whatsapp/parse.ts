// Pure. A webhook body to updates: the envelope here, each concern in its own file.
import { isUtf8 } from 'node:buffer'
import { readJson } from '@baton/router'
import type { ChannelUpdate, ParsedWebhook, ReadJson } from '@baton/router'
import { contactsOf } from './identity.ts'
import { echoUpdate, kept, messageUpdate, unread } from './parse-messages.ts'
import type { Scope } from './parse-messages.ts'
import { noticeUpdate, templateUpdates } from './parse-notices.ts'
import { callUpdate, handoverUpdate, preferenceUpdate } from './parse-people.ts'
import { faultUpdate, statusUpdate } from './parse-statuses.ts'
import { change, entry, envelope, traffic } from './payload.ts'
import type { Traffic } from './payload.ts'

type Value = Record<string, unknown>

/** Reads a webhook body. Never throws. Only a body that is no webhook at all is `unreadable`; an item that cannot be read
 * comes back as `kept` with `known: false`, so that its neighbours are not lost with it. */
export function parseWebhook(body: Uint8Array): ParsedWebhook {
  const json = decode(body)
  if (json.kind === 'unreadable') return json
  const parsed = envelope.safeParse(json.value)
  if (!parsed.success) return { kind: 'unreadable', reason: `not a webhook: ${parsed.error.issues[0]?.path.join('.') || 'body'} is wrong` }
  const { object, entry: entries, sample } = parsed.data
  // Another product of the same app. Official samples of ours lack `object` at times.
  if (object !== undefined && object !== 'whatsapp_business_account')
    return { kind: 'updates', updates: [kept({ account: null }, object, false, json.value)] }
  if (entries !== undefined) return { kind: 'updates', updates: entries.flatMap(entryUpdates) }
  // The test button of the app dashboard wraps its dummy otherwise: nothing real is in it.
  if (sample !== undefined) return { kind: 'updates', updates: [kept({ account: null }, 'sample', true, json.value)] }
  return { kind: 'unreadable', reason: 'not a webhook: there is no entry' }
}

function decode(body: Uint8Array): ReadJson {
  if (body.length === 0) return { kind: 'unreadable', reason: 'the body is empty' }
  if (!isUtf8(body)) return { kind: 'unreadable', reason: 'the body is not UTF-8' }
  const read = readJson(new TextDecoder().decode(body))
  return read.kind === 'json' ? read : { kind: 'unreadable', reason: `the body is ${read.reason}` }
}

function entryUpdates(item: unknown): ChannelUpdate[] {
  const parsed = entry.safeParse(item).data
  if (parsed === undefined) return [unread({ account: null }, 'entry', item)]
  const account = parsed.id ?? null
  const updates = parsed.changes.flatMap((one) => {
    const { data } = change.safeParse(one)
    return data === undefined ? [unread({ account }, 'change', one)] : changeUpdates(data.field, data.value, account, parsed.time)
  })
  return parsed.time === undefined ? updates : updates.map((update) => timed(update, parsed.time as number))
}

/** News that carry no time of their own happened when their entry says, in seconds or milliseconds. */
function timed(update: ChannelUpdate, time: number): ChannelUpdate {
  if (update.kind !== 'template' && update.kind !== 'account' && update.kind !== 'kept') return update
  return { ...update, at: time < 100_000_000_000 ? time * 1_000 : time }
}

/** Fields that are acknowledged and kept by design: imported history must not trigger anything, groups have no conversation,
 * the rest is not the router's business. */
const KEPT: readonly string[] = [
  'history',
  'smb_app_state_sync',
  'group_lifecycle_update',
  'group_participants_update',
  'group_settings_update',
  'group_status_update',
  'payment_configuration_update',
  'account_settings_update',
  'automatic_events',
  'flows',
  'consumer_profile',
]
const TEMPLATES: readonly string[] = [
  'message_template_status_update',
  'message_template_quality_update',
  'message_template_components_update',
  'template_category_update',
]

function changeUpdates(field: string, value: Value, entryId: string | null, time: number | undefined): ChannelUpdate[] {
  switch (field) {
    case 'messages':
      return fromTraffic(field, value, entryId, messageUpdates)
    case 'standby':
      return fromTraffic(field, standbyValue(value), entryId, standbyUpdates)
    case 'message_echoes':
    case 'smb_message_echoes':
      return fromTraffic(field, value, entryId, (items, scope) => items.message_echoes.map((one) => echoUpdate(one, scope)))
    case 'user_preferences':
      return fromTraffic(field, value, entryId, (items, scope) => items.user_preferences.map((one) => preferenceUpdate(one, scope)))
    case 'calls':
      return fromTraffic(field, value, entryId, callUpdates)
    case 'messaging_handovers':
      return [handoverUpdate(time === undefined ? value : { timestamp: time, ...value }, entryId)]
    // Its entry names the business portfolio, which is nobody's account here.
    case 'partner_solutions':
      return [kept({ account: null }, field, true, value)]
    default:
  }
  if (KEPT.includes(field)) return [kept({ account: numberOf(value) ?? entryId }, field, true, value)]
  if (entryId === null) return [kept({ account: null }, field, false, value)]
  if (TEMPLATES.includes(field)) return templateUpdates(value, entryId, field)
  return [noticeUpdate(field, value, entryId) ?? kept({ account: entryId }, field, false, value)]
}

/** Reads the lists of a value that speaks of one number; without its id nothing in it can be routed. */
function fromTraffic(
  field: string,
  value: Value,
  entryId: string | null,
  read: (items: Traffic, scope: Scope) => ChannelUpdate[],
): ChannelUpdate[] {
  const { data } = traffic.safeParse(value)
  if (data === undefined) return [unread({ account: entryId }, field, value)]
  return read(data, { account: data.metadata.phone_number_id, contacts: contactsOf(data.contacts), field })
}

function messageUpdates(items: Traffic, scope: Scope): ChannelUpdate[] {
  return [
    ...items.messages.map((one) => messageUpdate(one, scope)),
    ...items.statuses.map((one) => statusUpdate(one, scope)),
    ...items.errors.map((one) => faultUpdate(one, scope)),
    ...items.user_actions.map((one) => kept(scope, 'messages.user_actions', true, one)),
  ]
}

/** Copies of a thread another responder holds. Statuses there are of that responder's messages. */
function standbyUpdates(items: Traffic, scope: Scope): ChannelUpdate[] {
  return [
    ...items.messages.map((one) => messageUpdate(one, scope)),
    ...items.message_echoes.map((one) => echoUpdate(one, scope)),
    ...items.statuses.map((one) => kept(scope, 'standby.status', true, one)),
  ]
}

function callUpdates(items: Traffic, scope: Scope): ChannelUpdate[] {
  return [...items.calls.map((one) => callUpdate(one, scope)), ...items.statuses.map((one) => kept(scope, 'calls.status', true, one))]
}

/** The lists of a standby value lie one level deeper, under `standby`, beside its metadata; in some they do not. */
function standbyValue(value: Value): Value {
  const inner = value['standby']
  return typeof inner === 'object' && inner !== null ? { ...value, ...inner } : value
}

/** The number a kept value names in one of two places, if it does. */
function numberOf(value: Value): string | null {
  for (const member of ['metadata', 'phone_number_settings']) {
    const holder = value[member]
    if (typeof holder === 'object' && holder !== null && 'phone_number_id' in holder && typeof holder.phone_number_id === 'string')
      return holder.phone_number_id
  }
  return null
}
