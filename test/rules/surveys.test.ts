// The survey after a service session: its answer is noted wherever it comes in, and nobody is held up by the question.
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import { COUPON } from '../world/journeys.ts'

/** Asks for the score itself. */
const RATE = {
  journey: 'rate',
  purpose: 'utility',
  start: 'ask',
  steps: {
    ask: {
      ask: {
        list: {
          body: 'And how was it?',
          button: 'Rate',
          sections: [{ rows: ['1', '2', '3', '4', '5'].map((id) => ({ id, title: `${id} of 5` })) }],
        },
      },
      on: { 1: 'done', 2: 'done', 3: 'done', 4: 'done', 5: 'done', invalid: 'done', timeout: { after: '20h', goto: 'done' } },
    },
    done: { end: 'completed' },
  },
}
const QUESTION = { question: 'How did we do?', thanks: 'Thank you.' }

/** Mary was served by Ana, and the session is over. */
function served(survey: Record<string, unknown>, more: { journeys?: unknown[]; late?: boolean } = {}) {
  const world = createWorld({
    queues: { queues: [{ id: 'general', members: ['agent:ana'], survey }], agents: [{ id: 'ana' }] },
    journeys: more.journeys ?? [COUPON],
    number: { serviceSessions: { entry: ['queue:general'], autoEndAfter: '30d', unansweredAfter: '30d' } },
    templates: { 'rate_us/en': { status: 'APPROVED', category: 'UTILITY' } },
  })
  const mary = world.customer()
  const ana = world.agent('ana')
  ana.online()
  mary.says('hello')
  ana.accepts()
  ana.writes(mary, 'Here you are.')
  if (more.late === true) world.advance(25 * HOUR)
  ana.ends(mary)
  return { world, mary, ana, session: mary.view().serviceSession?.id ?? '' }
}

t.test('a pressed answer is noted once the session is over, thanked for once, and opens nothing', async (t) => {
  const { world, mary, session } = served(QUESTION)
  t.match(mary.heard().slice(1), ['How did we do?'])
  t.equal(mary.view().owner, 'none')
  mary.presses(`survey/${session}/4`)
  t.match(mary.decided(), { rule: 'survey-answer', ownerBefore: 'none', ownerAfter: 'none' })
  mary.presses(`survey/${session}/2`)
  t.same(world.scores, [4, 2], 'the later one counts')
  t.same(mary.heard().slice(2), ['Thank you.'])
  t.match(world.legs, [{ outcome: 'ended', session: { asked: true } }])
  t.equal(mary.view().owner, 'none')
})

t.test('a number that is typed is an answer while the survey is open; everything else is decided as ever', async (t) => {
  const typed = served(QUESTION)
  typed.mary.says(' 5 ')
  t.same(typed.world.scores, [5])
  typed.mary.says('5')
  t.equal(typed.mary.decided().rule, 'default-app', 'answered already: it is a message')
  const other = served(QUESTION)
  for (const [text, rule] of [
    ['coupon', 'reserved-keyword'],
    ['stop', 'consent'],
  ] as const) {
    other.mary.says(text)
    t.equal(other.mary.decided().rule, rule)
  }
  t.same(other.world.scores, [])
  const words = served(QUESTION)
  words.mary.says('5 apples please')
  t.match(words.mary.decided(), { rule: 'default-app', ownerAfter: 'service' })
  const late = served({ ...QUESTION, within: '1h' })
  late.world.advance(HOUR)
  late.mary.says('5')
  t.equal(late.mary.decided().rule, 'default-app')
  late.ana.accepts()
  late.mary.presses(`survey/${late.session}/1`)
  t.equal(late.mary.decided().rule, 'open-service-session', 'an open session keeps what is written')
  t.same([...words.world.scores, ...late.world.scores], [])
})

t.test('a number that is typed while a journey asks is for the journey; a press is what it says', async (t) => {
  const numbers = { ...RATE, journey: 'numbers', entry: { keywords: ['go'] } }
  const { world, mary, session } = served(QUESTION, { journeys: [numbers] })
  mary.says('go')
  mary.says('4')
  t.equal(mary.decided().rule, 'invalid-reply')
  t.same(world.scores, [])
  mary.says('go')
  mary.presses(`survey/${session}/3`)
  t.match(mary.decided(), { rule: 'survey-answer', ownerBefore: 'marketing', ownerAfter: 'marketing' })
  t.same(world.scores, [3])
})

t.test('outside the reply window the template asks, and what its buttons begin with counts; without one nothing is asked', async (t) => {
  const { world, mary } = served({ template: { name: 'rate_us', language: 'en' } }, { late: true })
  const asked = mary.messages().findLast(({ content }) => content.kind === 'template')
  t.equal(asked?.status, 'sent')
  mary.receive({ kind: 'reply', via: 'template', id: 'x', title: '5 – great' }, asked === undefined ? {} : { quoting: asked })
  t.same(world.scores, [5])
  const silent = served(QUESTION, { late: true })
  t.equal(silent.mary.heard().length, 1)
  t.match(silent.world.legs, [{ session: { asked: false } }])
})

t.test('a journey asks instead: it begins when the session is over, and its reply is the answer', async (t) => {
  const { world, mary } = served({ journey: 'rate' }, { journeys: [RATE] })
  t.match([mary.view().owner, mary.heard().length], ['marketing', 2])
  t.same(world.scores, [null], 'asked')
  mary.presses('4')
  t.same(world.scores, [null, 4])
  t.match(world.legs, [{ session: { asked: false } }], 'not by service itself')
  t.equal(mary.view().owner, 'none')
})

t.test('a journey that refuses to start has asked nobody', async (t) => {
  const { world, mary } = served({ journey: 'gone' })
  t.equal(mary.view().owner, 'none')
  t.same(world.scores, [])
})

t.test('nobody is asked who had no agent, or whose session failed', async (t) => {
  const world = createWorld({ queues: { queues: [{ id: 'general', members: ['agent:ana'], survey: QUESTION }], agents: [{ id: 'ana' }] } })
  const mary = world.customer()
  mary.says('hello')
  mary.session('session.end', {})
  t.same(mary.heard(), [])
  t.match(world.legs, [{ outcome: 'abandoned', session: { asked: false } }])
})
