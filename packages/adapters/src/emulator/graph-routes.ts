// The Cloud API's paths, as Meta has them.

import type { MultipartFile } from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { authorise, baseOf, fail, noObject, numberFor, ownNumber, pick, tokenOf } from './graph-access.ts'
import type { ById } from './graph-access.ts'
import { problem } from './graph-error.ts'
import type { Problem } from './graph-error.ts'
import { isRecord } from './json.ts'
import type { Json } from './json.ts'
import { checkUpload, sha256Of, UPLOAD_LIMITS } from './media.ts'
import type { MediaFile } from './media.ts'
import type { EmulatorNumber } from './options.ts'
import { sendMessage } from './send.ts'
import { templateView } from './template-routes.ts'
import type { World } from './world.ts'

/** What outlives a request: both end with the emulator. */
interface Connections {
  /** Keeps a connection open that this server will not answer in the ordinary way. */
  hold: (reply: FastifyReply) => void
  /** So many milliseconds of the clock, divided by the speed. */
  wait: (ms: number) => Promise<void>
}

/** Registers the routes. */
export function graphRoutes(app: FastifyInstance, world: World, { hold, wait }: Connections): void {
  app.post<ById>('/:version/:id/messages', async (request, reply) => {
    const number = numberFor(world, request)
    if ('kind' in number) return fail(reply, world, number)
    if (!isRecord(request.body)) return fail(reply, world, problem(100, 'The body must be a JSON object.'))
    const answer = sendMessage(world, number, request.body)
    if (answer.kind === 'silence') return hold(reply)
    if (answer.delayMs > 0) await wait(answer.delayMs)
    return reply.code(answer.status).send(answer.body)
  })

  app.post<ById>('/:version/:id/media', async (request, reply) => {
    const number = numberFor(world, request)
    if ('kind' in number) return fail(reply, world, number)
    const file = await upload(world, request)
    return 'kind' in file ? fail(reply, world, file) : { id: file.id }
  })

  app.get<ById>('/:version/:id', async (request, reply) => {
    const refused = authorise(world, request)
    if (refused) return fail(reply, world, refused)
    const { id } = request.params
    const number = ownNumber(world, request, id)
    if (number) return pick(numberView(number), request.query['fields'])
    const file = world.media.find(id)
    if (file) return mediaView(world, file, baseOf(request))
    const template = world.templates.byId(id)
    return template ? pick(templateView(template), request.query['fields']) : fail(reply, world, noObject(id))
  })

  app.delete<ById>('/:version/:id', async (request, reply) => {
    const refused = authorise(world, request)
    if (refused) return fail(reply, world, refused)
    return world.media.remove(request.params.id) ? { success: true } : fail(reply, world, noObject(request.params.id))
  })

  app.get<{ Querystring: { mid?: string; ext?: string; hash?: string } }>('/whatsapp_business/attachments/', async (request, reply) => {
    if (tokenOf(world, request) === null) return reply.code(401).send()
    const file = world.media.byUrl(request.query)
    return file ? reply.type(file.mimeType).send(file.bytes) : reply.code(404).send()
  })
}

async function upload(world: World, request: FastifyRequest): Promise<MediaFile | Problem> {
  if (!request.isMultipart()) return problem(100, 'The file must be sent as multipart/form-data.')
  const fields = new Map<string, string>()
  let file: { part: MultipartFile; bytes: Buffer } | null = null
  for await (const part of request.parts({ limits: UPLOAD_LIMITS })) {
    if (part.type === 'field') fields.set(part.fieldname, String(part.value))
    else if (part.fieldname === 'file') file = { part, bytes: await part.toBuffer() }
    else part.file.resume()
  }
  if (fields.get('messaging_product') !== 'whatsapp') return problem(100, 'Param messaging_product must be "whatsapp".')
  if (!file) return problem(131008, 'Required parameter is missing: file')
  const mimeType = fields.get('type') ?? file.part.mimetype
  const check = checkUpload(mimeType, file.bytes.length)
  if (check.kind === 'unknown-type') return problem(100, `Param file must be a file with one of the supported types; ${mimeType} is none.`)
  if (check.kind === 'too-large') return problem(131053, `The file is larger than ${check.limit} bytes.`)
  return world.media.add(file.bytes, mimeType, 'business', file.part.filename)
}

function mediaView(world: World, file: MediaFile, base: string): Json {
  return {
    messaging_product: 'whatsapp',
    url: world.media.urlOf(file, base),
    mime_type: file.mimeType,
    sha256: sha256Of(file, 'hex'),
    file_size: String(file.bytes.length),
    id: file.id,
  }
}

function numberView(number: EmulatorNumber): Json {
  return {
    id: number.phoneNumberId,
    display_phone_number: number.displayNumber,
    verified_name: number.verifiedName ?? 'Example Business',
    code_verification_status: 'VERIFIED',
    name_status: 'APPROVED',
    quality_rating: 'GREEN',
    platform_type: 'CLOUD_API',
    status: 'CONNECTED',
    throughput: { level: (number.messagesPerSecond ?? 80) >= 1000 ? 'HIGH' : 'STANDARD' },
    whatsapp_business_manager_messaging_limit: 'TIER_250',
  }
}
