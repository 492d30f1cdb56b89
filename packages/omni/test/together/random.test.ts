// Three conversations and the routing group, with commands between them that arrive in order per sender but at any time:
// whatever happens, nobody throws, nothing is lost, and once all is delivered both sides agree.
import { test } from 'tap'
import * as fc from 'fast-check'
import type { Author } from '@baton/router'
import type { Item, WrapUp } from '../../src/group/state.ts'
import type { SessionWorld } from '../service/session-world.ts'
import { ANA, API, BEN, NO_REPLY } from '../service/session-world.ts'
import { counted, CUSTOMERS, held, simulation } from './simulation.ts'
import type { Operation } from './simulation.ts'

const who = fc.constantFrom(...CUSTOMERS)
const actor = fc.constantFrom<Author>(ANA, BEN, API)
const target = fc.constantFrom('queue:general', 'queue:billing', 'bot:faq', 'agent:ana', 'agent:ben', 'queue:nope')

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), to: fc.constantFrom(-1, ...CUSTOMERS) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('says' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer' as const), agent: fc.constantFrom('ana', 'ben'), accept: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('presence' as const),
      agent: fc.constantFrom('ana', 'ben'),
      status: fc.constantFrom('online', 'online', 'away', 'offline'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('console' as const), agent: fc.constantFrom('ana', 'ben') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wrapUp' as const), agent: fc.constantFrom('ana', 'ben'), extend: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('take' as const), who, targets: fc.array(target, { maxLength: 3 }), byAgent: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('act' as const),
      who,
      name: fc.constantFrom('session.end', 'session.pause', 'session.inactive', 'session.resume', 'agent.sent'),
      by: actor,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('transfer' as const), who, to: target, by: actor }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reassign' as const), who, to: target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('takeOver' as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('drain' as const),
      queue: fc.constantFrom('general', 'billing'),
      to: fc.constantFrom('queue:general', 'queue:billing', 'bot:faq', null),
      move: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('bot' as const), who, how: fc.constantFrom('reply', 'handOff', 'end', 'fail', 'late') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('upstream' as const), who, taken: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('window' as const), who, open: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 4, 31), stopped: fc.constant(false) }),
  },
  // Nothing ran for a day: every timer is late.
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constant(60 * 25), stopped: fc.constant(true) }) },
)
// Somebody is there and customers have written: the rare cases are in what happens then.
const story = fc
  .array(operation, { minLength: 10, maxLength: 80, size: 'max' })
  .map((steps): Operation[] => [
    { do: 'presence', agent: 'ana', status: 'online' },
    ...CUSTOMERS.map((customer): Operation => ({ do: 'says', who: customer })),
    { do: 'deliver', to: -1 },
    { do: 'deliver', to: -1 },
    { do: 'answer', agent: 'ana', accept: true },
    ...steps,
  ])

function isHeldTwice({ sessionId, state }: Item, wrapUp: WrapUp): boolean {
  return state.kind === 'assigned' && state.agentId === wrapUp.agentId && sessionId === wrapUp.sessionId
}

void test('the group and the conversations agree once everything is delivered, whatever happened', async (t) => {
  fc.assert(
    fc.property(story, (steps) => {
      const world = simulation()
      for (const step of steps) world.run(step)
      world.settle()
      world.sessions.forEach((session, index) => {
        const [own, groups] = [held(session), counted(world, index)]
        if (own !== groups) throw new Error(`conversation ${index} holds ${own}, the group counts ${groups}`)
      })
    }),
    { numRuns: 150 },
  )
  t.pass()
})

void test('whatever happens, every open session has its clock, and nothing waits in the group without one', async (t) => {
  fc.assert(
    fc.property(story, (steps) => {
      const world = simulation()
      for (const step of steps) {
        world.run(step)
        world.sessions.forEach((session, index) => {
          const open = session.state.session !== null
          if (open !== (world.timers[index]?.has('auto-end') ?? false)) throw new Error(`conversation ${index}: auto-end`)
          if ((session.callId() !== '') !== (world.timers[index]?.has('bot-answer') ?? false) && session.status() !== 'paused') {
            throw new Error(`conversation ${index}: bot-answer`)
          }
        })
        const { items, agents, wrapUps } = world.group.state()
        for (const { state } of items) {
          if (state.kind === 'offered' && !world.group.timers.has(`offer:${state.offerId}`)) throw new Error('an offer without a timer')
        }
        const tick = world.group.timers.get('tick') ?? Infinity
        const leases = agents.flatMap(({ leaseUntil }) => leaseUntil ?? [])
        if (leases.some((at) => at < tick)) throw new Error('a lease without a timer')
        if (wrapUps.some(({ until }) => until < tick)) throw new Error('a wrap-up without a timer')
        if (wrapUps.some((entry) => items.some((item) => isHeldTwice(item, entry)))) throw new Error('held by the work and its wrap-up')
      }
    }),
    { numRuns: 80 },
  )
  t.pass()
})

void test('a customer who writes is answered by a bot, waits in a queue, or has an agent: never with nobody while a queue exists', async (t) => {
  fc.assert(
    fc.property(story, who, (steps, index) => {
      const world = simulation()
      for (const step of steps) world.run(step)
      world.settle()
      world.run({ do: 'upstream', who: index, taken: false })
      world.run({ do: 'says', who: index })
      world.settle()
      const session = world.sessions[index] as SessionWorld
      if (!['waiting', 'active'].includes(session.status())) throw new Error(session.status())
      if (session.participant() === null) throw new Error('nobody')
    }),
    { numRuns: 80 },
  )
  t.equal(NO_REPLY.entry, null)
})
