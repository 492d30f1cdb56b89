// Pure. Samples over time as an SVG of stacked panels, readable in light and dark, on a page or by itself.
import { median, number } from './figures.ts'

export interface Panel {
  title: string
  /** `log`: for times, where a line at 20 and one at 200 are both to be seen. */
  scale: 'linear' | 'log'
  lines: Line[]
}

export interface Line {
  name: string
  points: Point[]
}

/** `at` in seconds. */
export interface Point {
  at: number
  value: number
}

const WIDTH = 760
const LEFT = 64
const RIGHT = 16
const TOP = 40
const PANEL = { head: 40, height: 130, gap: 22 }
const FOOT = 44
/** Apart in hue and in lightness, on white and on black. */
const COLOURS = ['#1f77b4', '#e07b00', '#2a9d4a', '#c2408a']

export function plot(title: string, panels: readonly Panel[]): string {
  const last = Math.max(1, ...panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(({ at }) => at))))
  const each = PANEL.head + PANEL.height + PANEL.gap
  const height = TOP + panels.length * each + FOOT
  const bottom = TOP + (panels.length - 1) * each + PANEL.head + PANEL.height
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">`,
    STYLE,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="${LEFT}" y="26">${escape(title)}</text>`,
    ...panels.map((panel, index) => drawPanel(panel, TOP + index * each, last)),
    ...timeAxis(bottom, last),
    '</svg>',
    '',
  ].join('\n')
}

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-size: 15px; font-weight: 600 } .head { font-weight: 600 }
.ground { fill: #fff } .grid { stroke: #ddd } path { fill: none; stroke-width: 1.5; stroke-linejoin: round }
@media (prefers-color-scheme: dark) { text { fill: #ccc } .ground { fill: #14171a } .grid { stroke: #333 } }
</style>`

function drawPanel({ title, scale, lines }: Panel, top: number, last: number): string {
  const base = top + PANEL.head + PANEL.height
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value)).filter((value) => Number.isFinite(value))
  const ticks = scale === 'log' ? logTicks(values) : linearTicks(Math.max(0, ...values))
  const [low, high] = [ticks[0] as number, ticks.at(-1) as number]
  const place = scale === 'log' ? Math.log : (value: number) => value
  const x = ({ at }: Point) => LEFT + (at / last) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => base - ((place(Math.max(value, low)) - place(low)) / (place(high) - place(low))) * PANEL.height
  return [
    `<text class="head" x="${LEFT}" y="${top + 14}">${escape(title)}</text>`,
    ...legend(lines, top + 31),
    ...ticks.map((tick) => {
      const at = round(y(tick))
      return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${number(tick, tick > 0 && tick < 1 ? 1 : 0)}</text>`
    }),
    ...lines.map(({ points }, index) => {
      const drawn = points.filter(({ value }) => Number.isFinite(value))
      const path = drawn.map((point, nth) => `${nth === 0 ? 'M' : 'L'}${round(x(point))} ${round(y(point.value))}`).join('')
      return `<path stroke="${COLOURS[index % COLOURS.length]}" d="${path}"/>`
    }),
  ].join('\n')
}

/** Each line's name with its median. */
function legend(lines: readonly Line[], y: number): string[] {
  let x = LEFT
  return lines.map(({ name, points }, index) => {
    const middle = median(points.map(({ value }) => value).filter((value) => Number.isFinite(value)))
    const text = `${name} ${number(middle, middle < 10 ? 1 : 0)}`
    const drawn = `<path stroke="${COLOURS[index % COLOURS.length]}" stroke-width="3" d="M${x} ${y - 4}h14"/><text x="${x + 19}" y="${y}">${escape(text)}</text>`
    x += 19 + text.length * 6.6 + 18
    return drawn
  })
}

function timeAxis(bottom: number, last: number): string[] {
  const minutes = last / 60
  const step = niceStep(minutes / 6)
  const count = Math.floor(minutes / step + 1e-9)
  const marks = Array.from({ length: count + 1 }, (_, index) => index * step)
  return [
    ...marks.map((minute) => {
      const x = round(LEFT + (minute / minutes) * (WIDTH - LEFT - RIGHT))
      return `<text x="${x}" y="${bottom + 18}" text-anchor="middle">${number(minute, step < 1 ? 2 : 0)}</text>`
    }),
    `<text x="${WIDTH - RIGHT}" y="${bottom + 36}" text-anchor="end">minutes</text>`,
  ]
}

/** From zero. */
function linearTicks(most: number): number[] {
  const step = niceStep((most || 1) / 4)
  const count = Math.max(1, Math.ceil((most || 1) / step))
  return Array.from({ length: count + 1 }, (_, index) => index * step)
}

/** Powers of ten around the values. */
function logTicks(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0)
  const low = Math.floor(Math.log10(Math.min(...positive, 100)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 10 ** (low + 1)))))
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
}

/** 1, 2 or 5 times a power of ten, at least as large. */
function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= size * (1 - 1e-9)) as number)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
