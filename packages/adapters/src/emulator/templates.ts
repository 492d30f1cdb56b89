// Owns the message templates.
// R1 Business account, name and language together name one template.

import type { Problem } from './graph-error.ts'
import { problem } from './graph-error.ts'
import { stableNumber } from './ids.ts'
import { isRecord, recordsAt, textAt } from './json.ts'
import type { Json } from './json.ts'

export type TemplateCategory = 'MARKETING' | 'UTILITY' | 'AUTHENTICATION'

/** A template in Meta's own shape. */
export interface TemplateInput {
  /** Absent: every business account has it. */
  businessAccountId?: string
  name: string
  language: string
  category: TemplateCategory
  /** APPROVED unless told. */
  status?: string
  parameter_format?: 'POSITIONAL' | 'NAMED'
  components: readonly Json[]
}

export interface Template {
  id: string
  businessAccountId: string
  name: string
  language: string
  category: TemplateCategory
  status: string
  quality: string
  parameter_format: 'POSITIONAL' | 'NAMED'
  components: readonly Json[]
}

export interface Templates {
  add(input: TemplateInput, businessAccountId: string): Template
  find(businessAccountId: string, name: string, language: string): Template | undefined
  byId(id: string): Template | undefined
  /** In the order they were made. */
  of(businessAccountId: string): Template[]
  remove(template: Template): void
}

export function createTemplates(inputs: readonly TemplateInput[], businessAccountIds: readonly string[]): Templates {
  const byKey = new Map<string, Template>()

  function add(input: TemplateInput, businessAccountId: string): Template {
    const key = keyOf(businessAccountId, input.name, input.language)
    const template: Template = {
      id: stableNumber(`template/${key}`, 16),
      businessAccountId,
      name: input.name,
      language: input.language,
      category: input.category,
      status: input.status ?? 'APPROVED',
      quality: 'UNKNOWN',
      parameter_format: input.parameter_format ?? 'POSITIONAL',
      components: input.components,
    }
    byKey.set(key, template)
    return template
  }
  for (const input of inputs) {
    for (const account of input.businessAccountId === undefined ? businessAccountIds : [input.businessAccountId]) add(input, account)
  }

  return {
    add,
    find: (account, name, language) => byKey.get(keyOf(account, name, language)),
    byId: (id) => [...byKey.values()].find((template) => template.id === id),
    of: (account) => [...byKey.values()].filter((template) => template.businessAccountId === account),
    remove: (template) => byKey.delete(keyOf(template.businessAccountId, template.name, template.language)),
  }
}

/** `en-US` and `en_US` are the same language. */
function keyOf(businessAccountId: string, name: string, language: string): string {
  return `${businessAccountId}/${name}/${language.replace('-', '_').toLowerCase()}`
}

/** Pure. What a request to make a template asks for, or what Meta refuses about it. */
export function readTemplate(body: Json): { kind: 'ok'; value: TemplateInput } | Problem {
  const name = textAt(body, 'name') ?? ''
  const language = textAt(body, 'language') ?? ''
  const category = readCategory(body['category'])
  const components = recordsAt(body, 'components')
  if (!/^[a-z0-9_]{1,512}$/.test(name)) return problem(100, 'Param name must be 1 to 512 characters of a-z, 0-9 and underscore.')
  if (!/^[a-z]{2,3}([_-][A-Za-z]{2,4})?$/.test(language)) return problem(100, 'Param language must be a language code.')
  if (category === null) return problem(100, 'Param category must be one of {AUTHENTICATION, MARKETING, UTILITY}')
  const wrong = components.map(checkComponent).find((found) => found !== null)
  if (wrong) return wrong
  if (!components.some((component) => typeOf(component) === 'BODY')) return problem(100, 'Param components must have a BODY.')
  const named = textAt(body, 'parameter_format')?.toUpperCase() === 'NAMED'
  return { kind: 'ok', value: { name, language, category, parameter_format: named ? 'NAMED' : 'POSITIONAL', components } }
}

function readCategory(value: unknown): TemplateCategory | null {
  return value === 'MARKETING' || value === 'UTILITY' || value === 'AUTHENTICATION' ? value : null
}

function typeOf(component: Json): string {
  return (textAt(component, 'type') ?? '').toUpperCase()
}

function checkComponent(component: Json): Problem | null {
  const type = typeOf(component)
  const text = textAt(component, 'text') ?? ''
  const limit = { HEADER: 60, BODY: 1024, FOOTER: 60 }[type]
  if (limit !== undefined && text.length > limit) return problem(100, `${type}: the field exceeds ${limit} characters.`, 2388040)
  if (type === 'BODY' && (/^\s*\{\{/.test(text) || /\}\}\s*$/.test(text))) {
    return problem(100, "Variables can't be at the start or end of the template.", 2388299)
  }
  if (type !== 'BUTTONS') return null
  const buttons = component['buttons']
  if (!Array.isArray(buttons) || buttons.length === 0 || buttons.length > 10) return problem(100, 'BUTTONS: 1 to 10 buttons are allowed.')
  const tooLong = buttons.find((button) => !isRecord(button) || (textAt(button, 'text') ?? '').length > 25)
  return tooLong === undefined ? null : problem(100, 'BUTTONS: a label has at most 25 characters.', 2388040)
}
