// "No free-form message is sent outside the reply window", proved before a journey is published: random journeys, linted, and then
// played by the real engines in virtual time against a random customer. What the lint calls safe never meets the gate's refusal.
import fc from 'fast-check'
import t from 'tap'
import { lintJourneys, parseJourney } from '@baton/journeys'
import { createWorld, HOUR } from '../world/world.ts'
import { ONLY_MARKETING } from '../world/journeys.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'] as const
const to = fc.constantFrom(...NAMES, 'done', 'done')
const span = fc.constantFrom('2h', '5h', '11h', '12h', '13h', '23h', '1439m', '24h', '30h', '3d')
const template = { template: { name: 'news', language: 'en' } }
const buttons = {
  buttons: {
    body: 'Well?',
    options: [
      { id: 'yes', title: 'Yes' },
      { id: 'no', title: 'No' },
    ],
  },
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ send: fc.constant({ text: 'Hello' }), goto: to }) },
  { weight: 1, arbitrary: fc.record({ send: fc.constant(template), goto: to }) },
  { weight: 3, arbitrary: fc.record({ wait: fc.record({ for: span }), goto: to }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.constant({ until: '09:00', zone: 'Europe/Berlin' }), goto: to }) },
  {
    weight: 2,
    arbitrary: fc.record({ wait: fc.record({ event: fc.constant('order.paid'), atMost: span }), goto: to, timeout: to }),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        question: fc.constantFrom(buttons, { text: 'Well?', accept: 'number' }, { ...template, options: buttons.buttons.options }),
        retries: fc.nat(2),
        yes: to,
        invalid: to,
        after: span,
        late: to,
        failed: fc.option(to),
      })
      .map(({ question, retries, yes, invalid, after, late, failed }) => ({
        ask: { ...question, retries },
        on: { valid: yes, invalid, timeout: { after, goto: late }, ...(failed === null ? {} : { deliveryFailed: failed }) },
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ open: to, closed: to })
      .map(({ open, closed }) => ({ branch: [{ if: 'window.open', goto: open }, { else: closed }] })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ one: to, other: to }).map(({ one, other }) => ({
      split: [
        { share: 50, goto: one },
        { share: 50, goto: other },
      ],
    })),
  },
  { weight: 1, arbitrary: fc.record({ start: fc.constant({ journey: 'other' }), goto: to }) },
  // Nobody answers here: each attempt lasts as long as it may.
  {
    weight: 1,
    arbitrary: fc.record({
      http: fc.record({
        url: fc.constant('https://shop.example'),
        timeout: fc.constant('60s'),
        retries: fc.nat(5),
        backoff: fc.constantFrom('2s', '5m'),
      }),
      goto: to,
      onError: to,
    }),
  },
)
const quiet = fc.record({
  from: fc.constantFrom('00:00', '12:00', '18:30', '22:00'),
  to: fc.constantFrom('06:00', '09:00', '15:00'),
  zone: fc.constantFrom('contact', 'Europe/Berlin'),
})
const journeyOf = (id: string, entry: unknown) =>
  fc.tuple(fc.option(quiet), ...NAMES.map(() => step)).map(([quietHours, ...steps]) => ({
    journey: id,
    entry,
    ...(quietHours === null ? {} : { quietHours }),
    start: 'a',
    steps: { ...Object.fromEntries(NAMES.map((name, at) => [name, steps[at]])), done: { end: 'completed' } },
  }))
const both = fc
  .constantFrom({ keywords: ['go'] }, { event: 'cart.left' }, { keywords: ['go'] })
  .chain((entry) => fc.tuple(journeyOf('main', entry), fc.oneof(journeyOf('other', { keywords: ['other'] }), journeyOf('other', {}))))

