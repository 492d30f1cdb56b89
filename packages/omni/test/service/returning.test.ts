// Which agent a customer had is known in later sessions, and asked for where the queue says so.
import { test } from 'tap'
import { compileOmni, botsConfig, queuesConfig } from '@baton/omni'
import { ANA, API, MINUTE, sessionWorld } from './session-world.ts'

const config = compileOmni(
  queuesConfig.parse({
    queues: [
      { id: 'general', members: ['agent:ana'], returnToAgent: { within: '1h', wait: '2m' } },
      { id: 'billing', members: ['agent:ana'] },
    ],
    agents: [{ id: 'ana' }],
  }),
  botsConfig.parse({}),
).config

function afterAna() {
  const world = sessionWorld({ config })
  world.take(['queue:general'])
  world.group('agent.assigned', { agentId: 'ana', queueId: 'general' })
  world.event('session.end', {}, ANA)
  return world
}
const asked = (world: ReturnType<typeof sessionWorld>) => world.commands().find(({ name }) => name === 'work.requested')?.data['returnTo']

void test('a customer who is back in time asks for the agent they had, and for nobody later or in a queue that does not say so', async (t) => {
  const soon = afterAna()
  soon.now += 60 * MINUTE
  soon.take(['queue:general'])
  t.same(asked(soon), { agentId: 'ana', waitMs: 2 * MINUTE })

  const late = afterAna()
  late.now += 60 * MINUTE + 1
  late.take(['queue:general'])
  t.equal(asked(late), null)

  const elsewhere = afterAna()
  elsewhere.take(['queue:billing'])
  t.equal(asked(elsewhere), null)

  const first = sessionWorld({ config })
  first.take(['queue:general'])
  t.equal(asked(first), null)
})

void test('what is kept of earlier sessions is one agent, and a session without one leaves it', async (t) => {
  const world = afterAna()
  const { lastAgent } = world.state
  t.match(world.state, { session: null, lastAgent: { agentId: 'ana' } })
  world.now += MINUTE
  world.take(['queue:general'])
  world.event('session.end', {}, { kind: 'api', id: 'k' })
  t.match(world.state, { version: 4, session: null, lastAgent })
})

void test('whoever gives a customer up within a session does not get them back from the queue', async (t) => {
  const world = sessionWorld({ config })
  world.take(['queue:billing'])
  world.group('agent.assigned', { agentId: 'ana', queueId: 'billing' })
  world.event('session.transfer', { to: 'queue:general' }, ANA)
  t.equal(asked(world), null)
  world.event('session.end', {}, API)
  world.take(['queue:general'])
  t.match(asked(world), { agentId: 'ana' }, 'in the next session they are who the customer had')
})
