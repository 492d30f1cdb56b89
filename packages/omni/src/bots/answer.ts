// Pure. What a bot answers to a turn, as written by the bot and as told to the engine.
import { outgoingContent, readJson } from '@baton/router'
import type { OutgoingContent } from '@baton/router'
import { z } from 'zod'
import { serviceTarget } from '../config/schemas.ts'

/** More messages than this in one turn are a runaway, not an answer. */
const MOST_MESSAGES = 10

const handOff = z
  .strictObject({
    /** Where to; without it the next target of the hand-off that led to the bot. */
    targets: z.array(serviceTarget).optional(),
    /** What the agent must be able to do. */
    skills: z.array(z.string().min(1)).max(20).optional(),
    /** For the agent; the customer never sees it. */
    note: z.string().optional(),
    /** What was said so far, in short. */
    summary: z.string().optional(),
  })
  .meta({ id: 'HandOff', description: 'Without `targets` it goes to the next target of the list the bot was in.' })

/** `bot.replied` as the engine gets it. */
export const botReply = z.object({
  callId: z.string(),
  messages: z.array(outgoingContent).max(MOST_MESSAGES),
  handOff: handOff.optional(),
  end: z.boolean().optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
})
export type BotReply = z.infer<typeof botReply>

/** `bot.deferred` as the engine gets it. */
export const botDeferral = z.object({ callId: z.string(), messages: z.array(outgoingContent).max(MOST_MESSAGES) })

/** `bot.failed` as the engine gets it. */
export const botFailure = z.object({ callId: z.string(), reason: z.string() })

/** Who posts a reply later, and to which turn; the reply is beside it. */
export const botPosting = z.object({ botId: z.string(), sessionId: z.string(), callId: z.string() })

const spoken = z.union([
  z
    .string()
    .min(1)
    .transform((text) => ({ kind: 'text' as const, text })),
  outgoingContent,
])
const messages = z
  .array(spoken)
  .max(MOST_MESSAGES)
  .default([])
  .meta({ description: 'Said to the customer in this order; a string is a text.' })

/** What a bot does beside talking. Unknown members are an error: a misspelt `handOff` must not leave a customer waiting. */
export const actions = z.strictObject({
  handOff: z.union([z.literal(true).transform(() => ({})), handOff]).optional(),
  end: z.boolean().optional().meta({ description: 'The service session is over.' }),
  attributes: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Kept with the contact, as far as the bot is configured to learn them. Null removes one.' }),
})

/** The body a bot answers with. */
export const answerBody = actions.extend({ messages }).meta({ id: 'Answer' })

/** The body of a 202: what is said while the bot thinks. */
export const interimBody = z.strictObject({ messages }).meta({ id: 'Interim' })

/** The body of a reply that is posted later. */
export const postedBody = answerBody
  .extend({ conversationId: z.string(), sessionId: z.string(), callId: z.string() })
  .meta({ id: 'PostedReply', description: 'The reply to a turn that was answered with 202; the three ids are those of the turn.' })

/** Reads a bot's answer; an empty body is an answer without words. */
export function readAnswer(body: string): { kind: 'ok'; reply: Omit<BotReply, 'callId'> } | { kind: 'malformed'; detail: string } {
  const read = readBody(body, answerBody)
  return read.kind === 'ok' ? { kind: 'ok', reply: read.value } : read
}

/** Reads the body of a 202. */
export function readInterim(body: string): { kind: 'ok'; messages: OutgoingContent[] } | { kind: 'malformed'; detail: string } {
  const read = readBody(body, interimBody)
  return read.kind === 'ok' ? { kind: 'ok', messages: read.value.messages } : read
}

export function readBody<S extends z.ZodType>(
  body: string,
  schema: S,
): { kind: 'ok'; value: z.output<S> } | { kind: 'malformed'; detail: string } {
  const json = readJson(body.trim() === '' ? '{}' : body)
  if (json.kind === 'unreadable') return { kind: 'malformed', detail: json.reason }
  const parsed = schema.safeParse(json.value)
  return parsed.success ? { kind: 'ok', value: parsed.data } : { kind: 'malformed', detail: z.prettifyError(parsed.error) }
}
