// A journey as an SVG: what is on it, and that it is one.
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { journeySvg, parseJourney } from '../src/index.ts'
import { layOut } from '../src/picture/lay-out.ts'
import { partsOf } from '../src/picture/parts.ts'
import { wrap } from '../src/picture/text.ts'
import { asking, journey } from './scene.ts'

const folder = new URL('../../../config/journeys/', import.meta.url)
const shipped = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml') && !file.endsWith('.test.yaml'))
  .flatMap((file) => {
    const read = parseJourney(parse(readFileSync(new URL(file, folder), 'utf8')))
    return read.kind === 'ok' ? [read.definition] : []
  })

/** What is not well-formed; null when it all is. Tags close in order, and texts hold no bare < or &. */
function illFormed(xml: string): string | null {
  const open: string[] = []
  let at = 0
  for (const tag of xml.matchAll(/<(\/?)([a-z]+)((?:\s+[a-zA-Z:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    const between = xml.slice(at, tag.index)
    if (/[<>]|&(?!(amp|lt|gt|quot);)/.test(between)) return between
    // oxlint-disable-next-line no-control-regex -- what XML cannot hold
    if (/[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/.test(between)) return 'a character that XML cannot hold'
    at = tag.index + tag[0].length
    const [, closes, name = '', , closed] = tag
    if (closes === '/') {
      if (open.pop() !== name) return `</${name}>`
    } else if (closed === '') open.push(name)
  }
  return open.length > 0 || xml.slice(at).trim() !== '' ? `open: ${open.join()}` : null
}

await t.test('every journey that ships is drawn: each step with its kind, each way, and nothing over anything else', async (t) => {
  for (const definition of shipped) {
    const svg = journeySvg(definition)
    t.equal(illFormed(svg), null, definition.journey)
    const { parts, ways } = partsOf(definition)
    for (const [name, { kind }] of definition.steps) t.match(svg, `<g class="${kind}"><title>${name} (${kind})`)
    t.equal(svg.match(/marker-end/g)?.length, ways.length)
    const { boxes, width, height } = layOut(parts, ways)
    const overlaps = boxes.flatMap((a, at) =>
      boxes
        .slice(at + 1)
        .filter((b) => Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2)
        .map((b) => `${a.part.id} and ${b.part.id}`),
    )
    t.strictSame(overlaps, [], definition.journey)
    for (const { x, y, width: wide, height: high } of boxes)
      t.ok(x - wide / 2 >= 0 && y - high / 2 >= 0 && x + wide / 2 <= width && y + high / 2 <= height)
  }
})

await t.test('ways carry the names of their branches, and what leaves says where to', async (t) => {
  const { parts, ways } = partsOf(journey(asking('coupon')))
  t.strictSame(ways, [
    { from: 'entry', to: 'step q', labels: [] },
    { from: 'step q', to: 'away q bot:faq, queue:general', labels: ['invalid'] },
    { from: 'step q', to: 'step a', labels: ['yes'] },
    { from: 'step q', to: 'step b', labels: ['no', 'timeout'] },
    { from: 'step a', to: 'step done', labels: [] },
    { from: 'step b', to: 'step done', labels: [] },
  ])
  t.match(parts[0], { kind: 'entry', title: 'coupon', says: 'coupon' })
  t.match(parts[1], { kind: 'ask', title: 'q', says: 'coupon? [Yes] [No thanks]' })
})

await t.test('each kind of step says what it does', async (t) => {
  const steps = `
    a: { send: { text: hi }, goto: b }
    b: { wait: { for: 90m }, goto: c }
    c: { wait: { event: order.paid, atMost: 2d }, goto: d }
    d: { wait: { until: "09:00", zone: contact }, goto: e }
    e: { set: { attributes: { x: 1 }, tags: { add: [y], remove: [z] } }, goto: f }
    f: { http: { url: "https://shop.example/x", body: {} }, goto: g, onError: g }
    g: { start: { journey: other }, goto: h }
    h: { handOff: { to: [queue:general], note: look } }`
  const { parts } = partsOf(journey(`journey: j\nstart: a\nsteps:${steps}\n`))
  t.strictSame(
    parts.filter(({ kind }) => kind !== 'away').map(({ says }) => says),
    [
      'by API',
      'hi',
      '1h 30m',
      'for order.paid, at most 2d',
      'until 09:00 (contact)',
      'x = 1, + y, − z',
      'POST https://shop.example/x',
      'other',
      'look',
    ],
  )
})

await t.test('whatever stands in a text is text, also where the journey is not sound', async (t) => {
  const odd = '</text><script>&amp;"\'\u0000\u0007\uD800 \uFFFF 🎉'
  const read = parseJourney({
    journey: 'j',
    name: odd,
    start: 's',
    steps: { s: { send: { text: odd }, goto: 'gone' }, t: { wait: { for: '1h' }, goto: 't' } },
  })
  const svg = read.kind === 'ok' ? journeySvg(read.definition) : JSON.stringify(read)
  t.equal(illFormed(svg), null)
  t.match(svg, '&lt;/text&gt;&lt;script&gt;&amp;amp;')
  t.notMatch(svg, '<script')
})

await t.test('texts are broken at spaces, long words anywhere, and variables not at all', async (t) => {
  t.strictSame(wrap('one two three', 60, 3), ['one two', 'three'])
  t.strictSame(wrap('aaaaaaaaaaaaaaaaaaaa', 66, 3), ['aaaaaaaaaa', 'aaaaaaaaaa'])
  t.strictSame(wrap('Hello {{ a.b | upcase }} you', 140, 3), ['Hello', '{{ a.b | upcase }}', 'you'])
  t.strictSame(wrap('one two three four five', 40, 2), ['one', 'two…'])
  t.strictSame(wrap('漢字漢字', 40, 3), ['漢字漢', '字'])
  t.strictSame(wrap('  ', 40, 3), [])
})
