// Scenarios "Service": hand-off to a queue with nobody online or out of hours.
import t from 'tap'
import { pendingCallbacks } from '@baton/omni'
import type { OmniConfig } from '@baton/omni'
import { createWorld, HOUR } from '../world/world.ts'
import type { WorldOptions } from '../world/world.ts'

// The world begins on a Monday at nine in the morning, UTC.
const HOURS = {
  id: 'office',
  zone: 'UTC',
  weekly: Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, ['08:00-17:00']])),
  holidays: ['2026-11-26'],
}
const TO_CLOSING = 8 * HOUR
type Queue = NonNullable<NonNullable<WorldOptions['queues']>['queues']>[number]

function officeWorld(more: Partial<Queue> = {}, others: Queue[] = []) {
  return createWorld({
    queues: {
      hours: [HOURS],
      queues: [
        { id: 'general', hours: 'office', members: ['agent:ana'], closedMessage: 'We open at 8.', waitingMessage: 'One moment.', ...more },
        ...others,
      ],
      agents: [{ id: 'ana' }, { id: 'ben' }],
    },
  })
}

t.test('out of hours, wait: told once, not given out to whoever is still there, and given out when the queue opens', async (t) => {
  const world = officeWorld()
  const mary = world.customer()
  const ana = world.agent('ana')
  ana.online()
  world.advance(TO_CLOSING + HOUR)
  mary.says('hello')
  mary.says('hello?')
  t.same(mary.heard(), ['We open at 8.'])
  t.same(ana.offers(), [])
  t.match([mary.view().owner, mary.view().serviceSession?.status, mary.participant()?.id], ['service', 'waiting', 'general'])
  world.advance(14 * HOUR)
  t.equal(ana.accepts().kind, 'done')
  t.match(mary.participant(), { kind: 'agent', id: 'ana' })
})

t.test('the decision says why: the queue, its policy, and when it opens', async (t) => {
  const world = officeWorld({ whenClosed: 'callback' })
  const mary = world.customer()
  world.advance(TO_CLOSING)
  mary.says('hello')
  t.equal(mary.decided().rule, 'default-app')
  t.match(mary.decision(), {
    rule: 'queue-policy',
    inputs: { service: { queue: 'general', why: 'closed', policy: 'callback', opensAt: '2026-11-24T08:00:00.000Z' } },
  })
})

t.test('out of hours, a bot: it answers until somebody is asked for, and then the queue keeps the customer', async (t) => {
  const world = officeWorld({ whenClosed: { to: 'bot:faq' } })
  const mary = world.customer()
  world.advance(TO_CLOSING)
  mary.says('hello')
  t.same([mary.heard(), mary.participant()?.kind], [['Bot: how can I help?'], 'bot'])
  t.match(mary.decisions()[1], { rule: 'queue-policy', inputs: { service: { why: 'closed', policy: 'divert', to: 'bot:faq' } } })
  world.bot('faq', () => ({ name: 'bot.replied', data: { messages: [], handOff: { targets: ['queue:general'] } } }))
  mary.says('a human, please')
  t.match([mary.view().serviceSession?.status, mary.participant()?.id, mary.heard().at(-1)], ['waiting', 'general', 'We open at 8.'])
})

t.test('out of hours, a fallback queue: its people get the work, by the chain of fallbacks if it is closed too', async (t) => {
  const world = officeWorld({ whenClosed: { to: 'queue:evening' } }, [
    { id: 'evening', members: ['agent:ana'], whenNobodyOnline: { to: 'queue:night' } },
    { id: 'night', members: ['agent:ben'] },
  ])
  const mary = world.customer()
  world.agent('ben').online()
  world.advance(TO_CLOSING)
  mary.says('hello')
  t.equal(world.agent('ben').accepts().kind, 'done')
  t.match(
    mary.decisions().map((decision) => (decision.inputs['service'] as { why?: string } | undefined)?.why),
    [undefined, 'closed', 'nobody-online'],
  )
})

t.test('a bot that fails and a closed queue do not send the customer round: the queue keeps them', async (t) => {
  const world = officeWorld({ whenClosed: { to: 'bot:faq' } })
  world.bot('faq', () => ({ name: 'bot.failed', data: { reason: 'bot-timeout' } }))
  const mary = world.customer()
  world.advance(TO_CLOSING)
  mary.says('hello')
  t.equal(world.botTurns.length, 1)
  t.match([mary.view().owner, mary.view().serviceSession?.status, mary.participant()?.id], ['service', 'waiting', 'general'])
  t.match(mary.heard(), ['We open at 8.'])
})