type Deed = { do: 'say'; text: string } | { do: 'event'; name: string } | { do: 'wait'; ms: number }
const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('say' as const), text: fc.constantFrom('go', 'other', 'yes', 'no', '7', 'hm') }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('event' as const), name: fc.constantFrom('order.paid', 'cart.left') }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(
          1_000,
          HOUR,
          11 * HOUR,
          13 * HOUR,
          23 * HOUR,
          24 * HOUR - 60_000,
          24 * HOUR - 1,
          24 * HOUR,
          25 * HOUR,
          70 * HOUR,
        ),
      }),
    },
  ),
  { minLength: 4, maxLength: 14, size: 'max' },
)

/** Plays a customer; the journeys' free-form messages with the step they came from, and whether the gate refused them. */
function play(journeys: unknown[], list: Deed[]): { step: string; refused: boolean }[] {
  const templates = { 'news/en': { status: 'APPROVED', category: 'MARKETING' } }
  const world = createWorld({ journeys, number: ONLY_MARKETING, templates })
  const mary = world.customer()
  const first = (journeys[0] as { entry: { event?: string } }).entry
  if (first.event === undefined) mary.says('go')
  else mary.event({ type: 'engine.event', side: 'marketing', name: first.event, data: {} })
  for (const deed of list) {
    if (deed.do === 'say') mary.says(deed.text)
    else if (deed.do === 'event') mary.event({ type: 'engine.event', side: 'marketing', name: deed.name, data: {} })
    else world.advance(deed.ms)
  }
  world.advance(30 * HOUR)
  return mary.messages().flatMap((row) => {
    if (row.author.kind !== 'journey' || row.content.kind === 'template') return []
    return [{ step: `${row.author.id}.${row.ref?.split('/')[1] ?? ''}`, refused: row.reason === 'window-closed' }]
  })
}

function lint(journeys: unknown[]) {
  const definitions = journeys.map((journey) => {
    const parsed = parseJourney(journey)
    if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems))
    return parsed.definition
  })
  const findings = lintJourneys(definitions)
  const outside = findings.filter(({ code }) => code === 'outside-reply-window')
  return {
    runs: !findings.some(({ code }) => code === 'loop-without-pause'),
    flagged: new Set(outside.map(({ journey, path }) => `${journey}.${String(path[1])}`)),
  }
}

t.test('what the lint proves safe is never refused by the gate', async (t) => {
  const seen = { safe: 0, refused: 0, safeJourneys: 0 }
  fc.assert(
    fc.property(both, fc.array(deeds, { minLength: 3, maxLength: 3 }), (journeys, lives) => {
      const { runs, flagged } = lint(journeys)
      fc.pre(runs)
      if (flagged.size === 0) seen.safeJourneys += 1
      for (const life of lives) {
        for (const { step: from, refused } of play(journeys, life)) {
          if (refused && !flagged.has(from)) throw new Error(`${from} was called safe, and its message was refused`)
          seen.safe += flagged.has(from) ? 0 : 1
          seen.refused += refused ? 1 : 0
        }
      }
    }),
    { numRuns: Number(process.env['BATON_PROPERTY_RUNS'] ?? 80) },
  )
  // A property about nothing would hold too.
  t.ok(seen.safe > 20 && seen.refused > 20 && seen.safeJourneys > 3, JSON.stringify(seen))
  t.comment(JSON.stringify(seen))
})

const journey = (steps: Record<string, unknown>, entry: unknown = { keywords: ['go'] }, more: object = {}) => [
  { journey: 'main', entry, start: 'a', ...more, steps: { ...steps, done: { end: 'completed' } } },
]
const night = (from: string, end: string) => ({ quietHours: { from, to: end, zone: 'UTC' } })
const say = { send: { text: 'Hello' }, goto: 'done' }
const wait = (length: string, goto: string) => ({ wait: { for: length }, goto })

