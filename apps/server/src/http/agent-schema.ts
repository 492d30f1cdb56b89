// Pure. Agents and queues as the API shows them.
import { PRESENCES } from '@baton/omni'
import type { AgentLine, QueueLine, StatusChoice } from '@baton/omni'
import { z } from 'zod'

const presence = z.enum(PRESENCES).meta({
  description: 'What the status means: online is offered work, busy is there and gets nothing new, away and offline are not there.',
})

export const statusSchema = z
  .object({
    id: z.string(),
    label: z.string(),
    presence,
    queues: z
      .array(z.string())
      .nullable()
      .meta({ description: 'Only work of these queues is offered; null: of all the agent is a member of.' }),
    numbers: z.array(z.string()).nullable().meta({ description: 'Only work from these numbers is offered; null: from any.' }),
  })
  .meta({ id: 'PresenceStatus' }) satisfies z.ZodType<StatusChoice>

export const agentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    supervisor: z.boolean(),
    status: z.object({ id: z.string(), label: z.string() }),
    presence,
    since: z.iso.datetime().nullable().meta({ description: 'Of the status; null when the agent never said anything.' }),
    capacity: z.object({
      total: z.int(),
      used: z.int().meta({ description: 'Offers and wrap-ups count. More than the total when the agent took work by themselves.' }),
      free: z.int(),
    }),
    offers: z.int(),
    work: z
      .array(
        z.object({
          conversationId: z.string(),
          sessionId: z.string(),
          number: z.string(),
          queueId: z.string().nullable(),
          contact: z.object({ id: z.string(), name: z.string().nullable(), phone: z.string().nullable() }),
          since: z.iso.datetime(),
        }),
      )
      .meta({ description: 'The conversations they have, also paused ones; inactive ones they do not.' }),
    wrapUps: z
      .array(
        z.object({
          sessionId: z.string(),
          conversationId: z.string(),
          number: z.string().nullable(),
          queueId: z.string(),
          since: z.iso.datetime(),
          until: z.iso.datetime(),
        }),
      )
      .meta({ description: 'Conversations they are done with, whose capacity is held a little longer.' }),
    queues: z.array(z.string()),
    skills: z.array(z.string()),
    languages: z.array(z.string()),
  })
  .meta({ id: 'Agent' })
export type AgentView = z.output<typeof agentSchema>

export function agentView({ since, capacity, used, free, work, wrapUps, ...agent }: AgentLine): AgentView {
  return {
    ...agent,
    since: since === null ? null : isoOf(since),
    capacity: { total: capacity, used, free },
    work: work.map(({ at, ...line }) => ({ ...line, since: isoOf(at) })),
    wrapUps: wrapUps.map((entry) => ({ ...entry, since: isoOf(entry.since), until: isoOf(entry.until) })),
  }
}

export const queueSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    waiting: z.int(),
    offered: z.int(),
    assigned: z.int(),
    oldestSince: z.iso.datetime().nullable().meta({ description: 'Of what waits or is offered.' }),
    online: z.int().meta({ description: 'Members who may be offered its work now, whether or not they have room.' }),
    drained: z
      .object({ to: z.string(), since: z.iso.datetime() })
      .nullable()
      .meta({ description: 'Nothing new is let in, and where it goes instead.' }),
    engine: z
      .object({ since: z.iso.datetime() })
      .nullable()
      .meta({ description: 'A routing engine elsewhere gives out its work, since then; null: Baton does.' }),
  })
  .meta({ id: 'Queue' })
export type QueueView = z.output<typeof queueSchema>

export function queueView({ oldestSince, drained, engine, ...queue }: QueueLine): QueueView {
  return {
    ...queue,
    oldestSince: oldestSince === null ? null : isoOf(oldestSince),
    drained: drained === null ? null : { to: drained.to, since: isoOf(drained.since) },
    // Until when it is heard of changes with each heartbeat, which is no news.
    engine: engine === null ? null : { since: isoOf(engine.since) },
  }
}

function isoOf(at: number): string {
  return new Date(at).toISOString()
}
