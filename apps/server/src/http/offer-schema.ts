// Pure. Offers and callbacks as the API shows them.
import type { PendingCallback, PendingOffer } from '@baton/omni'
import { z } from 'zod'

const work = {
  conversationId: z.string(),
  sessionId: z.string(),
  number: z.string(),
  contact: z.object({ id: z.string(), name: z.string().nullable(), phone: z.string().nullable() }),
  reason: z.string(),
  note: z.string().nullable(),
}

export const callbackSchema = z
  .object({
    ...work,
    queueId: z.string().nullable().meta({ description: 'Null: it was transferred to one agent, who is asked.' }),
    since: z.iso.datetime().meta({ description: 'Since when the customer waits.' }),
    opensAt: z.iso.datetime().nullable().meta({ description: 'When it is given out; null: as soon as somebody can take it.' }),
    offeredTo: z.string().nullable(),
  })
  .meta({ id: 'Callback' })

export const offerSchema = z
  .object({
    ...work,
    id: z.string(),
    agentId: z.string(),
    queueId: z.string().nullable(),
    callback: z.boolean().meta({ description: 'The customer was promised to be called back.' }),
    since: z.iso.datetime().meta({ description: 'The age of the work, which a declined offer keeps.' }),
    offeredAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Offer' })

export function offerView({ offerId, ...offer }: PendingOffer): z.output<typeof offerSchema> {
  return {
    ...offer,
    id: offerId,
    since: new Date(offer.since).toISOString(),
    offeredAt: new Date(offer.offeredAt).toISOString(),
    expiresAt: new Date(offer.expiresAt).toISOString(),
  }
}

export function callbackView({ since, opensAt, ...callback }: PendingCallback): z.output<typeof callbackSchema> {
  return {
    ...callback,
    since: new Date(since).toISOString(),
    opensAt: opensAt === null ? null : new Date(opensAt).toISOString(),
  }
}
