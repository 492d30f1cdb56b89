// Pure. How much marketing the customer has had, and when there is room for more.
import type { MessageCap } from './definition/journey.ts'
import type { Work } from './work.ts'

/** Until when one more message is too many; null: it may be sent. Nothing that belongs to a talk is counted, or kept back. */
export function cappedUntil({ messages, per }: MessageCap, { context: { now, marketing }, effects }: Work): number | null {
  if (marketing.talking) return null
  const ours = effects.filter((effect) => effect.type === 'message.send' && effect.purpose === 'marketing').map(() => now)
  const sent = [...marketing.sent, ...ours].filter((at) => now - at < per)
  // There is room once so many are past that one fewer than the cap are left.
  const over = sent[sent.length - messages]
  return over === undefined ? null : over + per
}
