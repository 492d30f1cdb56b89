// The negative control: evidence of a run in which everything went well, spoilt in one place each; the judge has to say so.
import t from 'tap'
import { ROUND } from './configuration.ts'
import type { Evidence, Story } from './evidence.ts'
import { judge } from './judge.ts'
import type { Verdict } from './judge.ts'

const SAID = [ROUND.opens, 'word 1', 'word 2', ROUND.closes]
const ANSWERS = [ROUND.hearsFirst, 'word 1', 'word 2', ROUND.hearsLast]

function goodStory(policy: Story['policy']): Story {
  const ids = ANSWERS.map((_, at) => `ms_${at}`)
  const decided = (at: number, ownerBefore: string, ownerAfter: string) => ({
    eventType: at === SAID.length ? 'timer.fired' : 'message.received',
    messageId: at === SAID.length ? null : `in_${at}`,
    ownerBefore,
    ownerAfter,
  })
  return {
    phone: '15551000000',
    policy,
    rounds: 1,
    said: SAID.map((text, at) => ({ wamid: `wamid.${at}`, text })),
    inbound: SAID.map((text, at) => ({ id: `in_${at}`, wamid: `wamid.${at}`, text })),
    outbound: ANSWERS.map((text, at) => ({ id: `ms_${at}`, text, status: 'delivered' })),
    decisions: [
      decided(0, 'none', 'marketing'),
      ...[1, 2, 3].map((at) => decided(at, 'marketing', 'marketing')),
      decided(4, 'marketing', 'none'),
    ],
    heard: ids.map((messageId, at) => ({ messageId, text: ANSWERS[at] ?? '' })),
  }
}

function good(policy: Story['policy'] = 'never-repeated'): Evidence & { story: Story } {
  const story = goodStory(policy)
  const left = { inbox: 0, outbox: 0, quarantine: 0, runTimers: 0 }
  return { story, stories: [story], strangers: 0, underWay: new Set(), left, unconfirmed: [], otherAlarms: [] }
}

type Count = 'lost' | 'doubledInside' | 'doubledOutside' | 'outOfOrder' | 'timers' | 'other'
const COUNTS: Count[] = ['lost', 'doubledInside', 'doubledOutside', 'outOfOrder', 'timers', 'other']
const found = (verdict: Verdict): Count[] => COUNTS.filter((count) => verdict[count].length > 0)

await t.test('a good run has nothing to be said against it', async (t) => {
  t.strictSame(found(judge(good())), [])
})

await t.test('a message that was overtaken may be answered in either order, and has its place in the transcript', async (t) => {
  const overtaken = (evidence: ReturnType<typeof good>): Evidence => {
    Object.assign(evidence.story.said[1] ?? {}, { overtaken: true })
    return evidence
  }
  const answeredLate = good()
  const { outbound, heard } = answeredLate.story
  outbound.splice(1, 2, ...outbound.slice(1, 3).toReversed())
  heard.splice(1, 2, ...heard.slice(1, 3).toReversed())
  t.strictSame(found(judge(answeredLate)), ['outOfOrder'], 'if nothing overtook it, no')
  t.strictSame(found(judge(overtaken(answeredLate))), [])
  t.strictSame(found(judge(overtaken(good()))), [], 'both were there when it was decided')
  const misplaced = good()
  misplaced.story.inbound.splice(1, 2, ...misplaced.story.inbound.slice(1, 3).toReversed())
  t.strictSame(found(judge(overtaken(misplaced))), ['outOfOrder'])
  const unanswered = good()
  unanswered.story.outbound.splice(1, 1)
  t.ok(found(judge(overtaken(unanswered))).includes('lost'))
})