t.test('examples that are dangerous, each with a life in which the gate refuses', async (t) => {
  const cases: [string, unknown[], Deed[]][] = [
    ['a wait of a day', journey({ a: wait('24h', 'b'), b: say }), []],
    ['two waits that add up', journey({ a: wait('12h', 'b'), b: wait('12h', 'c'), c: say }), []],
    [
      'a time-out after a wait',
      journey({
        a: wait('5h', 'b'),
        b: { ask: { ...buttons }, on: { valid: 'done', invalid: 'done', timeout: { after: '20h', goto: 'c' } } },
        c: say,
      }),
      [],
    ],
    [
      'a loop that waits an hour each time',
      journey({
        a: wait('1h', 'b'),
        b: {
          split: [
            { share: 1, goto: 'c' },
            { share: 99, goto: 'a' },
          ],
        },
        c: say,
      }),
      [],
    ],
    [
      'an event that comes late',
      journey({ a: { wait: { event: 'order.paid', atMost: '3d' }, goto: 'b' }, b: say }),
      [
        { do: 'wait', ms: 30 * HOUR },
        { do: 'event', name: 'order.paid' },
      ],
    ],
    ['a wait that ends in quiet hours', journey({ a: wait('13h', 'b'), b: say }, undefined, night('21:00', '10:00')), []],
    ['an event that starts the journey', journey({ a: say }, { event: 'cart.left' }), []],
    [
      'a minute after the window was seen open',
      journey({ a: wait('1437m', 'b'), b: { branch: [{ if: 'window.open', goto: 'c' }, { else: 'done' }] }, c: wait('5m', 'd'), d: say }),
      [],
    ],
  ]
  for (const [title, journeys, life] of cases) {
    t.equal(lint(journeys).flagged.size, 1, title)
    if (!title.includes('loop'))
      t.ok(
        play(journeys, life).some(({ refused }) => refused),
        title,
      )
  }
})

t.test('a question that cannot be delivered and is asked again and again stops the run, with an alarm', async (t) => {
  const again = { ask: { text: 'Well?', accept: 'number' }, on: { valid: 'done', invalid: 'done', deliveryFailed: 'a' } }
  const world = createWorld({ journeys: journey({ a: again }, { event: 'cart.left' }), number: ONLY_MARKETING })
  const mary = world.customer()
  mary.event({ type: 'engine.event', side: 'marketing', name: 'cart.left', data: {} })
  t.match([mary.view().owner, world.alarms().includes('journey-loop')], ['none', true])
  t.equal(lint(journey({ a: again })).runs, false, 'and the lint refuses it')
})

t.test('examples that are safe', async (t) => {
  const cases: [string, unknown[]][] = [
    ['a wait within the window', journey({ a: wait('23h', 'b'), b: say })],
    ['a wait that may end in a short night', journey({ a: wait('9h', 'b'), b: say }, undefined, night('22:00', '08:00'))],
    [
      'two messages after one night',
      journey({ a: wait('9h', 'b'), b: { send: { text: 'Hello' }, goto: 'c' }, c: say }, undefined, night('22:00', '08:00')),
    ],
    [
      'answers, at any hour',
      journey(
        { a: { ask: buttons, on: { valid: 'b', invalid: 'b', timeout: { after: '5h', goto: 'done' } } }, b: say },
        undefined,
        night('00:00', '23:00'),
      ),
    ],
    ['a template after the window', journey({ a: wait('30h', 'b'), b: { send: template, goto: 'done' } })],
    [
      'an answer to a template opens it again',
      journey({
        a: wait('30h', 'b'),
        b: {
          ask: { ...template, options: buttons.buttons.options },
          on: { valid: 'c', invalid: 'c', timeout: { after: '3d', goto: 'done' } },
        },
        c: say,
      }),
    ],
    [
      'a branch on the window',
      journey({ a: wait('30h', 'b'), b: { branch: [{ if: 'window.open', goto: 'c' }, { else: 'done' }] }, c: say }),
    ],
    ['an event in time', journey({ a: { wait: { event: 'order.paid', atMost: '20h' }, goto: 'b', timeout: 'done' }, b: say })],
  ]
  for (const [title, journeys] of cases) t.equal(lint(journeys).flagged.size, 0, title)
})
