// Pure. Work items as a routing engine elsewhere sees them.
import type { WorkItem } from '@baton/omni'
import { z } from 'zod'

export const workItemSchema = z
  .object({
    id: z.string().meta({ description: 'Of the service session.' }),
    version: z.string().meta({ description: 'Opaque; another whenever anything about the item has changed. An assignment names it.' }),
    queueId: z.string(),
    offer: z
      .object({ id: z.string(), agentId: z.string(), expiresAt: z.iso.datetime() })
      .nullable()
      .meta({ description: 'Who is being asked; null: nobody.' }),
    conversationId: z.string(),
    number: z.string(),
    contact: z.object({ id: z.string(), name: z.string().nullable(), phone: z.string().nullable() }),
    reason: z.string(),
    note: z.string().nullable(),
    priority: z.int().meta({ description: 'Of its queue; lower goes first.' }),
    weight: z.int().meta({ description: "Units of an agent's capacity." }),
    needs: z
      .array(z.object({ name: z.string(), until: z.iso.datetime().nullable() }))
      .meta({ description: 'Skills, and language:<code>, without which no agent gets it, until then; null: for good.' }),
    language: z.string().nullable().meta({ description: "The customer's; null: not known." }),
    preferredAgentId: z.string().nullable().meta({ description: 'The agent the customer had before.' }),
    passed: z
      .array(z.object({ agentId: z.string(), until: z.iso.datetime() }))
      .meta({ description: 'Who declined it or let an offer of it time out; they are not asked again before then.' }),
    callback: z.boolean().meta({ description: 'The customer was promised to be called back.' }),
    since: z.iso.datetime().meta({ description: 'The age of the work, which a declined offer keeps.' }),
    closed: z
      .object({ opensAt: z.iso.datetime().nullable() })
      .nullable()
      .meta({ description: 'It waits for its queue to open, and is not given out before.' }),
  })
  .meta({ id: 'WorkItem' })
export type WorkItemView = z.output<typeof workItemSchema>

export const assignmentSchema = z
  .object({
    agentId: z.string(),
    offerId: z.string().nullable().meta({ description: 'Null: the queue asks nobody, and the agent has it already.' }),
    expiresAt: z.iso.datetime().nullable().meta({ description: 'Until when the agent may answer.' }),
    version: z.string().meta({ description: 'Of the item by now.' }),
  })
  .meta({ id: 'Assignment' })

export function workItemView({ offer, needs, passed, since, closed, ...item }: WorkItem): WorkItemView {
  return {
    ...item,
    offer: offer === null ? null : { ...offer, expiresAt: isoOf(offer.expiresAt) },
    needs: needs.map(({ name, until }) => ({ name, until: until === null ? null : isoOf(until) })),
    passed: passed.map(({ agentId, until }) => ({ agentId, until: isoOf(until) })),
    since: isoOf(since),
    closed: closed === null ? null : { opensAt: closed.opensAt === null ? null : isoOf(closed.opensAt) },
  }
}

function isoOf(at: number): string {
  return new Date(at).toISOString()
}
