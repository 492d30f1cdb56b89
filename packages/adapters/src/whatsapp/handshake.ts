// Pure.
import { createHash, timingSafeEqual } from 'node:crypto'

/** Answers the provider's GET on the callback URL: the challenge to send back as the whole text/plain body, or null to
 * refuse. `query` is the parsed query string; this request carries no signature. */
export function answerHandshake(query: Record<string, unknown>, verifyTokens: readonly string[]): string | null {
  const [mode, token, challenge] = [query['hub.mode'], query['hub.verify_token'], query['hub.challenge']]
  if (mode !== 'subscribe' || typeof token !== 'string' || typeof challenge !== 'string') return null
  return verifyTokens.some((expected) => sameText(expected, token)) ? challenge : null
}

/** Compares two texts in a time that tells nothing about where they differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
