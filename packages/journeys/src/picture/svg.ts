// Pure. A journey as a picture. Boxes bring their own ground, and lines have a tone between light and dark, so it can stand on either.
import type { JourneyDefinition } from '../definition/journey.ts'
import { layOut, LINE, PADDING } from './lay-out.ts'
import type { Box, Line } from './lay-out.ts'
import { partsOf } from './parts.ts'

const TONES: Readonly<Record<string, string>> = {
  entry: '#334155',
  send: '#1d4ed8',
  ask: '#6d28d9',
  wait: '#b45309',
  branch: '#0f766e',
  split: '#0f766e',
  http: '#be185d',
  handOff: '#c2410c',
  away: '#c2410c',
  end: '#15803d',
}
const OTHERWISE = '#475569'

/** A well-formed SVG document of its own. */
export function journeySvg(journey: JourneyDefinition): string {
  const { parts, ways } = partsOf(journey)
  const { width, height, boxes, lines } = layOut(parts, ways)
  const [w, h] = [Math.ceil(width), Math.ceil(height)]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escape(journey.name)}</title>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#64748b"/></marker></defs>',
    ...lines.map(wayOf),
    ...lines.flatMap(labelOf),
    ...boxes.map(boxOf),
    '</svg>',
    '',
  ].join('\n')
}

function boxOf({ part, title, lines, x, y, width, height }: Box): string {
  const [left, top] = [round(x - width / 2), round(y - height / 2)]
  const tone = TONES[part.kind] ?? OTHERWISE
  const round8 = part.kind === 'entry' || part.kind === 'end' || part.kind === 'away' ? height / 2 : 6
  const rows = [
    ...(part.kind === 'away' ? [] : [{ text: part.kind, more: ` fill="${tone}" font-size="10.5"` }]),
    ...title.map((text) => ({ text, more: ` fill="#0f172a" font-weight="600"` })),
    ...lines.map((text) => ({ text, more: ` fill="#334155"` })),
  ]
  const centred = round8 !== 6
  const texts = rows.map(({ text, more }, row) => {
    const at = centred ? ` x="${round(x)}" text-anchor="middle"` : ` x="${left + PADDING}"`
    return `<text${at} y="${round(top + PADDING + row * LINE + 6)}"${more}>${escape(text)}</text>`
  })
  const whole = [`${part.title} (${part.kind})`, part.says].filter((text) => text !== '').join('\n')
  return [
    `<g class="${part.kind}">`,
    `<title>${escape(whole)}</title>`,
    `<rect x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" rx="${round(round8)}" fill="#f8fafc" stroke="${tone}"${part.kind === 'away' ? ' stroke-dasharray="4 3"' : ''}/>`,
    ...texts,
    '</g>',
  ].join('')
}

/** Through the points, and upright at each: ways mostly lead down. */
function wayOf({ points: [first, ...rest] }: Line): string {
  if (first === undefined) return ''
  const curves = rest.map(({ x, y }, at) => {
    const from = rest[at - 1] ?? first
    const middle = round((from.y + y) / 2)
    return `C${round(from.x)} ${middle} ${round(x)} ${middle} ${round(x)} ${round(y)}`
  })
  const path = `M${round(first.x)} ${round(first.y)}${curves.join('')}`
  return `<path d="${path}" fill="none" stroke="#64748b" stroke-width="1.3" marker-end="url(#arrow)"/>`
}

function labelOf({ labels, label }: Line): string[] {
  if (label === null) return []
  const { x, y, width, height } = label
  const [left, top] = [round(x - width / 2), round(y - height / 2)]
  const rows = labels.map(
    (text, row) =>
      `<text x="${round(x)}" y="${round(top + 14 + row * LINE)}" text-anchor="middle" fill="#334155" font-size="11">${escape(text)}</text>`,
  )
  return [`<rect x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" rx="4" fill="#e2e8f0"/>`, ...rows]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** XML has no way to write control characters and halves of letters. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\x20-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"]/g, (letter) => ENTITIES[letter] ?? letter)
}
