// Pure.
import { z } from 'zod'
import { onReturn, stepName, targets, text } from '../definition/fields.ts'
import { textsOf } from '../templates.ts'
import { SERVED } from './step.ts'
import type { StepKind } from './step.ts'

const schema = z
  .strictObject({
    handOff: z.strictObject({ to: targets, note: text(1000).optional(), onReturn: onReturn.default('exit') }),
    goto: stepName.optional(),
  })
  .superRefine((step, context) => {
    const resumes = step.handOff.onReturn === 'resume'
    if (resumes && step.goto === undefined)
      context.addIssue({ code: 'custom', path: ['goto'], message: 'onReturn: resume goes on at goto; name the step' })
    if (!resumes && step.goto !== undefined)
      context.addIssue({ code: 'custom', path: ['goto'], message: 'goto is only used with onReturn: resume' })
  })

/** Gives the conversation to service. */
export const handOff: StepKind<z.infer<typeof schema>> = {
  kind: 'handOff',
  schema,
  enter(step) {
    const { to, note } = step.handOff
    const back = step.handOff.onReturn === 'resume' && step.goto !== undefined ? { goto: step.goto } : step.handOff.onReturn
    return { next: { kind: 'handOff', targets: to, reason: 'journey-step', note: note ?? null, onReturn: back } }
  },
  exits(step) {
    const back = step.handOff.onReturn
    const away = { label: `to ${step.handOff.to.join(', ')}`, to: null, path: ['handOff', 'to'], away: step.handOff.to }
    if (back === 'exit') return [away]
    if (back === 'resume') return [away, { label: 'on return', to: step.goto ?? null, path: ['goto'], after: SERVED, served: true }]
    return [away, { label: 'on return', to: back.goto, path: ['handOff', 'onReturn', 'goto'], after: SERVED, served: true }]
  },
  shows: (step) => step.handOff.note ?? '',
  texts: (step) => textsOf(step.handOff.note ?? '', ['handOff', 'note']).map((found) => ({ ...found, language: 'liquid' })),
}
