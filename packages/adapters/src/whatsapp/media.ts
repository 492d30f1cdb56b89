// Owns nothing: moves files to and from the provider. An uploaded id lives 30 days, one from a webhook 7, a link 5 minutes.
import { createHash } from 'node:crypto'
import { FormData } from 'undici'
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import type { ProviderError } from '@baton/router'
import { ERRORS } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { credentials, endpoint } from './account.ts'
import type { WhatsAppAccount } from './account.ts'
import { exchange, exchangeBytes } from './http.ts'
import { MEDIA_LIMITS } from './media-limits.ts'
import { answeredError, isSuccess, notSent } from './outcome.ts'

/** What did not work: `refused` by us, `failed` by the provider, `unknown` when no answer came (both calls may be repeated). */
export type MediaFailure =
  | { kind: 'refused'; code: ErrorCode; message: string }
  | { kind: 'failed'; error: ProviderError }
  | { kind: 'unknown'; reason: string }
export type MediaUpload = { kind: 'uploaded'; id: string } | MediaFailure
export type MediaDownload = { kind: 'downloaded'; bytes: Uint8Array; mimeType: string; sha256: string } | MediaFailure

export interface MediaCall {
  agent: Dispatcher
  account: WhatsAppAccount
  signal: AbortSignal
  timeoutMs: number
}

const uploaded = z.object({ id: z.string().min(1) })
const resolved = z.object({
  url: z.url(),
  mime_type: z.string(),
  sha256: z.string().optional(),
  file_size: z.coerce.number().int().nonnegative().optional(),
})
const ANSWER_BYTES = 64 * 1024

/** Hands a file to the provider; the id can be sent for 30 days. */
export async function uploadMedia(
  { agent, account, signal, timeoutMs }: MediaCall,
  file: { bytes: Uint8Array<ArrayBuffer>; mimeType: string; filename: string },
): Promise<MediaUpload> {
  const type = file.mimeType.split(';')[0]?.trim().toLowerCase() ?? ''
  const limit = limitFor(type)
  if (limit === null) return refused('media-type-refused', file.mimeType)
  if (file.bytes.length > limit) return refused('media-too-large', `${file.bytes.length} of at most ${limit} bytes`)
  const form = new FormData()
  form.set('messaging_product', 'whatsapp')
  form.set('type', file.mimeType)
  form.set('file', new File([file.bytes], file.filename, { type: file.mimeType }))
  const url = endpoint(account, account.mediaUploadPath)
  const answer = await exchange(agent, {
    method: 'POST',
    url,
    headers: credentials(account),
    body: form,
    signal,
    timeoutMs,
    maxBytes: ANSWER_BYTES,
  })
  if (answer.kind !== 'answered') return notAnswered(answer)
  const { data } = isSuccess(answer.status) ? uploaded.safeParse(answer.body) : {}
  return data === undefined ? failure(answer) : { kind: 'uploaded', id: data.id }
}

/** Fetches a file by its id, checking size and checksum. `maxBytes` is the caller's own limit. */
export async function downloadMedia(call: MediaCall, mediaId: string, maxBytes: number): Promise<MediaDownload> {
  const first = await downloadOnce(call, mediaId, maxBytes)
  // A link that ran out in between answers 404: a new one is asked for, once.
  const stale = first.kind === 'failed' && first.error.code === 404
  return stale ? downloadOnce(call, mediaId, maxBytes) : first
}

async function downloadOnce({ agent, account, signal, timeoutMs }: MediaCall, mediaId: string, maxBytes: number): Promise<MediaDownload> {
  const common = { method: 'GET' as const, headers: { ...credentials(account), 'user-agent': 'baton' }, signal, timeoutMs }
  const found = await exchange(agent, { ...common, url: endpoint(account, account.mediaPath, { mediaId }), maxBytes: ANSWER_BYTES })
  if (found.kind !== 'answered') return notAnswered(found)
  const { data } = isSuccess(found.status) ? resolved.safeParse(found.body) : {}
  if (data === undefined) return failure(found)
  if (data.file_size !== undefined && data.file_size > maxBytes)
    return refused('media-too-large', `${data.file_size} of at most ${maxBytes} bytes`)
  const url = fileUrl(account, data.url)
  if (url === null) return refused('media-url-refused', new URL(data.url).origin)

  const file = await exchangeBytes(agent, { ...common, url, maxBytes: Math.min(maxBytes, data.file_size ?? maxBytes) })
  if (file.kind !== 'answered') return notAnswered(file)
  if (!isSuccess(file.status)) return failure({ status: file.status, body: undefined })
  const sha256 = createHash('sha256').update(file.bytes).digest('hex')
  if (data.file_size !== undefined && data.file_size !== file.bytes.length)
    return refused('media-corrupt', `${file.bytes.length} of ${data.file_size} bytes came`)
  if (data.sha256 !== undefined && hexOf(data.sha256) !== sha256) return refused('media-corrupt', 'the checksum is another')
  return { kind: 'downloaded', bytes: file.bytes, mimeType: data.mime_type, sha256 }
}

/** Where the file is fetched from; null when the token must not go there. */
function fileUrl(account: WhatsAppAccount, link: string): string | null {
  const url = new URL(link)
  const base = new URL(account.baseUrl)
  if (account.mediaHost === 'provider') return base.origin + url.pathname + url.search
  return url.protocol === 'https:' || url.origin === base.origin ? url.href : null
}

function limitFor(type: string): number | null {
  const kind = Object.values(MEDIA_LIMITS).find(({ types }) => types?.includes(type))
  if (kind !== undefined) return kind.bytes
  // An image of another type is not a document by being no image; everything else is.
  return /^(image|audio|video)\//.test(type) || !/^[\w.+-]+\/[\w.+-]+$/.test(type) ? null : MEDIA_LIMITS.document.bytes
}

/** Hex in the answer, base64 in webhooks: hex either way. */
function hexOf(sha256: string): string {
  return /^[0-9a-f]{64}$/i.test(sha256) ? sha256.toLowerCase() : Buffer.from(sha256, 'base64').toString('hex')
}

function refused(code: ErrorCode, detail: string): MediaFailure {
  return { kind: 'refused', code, message: `${ERRORS[code]} (${detail})` }
}

function notAnswered(answer: { kind: 'not-sent' | 'no-answer'; reason: string }): MediaFailure {
  return answer.kind === 'not-sent' ? { kind: 'failed', error: notSent(answer.reason) } : { kind: 'unknown', reason: answer.reason }
}

function failure(answer: { status: number; body: unknown }): MediaFailure {
  const error = answeredError(answer)
  return error === null ? { kind: 'unknown', reason: `HTTP ${answer.status} without a readable answer` } : { kind: 'failed', error }
}
