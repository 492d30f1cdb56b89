// "How much marketing a contact gets", played by the real machine and engines: whatever journeys, campaigns and the customer do, no journey
// sends what its cap would call one too many.
import fc from 'fast-check'
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'

const DAY = 24 * HOUR
const TALK = 300_000
const CAP = { messages: 2, per: '3d' }
const APPROVED = { templates: { 'news/en': { status: 'APPROVED', category: 'MARKETING' } } }
const news = { template: { name: 'news', language: 'en' } }
const campaign = { kind: 'campaign', id: 'spring' } as const

const drip = (otherwise: string) => ({
  journey: 'drip',
  entry: { keywords: ['drip'] },
  messageCap: { ...CAP, otherwise },
  start: 'a',
  steps: {
    a: { send: news, goto: 'w' },
    w: { wait: { for: '7h' }, goto: 'q' },
    q: {
      ask: { ...news, options: [{ id: 'yes', title: 'Yes' }], accept: 'number' },
      on: { valid: 'a', yes: 'a', invalid: 'a', timeout: { after: '1d', goto: 'b' } },
    },
    b: { wait: { for: '1h' }, goto: 'a' },
  },
})

const deeds = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom('drip', '7', 'hm').map((says) => ({ says })) },
    { weight: 1, arbitrary: fc.constant({ campaign: true }) },
    { weight: 1, arbitrary: fc.constant({ start: true }) },
    { weight: 3, arbitrary: fc.constantFrom(60_000, HOUR, 8 * HOUR, 30 * HOUR, 3 * DAY).map((ms) => ({ ms })) },
  ),
  { minLength: 4, maxLength: 12 },
)

function live(otherwise: string, list: readonly ({ says: string } | { campaign: boolean } | { start: boolean } | { ms: number })[]) {
  const world = createWorld({ ...APPROVED, journeys: [drip(otherwise)] })
  const mary = world.customer()
  for (const deed of list) {
    if ('says' in deed) mary.says(deed.says)
    else if ('ms' in deed) world.advance(deed.ms)
    else if ('start' in deed) mary.event({ type: 'journey.requested', journey: 'drip', by: campaign })
    else mary.event({ type: 'send.requested', content: { kind: 'template', ...news.template }, purpose: 'marketing', by: campaign })
  }
  world.advance(10 * DAY)
  const lines = mary.messages()
  const said = lines.filter(({ direction }) => direction === 'in').map(({ at }) => at)
  const counted = lines.filter(
    ({ purpose, status, at }) =>
      purpose === 'marketing' && status !== 'refused' && status !== 'failed' && !said.some((wrote) => at >= wrote && at - wrote < TALK),
  )
  return { mary, counted }
}

for (const otherwise of ['skip', 'wait', 'end'] as const) {
  await t.test(`${otherwise}: no journey sends one too many`, async (t) => {
    let [sent, capped] = [0, 0]
    fc.assert(
      fc.property(deeds, (list) => {
        const { mary, counted } = live(otherwise, list)
        for (const line of counted.filter(({ author }) => author.kind === 'journey')) {
          const before = counted.filter(({ at }) => at <= line.at && line.at - at < 3 * DAY)
          if (before.length > CAP.messages && before.indexOf(line) >= CAP.messages)
            throw new Error(JSON.stringify(before.map(({ at }) => at)))
          sent += 1
        }
        capped += mary.decisions().filter(({ trail = [] }) => trail.some(({ marks }) => marks.some(([what]) => what === 'capped'))).length
      }),
      { numRuns: Number(process.env['BATON_PROPERTY_RUNS'] ?? 25) },
    )
    t.ok(sent > 5 && capped > 5, JSON.stringify({ sent, capped }))
  })
}

await t.test('a journey that waited for service counts the messages that waited as well', async (t) => {
  const { mary, counted } = live('end', [{ says: '7' }, { ms: 60_000 }, { start: true }, { campaign: true }, { campaign: true }])
  t.strictSame(
    counted.map(({ author }) => author.kind),
    ['campaign', 'campaign'],
  )
  t.match(mary.decisions().at(-1), { rule: 'service-ended', trail: [{ marks: [['started'], ['capped', 'a', 'end'], ['ended']] }] })
})

await t.test('a decision tells of the cap: by which rule, with what it looked at', async (t) => {
  const world = createWorld({ ...APPROVED, journeys: [drip('wait')] })
  const mary = world.customer()
  for (let sent = 0; sent < CAP.messages; sent += 1)
    mary.event({ type: 'send.requested', content: { kind: 'template', ...news.template }, purpose: 'marketing', by: campaign })
  mary.event({ type: 'journey.requested', journey: 'drip', by: campaign })
  t.match(mary.decisions().at(-1), {
    rule: 'journey-started',
    inputs: { marketing: { capped: { step: 'a', messages: 2, does: 'wait', until: world.now() + 3 * DAY } } },
    trail: [
      {
        marks: [
          ['started', 'a', 'campaign'],
          ['capped', 'a', 'wait'],
        ],
      },
    ],
  })
  // Another campaign takes the room that it waited for.
  world.advance(3 * DAY - 1)
  for (let sent = 0; sent < CAP.messages; sent += 1)
    mary.event({ type: 'send.requested', content: { kind: 'template', ...news.template }, purpose: 'marketing', by: campaign })
  world.advance(1)
  t.match(mary.decisions().at(-1), { rule: 'message-capped', inputs: { marketing: { capped: { until: world.now() + 3 * DAY - 1 } } } })
})
