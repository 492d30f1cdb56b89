// Pure. A reply that a bot posts after it has answered 202: who wrote it, to which turn, and what it says. Whether that turn is still open
// only the conversation knows.
import type { BotSettings } from '../config/settings.ts'
import { postedBody, readBody } from './answer.ts'
import { verify } from './signature.ts'

export interface PostedReply {
  conversationId: string
  /** For `bot.posted`. */
  data: Record<string, unknown>
}

/** `bot` and `secret`: of the bot whose address it was posted to. */
export function readPosted(
  post: { body: string; signature: string | null },
  { bot, secret, now }: { bot: BotSettings; secret: string; now: number },
): { kind: 'read'; posted: PostedReply } | { kind: 'unsigned' } | { kind: 'malformed'; detail: string } {
  if (post.signature === null || !verify(secret, post.body, post.signature, now)) return { kind: 'unsigned' }
  const read = readBody(post.body, postedBody)
  if (read.kind === 'malformed') return read
  const { conversationId, ...reply } = read.value
  return { kind: 'read', posted: { conversationId, data: { botId: bot.id, ...reply } } }
}
