// Pure. What was said in a journey test, as a person would read it: the same test and journeys always give the same lines.
import type { RunTrail } from '@baton/router'
import { inOneLine, spanOf } from '../in-words.ts'
import type { CustomerAction } from './file.ts'

/** `+1d 2h`: how long after the test began. */
export function elapsed(ms: number): string {
  return `+${spanOf(ms)}`
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
