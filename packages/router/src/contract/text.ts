// Pure.

const EDGES =
  /^[\p{P}\p{S}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f\s]+|[\p{P}\p{S}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f\s]+$/gu

/** The form in which words, keywords and typed replies are compared: NFKC, case folded, inner white space single, and
 * without punctuation or emoji around it. A text of nothing but those is only trimmed, so that a keyword may be an emoji. */
export function normaliseText(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().replace(/ß/gu, 'ss').replace(/\s+/gu, ' ').trim()
  const bare = folded.replace(EDGES, '')
  return bare === '' ? folded : bare
}
