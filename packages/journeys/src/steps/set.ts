// Pure.
import { z } from 'zod'
import { fieldName, stepName, text } from '../definition/fields.ts'
import { renderAll, textsOf } from '../templates.ts'
import type { StepKind } from './step.ts'

const value = z.union([text(2000), z.number(), z.boolean(), z.null()])
const values = z.record(fieldName, value)

const set = z
  .strictObject({
    attributes: values.optional(),
    answers: values.optional(),
    tags: z.strictObject({ add: z.array(text(100)).optional(), remove: z.array(text(100)).optional() }).optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'give attributes, answers or tags')

const schema = z.strictObject({ set, goto: stepName })

/** Writes contact attributes and tags, and answers of the run. Null removes an attribute. */
export const setStep: StepKind<z.infer<typeof schema>> = {
  kind: 'set',
  schema,
  enter(step, view) {
    const rendered = renderAll(step.set, view.scope)
    if (rendered.kind === 'unbound') {
      const { path, reason } = rendered
      return { next: { kind: 'fail', code: 'journey-variable-unbound', detail: { path: ['set', ...path].join('.'), reason } } }
    }
    const { attributes, answers, tags } = rendered.value
    const contact = {
      ...(attributes === undefined ? {} : { attributes }),
      ...(tags?.add === undefined ? {} : { addTags: tags.add }),
      ...(tags?.remove === undefined ? {} : { removeTags: tags.remove }),
    }
    return {
      ...(Object.keys(contact).length === 0 ? {} : { contact }),
      ...(answers === undefined ? {} : { answers }),
      next: { kind: 'goto', step: step.goto },
    }
  },
  exits: (step) => [{ label: '', to: step.goto, path: ['goto'] }],
  texts: (step) => textsOf(step.set, ['set']).map((found) => ({ ...found, language: 'liquid' })),
  shows({ set: { attributes, answers, tags } }) {
    const named = Object.entries({ ...attributes, ...answers }).map(([name, given]) => `${name} = ${given}`)
    return [...named, ...(tags?.add ?? []).map((tag) => `+ ${tag}`), ...(tags?.remove ?? []).map((tag) => `− ${tag}`)].join(', ')
  },
  saves({ set: { attributes = {}, answers = {} } }) {
    return { answers: Object.keys(answers), attributes: Object.keys(attributes).filter((name) => attributes[name] !== null) }
  },
}
