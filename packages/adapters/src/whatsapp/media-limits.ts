// Pure. Limits of files, captions and headers.
import type { Header, Media, MediaKind } from '@baton/router'
import { isWebAddress, length, when } from './limit-checks.ts'
import type { Problem } from './limit-checks.ts'

const TEXT_LIMITS = { caption: 1_024, header: 60 } as const

/** Types by kind, and the size in bytes. Documents: any usual type. */
export const MEDIA_LIMITS: Readonly<Record<MediaKind, { types: readonly string[] | null; bytes: number }>> = {
  image: { types: ['image/jpeg', 'image/png'], bytes: 5 * 1024 * 1024 },
  video: { types: ['video/mp4', 'video/3gpp'], bytes: 16 * 1024 * 1024 },
  audio: { types: ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'], bytes: 16 * 1024 * 1024 },
  document: { types: null, bytes: 100 * 1024 * 1024 },
  // 100 KB when it does not move; whether it does is not known here.
  sticker: { types: ['image/webp'], bytes: 500 * 1024 },
}
const CAPTIONED: readonly MediaKind[] = ['image', 'video', 'document']

/** The header of an interactive message or template: text or one file. */
export function headerProblems(header: Header): Problem[] {
  if ('text' in header) return length('header.text', header.text, 1, TEXT_LIMITS.header)
  if ('image' in header) return mediaProblems('header.image', 'image', header.image)
  if ('video' in header) return mediaProblems('header.video', 'video', header.video)
  return mediaProblems('header.document', 'document', header.document)
}

/** A file to send: id or link, and a type the provider takes. */
export function mediaProblems(path: string, kind: MediaKind, media: Media): Problem[] {
  const type = media.mimeType?.split(';')[0]?.trim().toLowerCase()
  const { types } = MEDIA_LIMITS[kind]
  return [
    ...when((media.id === undefined) === (media.url === undefined), path, 'needs an id or a url, and not both'),
    ...when(media.url !== undefined && !isWebAddress(media.url), `${path}.url`, 'is no http or https address'),
    ...when(type !== undefined && types !== null && !types.includes(type), `${path}.mimeType`, `${type} is not taken for ${kind}`),
    ...when(media.voice === true && type !== undefined && type !== 'audio/ogg', `${path}.mimeType`, 'a voice message is audio/ogg'),
  ]
}

/** Audio and stickers have none. */
export function captionProblems(kind: MediaKind, caption: string | undefined): Problem[] {
  if (caption === undefined) return []
  return CAPTIONED.includes(kind)
    ? length('caption', caption, 1, TEXT_LIMITS.caption)
    : [{ path: 'caption', message: `${kind} has no caption` }]
}
