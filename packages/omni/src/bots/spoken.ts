// Pure. A message in words, for bots that know nothing but text.

/** What was typed or can be read; `[image]` where there is nothing to read. */
export function spoken(content: Record<string, unknown>): string {
  for (const key of ['text', 'title', 'caption', 'body', 'preview']) {
    const value = content[key]
    if (typeof value === 'string' && value !== '') return value
  }
  return `[${String(content['kind'])}]`
}
