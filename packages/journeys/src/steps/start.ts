// Pure.
import { z } from 'zod'
import { fieldName, journeyId, stepName, text } from '../definition/fields.ts'
import { renderAll, textsOf } from '../templates.ts'
import type { StepKind } from './step.ts'

const schema = z.strictObject({
  start: z.strictObject({ journey: journeyId, input: z.record(fieldName, z.union([text(2000), z.number(), z.boolean()])).default({}) }),
  goto: stepName,
})

/** Starts another journey for the same contact, in a run of its own, and goes on. Where that one may not start there is an alarm. */
export const start: StepKind<z.infer<typeof schema>> = {
  kind: 'start',
  schema,
  enter(step, view) {
    const rendered = renderAll(step.start.input, view.scope)
    if (rendered.kind === 'unbound') {
      const { path, reason } = rendered
      const detail = { path: ['start.input', ...path].join('.'), reason }
      return { next: { kind: 'fail', code: 'journey-variable-unbound', detail } }
    }
    return { starts: { journey: step.start.journey, input: rendered.value }, next: { kind: 'goto', step: step.goto } }
  },
  exits: (step) => [{ label: `and starts ${step.start.journey}`, to: step.goto, path: ['goto'] }],
  shows: (step) => step.start.journey,
  texts: (step) => textsOf(step.start.input, ['start', 'input']).map((found) => ({ ...found, language: 'liquid' })),
  starts: (step) => ({ journey: step.start.journey, path: ['start', 'journey'], gives: Object.keys(step.start.input) }),
}
