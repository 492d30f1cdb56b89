// Pure. What a service session notes of itself while it is open, so that one row can be written for each leg that is over.
import { z } from 'zod'

/** What a queue is to keep for one customer: by when. Fixed when the leg begins, whatever is published meanwhile. `told`: how much of it
 * was said. */
const objective = z.strictObject({
  warnAt: z.number(),
  dueAt: z.number(),
  told: z.enum(['nothing', 'warning', 'miss']),
})
export type Objective = z.infer<typeof objective>

const leg = z.strictObject({
  n: z.int(),
  queueId: z.string().nullable(),
  agentId: z.string().nullable(),
  botId: z.string().nullable(),
  beganAt: z.number(),
  takenAt: z.number().nullable(),
  firstResponseAt: z.number().nullable(),
  /** Since when it has been `active` with its agent; null: it is not. */
  busySince: z.number().nullable(),
  handleMs: z.number(),
  /** Until an agent takes it, and until the first answer of one; null: the queue is to keep none. */
  wait: objective.nullable(),
  response: objective.nullable(),
})
export type Leg = z.infer<typeof leg>

/** `leg`: the one under way; null while upstream keeps the session out of its queue. */
export const tallySchema = z.strictObject({
  legs: z.int(),
  reopened: z.boolean(),
  bot: z.boolean(),
  people: z.boolean(),
  /** When the timer of the objectives fires; null: it is not set. */
  lookAt: z.number().nullable(),
  leg: leg.nullable(),
})
export type Tally = z.infer<typeof tallySchema>

export function newTally(reopened: boolean): Tally {
  return { legs: 0, reopened, bot: false, people: false, lookAt: null, leg: null }
}
