// Pure. Reads the body of a message request and checks it against the documented limits.

import type { ChatContent } from './chats.ts'
import { checkText, ok, readMediaObject } from './checks.ts'
import type { Checked, Look } from './checks.ts'
import { problem } from './graph-error.ts'
import { readInteractive } from './interactive.ts'
import { isRecord, recordAt, textAt } from './json.ts'
import type { Json } from './json.ts'
import type { MediaType } from './media.ts'

/** All types but `template`. */
export function readContent(type: string, body: Json, look: Look): Checked<ChatContent> {
  const value = body[type]
  if (value === undefined) return problem(131008, `Required parameter is missing: "${type}"`)
  if (type === 'contacts') return readContacts(value)
  if (!isRecord(value)) return problem(100, `Param ${type} must be a JSON object.`)
  if (type === 'text') return readText(value)
  if (isMediaType(type)) return readMedia(type, value, look)
  if (type === 'location') return readLocation(value)
  if (type === 'reaction') return readReaction(value, look)
  if (type === 'interactive') return readInteractive(value, look)
  return problem(
    100,
    `Param type must be one of {AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO} - got "${type}".`,
  )
}

function isMediaType(type: string): type is MediaType {
  return ['image', 'video', 'audio', 'document', 'sticker'].includes(type)
}

function readText(value: Json): Checked<ChatContent> {
  const body = value['body']
  const wrong = checkText("text['body']", body, 4096, 100)
  if (wrong) return wrong
  return ok({ type: 'text', text: String(body) })
}

function readMedia(type: MediaType, value: Json, look: Look): Checked<ChatContent> {
  const caption = value['caption']
  if (caption !== undefined && (type === 'audio' || type === 'sticker')) return problem(100, `Unexpected key "caption" on param "${type}".`)
  if (caption !== undefined) {
    const wrong = checkText(`${type}['caption']`, caption, 1024, 100)
    if (wrong) return wrong
  }
  const media = readMediaObject(type, value, look)
  if (media.kind === 'problem') return media
  return ok({ type, media: media.value, ...(typeof caption === 'string' ? { text: caption } : {}) })
}

function readLocation(value: Json): Checked<ChatContent> {
  const latitude = coordinate(value['latitude'], 90)
  const longitude = coordinate(value['longitude'], 180)
  if (latitude === null || longitude === null) return problem(100, "Param location must have a valid 'latitude' and 'longitude'.")
  const name = textAt(value, 'name')
  const address = textAt(value, 'address')
  return ok({
    type: 'location',
    location: { latitude, longitude, ...(name === undefined ? {} : { name }), ...(address === undefined ? {} : { address }) },
  })
}

function coordinate(value: unknown, max: number): number | null {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return null
  const number = Number(value)
  return Number.isFinite(number) && Math.abs(number) <= max ? number : null
}

function readContacts(value: unknown): Checked<ChatContent> {
  if (!Array.isArray(value) || value.length === 0) return problem(100, 'Param contacts must be a non-empty array.')
  if (value.length > 257) return problem(131009, 'Param contacts must have at most 257 elements.')
  const nameless = value.findIndex((contact) => !isRecord(contact) || !textAt(recordAt(contact, 'name'), 'formatted_name'))
  if (nameless >= 0) return problem(131008, `Required parameter is missing: contacts[${nameless}]['name']['formatted_name']`)
  return ok({ type: 'contacts', contacts: value })
}

function readReaction(value: Json, look: Look): Checked<ChatContent> {
  const messageId = textAt(value, 'message_id')
  const emoji = value['emoji']
  if (!messageId) return problem(131008, "Required parameter is missing: reaction['message_id']")
  if (typeof emoji !== 'string') return problem(131008, "Required parameter is missing: reaction['emoji']")
  const target = look.message(messageId)
  if (!target || target.type === 'reaction') return problem(131009, 'The message to react to is unknown, too old, or itself a reaction.')
  return ok({ type: 'reaction', reaction: { messageId, emoji: emoji === '' ? null : emoji } })
}
