// Pure.

/** The form in which words, keywords and typed replies are compared: NFKC, case folded, inner white space single, and
 * without punctuation or emoji around it. A text of nothing but those is only trimmed, so that a keyword may be an emoji. */
export function normaliseText(text: string): string {
  const lower = text.toLowerCase()
  if (PLAIN.test(lower)) return lower
  const folded = text.normalize('NFKC').toLowerCase().replace(/ß/gu, 'ss').replace(/\s+/gu, ' ').trim()
  const bare = withoutEdges(folded)
  return bare === '' ? folded : bare
}

/** Most of what customers type to a machine: in this form it has nothing left to fold. */
const PLAIN = /^[a-z0-9]+(?: [a-z0-9]+)*$/

/** By hand and from both ends: a customer may send 65,000 exclamation marks, and a regular expression that ends in `+$` would
 * look at them from every start. */
function withoutEdges(text: string): string {
  const characters = [...text]
  let start = 0
  let end = characters.length
  while (start < end && isEdge(characters[start])) start += 1
  while (end > start && isEdge(characters[end - 1])) end -= 1
  return characters.slice(start, end).join('')
}

const JOINER = '\u200d'
const EMOJI_STYLE = '\ufe0f'

function isEdge(character: string | undefined): boolean {
  if (character === undefined) return false
  return character === JOINER || character === EMOJI_STYLE || /[\p{P}\p{S}\p{Extended_Pictographic}\p{Emoji_Modifier}\s]/u.test(character)
}
