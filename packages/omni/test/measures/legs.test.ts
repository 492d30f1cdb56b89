// What is noted of a service session: each of its legs, once, when it is over.
import * as fc from 'fast-check'
import { test } from 'tap'
import { botsConfig, compileOmni, queuesConfig } from '@baton/omni'
import { ANA, API, BEN, HOUR, MINUTE, sessionWorld } from '../service/session-world.ts'
import type { SessionWorld } from '../service/session-world.ts'

/** The session is over, and these are its legs. */
function ended(world: SessionWorld): Record<string, unknown>[] {
  if (world.state.session !== null) world.event('session.end', {}, API)
  return world.legs.splice(0).map((leg) => ({ ...leg }))
}

const PEOPLE = { reopened: false, bot: false, people: true, asked: false }

void test('a leg knows how long the customer waited, for an agent and for an answer, and how long the agent worked', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  const began = world.now
  world.now += 2 * MINUTE
  world.assignTo('ana')
  world.now += MINUTE
  world.event('agent.sent', { agentId: 'ana' }, ANA)
  world.now += 4 * MINUTE
  world.event('session.pause', {}, ANA)
  world.now += HOUR
  world.says('me again')
  world.now += 5 * MINUTE
  t.same(ended(world), [
    {
      sessionId: 'se_1',
      n: 1,
      queueId: 'general',
      agentId: 'ana',
      botId: null,
      beganAt: began,
      takenAt: began + 2 * MINUTE,
      endedAt: world.now,
      waitMs: 2 * MINUTE,
      waitMet: null,
      responseMs: 3 * MINUTE,
      responseMet: null,
      handleMs: 10 * MINUTE,
      outcome: 'ended',
      byAgent: false,
      session: PEOPLE,
    },
  ])
})

void test('what ends a leg, and what it is then called', async (t) => {
  const stories: [string, (world: SessionWorld) => void, Record<string, unknown>[]][] = [
    ['nobody took it', (w) => w.take(['queue:general']), [{ queueId: 'general', agentId: null, outcome: 'abandoned', session: PEOPLE }]],
    [
      'an agent passed it on',
      (w) => {
        w.assignTo('ana')
        w.event('session.transfer', { to: 'queue:billing' }, ANA)
        w.group('agent.assigned', { agentId: 'ben', queueId: 'billing' })
      },
      [
        { n: 1, queueId: 'general', agentId: 'ana', outcome: 'transferred', session: null },
        { n: 2, queueId: 'billing', agentId: 'ben', outcome: 'ended', session: PEOPLE },
      ],
    ],
    [
      'a queue sent it elsewhere',
      (w) => {
        w.take(['queue:billing'])
        w.group('work.diverted', { to: 'queue:general', why: 'nobody-online', opensAt: null })
      },
      [
        { queueId: 'billing', outcome: 'diverted' },
        { queueId: 'general', outcome: 'abandoned' },
      ],
    ],
    [
      'a bot was enough',
      (w) => {
        w.take(['bot:faq'])
        w.now += MINUTE
        w.event('bot.replied', { callId: w.callId(), messages: [{ kind: 'text', text: 'hi' }], end: true })
      },
      [
        {
          botId: 'faq',
          takenAt: null,
          waitMs: 0,
          responseMs: MINUTE,
          handleMs: MINUTE,
          outcome: 'ended',
          session: { ...PEOPLE, bot: true, people: false },
        },
      ],
    ],
    [
      'a bot handed over',
      (w) => {
        w.take(['bot:faq', 'queue:general'])
        w.event('bot.replied', { callId: w.callId(), messages: [], handOff: {} })
      },
      [
        { botId: 'faq', outcome: 'handed-off', session: null },
        { queueId: 'general', outcome: 'abandoned', session: { ...PEOPLE, bot: true } },
      ],
    ],
    [
      'a bot failed, and its session with it',
      (w) => {
        w.take(['bot:faq'])
        w.event('bot.failed', { callId: w.callId(), reason: 'bot-timeout' })
      },
      [{ botId: 'faq', outcome: 'failed', session: { ...PEOPLE, bot: true, people: false } }],
    ],
    [
      'it was inactive, and is taken up again',
      (w) => {
        w.assignTo('ana')
        w.event('session.inactive', {}, ANA)
        w.now += HOUR
        w.says('hello again')
      },
      [
        { agentId: 'ana', handleMs: 0, outcome: 'resumed' },
        { queueId: 'general', agentId: null, outcome: 'abandoned' },
      ],
    ],
    [
      'its agent was lost',
      (w) => {
        w.assignTo('ana')
        w.group('agent.lost', { agentId: 'ana' })
      },
      [{ agentId: 'ana', outcome: 'requeued' }, { outcome: 'abandoned' }],
    ],
    [
      'upstream took it out of its queue, and it ended there',
      (w) => {
        w.take(['queue:general'])
        w.give({ kind: 'yield', reason: 'upstream' })
      },
      [
        { queueId: 'general', outcome: 'upstream', session: null },
        { n: 2, queueId: null, agentId: null, outcome: 'ended', session: PEOPLE },
      ],
    ],
    ['nobody could take it at all', (w) => w.take([], { reason: 'x' }), [{ n: 1, queueId: null, outcome: 'failed' }]],
  ]
  for (const [what, tell, legs] of stories) {
    const world = what.startsWith('nobody could') ? sessionWorld({ entry: [] }) : sessionWorld()
    tell(world)
    const found = ended(world)
    t.match(found, legs, what)
    t.equal(found.length, legs.length, what)
  }
})

