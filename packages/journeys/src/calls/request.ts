// Pure. The call that an HTTP step makes, as it is kept with its run and in the outbox. Secrets are in it as references only.
import { z } from 'zod'

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Where in the answer a value is, and what stands for one that is not there. */
const wanted = z.object({ path: z.string(), default: z.unknown().optional() })
export type Wanted = z.infer<typeof wanted>

export const callRequest = z.object({
  step: z.string(),
  method: z.enum(METHODS),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** Headers whose value is only known where the call is made. */
  secrets: z.record(z.string(), z.object({ reference: z.string(), prefix: z.string() })),
  /** JSON, with the variables filled in. */
  body: z.unknown().optional(),
  timeoutMs: z.number(),
  /** Kept as answers of the run, and as attributes of the contact, by name. */
  save: z.record(z.string(), wanted),
  attributes: z.record(z.string(), wanted),
})
export type CallRequest = z.infer<typeof callRequest>

/** The same for every attempt at one call: the server knows a repetition by it. */
export const callData = callRequest.extend({ key: z.string() })
export type CallData = z.infer<typeof callData>
