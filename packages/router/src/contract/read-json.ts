// Pure. JSON that strangers wrote (a provider, a bot, a caller of the API), made fit for a database and for this program.

/** `reason`: what it is, without its text. */
export type ReadJson = { kind: 'json'; value: unknown } | { kind: 'unreadable'; reason: string }

/** Never throws. Text that no database takes (U+0000, half of a surrogate pair: a text cut through an emoji has one) becomes
 * U+FFFD. Refused is what could not be written out again as it came: nesting of more than 200 levels, numbers too large to be
 * numbers here, and `__proto__` as a name. */
export function readJson(text: string): ReadJson {
  if (isTooDeep(text)) return { kind: 'unreadable', reason: `nested more than ${MOST_NESTED} levels deep` }
  try {
    // The slow way only where an escape calls for it: raw UTF-8 can hold neither.
    const value: unknown = UNFIT.test(text) ? JSON.parse(text, (_, member: unknown) => storable(member)) : JSON.parse(text)
    const wrong = SUSPICIOUS.test(text) ? findWrong(value, '') : null
    return wrong === null ? { kind: 'json', value } : { kind: 'unreadable', reason: `more than can be kept: ${wrong}` }
  } catch {
    // What the parser says of it quotes the text, which may be what a customer wrote.
    return { kind: 'unreadable', reason: 'not JSON' }
  }
}

/** Deeper than anything meant, and far from where writing it out again would overflow the stack: that would be our fault, and
 * a provider would repeat it for a week. */
const MOST_NESTED = 200

/** Brackets within texts do not count. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) quoted = !quoted
    else if (quoted && code === BACKSLASH) at += 1
    else if (!quoted && (code === BRACKET || code === BRACE)) {
      depth += 1
      if (depth > MOST_NESTED) return true
    } else if (!quoted && (code === BRACKET + 2 || code === BRACE + 2)) depth -= 1
  }
  return false
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const BRACKET = 0x5b
const BRACE = 0x7b

const UNFIT = /\\u0000|\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f]/i

function storable(value: unknown): unknown {
  if (typeof value === 'string') return clean(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [clean(name), member]))
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** Where a number might be out of range, or a name might be `__proto__`, spelt with escapes or without. Digits are counted from the first of
 * them only: from each one, a stranger could keep the process busy with text that has 308 in a row. */
const SUSPICIOUS = /(?<!\d)\d{309}|\d[eE]\+?\d{3,}\s*(?:[,}\]]|$)|__proto__|\\u00[567]/

/** The first thing that is wrong, with where it is. No deeper than `MOST_NESTED`. */
function findWrong(value: unknown, path: string): string | null {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${path === '' ? 'the value' : path} is too large a number`
  if (typeof value !== 'object' || value === null) return null
  for (const [name, member] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`
    const wrong = name === '__proto__' ? `${at} is no name for a value` : findWrong(member, at)
    if (wrong !== null) return wrong
  }
  return null
}
