// Pure. What the engine remembers of one conversation. R1: a run is in exactly one of asking, waiting, suspended, handed-off.
// R2: the reply claim is not stored but read from the runs (claim.ts), so there is never more than one. R3: at most one
// timer per run, named by the run's id, and only while it asks or waits; runs held by a pause share one, named `paused`.
import { z } from 'zod'
import { callData } from './calls/request.ts'
import { callResult } from './calls/result.ts'
import { accept } from './replies.ts'
import { onReturn } from './definition/fields.ts'

const author = z.object({ kind: z.enum(['customer', 'journey', 'campaign', 'bot', 'agent', 'api', 'system', 'external']), id: z.string() })

/** An open question. `ref` of its newest prompt; `at` when that was sent. */
const prompt = z.object({
  ref: z.string(),
  at: z.number(),
  /** Re-prompts made. */
  tries: z.number(),
  /** How long the step waits from a prompt on. */
  timeoutMs: z.number(),
  options: z.array(z.object({ id: z.string(), title: z.string() })),
  accept: accept.nullable(),
  interruptible: z.enum(['ifNotValidReply', 'never', 'always']),
})
export type Prompt = z.infer<typeof prompt>

/** A call of an HTTP step. `id` of the attempt under way, null between two; `result` of the last one, until the run goes on by it.
 * `welcome`: it follows a message of the customer at once, and what it leads to is an answer. */
const call = z.object({
  id: z.string().nullable(),
  attempt: z.number(),
  welcome: z.boolean(),
  data: callData,
  result: callResult.optional(),
})
export type Call = z.infer<typeof call>

const waiting = {
  call: call.optional(),
  event: z.string().optional(),
  came: z.record(z.string(), z.unknown()).optional(),
  enters: z.boolean().optional(),
}

const doing = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('asking'), prompt, due: z.number() }),
  /** Lets time pass. `event` ends it early; `came` is what such an event said, on its way in; `enters`: its step is entered only then. */
  z.object({ kind: z.literal('waiting'), due: z.number(), ...waiting }),
  /** Service or upstream has the conversation; `remaining` milliseconds of its timer are left. Without a prompt it waited for time. */
  z.object({ kind: z.literal('suspended'), prompt: prompt.nullable(), remaining: z.number(), undelivered: z.boolean(), ...waiting }),
  /** Handed to service by the run itself. Without a prompt the step is entered anew when `onReturn` is resume. */
  z.object({ kind: z.literal('handed-off'), prompt: prompt.nullable(), remaining: z.number(), onReturn }),
])

const run = z.object({
  id: z.string(),
  journey: z.string(),
  version: z.string(),
  step: z.string(),
  by: author,
  startedAt: z.number(),
  input: z.record(z.string(), z.unknown()),
  answers: z.record(z.string(), z.unknown()),
  /** When it came to its step; runs of before this was kept have none. */
  since: z.number().optional(),
  /** Messages sent so far; numbers the refs. */
  sent: z.number(),
  /** Option ids of the questions asked so far. */
  asked: z.array(z.string()),
  doing,
  /** Questions in a row that could not be delivered. */
  misses: z.number().optional(),
  /** Something came while the journey was paused, and waits until then at most: a step that is due, a return from service, a
   * message that was not delivered, or (null) replies of the customer, which the router keeps. */
  paused: z.object({ until: z.number(), signal: z.enum(['timer', 'undelivered', 'return']).nullable() }).optional(),
})
export type Run = z.infer<typeof run>

const finished = z.object({
  id: z.string(),
  journey: z.string(),
  /** Runs that ended before it was kept have none. */
  version: z.string().optional(),
  outcome: z.string(),
  at: z.number(),
  /** Until when its goal may still be met, and the step it ended at. */
  goal: z.object({ until: z.number(), step: z.string() }).optional(),
  /** Option ids of the questions it asked, to know its buttons by. */
  options: z.array(z.string()),
})

const current = z.object({
  version: z.literal(1),
  /** Oldest first. */
  runs: z.array(run),
  /** Oldest first, at most twenty. */
  finished: z.array(finished),
  /** When each journey was last entered, for the re-entry rule. */
  entered: z.record(z.string(), z.number()),
  /** When the contact was brought into marketing journeys without asking, oldest first, for the caps of entries. */
  brought: z.array(z.number()).optional(),
})
export type JourneysState = z.infer<typeof current>

export const KEPT_FINISHED = 20

/** Reads a stored state. Older shapes are upgraded first. */
export const stateSchema: z.ZodType<JourneysState> = z.unknown().transform(upgradeState).pipe(current)

export function initialState(): JourneysState {
  return { version: 1, runs: [], finished: [], entered: {} }
}

// There is one shape so far: what has no version is a conversation that has never met the engine.
function upgradeState(stored: unknown): unknown {
  return stored === null || stored === undefined ? initialState() : stored
}
