// Pure, but for the handler at the end. The one place where a code becomes an HTTP status.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ERRORS } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'

const STATUS: Record<ErrorCode, number> = {
  'request-invalid': 400,
  'content-over-limit': 422,
  'cursor-invalid': 400,
  'body-too-large': 413,
  'media-type-unsupported': 415,
  'key-missing': 401,
  'key-invalid': 401,
  'permission-missing': 403,
  'agent-missing': 403,
  'agent-unknown': 422,
  'too-many-failures': 429,
  'route-not-found': 404,
  'conversation-not-found': 404,
  'journey-not-found': 404,
  'journey-invalid': 422,
  'configuration-superseded': 409,
  'migration-invalid': 422,
  'run-not-found': 404,
  'queue-not-found': 404,
  'number-not-found': 404,
  'quarantined-not-found': 404,
  'media-not-found': 404,
  'media-unavailable': 502,
  'key-not-found': 404,
  'key-name-taken': 409,
  'signature-invalid': 401,
  'bot-signature-invalid': 401,
  'handshake-refused': 403,
  'outcome-unknown': 504,
  overloaded: 503,
  'too-many-streams': 503,
  'too-many-files': 503,
  'database-unavailable': 503,
  'internal-error': 500,
}

/** Refusals that are about the request itself: 422. Every other refusal comes from the state of things, which may change: 409. */
const UNPROCESSABLE: ReadonlySet<string> = new Set([
  'template-not-approved',
  'marketing-not-connected',
  'service-not-connected',
  'malformed-event',
  'unknown-event',
  'unknown-target',
  'unknown-agent',
  'unknown-status',
  'not-an-agent',
  'not-supported',
  'journey-unknown',
  'journey-not-on-number',
  'journey-input-missing',
  'journey-event-unknown',
  'journey-run-step-unknown',
])

export const problemSchema = z
  .looseObject({
    type: z.string().meta({ description: 'The code as a URI: urn:baton:error:<code>.' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable; see docs/errors.md.' }),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document.' })

/** Thrown by routes; the error handler makes the document. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly extra: Record<string, unknown>

  constructor(code: string, status: number, title: string, extra: Record<string, unknown> = {}) {
    super(title)
    this.code = code
    this.status = status
    this.extra = extra
  }
}

/** A problem of this server's own catalogue. */
export function problem(code: ErrorCode, extra: Record<string, unknown> = {}): Problem {
  return new Problem(code, STATUS[code], ERRORS[code], extra)
}

/** What the conversation, an engine or a routing group refused, under its own code. */
export function refusal(outcome: { code: string; message: string }): Problem {
  return new Problem(outcome.code, UNPROCESSABLE.has(outcome.code) ? 422 : 409, outcome.message)
}

/** Tells lost infrastructure from bugs. */
export type IsDatabaseTrouble = (error: unknown) => boolean

export function problemHandler(isDatabaseTrouble: IsDatabaseTrouble) {
  return function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const found = asProblem(error, isDatabaseTrouble)
    if (found.status >= 500) request.log.error({ err: error, code: found.code }, 'request failed')
    return sendProblem(reply, found)
  }
}

export function sendProblem(reply: FastifyReply, found: Problem): FastifyReply {
  if (found.status === 401) void reply.header('www-authenticate', 'Bearer realm="baton"')
  if (found.status === 503) void reply.header('retry-after', '2')
  const { retryAfter, ...extra } = found.extra
  if (typeof retryAfter === 'number') void reply.header('retry-after', String(retryAfter))
  const body = { type: `urn:baton:error:${found.code}`, title: found.message, status: found.status, code: found.code, ...extra }
  // Already a string: no route's response schema may reshape a problem.
  return reply.code(found.status).type('application/problem+json').serializer(String).send(JSON.stringify(body))
}

function asProblem(error: unknown, isDatabaseTrouble: IsDatabaseTrouble): Problem {
  if (error instanceof Problem) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({ path: pathOf(error, issue.instancePath), message: issue.message ?? 'invalid' }))
    return problem('request-invalid', { errors })
  }
  if (isResponseSerializationError(error)) return problem('internal-error')
  const { code, statusCode } = error as Partial<FastifyError>
  if (code === 'overloaded' || code === 'merge-conflict') return problem('overloaded')
  if (code === 'unknown-actor') return problem('conversation-not-found')
  if (isDatabaseTrouble(error)) return problem('database-unavailable')
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return problem('body-too-large')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return problem('media-type-unsupported')
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return problem('request-invalid', { detail: error instanceof Error ? error.message : String(error) })
  }
  return problem('internal-error')
}

function pathOf(error: { validationContext?: string | undefined }, instancePath: string): string {
  const inside = instancePath.replace(/^\//, '').replaceAll('/', '.')
  return [error.validationContext, inside].filter((part) => part !== undefined && part !== '').join('.')
}
