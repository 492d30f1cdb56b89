// Pure. A template as it is sent: are its parameters right, and what does the customer see?

import type { ChatButton, ChatContent } from './chats.ts'
import { ok, readMediaObject } from './checks.ts'
import type { Checked, Look } from './checks.ts'
import { problem } from './graph-error.ts'
import type { Problem } from './graph-error.ts'
import { recordAt, recordsAt, textAt } from './json.ts'
import type { Json } from './json.ts'
import type { Template } from './templates.ts'

const VARIABLE = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g

/** `sent` is the `template` member of the request. The template's status is the caller's business. */
export function fillTemplate(template: Template, sent: Json, look: Look): Checked<ChatContent> {
  const given = recordsAt(sent, 'components')
  const content: ChatContent = {
    type: 'template',
    template: { name: template.name, language: template.language, category: template.category },
  }
  for (const component of template.components) {
    const wrong = fill(content, component, given, template, look)
    if (wrong) return wrong
  }
  const stray = given.find((component) => !template.components.some((defined) => belongs(component, defined)))
  return stray ? problem(132012, `Unexpected component "${String(stray['type'])}".`) : ok(content)
}

/** Fills one component of the definition into what the customer sees. */
function fill(content: ChatContent, defined: Json, given: Json[], template: Template, look: Look): Problem | null {
  const type = upper(defined['type'])
  if (type === 'BUTTONS') {
    const buttons = fillButtons(defined, given)
    if (buttons.kind === 'problem') return buttons
    content.buttons = buttons.value
    return null
  }
  if (type === 'FOOTER') {
    const footer = textAt(defined, 'text')
    if (footer !== undefined) content.footer = footer
    return null
  }
  if (type !== 'HEADER' && type !== 'BODY') return null
  const part = type.toLowerCase()
  const parameters = given
    .filter((component) => upper(component['type']) === type)
    .flatMap((component) => recordsAt(component, 'parameters'))
  if (type === 'HEADER' && upper(defined['format'] ?? 'TEXT') !== 'TEXT')
    return fillMediaHeader(content, upper(defined['format']), parameters, look)
  const text = fillText(part, bodyOf(defined, template), parameters, template.parameter_format)
  if (text.kind === 'problem') return text
  if (type === 'HEADER') content.headerText = text.value
  else content.text = text.value
  return null
}

/** Authentication templates have no text of their own. */
function bodyOf(defined: Json, template: Template): string {
  return textAt(defined, 'text') ?? (template.category === 'AUTHENTICATION' ? '{{1}} is your verification code.' : '')
}

function fillText(part: string, text: string, parameters: Json[], format: Template['parameter_format']): Checked<string> {
  const wanted = [...new Set([...text.matchAll(VARIABLE)].map((match) => match[1] ?? ''))]
  if (wanted.length !== parameters.length) {
    return problem(
      132000,
      `${part}: number of localizable_params (${parameters.length}) does not match the expected number of params (${wanted.length})`,
    )
  }
  const values = new Map<string, string>()
  for (const [index, parameter] of parameters.entries()) {
    const name = format === 'NAMED' ? textAt(parameter, 'parameter_name') : String(index + 1)
    if (name === undefined || !wanted.includes(name)) return problem(100, `${part}: Parameter name is missing or unknown: "${name ?? ''}"`)
    const value = valueOf(parameter)
    if (!value) return problem(131008, `Required parameter is missing: ${part}: Parameter of type text is missing text value`)
    if (/[\n\t]| {5}/.test(value))
      return problem(132018, `${part}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces`)
    values.set(name, value)
  }
  const filled = text.replace(VARIABLE, (whole, name: string) => values.get(name) ?? whole)
  return filled.length > (part === 'header' ? 60 : 1024) && wanted.length > 0
    ? problem(132005, `${part}: Translated text too long`)
    : ok(filled)
}

