// Pure. A message and a length of time in one line each, as pictures and transcripts show them.
import type { OutgoingContent } from '@baton/router'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** `1d 2h` */
export function spanOf(ms: number): string {
  let rest = ms
  const parts: string[] = []
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.length === 0 ? '0s' : parts.join(' ')
}

/** A message of the journey, in one line. */
export function messageLine(content: OutgoingContent): string {
  switch (content.kind) {
    case 'text':
      return inOneLine(content.text)
    case 'buttons':
      return `${inOneLine(content.body)}${content.options.map(({ title }) => ` [${title}]`).join('')}`
    case 'list':
      return `${inOneLine(content.body)}${content.sections.flatMap(({ rows }) => rows.map(({ title }) => ` [${title}]`)).join('')}`
    case 'cta':
      return `${inOneLine(content.body)} [${content.title} → ${content.url}]`
    case 'template': {
      const buttons = (content.buttons ?? []).map(({ value }) => ` [${value}]`).join('')
      const said =
        content.preview ??
        Object.entries(content.variables ?? {})
          .map(([name, value]) => `${name}=${value}`)
          .join(', ')
      return `template ${content.name} (${content.language}): ${inOneLine(said)}${buttons}`
    }
    case 'location':
      return `location ${content.latitude}, ${content.longitude}${content.name === undefined ? '' : ` ${content.name}`}`
    default:
      return 'caption' in content && content.caption !== undefined ? `${content.kind}: ${inOneLine(content.caption)}` : content.kind
  }
}

export function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ⏎ ')
}
