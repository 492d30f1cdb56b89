// Pure. Small schemas shared by the definition and the steps.
import { z } from 'zod'
import type { Target } from '@baton/router'
import { checkCondition } from '../conditions.ts'
import { isZone } from '../local-time.ts'
import { checkTemplate } from '../templates.ts'

/** The id of a journey. */
export const journeyId = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'an id: lower-case letters, digits, dashes')

/** What happened elsewhere: `order.paid`. */
export const eventName = z.string().regex(/^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$/, 'the name of an event, such as order.paid')

/** The name of a step, as `goto` and the keys of `steps` write it. */
export const stepName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'a step name: letters, digits, dashes, underscores')

/** A name under which an answer, input or attribute is kept; usable as `answers.<name>` in texts and conditions. */
export const fieldName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of letters, digits and underscores')

/** A CEL condition. */
export const condition = z
  .string()
  .min(1)
  .max(500)
  .superRefine((source, context) => {
    const problem = checkCondition(source)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

/** A time zone by name, or the contact's own. */
export const zone = z.string().refine((name) => name === 'contact' || isZone(name), 'contact, or a time zone such as Europe/Berlin')

/** For contacts whose `timezone` attribute is not known. */
export const fallbackZone = zone.refine((name) => name !== 'contact', 'a time zone such as Europe/Berlin').default('UTC')

function isTarget(value: string): value is Target {
  return /^(queue|bot|agent):[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value)
}

const target = z.custom<Target>(
  (value) => typeof value === 'string' && isTarget(value),
  'a target such as queue:general, bot:faq or agent:ana',
)

/** An ordered list of hand-off targets. */
export const targets = z.array(target).min(1, 'name at least one target, e.g. [queue:general]')

/** Free text of at most `max` characters with Liquid variables; where it has variables the length is only known when it is sent. */
export function text(max: number): z.ZodType<string> {
  return z
    .string()
    .min(1, 'must not be empty')
    .superRefine((value, context) => {
      const problem = checkTemplate(value)
      if (problem !== null) context.addIssue({ code: 'custom', message: problem })
      if (!/\{[{%]/.test(value) && [...value].length > max) {
        context.addIssue({ code: 'custom', message: `at most ${max} characters, this has ${[...value].length}` })
      }
    })
}

/** What a run does when service gives the conversation back after a hand-off. */
export const onReturn = z.union([z.literal('exit'), z.literal('resume'), z.strictObject({ goto: stepName })], {
  error: 'exit, resume, or { goto: <step> }',
})
export type OnReturn = z.infer<typeof onReturn>

/** A branch that hands the conversation to service. */
export const handOffBranch = z.strictObject({ handOff: targets, note: text(1000).optional(), onReturn: onReturn.default('exit') })
export type HandOffBranch = z.infer<typeof handOffBranch>
