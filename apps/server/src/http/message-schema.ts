// Pure. A line of the transcript as the API shows it.
import type { Media, MessageRow } from '@baton/router'
import { z } from 'zod'
import type { MessageRecord } from '../store/records.ts'

export const messageSchema = z
  .object({
    id: z.string(),
    conversationId: z.string(),
    direction: z.enum(['in', 'out', 'note']),
    kind: z.string().meta({ description: 'Of the content: text, image, buttons, template, reply, note, …' }),
    text: z.string().optional().meta({ description: 'What a person reads: text, body, caption, or the title of what was pressed.' }),
    media: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'The file of the message or of its header, with its `kind`; GET /messages/{id}/media has the bytes.' }),
    template: z.record(z.string(), z.unknown()).optional(),
    content: z.record(z.string(), z.unknown()).meta({ description: 'The whole content, by kind.' }),
    author: z.object({
      kind: z.enum(['customer', 'journey', 'campaign', 'bot', 'agent', 'api', 'system', 'external']),
      id: z.string(),
    }),
    purpose: z.enum(['service', 'utility', 'authentication', 'marketing']).nullable(),
    session: z.object({ kind: z.enum(['service', 'marketing', 'utility']), id: z.string().nullable() }),
    category: z.string().nullable().meta({ description: 'What the provider charged it as.' }),
    status: z.string(),
    reason: z.string().nullable(),
    error: z.unknown(),
    providerId: z.string().nullable(),
    replyTo: z.string().nullable(),
    at: z.iso.datetime(),
    sentAt: z.iso.datetime().nullable(),
    deliveredAt: z.iso.datetime().nullable(),
    readAt: z.iso.datetime().nullable(),
    failedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Message' })
export type MessageView = z.output<typeof messageSchema>

export function messageView(row: MessageRecord): MessageView {
  const { content } = row
  const text = textOfContent(content)
  const media = mediaOf(content)
  return {
    id: row.id,
    conversationId: row.actor_id,
    direction: row.direction,
    kind: content.kind,
    ...(text === null ? {} : { text }),
    ...(media === null ? {} : { media: { ...media.file, kind: media.kind } }),
    ...(content.kind === 'template' ? { template: withoutKind(content) } : {}),
    content: { ...content },
    author: { kind: row.author_kind, id: row.author_id },
    purpose: row.purpose,
    session: { kind: row.session_kind, id: row.session_id },
    category: row.category,
    status: row.status,
    reason: row.reason,
    error: row.error ?? null,
    providerId: row.provider_id,
    replyTo: row.reply_to,
    at: row.at.toISOString(),
    sentAt: row.sent_at?.toISOString() ?? null,
    deliveredAt: row.delivered_at?.toISOString() ?? null,
    readAt: row.read_at?.toISOString() ?? null,
    failedAt: row.failed_at?.toISOString() ?? null,
  }
}

/** The file of a message, or of the header of a template or interactive message; null when there is none. */
export function mediaOf(content: MessageRow['content']): { kind: string; file: Media } | null {
  if ('media' in content) return { kind: content.kind, file: content.media }
  if (!('header' in content) || content.header === undefined) return null
  const [entry] = Object.entries(content.header) as [string, Media | string][]
  return entry === undefined || typeof entry[1] === 'string' ? null : { kind: entry[0], file: entry[1] }
}

function textOfContent(content: MessageRow['content']): string | null {
  switch (content.kind) {
    case 'text':
    case 'note':
    case 'system':
      return content.text
    case 'buttons':
    case 'list':
    case 'cta':
      return content.body
    case 'reply':
      return content.title
    case 'template':
      return content.preview ?? null
    case 'reaction':
      return content.emoji
    default:
      return 'caption' in content ? (content.caption ?? null) : null
  }
}

function withoutKind(content: { kind: string }): Record<string, unknown> {
  const { kind: _, ...rest } = content
  return rest
}
