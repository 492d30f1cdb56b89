// Pure.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { stepName } from '../definition/fields.ts'
import type { StepKind } from './step.ts'

const schema = z.strictObject({
  split: z
    .array(z.strictObject({ share: z.number().gt(0).max(100), goto: stepName }))
    .min(2, 'a split has at least two shares')
    .max(10)
    .refine((shares) => Math.abs(shares.reduce((sum, { share }) => sum + share, 0) - 100) < 0.001, 'the shares add up to 100'),
})

/** Sends contacts different ways, at random but always the same way: a contact stays in its cohort when it comes again, and when the
 * journey is published anew. `contact.id` is the conversation's: on another number the cohort may be another. */
export const split: StepKind<z.infer<typeof schema>> = {
  kind: 'split',
  schema,
  enter(step, view) {
    let left = placeOf(`${view.journey}/${view.step}/${String(view.scope.contact['id'])}`)
    for (const { share, goto } of step.split) {
      left -= share
      if (left < 0) return { next: { kind: 'goto', step: goto } }
    }
    // Shares such as 33.3 leave a sliver.
    return { next: { kind: 'goto', step: step.split.at(-1)?.goto ?? '' } }
  },
  exits: (step) => step.split.map(({ share, goto }, at) => ({ label: `${share} %`, to: goto, path: ['split', at, 'goto'] })),
}

/** From 0 up to 100, evenly spread. */
function placeOf(key: string): number {
  return (createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32) * 100
}
