// Pure.
import { z } from 'zod'
import type { StepKind } from './step.ts'

const schema = z.strictObject({ end: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'an outcome: lower-case letters, digits, dashes') })

/** Ends the run with an outcome. */
export const end: StepKind<z.infer<typeof schema>> = {
  kind: 'end',
  schema,
  enter: (step) => ({ next: { kind: 'end', outcome: step.end } }),
  exits: (step) => [{ label: step.end, to: null, path: ['end'] }],
}
