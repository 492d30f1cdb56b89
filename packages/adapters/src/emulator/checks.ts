// Pure. What all checks of a message body share.

import type { ChatMedia } from './chats.ts'
import { problem } from './graph-error.ts'
import type { Problem } from './graph-error.ts'
import { textAt } from './json.ts'
import type { Json } from './json.ts'
import { acceptsMime } from './media.ts'
import type { MediaFile, MediaType } from './media.ts'

export type Checked<T> = { kind: 'ok'; value: T } | Problem

/** What a body may refer to. */
export interface Look {
  media(id: string): MediaFile | undefined
  /** Undefined when the chat holds no such message. */
  message(id: string): { type: string } | undefined
}

export function ok<T>(value: T): { kind: 'ok'; value: T } {
  return { kind: 'ok', value }
}

/** A problem when the text is absent, empty or too long. */
export function checkText(path: string, value: unknown, max: number, code: number): Problem | null {
  if (typeof value !== 'string' || value.length === 0) return problem(131008, `Required parameter is missing: ${path}`)
  return Array.from(value).length > max ? problem(code, `Param ${path} must be at most ${max} characters long.`) : null
}

/** A media object of a message or a header. */
export function readMediaObject(type: MediaType, value: Json, look: Look): Checked<ChatMedia> {
  const id = textAt(value, 'id')
  const link = textAt(value, 'link')
  const filename = textAt(value, 'filename')
  const extra = { ...(filename === undefined ? {} : { filename }), ...(value['voice'] === true ? { voice: true } : {}) }
  if (id !== undefined) {
    const file = look.media(id)
    if (!file) return problem(100, `Param ${type}['id'] is not a valid whatsapp business account media attachment ID`)
    if (!acceptsMime(type, file.mimeType)) return problem(131053, `A file of type ${file.mimeType} cannot be sent as ${type}.`)
    return ok({ id, mimeType: file.mimeType, ...(file.filename === undefined ? {} : { filename: file.filename }), ...extra })
  }
  if (link === undefined) return problem(100, `Param ${type} must have either an id or a link.`)
  return URL.canParse(link) && /^https?:/.test(link) ? ok({ link, ...extra }) : problem(100, `Param ${type}['link'] is not a valid URI.`)
}
