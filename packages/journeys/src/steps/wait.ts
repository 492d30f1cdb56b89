// Pure.
import { z } from 'zod'
import { duration } from '@baton/router'
import { isZone, localTime } from '../local-time.ts'
import { stepName, text } from '../definition/fields.ts'
import { renderAll, textsOf } from '../templates.ts'
import type { Move, StepKind } from './step.ts'

const zone = z.string().refine((name) => name === 'contact' || isZone(name), 'contact, or a time zone such as Europe/Berlin')

const wait = z
  .strictObject({
    for: duration.optional(),
    /** Local time without offset, `2026-12-24T18:00`; may be a variable. */
    until: text(100).optional(),
    zone: zone.optional(),
    /** For contacts whose `timezone` attribute is not known. */
    fallbackZone: zone.refine((name) => name !== 'contact', 'a time zone such as Europe/Berlin').default('UTC'),
    event: z.never({ error: 'waiting for an event is not supported yet; use for or until' }).optional(),
  })
  .superRefine((given, context) => {
    if ((given.for === undefined) === (given.until === undefined)) context.addIssue({ code: 'custom', message: 'give either for or until' })
    if (given.until !== undefined && given.zone === undefined)
      context.addIssue({ code: 'custom', message: 'until needs a zone: contact, or Europe/Berlin' })
    if (given.until !== undefined && !given.until.includes('{{') && localTime(given.until, 'UTC') === null) {
      context.addIssue({ code: 'custom', path: ['until'], message: 'a local time such as 2026-12-24T18:00' })
    }
  })

const schema = z.strictObject({ wait, goto: stepName })

/** Lets time pass. A moment that has already passed is not waited for. */
export const waitStep: StepKind<z.infer<typeof schema>> = {
  kind: 'wait',
  schema,
  enter(step, view) {
    if (step.wait.for !== undefined) return { next: { kind: 'wait', until: view.now + step.wait.for } }
    const rendered = renderAll(step.wait.until ?? '', view.scope)
    if (rendered.kind === 'unbound')
      return { next: { kind: 'fail', code: 'journey-variable-unbound', detail: { path: 'wait.until', reason: rendered.reason } } }
    const known = view.scope.contact['timezone']
    const own = typeof known === 'string' && isZone(known) ? known : step.wait.fallbackZone
    const at = localTime(rendered.value, step.wait.zone === 'contact' ? own : (step.wait.zone ?? step.wait.fallbackZone))
    if (at === null)
      return { next: { kind: 'fail', code: 'journey-wait-unreadable', detail: { path: 'wait.until', value: rendered.value } } }
    return at <= view.now ? onwards(step.goto) : { next: { kind: 'wait', until: at } }
  },
  receive: (step) => onwards(step.goto),
  exits: (step) => [{ label: step.wait.until ?? 'later', to: step.goto, path: ['goto'], after: step.wait.for ?? 24 * 3_600_000 }],
  texts: (step) => textsOf(step.wait.until ?? '', ['wait', 'until']).map((found) => ({ ...found, language: 'liquid' })),
}

function onwards(step: string): Move {
  return { next: { kind: 'goto', step } }
}