function valueOf(parameter: Json): string | undefined {
  if (parameter['type'] === 'text') return textAt(parameter, 'text')
  if (parameter['type'] === 'currency') return textAt(recordAt(parameter, 'currency'), 'fallback_value')
  if (parameter['type'] === 'date_time') return textAt(recordAt(parameter, 'date_time'), 'fallback_value')
  return undefined
}

function fillMediaHeader(content: ChatContent, format: string, parameters: Json[], look: Look): Problem | null {
  const [parameter] = parameters
  if (!parameter || upper(parameter['type']) !== format) {
    return problem(132012, `header: Format mismatch, expected ${format}, received ${parameter ? upper(parameter['type']) : 'UNKNOWN'}`)
  }
  if (format === 'LOCATION') {
    const location = recordAt(parameter, 'location')
    const latitude = Number(location['latitude'])
    const longitude = Number(location['longitude'])
    if (!Number.isFinite(latitude) || !Number.isFinite(longitude))
      return problem(132012, 'header: the location needs a latitude and a longitude')
    content.location = { latitude, longitude }
    return null
  }
  const kind = format === 'IMAGE' ? 'image' : format === 'VIDEO' ? 'video' : 'document'
  const media = readMediaObject(kind, recordAt(parameter, kind), look)
  if (media.kind === 'problem') return media
  content.media = media.value
  return null
}

function fillButtons(defined: Json, given: Json[]): Checked<ChatButton[]> {
  const definitions = recordsAt(defined, 'buttons')
  const sent = new Map(
    given.filter((component) => upper(component['type']) === 'BUTTON').map((component) => [Number(component['index']), component]),
  )
  for (const index of sent.keys()) {
    if (!definitions[index]) return problem(132018, `buttons: there is no button at index ${index} in the template`)
  }
  const buttons: ChatButton[] = []
  for (const [index, definition] of definitions.entries()) {
    const button = fillButton(definition, index, sent.get(index))
    if (button.kind === 'problem') return button
    buttons.push(button.value)
  }
  return ok(buttons)
}

function fillButton(definition: Json, index: number, sent: Json | undefined): Checked<ChatButton> {
  const type = upper(definition['type'])
  const title = textAt(definition, 'text') ?? ''
  const [parameter = {}] = sent ? recordsAt(sent, 'parameters') : []
  const subType = upper(sent?.['sub_type'] ?? (type === 'OTP' ? 'URL' : type))
  if (subType !== (type === 'OTP' ? 'URL' : type))
    return problem(132012, `buttons: Button at index ${index} is ${type}, but ${subType} was sent`)
  const missing = problem(131008, `Required parameter is missing: buttons: Button at index ${index} of type ${type} requires a parameter`)
  if (type === 'QUICK_REPLY') return ok({ kind: 'quick-reply', title, id: textAt(parameter, 'payload') ?? title })
  if (type === 'PHONE_NUMBER') return ok({ kind: 'phone', title, url: `tel:${textAt(definition, 'phone_number') ?? ''}` })
  if (type === 'COPY_CODE') {
    const code = textAt(parameter, 'coupon_code')
    return code ? ok({ kind: 'copy-code', title: title || 'Copy code', id: code }) : missing
  }
  if (type === 'OTP') {
    const code = textAt(parameter, 'text')
    return code ? ok({ kind: 'copy-code', title: title || 'Copy code', id: code }) : missing
  }
  if (type !== 'URL') return ok({ kind: 'other', title })
  const url = textAt(definition, 'url') ?? ''
  if (!url.includes('{{')) return ok({ kind: 'url', title, url })
  const suffix = textAt(parameter, 'text')
  return suffix ? ok({ kind: 'url', title, url: url.replace(VARIABLE, suffix) }) : missing
}

function belongs(given: Json, defined: Json): boolean {
  const type = upper(given['type'])
  return upper(defined['type']) === (type === 'BUTTON' ? 'BUTTONS' : type)
}

function upper(value: unknown): string {
  return String(value).toUpperCase()
}
