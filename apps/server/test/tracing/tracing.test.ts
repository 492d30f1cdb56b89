// What is told of a message, as spans.
import type { ChannelUpdate, CommittedTurn, Turn } from '@baton/router'
import { childId, familyOf, formatId, newUuid } from '@baton/router'
import t from 'tap'
import { createTracing } from '../../src/tracing/tracing.ts'
import type { FamilySpan } from '../../src/tracing/tracing.ts'

const NOW = 1_800_000_000_000
const event = () => formatId('ev', 7, newUuid(NOW))

function traced(): { spans: FamilySpan[]; tracing: ReturnType<typeof createTracing> } {
  const spans: FamilySpan[] = []
  return { spans, tracing: createTracing((span) => spans.push(span), { now: () => NOW }) }
}

function turnOf(id: string, happened: object, turn: Partial<Turn> = {}): CommittedTurn {
  const nothing: Turn = {
    state: null,
    summary: null,
    messages: [],
    sends: [],
    calls: [],
    commands: [],
    timers: { set: [], cancel: [] },
    decision: null,
    alarms: [],
    outcome: { kind: 'done' },
  }
  return {
    actor: { slot: 7, id: formatId('cv', 7, newUuid(NOW)), kind: 'conversation', key: 'main/phone:1', numberId: 'main', state: null },
    event: { id, at: NOW - 5_000, receivedAt: NOW - 300, event: happened },
    turn: { ...nothing, ...turn },
  }
}

await t.test('an event is the root of its family, from when it was stored to when it was applied', async (t) => {
  const { spans, tracing } = traced()
  const id = event()
  tracing.turns([turnOf(id, { type: 'timer.fired', name: 'x', due: 1 }, { alarms: [{ code: 'queue-starving', detail: {} }] })], 20)
  t.match(spans, [
    { name: 'timer.fired', isRoot: true, family: familyOf(id), start: NOW - 300, end: NOW, links: [] },
    { name: 'turn', isRoot: false, family: familyOf(id), start: NOW - 20, end: NOW, attributes: { 'baton.alarms': 'queue-starving' } },
  ])
})

await t.test("a bot's answer leads back to the message it answers, and a failure to the message that failed", async (t) => {
  const { spans, tracing } = traced()
  const asked = event()
  const callId = childId('ca', 7, asked, 3)
  tracing.turns([turnOf(event(), { type: 'engine.event', side: 'service', name: 'bot.answered', data: { callId, text: 'hi' } })], 1)
  tracing.turns([turnOf(event(), { type: 'send.failed', messageId: childId('ms', 7, asked, 1), code: 'x', reason: 'y' })], 1)
  t.same(
    spans.filter(({ isRoot }) => isRoot).map(({ links }) => links),
    [[familyOf(asked)], [familyOf(asked)]],
  )
})

await t.test('what was sent and its statuses are of the family of the event that led to it', async (t) => {
  const { spans, tracing } = traced()
  const id = event()
  const about = childId('ms', 7, id, 9)
  const sent = {
    kind: 'message',
    actorId: 'cv',
    numberId: 'main',
    about,
    purpose: 'service',
    tries: 1,
    lane: 'interactive',
    ms: 40,
  } as const
  tracing.settled({ ...sent, outcome: 'later' })
  tracing.settled({ ...sent, outcome: 'failed' })
  tracing.settled({ ...sent, kind: 'command', about: null, outcome: 'submitted' })
  const error = { code: 131_026, class: 'final', title: 'cannot reach +15557770001' } as const
  const status = (more: object) => ({ kind: 'status', account: '1', status: { providerId: 'wamid.x', status: 'sent', at: 1, ...more } })
  const updates = [status({ messageId: about, status: 'failed', error }), status({}), status({ messageId: 'x' })] as ChannelUpdate[]
  tracing.webhook({ channel: 'whatsapp', updates, eventIds: [], ms: 5 })
  t.same(new Set(spans.map(({ family }) => family)), new Set([familyOf(id)]))
  t.match(spans, [
    { name: 'send', failure: null, start: NOW - 40, attributes: { 'baton.outcome': 'later', 'baton.try': 2, 'baton.lane': 'interactive' } },
    { name: 'send', failure: 'failed' },
    { name: 'status failed', failure: '131026', start: NOW - 5 },
  ])
  t.equal(spans.length, 3, 'a command, and statuses that name no message of ours, have no family')
})
