// Pure. An offer as the API shows it.
import type { PendingOffer } from '@baton/omni'
import { z } from 'zod'

export const offerSchema = z
  .object({
    id: z.string(),
    agentId: z.string(),
    conversationId: z.string(),
    sessionId: z.string(),
    number: z.string(),
    queueId: z.string().nullable(),
    contact: z.object({ id: z.string(), name: z.string().nullable(), phone: z.string().nullable() }),
    reason: z.string(),
    note: z.string().nullable(),
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