t.test('nobody online, callback: promised, and work as soon as somebody is there', async (t) => {
  const world = officeWorld({ whenNobodyOnline: 'callback' })
  const mary = world.customer()
  mary.says('hello')
  t.same(mary.heard(), ['One moment.'])
  t.match(mary.decision().inputs['service'], { why: 'nobody-online', policy: 'callback' })
  world.agent('ana').online()
  t.equal(world.agent('ana').accepts().kind, 'done')
})

t.test(
  'a callback outlives the weekend, and waits for the agent with its age; a session that only waits ends after the opening',
  async (t) => {
    for (const policy of ['callback', 'wait'] as const) {
      const world = officeWorld({ whenClosed: policy, callbackTemplate: { name: 'we_are_back', language: 'en' } })
      const mary = world.customer()
      // Friday, an hour after closing; open again on Monday at eight.
      world.advance(4 * 24 * HOUR + TO_CLOSING + HOUR)
      mary.says('hello')
      world.advance(62 * HOUR + 23 * HOUR)
      t.equal(mary.view().serviceSession?.status, 'waiting', 'a day after the opening, not after the message')
      world.advance(2 * HOUR)
      t.equal(mary.view().serviceSession?.status, policy === 'callback' ? 'waiting' : 'ended')
      t.ok(world.alarms().includes(policy === 'callback' ? 'callback-overdue' : 'ended-unanswered'))
      if (policy === 'wait') continue
      world.agent('ana').online()
      t.equal(world.agent('ana').accepts().kind, 'done')
      t.match(mary.heard().at(-1), 'template we_are_back', 'the reply window is closed by then')
      world.advance(HOUR)
      t.equal(mary.view().serviceSession?.status, 'active', 'the clocks run from here on')
      world.advance(24 * HOUR)
      t.equal(mary.view().serviceSession?.status, 'ended')
    }
  },
)

t.test('the customer’s further messages join the callback, and a keyword does not take it away', async (t) => {
  const world = officeWorld({ whenClosed: 'callback' })
  const mary = world.customer()
  world.advance(TO_CLOSING)
  mary.says('hello')
  const promised = () => pendingCallbacks(world.group().state, world.settings.engines['omni'] as OmniConfig, world.now())
  t.match(promised(), [{ conversationId: mary.actor.id, queueId: 'general', opensAt: world.now() + 15 * HOUR, offeredTo: null }])
  mary.says('coupon')
  t.match([mary.decided().rule, mary.view().serviceSessions.length], ['open-service-session', 1])
  mary.session('session.end', {})
  t.equal(mary.view().owner, 'none')
  t.same(promised(), [])
  world.agent('ana').online()
  world.advance(24 * HOUR)
  t.same(world.agent('ana').offers(), [], 'a callback that was ended is no work any more')
})

t.test('closing time: who waits is served while somebody is there, and held when the last one has gone', async (t) => {
  const world = officeWorld({ whenClosed: 'callback' })
  const [mary, eve] = [world.customer(), world.customer('eve')]
  const ana = world.agent('ana')
  ana.online()
  world.advance(TO_CLOSING - 10_000)
  mary.says('hello')
  world.advance(10_000)
  eve.says('hello')
  t.same([mary.heard(), eve.heard()], [[], ['We open at 8.']], 'Mary came in time')
  t.equal(ana.offers().length, 1)
  ana.offline()
  t.same(mary.heard(), ['We open at 8.'])
  ana.online()
  t.same(ana.offers(), [])
  world.advance(15 * HOUR)
  t.equal(ana.offers().length, 2)
})

t.test('a holiday is closed like a Sunday', async (t) => {
  const world = officeWorld()
  const mary = world.customer()
  world.agent('ana').online()
  world.advance(3 * 24 * HOUR)
  mary.says('hello')
  t.same(mary.heard(), ['We open at 8.'])
  world.advance(23 * HOUR)
  t.equal(world.agent('ana').offers().length, 1, 'on Friday')
})

t.test('who waits for the opening does not raise the alarm of a starving queue before it', async (t) => {
  const world = officeWorld()
  world.advance(TO_CLOSING)
  world.customer().says('hello')
  world.advance(14 * HOUR)
  t.same(world.alarms(), [])
  world.advance(2 * HOUR)
  t.same(world.alarms(), ['queue-starving'])
})
