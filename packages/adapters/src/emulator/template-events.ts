// What happens to templates: review, and changes an operator orders; each is told by a webhook.

import { EmulatorError } from './errors.ts'
import type { Json } from './json.ts'
import type { Template, TemplateCategory } from './templates.ts'
import type { World } from './world.ts'

/** `reason` goes with a status: INVALID_FORMAT, for one. */
export interface TemplateChange {
  status?: string
  quality?: string
  category?: TemplateCategory
  reason?: string
}

/** In every business account that has the template, or in the given one. Throws `emulator-unknown-template`. */
export function changeTemplate(world: World, name: string, language: string, change: TemplateChange, businessAccountId?: string): void {
  const accounts =
    businessAccountId === undefined ? [...new Set(world.settings.numbers.map((number) => number.businessAccountId))] : [businessAccountId]
  const found = accounts.map((account) => world.templates.find(account, name, language)).filter((template) => template !== undefined)
  if (found.length === 0) throw new EmulatorError('emulator-unknown-template', `No template ${name} in ${language}`)
  for (const template of found) apply(world, template, change)
}

/** A new template waits for its review; then it is approved, unless reviews are held. */
export function startReview(world: World, template: Template): void {
  if (world.settings.templateReview === 'hold') return
  world.after(world.settings.delays.review, () => {
    if (template.status === 'PENDING') apply(world, template, { status: 'APPROVED' })
  })
}

function apply(world: World, template: Template, change: TemplateChange): void {
  if (change.category !== undefined && change.category !== template.category) {
    const before = template.category
    template.category = change.category
    tell(world, template, 'template_category_update', { previous_category: before, new_category: change.category })
  }
  if (change.quality !== undefined && change.quality !== template.quality) {
    const before = template.quality
    template.quality = change.quality
    tell(world, template, 'message_template_quality_update', { previous_quality_score: before, new_quality_score: change.quality })
  }
  if (change.status !== undefined) {
    template.status = change.status
    tell(world, template, 'message_template_status_update', {
      event: change.status,
      reason: change.reason ?? 'NONE',
      message_template_category: template.category,
    })
  }
}

function tell(world: World, template: Template, field: string, more: Json): void {
  const value = {
    // Meta writes the id as a number.
    message_template_id: Number(template.id),
    message_template_name: template.name,
    message_template_language: template.language,
    ...more,
  }
  world.webhooks.push({ businessAccountId: template.businessAccountId, field, value }, { field })
}
