// The bot protocol as an OpenAPI file, made from the schemas that read and write it: `node packages/omni/test/bots/bot-openapi.ts` writes
// it, bot-openapi.test.ts holds it.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { answerBody, interimBody, postedBody } from '../../src/bots/answer.ts'
import { turn } from '../../src/bots/turn.ts'

export const BOT_OPENAPI = fileURLToPath(new URL('../../docs/bot-protocol.openapi.json', import.meta.url))

const SIGNATURE = {
  name: 'X-Baton-Signature',
  in: 'header',
  required: true,
  description: 't=<epoch ms>,v1=<hex HMAC-SHA256 of "<t>.<body>" with the secret of the bot>, over the exact bytes; good for five minutes.',
  schema: { type: 'string', pattern: '^t=\\d{1,15},v1=[0-9a-f]{64}$' },
}

const schemas: Record<string, unknown> = {}

export function botOpenapi(): string {
  const body = (schema: z.ZodType, io: 'input' | 'output') => ({ 'application/json': { schema: named(schema, io) } })
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Bots of Baton',
      version: '1',
      description: 'A bot is an HTTP server that is posted turns, and answers at once or replies later. See bots.md beside this file.',
    },
    webhooks: {
      turn: {
        post: {
          summary: 'Posted to the url of the bot: what the customer wrote',
          parameters: [
            SIGNATURE,
            { name: 'Idempotency-Key', in: 'header', required: true, description: 'The callId.', schema: { type: 'string' } },
          ],
          requestBody: { required: true, content: body(turn, 'output') },
          responses: {
            '200': { description: 'The answer. Any other status but 202 and 204 is a failure.', content: body(answerBody, 'input') },
            '202': {
              description: 'The reply is posted later, within the replyWithin of the bot; what is said here is sent meanwhile.',
              content: body(interimBody, 'input'),
            },
            '204': { description: 'An answer without words.' },
          },
        },
      },
    },
    paths: {
      '/webhooks/bots/{id}': {
        post: {
          summary: 'The reply to a turn that was answered with 202',
          parameters: [{ name: 'id', in: 'path', required: true, description: 'Of the bot.', schema: { type: 'string' } }, SIGNATURE],
          requestBody: { required: true, content: body(postedBody, 'input') },
          responses: {
            '200': { description: 'It is on its way to the customer.' },
            '400': { description: 'It has another shape: request-invalid.' },
            '401': { description: 'It is not signed by this bot, or not just now: bot-signature-invalid.' },
            '404': { description: 'There is no such conversation: conversation-not-found.' },
            '409': { description: 'It comes too late, or is not for the turn in flight; nothing was sent: turn-over.' },
          },
        },
      },
    },
    components: { schemas },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Puts a schema, and those it is made of, under its name; gives the reference. */
function named(schema: z.ZodType, io: 'input' | 'output'): { $ref: string } {
  const { $schema: _dialect, $defs = {}, ...own } = z.toJSONSchema(schema, { io }) as Record<string, unknown> & { $defs?: object }
  const id = String(schema.meta()?.['id'])
  // A schema that is among its own parts is only pointed at.
  const all = '$ref' in own ? Object.entries($defs) : [...Object.entries($defs), [id, own] as const]
  for (const [name, part] of all) {
    const { id: _name, ...rest } = part as Record<string, unknown>
    schemas[name] = JSON.parse(JSON.stringify(rest).replaceAll('#/$defs/', '#/components/schemas/'))
  }
  return { $ref: `#/components/schemas/${id}` }
}

if (import.meta.main) writeFileSync(BOT_OPENAPI, botOpenapi())
