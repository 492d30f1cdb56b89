// Pure. The shapes of the emulator's own API's requests.

import { z } from 'zod'

const json = z.record(z.string(), z.unknown())
const extras = { replyTo: z.string().exactOptional(), referral: json.exactOptional(), forwarded: z.enum(['once', 'often']).exactOptional() }

export const webhook = z.object({ url: z.url().nullable() })
export const settled = z.object({ timeoutMs: z.coerce.number().int().min(0).max(60_000).default(10_000) })
export const chatQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  waitMs: z.coerce.number().int().min(0).max(60_000).default(0),
})
export const streamQuery = z.object({ after: z.coerce.number().int().min(0).exactOptional() })

export const customer = z.strictObject({
  phone: z.string().exactOptional(),
  userId: z.string().exactOptional(),
  parentUserId: z.string().exactOptional(),
  name: z.string().exactOptional(),
  username: z.string().exactOptional(),
  hidesPhone: z.boolean().exactOptional(),
  readReceipts: z.boolean().exactOptional(),
  reachable: z.boolean().exactOptional(),
})

const media = {
  /** Absent: the small example file. */
  base64: z.base64().exactOptional(),
  mimeType: z.string().exactOptional(),
  filename: z.string().exactOptional(),
  caption: z.string().exactOptional(),
  voice: z.boolean().exactOptional(),
  animated: z.boolean().exactOptional(),
  ...extras,
}

export const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string().min(1), ...extras }),
  z.object({
    type: z.literal('press'),
    messageId: z.string().exactOptional(),
    id: z.string().exactOptional(),
    title: z.string().exactOptional(),
  }),
  z.object({
    type: z.literal('location'),
    location: z.object({
      latitude: z.number(),
      longitude: z.number(),
      name: z.string().exactOptional(),
      address: z.string().exactOptional(),
    }),
    ...extras,
  }),
  z.object({ type: z.literal('contacts'), contacts: z.array(json).min(1), ...extras }),
  z.object({ type: z.literal('reaction'), messageId: z.string(), emoji: z.string().min(1).nullable() }),
  z.object({ type: z.enum(['image', 'video', 'audio', 'document', 'sticker']), ...media }),
])
export type Message = z.infer<typeof message>

export const upload = z.object({ kind: z.enum(['image', 'video', 'audio', 'document', 'sticker']), caption: z.string().exactOptional() })
export const marketing = z.object({ value: z.enum(['stop', 'resume']) })
export const echo = z.object({ text: z.string().min(1), source: z.enum(['phone-app', 'responder']).default('phone-app') })
export const handover = z.object({ value: z.enum(['taken', 'released']) })
export const newNumber = z.object({ phone: z.string().regex(/^\+?\d{6,15}$/) })
export const rawWebhook = z.object({ body: z.union([z.string(), json]), secret: z.string().exactOptional() })
export const templateChange = z.strictObject({
  status: z.string().exactOptional(),
  quality: z.string().exactOptional(),
  category: z.enum(['MARKETING', 'UTILITY', 'AUTHENTICATION']).exactOptional(),
  reason: z.string().exactOptional(),
})

const life = {
  times: z.number().int().min(0).exactOptional(),
  match: z
    .strictObject({
      number: z.string().exactOptional(),
      customer: z.string().exactOptional(),
      type: z.string().exactOptional(),
      callbackData: z.string().exactOptional(),
      field: z.string().exactOptional(),
      status: z.string().exactOptional(),
    })
    .exactOptional(),
}
const ms = z.number().min(0)
export const fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('answer-error'), code: z.number().int(), ...life }),
  z.strictObject({ kind: z.literal('answer-500'), ...life }),
  z.strictObject({ kind: z.literal('time-out-before'), ...life }),
  z.strictObject({ kind: z.literal('time-out-after'), ...life }),
  z.strictObject({ kind: z.literal('delay-answer'), ms, ...life }),
  z.strictObject({ kind: z.literal('fail-later'), code: z.number().int(), ...life }),
  z.strictObject({ kind: z.literal('duplicate-webhook'), copies: z.number().int().min(2).exactOptional(), ...life }),
  z.strictObject({ kind: z.literal('drop-webhook'), ...life }),
  z.strictObject({ kind: z.literal('delay-webhook'), ms, ...life }),
  z.strictObject({ kind: z.literal('reorder-statuses'), ...life }),
])
