// Three conversations and the routing group, with commands between them that arrive in order per sender but at any time:
// whatever happens, nobody throws, nothing is lost, and once all is delivered both sides agree.
import { test } from 'tap'
import * as fc from 'fast-check'
import type { Author } from '@baton/router'
import type { SessionWorld } from '../service/session-world.ts'
import { ANA, API, BEN, demoConfig, MINUTE, NO_REPLY, sessionWorld } from '../service/session-world.ts'
import { groupWorld } from '../group/group-world.ts'

const CUSTOMERS = [0, 1, 2]
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
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

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

interface Mail {
  name: string
  data: Record<string, unknown>
}

function simulation() {
  const group = groupWorld()
  group.config = demoConfig()
  const sessions = CUSTOMERS.map(() => sessionWorld({ config: group.config }))
  const timers = sessions.map(() => new Map<string, number>())
  const toGroup: Mail[][] = sessions.map(() => [])
  const toSession: Mail[][] = sessions.map(() => [])

  function afterSession(index: number, verdict: { kind: string; next?: unknown }): void {
    const world = sessions[index] as SessionWorld
    for (const { name, data } of world.commands()) {
      toGroup[index]?.push({ name, data: { ...data, sessionId: `${index}/${String(data['sessionId'])}` } })
    }
    for (const effect of world.effects) {
      if (effect.type === 'timer.set') timers[index]?.set(effect.name, effect.at)
      if (effect.type === 'timer.cancel') timers[index]?.delete(effect.name)
    }
    const next = verdict.next as { targets: Parameters<SessionWorld['take']>[0] } | null | undefined
    if (verdict.kind === 'error' && next != null) afterSession(index, world.take(next.targets))
  }
  function afterGroup(): void {
    for (const { session, name, data } of group.told()) {
      const [index, sessionId] = String(session).split('/') as [string, string]
      toSession[Number(index)]?.push({ name, data: { ...data, sessionId } })
    }
  }
  function deliver(to: number): void {
    if (to >= 0) {
      const mail = toSession[to]?.shift()
      if (mail !== undefined) afterSession(to, (sessions[to] as SessionWorld).event(mail.name, mail.data))
      return
    }
    // Whichever conversation has waited longest to be heard.
    const mail = toGroup.find((box) => box.length > 0)?.shift()
    if (mail === undefined) return
    group.event(mail.name, mail.data)
    afterGroup()
  }
  function settle(): void {
    for (let left = 1000; toGroup.some((box) => box.length > 0) || toSession.some((box) => box.length > 0); left -= 1) {
      if (left === 0) throw new Error('the two keep answering each other')
      for (const index of [-1, ...CUSTOMERS]) deliver(index)
    }
  }
  function wait(ms: number, stopped: boolean): void {
    const until = group.now + ms
    if (stopped) setClock(until)
    for (;;) {
      const due = [...group.timers].map(([name, at]) => ({ index: -1, name, at }))
      timers.forEach((set, index) => due.push(...[...set].map(([name, at]) => ({ index, name, at }))))
      const next = due.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      setClock(Math.max(group.now, next.at))
      if (next.index === -1) {
        group.timers.delete(next.name)
        group.give({ type: 'timer.fired', name: next.name, due: next.at })
        afterGroup()
      } else {
        timers[next.index]?.delete(next.name)
        afterSession(next.index, (sessions[next.index] as SessionWorld).timer(next.name))
      }
    }
    setClock(until)
  }
  function setClock(now: number): void {
    group.now = now
    for (const world of sessions) world.now = now
  }
  function run(step: Operation): void {
    const index = 'who' in step ? step.who : 0
    const world = sessions[index] as SessionWorld
    switch (step.do) {
      case 'deliver':
        return deliver(step.to)
      case 'says': {
        const verdict = world.says('hi')
        return afterSession(index, verdict.kind === 'refused' ? world.take([]) : verdict)
      }
      case 'answer': {
        if (step.accept) group.accept(step.agent)
        else group.decline(step.agent)
        return afterGroup()
      }
      case 'presence':
        group.presence(step.agent, step.status)
        return afterGroup()
      case 'take':
        if (step.byAgent) return afterSession(index, world.take(['agent:ana'], { reason: 'agent-initiated' }))
        return afterSession(index, world.take(step.targets))
      case 'act':
        return afterSession(index, world.event(step.name, {}, step.by))
      case 'transfer':
        return afterSession(index, world.event('session.transfer', { to: step.to }, step.by))
      case 'bot': {
        const callId = step.how === 'late' ? 'ca_0' : world.callId()
        if (step.how === 'fail') return afterSession(index, world.event('bot.failed', { callId, reason: 'bot-timeout' }))
        const more = step.how === 'handOff' ? { handOff: {} } : step.how === 'end' ? { end: true } : {}
        return afterSession(index, world.event('bot.replied', { callId, messages: [{ kind: 'text', text: 'x' }], ...more }))
      }
      case 'upstream':
        return afterSession(index, world.give(step.taken ? { kind: 'yield', reason: 'upstream' } : { kind: 'resume', after: 'upstream' }))
      case 'window':
        world.windowOpen = step.open
        return
      case 'wait':
        return wait(step.minutes * MINUTE, step.stopped)
    }
  }
  return { group, sessions, timers, run, settle }
}

type Simulation = ReturnType<typeof simulation>

/** What a session holds in the routing group by its own account: nothing, a place, or an agent. */
function held(world: SessionWorld): string {
  const session = world.state.session
  if (session === null) return 'nothing'
  const { phase } = session
  if (phase.status === 'waiting') return `waits ${session.request}`
  const isInactive = phase.status === 'inactive' || (phase.status === 'paused' && phase.by === 'upstream' && phase.was === 'inactive')
  return phase.work.kind === 'agent' && !isInactive ? `${phase.work.id} ${session.request}` : 'nothing'
}

function counted({ group }: Simulation, index: number): string {
  const items = group.state().items.filter((item) => item.sessionId.startsWith(`${index}/`))
  const [item] = items
  if (item === undefined) return 'nothing'
  if (items.length > 1) return 'too much'
  return item.state.kind === 'assigned' ? `${item.state.agentId} ${item.request}` : `waits ${item.request}`
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
        const { items } = world.group.state()
        for (const { state } of items) {
          if (state.kind === 'offered' && !world.group.timers.has(`offer:${state.offerId}`)) throw new Error('an offer without a timer')
        }
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
