// Pure. What can be sent, as somebody outside writes it (a caller of the API, a bot): checked for shape. The limits of a
// channel are the channel's to check.
import { z } from 'zod'
import type { OutgoingContent } from './message.ts'

const text = z.string().min(1)
const link = z.url({ protocol: /^https?$/ })

const media = z
  .strictObject({
    id: z.string().optional(),
    url: link.optional(),
    mimeType: z.string().optional(),
    sha256: z.string().optional(),
    filename: z.string().optional(),
    voice: z.boolean().optional(),
    animated: z.boolean().optional(),
  })
  .refine((value) => value.id !== undefined || value.url !== undefined, 'a media id or a url')
  .meta({ id: 'Media', description: 'A file, by the id the provider gave it or by a link, not by both.' })

const textHeader = z.strictObject({ text })
const header = z.union([
  textHeader,
  z.strictObject({ image: media }),
  z.strictObject({ video: media }),
  z.strictObject({ document: media }),
])
const option = z.strictObject({ id: text, title: text })
const section = z.strictObject({
  title: z.string().optional(),
  rows: z.array(option.extend({ description: z.string().optional() })).min(1),
})

const captioned = <K extends 'image' | 'video' | 'audio' | 'document' | 'sticker'>(kind: K) =>
  z.strictObject({ kind: z.literal(kind), media, caption: z.string().optional() })

const schema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('text'), text, previewUrl: z.boolean().optional() }),
    captioned('image'),
    captioned('video'),
    captioned('audio'),
    captioned('document'),
    captioned('sticker'),
    z.strictObject({
      kind: z.literal('location'),
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: z.string().optional(),
      address: z.string().optional(),
    }),
    z.strictObject({ kind: z.literal('contacts'), contacts: z.array(z.record(z.string(), z.unknown())).min(1) }),
    z.strictObject({ kind: z.literal('reaction'), messageId: text, emoji: z.string().nullable() }),
    z.strictObject({
      kind: z.literal('buttons'),
      body: text,
      options: z.array(option).min(1),
      header: header.optional(),
      footer: z.string().optional(),
    }),
    z.strictObject({
      kind: z.literal('list'),
      body: text,
      button: text,
      sections: z.array(section).min(1),
      header: textHeader.optional(),
      footer: z.string().optional(),
    }),
    z.strictObject({
      kind: z.literal('cta'),
      body: text,
      title: text,
      url: link,
      header: header.optional(),
      footer: z.string().optional(),
    }),
    z.strictObject({
      kind: z.literal('template'),
      name: text,
      language: text,
      variables: z.record(z.string(), z.string()).optional(),
      header: header.optional(),
      buttons: z.array(z.strictObject({ type: z.enum(['quickReply', 'url', 'copyCode']), value: z.string() })).optional(),
      preview: z.string().optional(),
    }),
  ])
  .meta({ id: 'Content' })

/** Zod writes an absent member as `| undefined`, the contract as absent; JSON knows no undefined, so what was parsed from JSON
 * (the only input this schema gets) has the contract's type. */
export const outgoingContent = schema as unknown as z.ZodType<OutgoingContent>
