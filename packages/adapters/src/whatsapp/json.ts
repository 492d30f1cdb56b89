// Pure. JSON of strangers, made fit for a database: PostgreSQL's jsonb takes neither U+0000 nor half a surrogate pair, and a
// text cut through an emoji has one. Without this one such message would be refused, and delivered again, for a week.

const UNFIT = /\\u0000|\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f]/i

/** Like JSON.parse, throwing SyntaxError, but what cannot be stored is replaced by U+FFFD. */
export function parseStorable(text: string): unknown {
  // The slow way only where an escape calls for it: raw UTF-8 can hold neither.
  return UNFIT.test(text) ? JSON.parse(text, (_, value: unknown) => storable(value)) : JSON.parse(text)
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return clean(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [clean(name), member]))
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
