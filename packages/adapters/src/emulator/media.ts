// Owns media files: uploaded by the business, or sent by customers.
// R1 An uploaded id lives 30 days, a customer's 7. R2 A download URL lives 5 minutes and is good for its file only.
// R3 The files together stay below the cap; the oldest go first.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@baton/router'
import type { Ids } from './ids.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const URL_SECONDS = 300
const KIB = 1024

export interface MediaFile {
  id: string
  bytes: Buffer
  mimeType: string
  filename?: string
  expiresAt: number
}

export interface MediaStore {
  add(bytes: Buffer, mimeType: string, from: 'business' | 'customer', filename?: string): MediaFile
  find(id: string): MediaFile | undefined
  remove(id: string): boolean
  /** A download URL below `base`, good for 5 minutes. */
  urlOf(file: MediaFile, base: string): string
  /** The file a download URL names, unless its time is up or it was not made here. */
  byUrl(query: { mid?: string; ext?: string; hash?: string }): MediaFile | undefined
}

export function createMediaStore(clock: Clock, ids: Ids, seed: string, capBytes: number): MediaStore {
  const files = new Map<string, MediaFile>()
  let total = 0

  function remove(id: string): boolean {
    total -= files.get(id)?.bytes.length ?? 0
    return files.delete(id)
  }

  function find(id: string): MediaFile | undefined {
    const file = files.get(id)
    return file && clock.now() < file.expiresAt ? file : undefined
  }

  function proof(id: string, expires: string): string {
    return createHmac('sha256', seed).update(`${id}/${expires}`).digest('hex')
  }

  return {
    add(bytes, mimeType, from, filename) {
      const expiresAt = clock.now() + (from === 'business' ? 30 : 7) * DAY_MS
      const file = { id: ids.media(), bytes, mimeType, expiresAt, ...(filename === undefined ? {} : { filename }) }
      files.set(file.id, file)
      total += bytes.length
      for (const oldest of files.keys()) {
        if (total <= capBytes || oldest === file.id) break
        remove(oldest)
      }
      return file
    },
    find,
    remove,
    urlOf(file, base) {
      const expires = String(Math.floor(clock.now() / 1000) + URL_SECONDS)
      return `${base}/whatsapp_business/attachments/?mid=${file.id}&ext=${expires}&hash=${proof(file.id, expires)}`
    },
    byUrl({ mid = '', ext = '', hash = '' }) {
      const expected = Buffer.from(proof(mid, ext))
      const given = Buffer.from(hash)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
      return clock.now() < Number(ext) * 1000 ? find(mid) : undefined
    },
  }
}

export function sha256Of(file: MediaFile, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(file.bytes).digest(encoding)
}

export type MediaType = 'image' | 'video' | 'audio' | 'document' | 'sticker'

const LIMITS: Record<MediaType, { accepts: RegExp; bytes: number }> = {
  image: { accepts: /^image\/(jpeg|png)$/, bytes: 5 * KIB * KIB },
  sticker: { accepts: /^image\/webp$/, bytes: 500 * KIB },
  video: { accepts: /^video\/(mp4|3gpp)$/, bytes: 16 * KIB * KIB },
  audio: { accepts: /^audio\/(aac|amr|mpeg|mp4|ogg)$/, bytes: 16 * KIB * KIB },
  document: { accepts: /^(text\/plain|application\/(pdf|msword|vnd\.(ms-|openxmlformats-).+))$/, bytes: 100 * KIB * KIB },
}
export const UPLOAD_LIMITS = { fileSize: LIMITS.document.bytes, files: 1 }

/** Whether a file of this MIME type may be sent as this type of message. */
export function acceptsMime(type: MediaType, mimeType: string): boolean {
  return (
    LIMITS[type].accepts.test(baseMime(mimeType)) ||
    (type === 'document' && Object.values(LIMITS).some((limit) => limit.accepts.test(baseMime(mimeType))))
  )
}

export type UploadCheck = { kind: 'fits' } | { kind: 'unknown-type' } | { kind: 'too-large'; limit: number }

/** Whether a file may be uploaded. */
export function checkUpload(mimeType: string, size: number): UploadCheck {
  const limit = Object.values(LIMITS).find((candidate) => candidate.accepts.test(baseMime(mimeType)))
  if (!limit) return { kind: 'unknown-type' }
  return size > limit.bytes ? { kind: 'too-large', limit: limit.bytes } : { kind: 'fits' }
}

function baseMime(mimeType: string): string {
  return (mimeType.split(';')[0] ?? '').trim().toLowerCase()
}
