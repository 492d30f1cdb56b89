// Pure. What was said in a journey test, as a person would read it: the same test and journeys always give the same lines.
import type { OutgoingContent, RunTrail } from '@baton/router'
import type { CustomerAction } from './test-file.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** `+1d 2h`: how long after the test began. */
export function elapsed(ms: number): string {
  return `+${spanOf(ms)}`
}

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

export function customerLine(action: CustomerAction): string {
  if (typeof action === 'string') return inOneLine(action)
  if ('button' in action) return `[${action.button}]`
  if ('advertisement' in action) return `${inOneLine(action.text)} (from advertisement ${action.advertisement})`
  if ('text' in action) return `${inOneLine(action.text)}${action.quote === undefined ? '' : ` (answering "${inOneLine(action.quote)}")`}`
  if ('image' in action) return action.caption === undefined ? 'image' : `image: ${inOneLine(action.caption)}`
  return 'sticker' in action ? 'sticker' : 'voice note'
}

/** What became of runs, where it can be seen from outside. */
export function trailLines(trail: readonly RunTrail[]): string[] {
  return trail.flatMap(({ journey, marks }) =>
    marks.flatMap(([what, step, detail]) => {
      if (what === 'ended') return [`(${journey} ended: ${detail})`]
      if (what === 'converted') return [`(${journey} converted)`]
      if (what === 'handed-off') return [`(${journey} hands off: ${detail})`]
      if (what === 'postponed') return [`(${journey} waits for the end of quiet hours before ${step})`]
      if (what === 'capped') return [`(${journey}: what ${step} says would be one too many: ${detail})`]
      if (what === 'called') return [`(${journey}: the call of ${step}: ${detail})`]
      return what === 'undelivered' ? [`(${journey}: what ${step} said was not delivered: ${detail})`] : []
    }),
  )
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ⏎ ')
}
