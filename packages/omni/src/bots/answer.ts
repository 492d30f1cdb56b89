// Pure. What a bot answers to a turn, as written by the bot and as told to the engine.
import { outgoingContent, readJson } from '@baton/router'
import { z } from 'zod'
import { serviceTarget } from '../config/schemas.ts'

/** More messages than this in one turn are a runaway, not an answer. */
const MOST_MESSAGES = 10

const handOff = z.strictObject({
  /** Where to; without it the next target of the hand-off that led to the bot. */
  targets: z.array(serviceTarget).optional(),
  /** What the agent must be able to do. */
  skills: z.array(z.string().min(1)).max(20).optional(),
  /** For the agent; the customer never sees it. */
  note: z.string().optional(),
  /** What was said so far, in short. */
  summary: z.string().optional(),
})

/** `bot.replied` as the engine gets it. */
export const botReply = z.object({
  callId: z.string(),
  messages: z.array(outgoingContent).max(MOST_MESSAGES),
  handOff: handOff.optional(),
  end: z.boolean().optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
})
export type BotReply = z.infer<typeof botReply>

/** `bot.failed` as the engine gets it. */
export const botFailure = z.object({ callId: z.string(), reason: z.string() })

const spoken = z.union([
  z
    .string()
    .min(1)
    .transform((text) => ({ kind: 'text' as const, text })),
  outgoingContent,
])

/** The body a bot answers with. Unknown members are an error: a misspelt `handOff` must not leave a customer waiting. */
const answerBody = z.strictObject({
  messages: z.array(spoken).max(MOST_MESSAGES).default([]),
  handOff: z.union([z.literal(true).transform(() => ({})), handOff]).optional(),
  end: z.boolean().optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
})

/** Reads a bot's answer; an empty body is an answer without words. */
export function readAnswer(callId: string, body: string): { kind: 'ok'; reply: BotReply } | { kind: 'malformed'; detail: string } {
  const json = readJson(body.trim() === '' ? '{}' : body)
  if (json.kind === 'unreadable') return { kind: 'malformed', detail: json.reason }
  const parsed = answerBody.safeParse(json.value)
  if (!parsed.success) return { kind: 'malformed', detail: z.prettifyError(parsed.error) }
  return { kind: 'ok', reply: { callId, ...parsed.data } }
}
