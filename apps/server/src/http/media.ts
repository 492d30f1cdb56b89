import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Media } from '@baton/router'
import { z } from 'zod'
import type { AppDeps, MediaFile } from '../deps.ts'
import { createSemaphore } from '../semaphore.ts'
import { mediaOf } from './message-schema.ts'
import type { MessageRecord } from '../store/records.ts'
import { Problem, problem, problemSchema } from './problem.ts'

/** Shown in the browser; anything else could be a page with scripts, and is only offered for saving. */
const SHOWN = /^(image\/(jpeg|png|webp|gif)|video\/(mp4|3gpp)|audio\/[\w.+-]+|application\/pdf)$/

/** Fetched or sent at the same time: each is whole in memory, 100 MB at most and twice that for a moment, and its checksum is known only
 * at its end. */
const FILES = { most: 3, waitMs: 10_000 }
/** To send one; whoever reads so slowly would keep the others from theirs. */
const SENT_MS = 300_000

/** The file of a message, of a template's header too. */
export const mediaRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { reads, media, filesAtOnce = FILES }) => {
  const files = createSemaphore(filesAtOnce.most)

  /** Fetches a file in its turn, which lasts until the file is sent or its reader gone. */
  async function fetched(reply: FastifyReply, numberId: string, mediaId: string): Promise<MediaFile> {
    const closed = new Promise<void>((resolve) => {
      if (reply.raw.destroyed) resolve()
      else reply.raw.once('close', resolve)
    })
    const end = await files.take(filesAtOnce.waitMs)
    if (end === null) throw problem('too-many-files')
    try {
      if (reply.raw.destroyed) throw problem('too-many-files') // its reader has not waited
      return await media(numberId, mediaId)
    } finally {
      void endWhen(closed)
    }

    async function endWhen(over: Promise<void>): Promise<void> {
      const slow = setTimeout(() => reply.raw.destroy(), SENT_MS).unref()
      await over
      clearTimeout(slow)
      end?.()
    }
  }

  app.route({
    method: 'GET',
    url: '/messages/:id/media',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'The file of a message: from the provider, or a redirect to the link it was sent with',
      description: 'A process fetches a few files at a time and the others in turn; who waits too long for theirs is answered 503.',
      tags: ['messages'],
      params: z.object({ id: z.string() }),
      response: { 200: z.any().describe('The bytes'), 302: z.undefined().describe('To the link'), default: problemSchema },
    },
    handler: async ({ params }, reply) => {
      const message = await reads.getMessage(params.id)
      const file = message === null ? null : usableFile(message.content)
      if (message === null || file === null) throw problem('media-not-found', { message: params.id })
      if (file.id === undefined) return reply.redirect(file.url as string, 302)
      const conversation = await reads.getConversation(message.actor_id)
      const found = await fetched(reply, conversation?.number_id ?? '', file.id)
      if (found.kind === 'refused') throw new Problem(found.code, 422, found.message)
      if (found.kind !== 'downloaded') throw problem('media-unavailable', { detail: found.reason })
      const shown = SHOWN.test(found.mimeType)
      return reply
        .type(shown ? found.mimeType : 'application/octet-stream')
        .header('content-disposition', `${shown ? 'inline' : 'attachment'}${fileName(file)}`)
        .header('cache-control', 'private, max-age=86400')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .send(Buffer.from(found.bytes.buffer, found.bytes.byteOffset, found.bytes.byteLength))
    },
  })
}

function usableFile(content: MessageRecord['content']): Media | null {
  const file = mediaOf(content)?.file
  return file === undefined || (file.id === undefined && file.url === undefined) ? null : file
}

/** Only harmless characters: it comes from a customer. Cut first: what the cut leaves of a pair of surrogates is none of them. */
function fileName({ filename }: Media): string {
  const safe = filename?.slice(0, 120).replace(/[^\p{L}\p{N} ._-]/gu, '_')
  return safe === undefined ? '' : `; filename*=UTF-8''${encodeURIComponent(safe)}`
}