const SPOILT: [string, Count, (evidence: ReturnType<typeof good>) => unknown][] = [
  ['an acknowledged message is in no transcript', 'lost', ({ story }) => story.inbound.splice(1, 1)],
  [
    'a message is in the transcript twice',
    'doubledInside',
    ({ story }) => story.inbound.push({ ...(story.inbound[1] as Story['inbound'][0]) }),
  ],
  ['two messages changed places', 'outOfOrder', ({ story }) => story.inbound.splice(1, 2, ...story.inbound.slice(1, 3).toReversed())],
  ['a message was not answered', 'lost', ({ story }) => story.outbound.splice(1, 1)],
  ['an answer was decided twice', 'doubledInside', ({ story }) => story.outbound.push({ id: 'ms_9', text: 'word 1', status: 'delivered' })],
  ['an answer was never accepted', 'lost', ({ story }) => story.heard.splice(2, 1)],
  ['an answer was accepted twice', 'doubledOutside', ({ story }) => story.heard.push({ messageId: 'ms_3', text: ROUND.hearsLast })],
  [
    'two answers were heard in the wrong order',
    'outOfOrder',
    ({ story }) => story.heard.splice(1, 2, ...story.heard.slice(1, 3).toReversed()),
  ],
  ['the provider heard what no transcript has', 'other', ({ story }) => story.heard.push({ messageId: 'ms_7', text: 'boo' })],
  [
    'a message was decided twice',
    'other',
    ({ story }) => story.decisions.splice(1, 0, { ...(story.decisions[1] as Story['decisions'][0]) }),
  ],
  ['a message was not decided', 'other', ({ story }) => story.decisions.splice(1, 1)],
  ['the owner changed without a decision', 'other', ({ story }) => Object.assign(story.decisions[2] ?? {}, { ownerBefore: 'none' })],
  [
    'a timer fired twice',
    'timers',
    ({ story }) => story.decisions.push({ ...(story.decisions[4] as Story['decisions'][0]), ownerBefore: 'none' }),
  ],
  ['something waits in the inbox', 'lost', ({ left }) => (left.inbox = 1)],
  ['something waits in the outbox', 'lost', ({ left }) => (left.outbox = 1)],
  ['a timer outlived its run', 'timers', ({ left }) => (left.runTimers = 1)],
  ['an update was set aside', 'other', ({ left }) => (left.quarantine = 1)],
  ['one person has two conversations', 'other', (evidence) => (evidence.strangers = 1)],
  ['an alarm nobody expected', 'other', ({ otherAlarms }) => otherAlarms.push('delivery-stuck')],
]

await t.test('each broken promise is found', async (t) => {
  for (const [what, count, spoil] of SPOILT) {
    const evidence = good()
    spoil(evidence)
    t.ok(found(judge(evidence)).includes(count), what)
  }
})

await t.test('marketing that was never accepted is excused only if it was under way, and if an alarm tells of it', async (t) => {
  const never = (change: { underWay?: string[]; unconfirmed?: string[]; policy?: Story['policy'] }): Verdict => {
    const evidence = good(change.policy)
    evidence.story.heard.splice(2, 1)
    Object.assign(evidence.story.outbound[2] ?? {}, { status: 'maybe-sent' })
    return judge({ ...evidence, underWay: new Set(change.underWay ?? ['ms_2']), unconfirmed: change.unconfirmed ?? ['ms_2'] })
  }
  t.match(never({}), { lost: [], unconfirmed: 1 })
  t.match(never({ underWay: [] }), { lost: [/never accepted/], unconfirmed: 0 })
  t.match(never({ unconfirmed: [] }), { lost: [/never accepted/], unconfirmed: 0 })
  t.match(never({ policy: 'repeated' }), { lost: [/never accepted/], unconfirmed: 0 })
})

await t.test('marketing that was accepted and of which no answer and no status told is excused only in the same way', async (t) => {
  const unknown = (unconfirmed: string[]): Verdict => {
    const evidence = good()
    Object.assign(evidence.story.outbound[2] ?? {}, { status: 'maybe-sent' })
    return judge({ ...evidence, underWay: new Set(['ms_2']), unconfirmed })
  }
  t.match(unknown(['ms_2']), { other: [], unconfirmed: 1 })
  t.match(unknown([]), { other: [/was accepted, and is maybe-sent/], unconfirmed: 0 })
})

await t.test('a second acceptance is excused only if it was under way, and never for marketing', async (t) => {
  const again = (policy: Story['policy'], underWay: string[]): Verdict => {
    const evidence = good(policy)
    evidence.story.heard.splice(2, 0, { messageId: 'ms_1', text: 'word 1' })
    return judge({ ...evidence, underWay: new Set(underWay) })
  }
  t.match(again('repeated', ['ms_1']), { doubledOutside: [], repeated: 1 })
  t.match(again('repeated', []), { doubledOutside: [/2 times/], repeated: 0 })
  t.match(again('never-repeated', ['ms_1']), { doubledOutside: [/2 times/], repeated: 0 })
})
