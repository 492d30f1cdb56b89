import { ROUTING_GROUP } from '@baton/omni'
import type { ActorAddress, Author, ConversationEvent } from '@baton/router'
import { z } from 'zod'
import type { Inbound } from '../deps.ts'
import { problem, refusal } from './problem.ts'

const WAIT_MS = 10_000

export const doneSchema = z
  .object({ done: z.literal(true), data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'Done', description: 'The event was applied. `data` is what the actor had to say.' })

/** Stores an event, waits until it was applied, and gives what came of it. Throws the refusal as a problem, and
 * `outcome-unknown` when it took too long: the event is stored then, and will be applied. */
export async function ask(inbound: Inbound, to: ActorAddress, event: ConversationEvent): Promise<Record<string, unknown>> {
  const outcome = await inbound.ask(to, event, { timeoutMs: WAIT_MS })
  if (outcome.kind === 'unknown') throw problem('outcome-unknown')
  if (outcome.kind === 'refused') throw refusal(outcome)
  return outcome.data ?? {}
}

/** Asks the routing group, which holds all queues and agents. */
export function tellGroup(inbound: Inbound, name: string, data: Record<string, unknown>, by: Author): Promise<Record<string, unknown>> {
  return ask(inbound, ROUTING_GROUP, { type: 'engine.event', side: 'service', name, data, by })
}
