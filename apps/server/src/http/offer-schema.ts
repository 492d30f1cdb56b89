// Pure. An offer as the API shows it.
import { z } from 'zod'
import type { Offer } from '../deps.ts'

export const offerSchema = z
  .object({
    id: z.string(),
    conversationId: z.string(),
    queueId: z.string().nullable(),
    offeredAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Offer' })
export type OfferView = z.output<typeof offerSchema>

export function offerView(offer: Offer): OfferView {
  return { ...offer, offeredAt: new Date(offer.offeredAt).toISOString(), expiresAt: new Date(offer.expiresAt).toISOString() }
}
