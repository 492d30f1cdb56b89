// Pure. Interactive messages: reply buttons, lists, a link, a request for the location.

import type { ChatButton, ChatContent } from './chats.ts'
import { checkText, ok, readMediaObject } from './checks.ts'
import type { Checked, Look } from './checks.ts'
import { problem } from './graph-error.ts'
import type { Problem } from './graph-error.ts'
import { recordAt, recordsAt, textAt } from './json.ts'
import type { Json } from './json.ts'

type Parts = Pick<ChatContent, 'buttons' | 'listLabel'>

export function readInteractive(value: Json, look: Look): Checked<ChatContent> {
  const type = textAt(value, 'type')
  const parts = readAction(type, recordAt(value, 'action'))
  if (parts.kind === 'problem') return parts
  const body = textAt(recordAt(value, 'body'), 'text')
  const wrongBody = checkText("interactive['body']['text']", body, type === 'list' ? 4096 : 1024, 131009)
  if (wrongBody) return wrongBody
  const footer = value['footer'] === undefined ? undefined : textAt(recordAt(value, 'footer'), 'text')
  if (value['footer'] !== undefined) {
    const wrong = checkText("interactive['footer']['text']", footer, 60, 131009)
    if (wrong) return wrong
  }
  const header = readHeader(value['header'] === undefined ? null : recordAt(value, 'header'), type, look)
  if (header.kind === 'problem') return header
  return ok({ type: 'interactive', text: String(body), ...header.value, ...(footer === undefined ? {} : { footer }), ...parts.value })
}

function readAction(type: string | undefined, action: Json): Checked<Parts> {
  if (type === 'button') return readButtons(action)
  if (type === 'list') return readList(action)
  if (type === 'cta_url') return readLink(action)
  if (type === 'location_request_message') {
    return action['name'] === 'send_location'
      ? ok({ buttons: [{ kind: 'other', title: 'Send location' }] })
      : problem(131009, 'action name must be send_location.')
  }
  return problem(131009, `Interactive type "${type ?? ''}" is not supported.`)
}

function readButtons(action: Json): Checked<Parts> {
  const given = recordsAt(action, 'buttons')
  if (given.length < 1 || given.length > 3) return problem(131009, 'Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3')
  const buttons: ChatButton[] = []
  for (const [index, button] of given.entries()) {
    const path = `action['buttons'][${index}]['reply']`
    if (button['type'] !== 'reply') return problem(131009, `action['buttons'][${index}]['type'] must be reply.`)
    const id = textAt(recordAt(button, 'reply'), 'id')
    const title = textAt(recordAt(button, 'reply'), 'title')
    const wrong = checkText(`${path}['id']`, id, 256, 131009) ?? checkText(`${path}['title']`, title, 20, 131009)
    if (wrong) return wrong
    buttons.push({ kind: 'reply', id: String(id), title: String(title) })
  }
  return repeated(buttons, 'id') ?? repeated(buttons, 'title') ?? ok({ buttons })
}

function readList(action: Json): Checked<Parts> {
  const label = textAt(action, 'button')
  const wrongLabel = checkText("action['button']", label, 20, 131009)
  if (wrongLabel) return wrongLabel
  const sections = recordsAt(action, 'sections')
  if (sections.length < 1 || sections.length > 10)
    return problem(131009, 'Invalid sections count. Min allowed sections: 1, Max allowed sections: 10')
  const rows: ChatButton[] = []
  for (const [index, section] of sections.entries()) {
    const title = textAt(section, 'title')
    if (sections.length > 1 || title !== undefined) {
      const wrong = checkText(`action['sections'][${index}]['title']`, title, 24, 131009)
      if (wrong) return wrong
    }
    for (const [place, row] of recordsAt(section, 'rows').entries()) {
      const read = readRow(row, `action['sections'][${index}]['rows'][${place}]`, title)
      if (read.kind === 'problem') return read
      rows.push(read.value)
    }
  }
  if (rows.length < 1 || rows.length > 10) return problem(131009, 'Total row count exceed max allowed count: 10, or no row was given.')
  return repeated(rows, 'id') ?? ok({ buttons: rows, listLabel: String(label) })
}

function readRow(row: Json, path: string, section: string | undefined): Checked<ChatButton> {
  const id = textAt(row, 'id')
  const title = textAt(row, 'title')
  const description = textAt(row, 'description')
  const wrong =
    checkText(`${path}['id']`, id, 200, 131009) ??
    checkText(`${path}['title']`, title, 24, 131009) ??
    (description ? checkText(`${path}['description']`, description, 72, 131009) : null)
  if (wrong) return wrong
  return ok({
    kind: 'row',
    id: String(id),
    title: String(title),
    ...(description ? { description } : {}),
    ...(section === undefined ? {} : { section }),
  })
}

function readLink(action: Json): Checked<Parts> {
  if (action['name'] !== 'cta_url') return problem(131009, 'action name must be cta_url.')
  const parameters = recordAt(action, 'parameters')
  const title = textAt(parameters, 'display_text')
  const url = textAt(parameters, 'url')
  const wrong = checkText("action['parameters']['display_text']", title, 20, 131009)
  if (wrong) return wrong
  if (!url || !URL.canParse(url)) return problem(131009, "action['parameters']['url'] is not a valid URI.")
  return ok({ buttons: [{ kind: 'url', title: String(title), url }] })
}

function readHeader(header: Json | null, type: string | undefined, look: Look): Checked<Pick<ChatContent, 'headerText' | 'media'>> {
  if (header === null) return ok({})
  const kind = textAt(header, 'type')
  if (kind === 'text') {
    const text = textAt(header, 'text')
    return checkText("interactive['header']['text']", text, 60, 131009) ?? ok({ headerText: String(text) })
  }
  if (type === 'list' || (kind !== 'image' && kind !== 'video' && kind !== 'document')) {
    return problem(131009, `A header of type "${kind ?? ''}" is not allowed here.`)
  }
  const media = readMediaObject(kind, recordAt(header, kind), look)
  return media.kind === 'problem' ? media : ok({ media: media.value })
}

function repeated(buttons: ChatButton[], member: 'id' | 'title'): Problem | null {
  const seen = new Set(buttons.map((button) => button[member]))
  return seen.size === buttons.length ? null : problem(131009, `Duplicated ${member} in buttons or rows.`)
}
