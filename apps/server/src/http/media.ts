import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Media } from '@baton/router'
import { z } from 'zod'
import type { AppDeps, MediaFile } from '../deps.ts'
import { createSemaphore } from '../semaphore.ts'
import { onceAnswered } from './answered.ts'
import { mediaOf } from './message-schema.ts'
import type { MessageRecord } from '../store/records.ts'
import { Problem, problem, problemSchema } from './problem.ts'

const MB = 1024 * 1024

/** Shown in the browser; anything else could be a page with scripts, and is only offered for saving. */
const SHOWN = /^(image\/(jpeg|png|webp|gif)|video\/(mp4|3gpp)|audio\/[\w.+-]+|application\/pdf)$/

/** The largest file the provider takes is a document of 100 MB. */
const LARGEST = 100 * MB
/** Fetched at the same time, each twice in memory for a moment; `bytes`: of all that are fetched or sent, as each is whole in memory (its
 * checksum is known only at its end). */
const FILES = { most: 3, waitMs: 10_000, bytes: 3 * LARGEST }
/** Of each file, also when those whose readers are slow take up all the others. */
const FREE = 256 * 1024
/** To send one; whoever reads so slowly takes up memory for nothing. */
const SENT_MS = 300_000

/** The file of a message, of a template's header too. */
export const mediaRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { reads, media, filesAtOnce }) => {
  const { most, waitMs, bytes } = { ...FILES, ...filesAtOnce }
  const files = createSemaphore(most)
  let held = 0

  /** Fetches a file in its turn, if there is room for it until it is sent or its reader gone. */
  async function fetched(request: FastifyRequest, reply: FastifyReply, numberId: string, mediaId: string): Promise<MediaFile> {
    let [kept, isOver] = [0, false]
    onceAnswered(request, reply, () => {
      held -= kept
      isOver = true
    })
    const end = await files.take(waitMs)
    if (end === null) throw problem('too-many-files')
    const room = Math.min(LARGEST, Math.max(bytes - held, FREE))
    held += room
    try {
      if (isOver) throw problem('too-many-files') // its reader has not waited
      const file = await media(numberId, mediaId, room)
      if (file.kind === 'refused' && file.code === 'media-too-large' && room < LARGEST) throw problem('too-many-files')
      if (file.kind === 'downloaded' && !isOver) keep(file.bytes.length)
      return file
    } finally {
      held -= room
      end()
    }

    function keep(size: number): void {
      kept = size
      held += size
      const slow = setTimeout(() => request.raw.socket.destroy(), SENT_MS).unref()
      onceAnswered(request, reply, () => clearTimeout(slow))
    }
  }

  app.route({
    method: 'GET',
    url: '/messages/:id/media',
    config: { permission: 'conversation:read' },
    schema: {
      summary: 'The file of a message: from the provider, or a redirect to the link it was sent with',
      description:
        'A process fetches a few files at a time and the others in turn. Who waits too long for theirs is answered 503, and so is who asks for a large one while slow readers take up the memory for them.',
      tags: ['messages'],
      params: z.object({ id: z.string() }),
      response: { 200: z.any().describe('The bytes'), 302: z.undefined().describe('To the link'), default: problemSchema },
    },
    handler: async (request, reply) => {
      const { params } = request
      const message = await reads.getMessage(params.id)
      const file = message === null ? null : usableFile(message.content)
      if (message === null || file === null) throw problem('media-not-found', { message: params.id })
      if (file.id === undefined) return reply.redirect(file.url as string, 302)
      const conversation = await reads.getConversation(message.actor_id)
      const found = await fetched(request, reply, conversation?.number_id ?? '', file.id)
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