void test('nobody waits for an agent who writes first, and whoever declines or is asked has not taken it', async (t) => {
  const world = sessionWorld()
  world.take(['agent:ana'], { reason: 'agent-initiated' }, false)
  world.event('agent.sent', { agentId: 'ana' }, ANA)
  world.now += MINUTE
  t.match(ended(world), [{ queueId: null, agentId: 'ana', byAgent: true, waitMs: 0, responseMs: null, handleMs: MINUTE }])
  world.take(['agent:ben'])
  world.now += MINUTE
  t.match(ended(world), [{ agentId: null, waitMs: MINUTE, takenAt: null, outcome: 'abandoned' }])
  world.take(['agent:ben'])
  world.event('agent.sent', { agentId: 'ben' }, BEN)
  t.match(ended(world), [{ agentId: 'ben', responseMs: 0, outcome: 'ended' }])
})

void test('a session that begins within 24 hours of the end of the one before is re-opened', async (t) => {
  const world = sessionWorld()
  world.take(['queue:general'])
  t.match(ended(world), [{ session: { reopened: false } }])
  world.now += 24 * HOUR - 1
  world.take(['queue:general'])
  t.match(ended(world), [{ session: { reopened: true } }])
  world.now += 24 * HOUR
  world.take(['queue:general'])
  t.match(ended(world), [{ session: { reopened: false } }])
})

void test('time in which the queue is closed is no wait', async (t) => {
  const queues = queuesConfig.parse({
    hours: [{ id: 'day', zone: 'UTC', weekly: { thu: ['00:00-01:00', '02:00-24:00'] } }],
    queues: [{ id: 'general', members: ['agent:ana'], hours: 'day' }],
    agents: [{ id: 'ana' }],
  })
  const world = sessionWorld({ config: compileOmni(queues, botsConfig.parse({})).config })
  world.now = HOUR / 2 // of a Thursday
  world.take(['queue:general'])
  world.now = 2.25 * HOUR
  world.assignTo('ana')
  t.match(ended(world), [{ waitMs: 0.75 * HOUR }])
})

/** What may happen to a session, in any order. */
const happenings: ((world: SessionWorld) => unknown)[] = [
  (w) => (w.state.session === null ? w.take(['bot:faq', 'queue:general']) : w.says('hello')),
  (w) => (w.state.session === null ? w.take(['queue:billing']) : w.says('hello')),
  (w) => w.event('bot.replied', { callId: w.callId(), messages: [], handOff: {} }),
  (w) => w.event('bot.failed', { callId: w.callId(), reason: 'bot-timeout' }),
  (w) => w.group('agent.assigned', { agentId: 'ana', queueId: 'general' }),
  (w) => w.group('work.diverted', { to: 'queue:general', why: 'full', opensAt: null }),
  (w) => w.group('agent.lost', { agentId: 'ana' }),
  (w) => w.event('agent.sent', { agentId: 'ana' }, ANA),
  (w) => w.event('session.transfer', { to: 'agent:ben' }, API),
  (w) => w.event('session.inactive', {}, API),
  (w) => w.event('session.pause', {}, API),
  (w) => w.event('session.end', {}, API),
  (w) => w.give({ kind: 'yield', reason: 'upstream' }),
  (w) => w.give({ kind: 'resume', after: 'upstream' }),
  (w) => w.timer('auto-end'),
]

void test('legs of a session are told once each, in order, without overlapping, and the last one says so', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: happenings.length - 1 }), fc.nat({ max: 40 * HOUR })), { maxLength: 40 }), (story) => {
      const world = sessionWorld()
      const begun = new Set<string>()
      for (const [what, pause] of story) {
        world.now += pause
        happenings[what]?.(world)
        if (world.state.session !== null) begun.add(world.state.session.id)
      }
      if (world.state.session !== null) world.event('session.end', {}, API)
      for (const id of begun) {
        const legs = world.legs.filter(({ sessionId }) => sessionId === id)
        const inOrder = legs.every((leg, at) => leg.n === at + 1 && leg.beganAt >= (legs[at - 1]?.endedAt ?? 0))
        const sane = legs.every(({ beganAt, takenAt, endedAt, waitMs, handleMs }) => {
          const taken = takenAt ?? endedAt
          return beganAt <= taken && taken <= endedAt && waitMs <= taken - beganAt && handleMs <= endedAt - beganAt
        })
        const last = legs.filter(({ session }) => session !== null)
        if (!inOrder || !sane || last.length !== 1 || last[0] !== legs.at(-1)) return false
      }
      return true
    }),
    { numRuns: 150 },
  )
})
