// Who may call what, and how a refusal is answered, for all the Cloud API's paths.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { errorAnswer, problem } from './graph-error.ts'
import type { Problem } from './graph-error.ts'
import type { Json } from './json.ts'
import type { EmulatorNumber } from './options.ts'
import type { World } from './world.ts'

export interface ById {
  Params: { version: string; id: string }
  Querystring: Record<string, string | undefined>
}

/** The number of the path, if the token is good for it. */
export function numberFor(world: World, request: FastifyRequest<ById>): EmulatorNumber | Problem {
  return authorise(world, request) ?? ownNumber(world, request, request.params.id) ?? noObject(request.params.id)
}

export function ownNumber(world: World, request: FastifyRequest, id: string): EmulatorNumber | undefined {
  const token = tokenOf(world, request)
  return world.settings.numbers.find((number) => number.phoneNumberId === id && number.accessToken === token)
}

export function accountRefusal(world: World, request: FastifyRequest<ById>): Problem | null {
  const token = tokenOf(world, request)
  const own = world.settings.numbers.some((number) => number.businessAccountId === request.params.id && number.accessToken === token)
  return authorise(world, request) ?? (own ? null : noObject(request.params.id))
}

export function authorise(world: World, request: FastifyRequest<ById>): Problem | null {
  if (!/^v\d+\.\d+$/.test(request.params.version)) return problem(2500, `Unknown path components: /${request.params.version}`)
  return tokenOf(world, request) === null ? problem(190, 'The access token could not be read.') : null
}

/** The bearer token, if it is one of ours. */
export function tokenOf(world: World, request: FastifyRequest): string | null {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return token !== undefined && world.settings.numbers.some((number) => number.accessToken === token) ? token : null
}

/** Meta answers the same for what does not exist and for what the token may not see. */
export function noObject(id: string): Problem {
  return problem(
    100,
    `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
    33,
  )
}

export function fail(reply: FastifyReply, world: World, from: Problem): FastifyReply {
  const answer = errorAnswer(from, world.ids.trace())
  return reply.code(answer.status).send(answer.body)
}

/** Where the caller reached us, with the prefix the routes are mounted under. */
export function baseOf(request: FastifyRequest): string {
  const path = request.routeOptions.url ?? ''
  return `${request.protocol}://${request.host}${path.slice(0, Math.max(0, path.indexOf('/:version')))}`
}

/** Only the fields that were asked for; the id always comes along. */
export function pick(view: Json, fields: string | undefined): Json {
  if (fields === undefined) return view
  const wanted = new Set(['id', ...fields.split(',').map((field) => field.trim())])
  return Object.fromEntries(Object.entries(view).filter(([name]) => wanted.has(name)))
}
