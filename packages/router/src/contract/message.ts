/** Who wrote a message. */
export type AuthorKind = 'customer' | 'journey' | 'campaign' | 'bot' | 'agent' | 'api' | 'system' | 'external'
export interface Author {
  kind: AuthorKind
  id: string
}

/** Why a message is sent; the gate and the outbox lane depend on it. */
export type Purpose = 'service' | 'utility' | 'authentication' | 'marketing'

/** How a message leaves: `bulk` is marketing and campaigns, to somebody who has not written lately, and never keeps the other waiting. */
export type Lane = 'interactive' | 'bulk'

/** A file, by the provider's media id or by a link. `sha256` as the provider gave it. */
export interface Media {
  id?: string
  url?: string
  mimeType?: string
  sha256?: string
  filename?: string
  voice?: boolean
  animated?: boolean
}

export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker'
export interface Option {
  id: string
  title: string
}
export interface ListSection {
  title?: string
  rows: { id: string; title: string; description?: string }[]
}
/** Header of an interactive message: text or a media file. */
export type Header = { text: string } | { image: Media } | { video: Media } | { document: Media }

/** What can be sent. Plain data, provider-neutral; the adapter renders it and checks the documented limits. */
export type OutgoingContent =
  | { kind: 'text'; text: string; previewUrl?: boolean }
  | { kind: MediaKind; media: Media; caption?: string }
  | { kind: 'location'; latitude: number; longitude: number; name?: string; address?: string }
  | { kind: 'contacts'; contacts: Record<string, unknown>[] }
  | { kind: 'reaction'; messageId: string; emoji: string | null }
  | { kind: 'buttons'; body: string; options: Option[]; header?: Header; footer?: string }
  | { kind: 'list'; body: string; button: string; sections: ListSection[]; header?: { text: string }; footer?: string }
  | { kind: 'cta'; body: string; title: string; url: string; header?: Header; footer?: string }
  | TemplateContent

/** A template send. `variables` by name ("first_name") or position ("1"); `header` a media file for a media header;
 * `buttons` the payloads of its quick replies or URL suffixes, in order; `preview` the text as the customer sees it. */
export interface TemplateContent {
  kind: 'template'
  name: string
  language: string
  variables?: Record<string, string>
  header?: Header
  buttons?: { type: 'quickReply' | 'url' | 'copyCode'; value: string }[]
  preview?: string
}

/** What can arrive. */
export type IncomingContent =
  | { kind: 'text'; text: string }
  | { kind: MediaKind; media: Media; caption?: string }
  | { kind: 'location'; latitude: number; longitude: number; name?: string; address?: string; url?: string }
  | { kind: 'contacts'; contacts: Record<string, unknown>[] }
  | { kind: 'reaction'; messageId: string; emoji: string | null }
  /** A press: of a reply button or list row (`id` ours), or of a template's quick reply (`id` = its payload). */
  | { kind: 'reply'; via: 'button' | 'list' | 'template'; id: string; title: string; description?: string }
  | { kind: 'form'; name: string; answers: Record<string, unknown> }
  | { kind: 'callPermission'; accepted: boolean; permanent: boolean }
  | { kind: 'order'; catalogId: string; text?: string; items: Record<string, unknown>[] }
  | { kind: 'edit'; targetId: string; content: IncomingContent | null }
  | { kind: 'revoke'; targetId: string }
  | { kind: 'system'; type: string; text: string }
  | { kind: 'unsupported'; type: string; code?: number; reason?: string }

/** How a customer is known on a channel. At least one of `userId` and `phone` is present. `phone` is digits only, no plus. */
export interface Identity {
  userId?: string
  parentUserId?: string
  phone?: string
  name?: string
  username?: string
}

/** Where a message came from, when it came from an advertisement. */
export interface Referral {
  sourceType: string
  sourceId?: string
  sourceUrl?: string
  headline?: string
  body?: string
  clickId?: string
}

/** A customer message as an adapter hands it over. `at` is the provider's timestamp in epoch milliseconds. */
export interface InboundMessage {
  providerId: string
  at: number
  content: IncomingContent
  replyTo?: string
  forwarded?: 'once' | 'often'
  product?: { catalogId?: string; productId?: string }
  referral?: Referral
  raw?: unknown
}

/** Reactions, edits, deletions and system notices are stored and change nothing; everything else is a message of the customer. */
export function countsAsMessage(content: IncomingContent): boolean {
  return !['reaction', 'edit', 'revoke', 'system', 'callPermission'].includes(content.kind)
}

/** The text a customer typed or meant: body, caption, or the title of what was pressed; null for a sticker or voice note. */
export function textOf(content: IncomingContent): string | null {
  if (content.kind === 'text') return content.text
  if (content.kind === 'reply') return content.title
  if ('caption' in content && content.caption !== undefined) return content.caption
  return null
}
