// Pure. What a caller may send, checked for shape; the channel checks the provider's limits.
import type { OutgoingContent } from '@baton/router'
import { z } from 'zod'

const media = z
  .strictObject({
    id: z.string().optional(),
    url: z.url().optional(),
    mimeType: z.string().optional(),
    filename: z.string().optional(),
    voice: z.boolean().optional(),
    animated: z.boolean().optional(),
  })
  .refine((value) => (value.id === undefined) !== (value.url === undefined), 'either id or url')
  .meta({ id: 'Media' })

const option = z.strictObject({ id: z.string().min(1), title: z.string().min(1) })
const header = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({ image: media }),
  z.strictObject({ video: media }),
  z.strictObject({ document: media }),
])
const section = z.strictObject({
  title: z.string().optional(),
  rows: z.array(z.strictObject({ id: z.string().min(1), title: z.string().min(1), description: z.string().optional() })).min(1),
})

const mediaContent = <K extends 'image' | 'video' | 'audio' | 'document' | 'sticker'>(kind: K) =>
  z.strictObject({ kind: z.literal(kind), media, caption: z.string().optional() })

/** The content of a message to send. */
export const contentSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('text'), text: z.string().min(1), previewUrl: z.boolean().optional() }),
    mediaContent('image'),
    mediaContent('video'),
    mediaContent('audio'),
    mediaContent('document'),
    mediaContent('sticker'),
    z.strictObject({
      kind: z.literal('location'),
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: z.string().optional(),
      address: z.string().optional(),
    }),
    z.strictObject({ kind: z.literal('contacts'), contacts: z.array(z.record(z.string(), z.unknown())).min(1) }),
    z.strictObject({ kind: z.literal('reaction'), messageId: z.string().min(1), emoji: z.string().nullable() }),
    z.strictObject({
      kind: z.literal('buttons'),
      body: z.string().min(1),
      options: z.array(option).min(1),
      header: header.optional(),
      footer: z.string().optional(),
    }),
    z.strictObject({
      kind: z.literal('list'),
      body: z.string().min(1),
      button: z.string().min(1),
      sections: z.array(section).min(1),
      header: z.strictObject({ text: z.string() }).optional(),
      footer: z.string().optional(),
    }),
    z.strictObject({
      kind: z.literal('cta'),
      body: z.string().min(1),
      title: z.string().min(1),
      url: z.url(),
      header: header.optional(),
      footer: z.string().optional(),
    }),
    z.strictObject({
      kind: z.literal('template'),
      name: z.string().min(1),
      language: z.string().min(1),
      variables: z.record(z.string(), z.string()).optional(),
      header: header.optional(),
      buttons: z.array(z.strictObject({ type: z.enum(['quickReply', 'url', 'copyCode']), value: z.string() })).optional(),
      preview: z.string().optional(),
    }),
  ])
  .meta({ id: 'Content' })

/** The parsed content in the router's words. Zod types an absent member as `undefined`, which the router's exact types do
 * not; zod leaves absent members out, so the value is the same. */
export function asContent(parsed: z.output<typeof contentSchema>): OutgoingContent {
  return parsed as OutgoingContent
}
