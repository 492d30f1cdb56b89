// Pure.
import { z } from 'zod'
import { duration } from '@baton/router'
import { nextLocalTime, zoneFor } from '../local-time.ts'
import { eventName, fallbackZone, fieldName, stepName, text, zone } from '../definition/fields.ts'
import { renderAll, textsOf } from '../templates.ts'
import { spanOf } from '../in-words.ts'
import type { Move, StepKind } from './step.ts'

const wait = z
  .strictObject({
    for: duration.optional(),
    /** Local time without offset, `2026-12-24T18:00`, or a time of day, `09:00`: the next time it is that late. May be a variable. */
    until: text(100).optional(),
    zone: zone.optional(),
    fallbackZone,
    event: eventName.optional(),
    /** How long the event is waited for. */
    atMost: duration.optional(),
    /** Keeps what the event said, as an answer: `answers.order.total`. */
    save: fieldName.optional(),
  })
  .superRefine((given, context) => {
    const complain = (message: string, path: string[] = []): void => context.addIssue({ code: 'custom', message, path })
    const spans = [given.for, given.until, given.event].filter((each) => each !== undefined)
    if (spans.length !== 1) complain('give one of for, until, event')
    if (given.until !== undefined && given.zone === undefined) complain('until needs a zone: contact, or Europe/Berlin')
    if (given.event !== undefined && given.atMost === undefined) complain('an event may never come: say atMost: 2d', ['event'])
    if (given.event === undefined && given.atMost !== undefined) complain('atMost is only used with event', ['atMost'])
    if (given.event === undefined && given.save !== undefined) complain('save is only used with event', ['save'])
    if (given.until !== undefined && !given.until.includes('{{') && nextLocalTime(given.until, 'UTC', 0) === null)
      complain('a local time such as 2026-12-24T18:00, or a time of day such as 09:00', ['until'])
  })

const schema = z
  .strictObject({ wait, goto: stepName, timeout: stepName.optional() })
  .refine((step) => step.timeout === undefined || step.wait.event !== undefined, {
    path: ['timeout'],
    message: 'timeout is only used with wait: { event }',
  })

/** Lets time pass, or waits for an event. A moment that has already passed is not waited for. */
export const waitStep: StepKind<z.infer<typeof schema>> = {
  kind: 'wait',
  schema,
  enter(step, view) {
    const { for: span, event, atMost = 0, fallbackZone: fallback, zone: named } = step.wait
    if (span !== undefined) return { next: { kind: 'wait', until: view.now + span } }
    if (event !== undefined) return { next: { kind: 'wait', until: view.now + atMost, event } }
    const rendered = renderAll(step.wait.until ?? '', view.scope)
    if (rendered.kind === 'unbound')
      return { next: { kind: 'fail', code: 'journey-variable-unbound', detail: { path: 'wait.until', reason: rendered.reason } } }
    const at = nextLocalTime(rendered.value, zoneFor(named ?? fallback, fallback, view.scope.contact), view.now)
    if (at === null)
      return { next: { kind: 'fail', code: 'journey-wait-unreadable', detail: { path: 'wait.until', value: rendered.value } } }
    return at <= view.now ? onwards(step.goto) : { next: { kind: 'wait', until: at } }
  },
  receive(step, _view, signal) {
    if (signal.kind !== 'event') return onwards(step.timeout ?? step.goto)
    return { ...onwards(step.goto), ...(step.wait.save === undefined ? {} : { answers: { [step.wait.save]: signal.data } }) }
  },
  exits(step) {
    const { for: span, until, event, atMost = 0 } = step.wait
    if (event !== undefined)
      return [
        { label: event, to: step.goto, path: ['goto'], after: atMost },
        {
          label: 'not in time',
          to: step.timeout ?? step.goto,
          path: [step.timeout === undefined ? 'goto' : 'timeout'],
          after: atMost,
        },
      ]
    if (span !== undefined) return [{ label: 'later', to: step.goto, path: ['goto'], after: span }]
    // A date may be any time from now, or past; a time of day comes within a day, and an hour where the clocks are put back.
    const timeOfDay = /^\d{2}:\d{2}$/.test(until?.trim() ?? '')
    return [
      { label: until ?? '', to: step.goto, path: ['goto'], ...(timeOfDay ? { after: 25 * 3_600_000 } : { after: Infinity, atOnce: true }) },
    ]
  },
  texts: (step) => textsOf(step.wait.until ?? '', ['wait', 'until']).map((found) => ({ ...found, language: 'liquid' })),
  shows({ wait: { for: span, until, event, atMost = 0, zone: named } }) {
    if (span !== undefined) return spanOf(span)
    return event === undefined ? `until ${until} (${named})` : `for ${event}, at most ${spanOf(atMost)}`
  },
  listens: (step) => step.wait.event ?? null,
  takesOver: (step, next) => step.wait.event === next.wait.event,
  saves: (step) => (step.wait.save === undefined ? {} : { answers: [step.wait.save] }),
}

function onwards(step: string): Move {
  return { next: { kind: 'goto', step } }
}
