// Pure.
import { z } from 'zod'
import { sendContent, toContent } from '../definition/content.ts'
import { stepName } from '../definition/fields.ts'
import { renderAll, textsOf } from '../templates.ts'
import { messageLine } from '../in-words.ts'
import type { StepKind } from './step.ts'

const schema = z.strictObject({ send: sendContent, goto: stepName })

/** Sends one message and goes on. */
export const send: StepKind<z.infer<typeof schema>> = {
  kind: 'send',
  schema,
  enter(step, view) {
    const rendered = renderAll(step.send, view.scope)
    if (rendered.kind === 'unbound') {
      const { path, reason } = rendered
      return { next: { kind: 'fail', code: 'journey-variable-unbound', detail: { path: ['send', ...path].join('.'), reason } } }
    }
    const content = toContent(rendered.value)
    return { sends: [content], next: { kind: 'goto', step: step.goto } }
  },
  skip: (step) => ({ next: { kind: 'goto', step: step.goto } }),
  exits: (step) => [{ label: '', to: step.goto, path: ['goto'] }],
  texts: (step) => textsOf(step.send, ['send']).map((found) => ({ ...found, language: 'liquid' })),
  shows: (step) => messageLine(toContent(step.send)),
  sends: (step) => (step.send.template === undefined ? 'free-form' : 'template'),
}
