// What work asks of agents, and how long and how many wait: on the real engines, in virtual time.
import t from 'tap'
import { createWorld, HOUR } from '../world/world.ts'
import type { WorldOptions } from '../world/world.ts'

const MINUTE = 60_000
type Queues = NonNullable<WorldOptions['queues']>
type Queue = NonNullable<Queues['queues']>[number]

const AGENTS: Queues['agents'] = [
  { id: 'ana', capacity: 4, skills: ['billing'], languages: ['de'] },
  { id: 'ben', capacity: 4, languages: ['en'] },
]
function worldOf(queue: Partial<Queue>, others: Queue[] = []) {
  const general: Queue = { id: 'general', members: ['agent:ana', 'agent:ben'], offerTimeout: '1h', ...queue }
  const faq = { id: 'faq', url: 'http://127.0.0.1:9000/turn', secret: 'env:FAQ', learns: ['language'] }
  const world = createWorld({ queues: { queues: [general, ...others], agents: AGENTS ?? [] }, bots: { bots: [faq] } })
  const [ana, ben] = [world.agent('ana'), world.agent('ben')]
  return { world, ana, ben }
}

t.test('a skill is asked for until it is relaxed', async (t) => {
  const { world, ana, ben } = worldOf({ skills: [{ skill: 'billing', relaxAfter: '2m' }] })
  const mary = world.customer()
  ben.online()
  mary.says('my invoice')
  world.advance(2 * MINUTE - 1)
  t.same(ben.offers(), [])
  world.advance(1)
  t.equal(ben.accepts().kind, 'done')
  ana.online()
  world.customer('eve').says('my invoice')
  t.equal(ana.accepts().kind, 'done', 'who is able goes first')
})

t.test('a skill of the hand-off is asked for in the queue it leads to, and starvation raises an alarm', async (t) => {
  const { world, ana, ben } = worldOf({})
  const mary = world.customer()
  ben.online()
  mary.says('hello')
  mary.session('session.transfer', { to: 'bot:faq' })
  world.bot('faq', () => ({ name: 'bot.replied', data: { messages: [], handOff: { targets: ['queue:general'], skills: ['billing'] } } }))
  mary.says('my invoice')
  t.same(ben.offers(), [])
  world.advance(6 * MINUTE)
  t.ok(world.alarms().includes('queue-starving'))
  ana.online()
  t.equal(ana.accepts().kind, 'done')
})

t.test('the customer’s language is asked for, and who speaks it is found', async (t) => {
  const { world, ana, ben } = worldOf({ language: { relaxAfter: '1m' } })
  const mary = world.customer()
  ben.online()
  mary.says('hello')
  mary.session('session.transfer', { to: 'bot:faq' })
  world.bot('faq', () => ({
    name: 'bot.replied',
    data: { messages: [], attributes: { language: 'de-AT' }, handOff: { targets: ['queue:general'] } },
  }))
  mary.says('Guten Tag')
  t.same(ben.offers(), [])
  ana.online()
  t.equal(ana.accepts().kind, 'done')
  t.equal(mary.participant()?.id, 'ana')
})

t.test('a conversation takes as much capacity as its queue says', async (t) => {
  const { world, ana } = worldOf({ weight: 3, members: ['agent:ana'] })
  ana.online()
  const [mary, eve] = [world.customer(), world.customer('eve')]
  mary.says('hello')
  eve.says('hello')
  t.equal(ana.offers().length, 1, 'three of four units are taken')
  ana.accepts()
  ana.ends(mary)
  t.equal(ana.offers().length, 1)
})

t.test('a full queue sends who comes next elsewhere, and says so in the decision', async (t) => {
  const { world, ana, ben } = worldOf({ maxWaiting: { size: 1, otherwise: { to: 'queue:second' } }, members: ['agent:ana'] }, [
    { id: 'second', members: ['agent:ben'] },
  ])
  ana.online()
  ben.online()
  const [mary, eve] = [world.customer(), world.customer('eve')]
  mary.says('hello')
  eve.says('hello')
  t.equal(ben.accepts(ben.offers()[1]).kind, 'done')
  t.match([mary.participant()?.id, eve.participant()?.id], ['general', 'ben'])
  t.match(eve.decisions()[1], { rule: 'queue-policy', inputs: { service: { why: 'full', policy: 'divert', to: 'queue:second' } } })
})

t.test('who has waited for the longest time allowed goes elsewhere, or is promised a callback', async (t) => {
  for (const otherwise of [{ to: 'bot:faq' } as const, 'callback' as const]) {
    const { world, ana } = worldOf({
      maxWait: { after: '10m', otherwise },
      waitingMessage: 'We will come back to you.',
      members: ['agent:ana'],
    })
    ana.online()
    const many = Array.from({ length: 5 }, (_, index) => world.customer(`c${index}`))
    for (const who of many) who.says('hello')
    const last = many[4] as (typeof many)[number]
    t.same(last.heard(), [], 'four are offered, the fifth waits')
    world.advance(10 * MINUTE - 1)
    t.same(last.heard(), [])
    world.advance(1)
    t.same(last.heard(), [otherwise === 'callback' ? 'We will come back to you.' : 'Bot: how can I help?'])
    t.match(last.decisions()[1], { rule: 'queue-policy', inputs: { service: { why: 'waited' } } })
    world.advance(HOUR)
    t.equal(last.view().owner, 'service')
  }
})
