// Pure. JSON of strangers, made fit for a database: PostgreSQL's jsonb takes neither U+0000 nor half a surrogate pair, and a
// text cut through an emoji has one. Without this one such message would be refused, and delivered again, for a week.

const UNFIT = /\\u0000|\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f]/i

/** Like JSON.parse, throwing SyntaxError, but what cannot be stored is replaced by U+FFFD. */
export function parseStorable(text: string): unknown {
  // The slow way only where an escape calls for it: raw UTF-8 can hold neither.
  return UNFIT.test(text) ? JSON.parse(text, (_, value: unknown) => storable(value)) : JSON.parse(text)
}

/** Deeper than any webhook, and far from where writing it out again would overflow the stack: that would be our fault, and
 * repeated for a week. */
const MOST_NESTED = 200

/** Whether JSON nests deeper than can be stored; brackets within texts do not count. */
export function isTooDeep(text: string): boolean {
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

function storable(value: unknown): unknown {
  if (typeof value === 'string') return clean(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [clean(name), member]))
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
