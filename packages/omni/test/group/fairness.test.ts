// What each routing model owes the agents, over a day of work that comes and goes: an agent is not served twice while another, who could
// have had the work all along and is no worse off by the model's own measure, gets nothing in between.
//   round-robin     everybody in turn: nobody with room is passed over by the same agent twice
//   longest-idle    nobody twice while another with room neither got nor gave back work
//   least-active    the same, among those who have no more conversations
//   most-available  the same, among those who have no less room
import { test } from 'tap'
import * as fc from 'fast-check'
import { ROUTING } from '../../src/config/schemas.ts'
import { groupWorld } from './group-world.ts'

type Routing = (typeof ROUTING)[number]
interface Standing {
  load: number
  capacity: number
  /** When they were last given something, and when they last got or gave back something: by the count of events. */
  given: number
  touched: number
  /** Since when they have had room, without a break. */
  roomSince: number
}

const story = fc.record({
  capacities: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }),
  steps: fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(20) }), { maxLength: 30 }),
})

function isOwed(routing: Routing, agent: Standing, other: Standing): boolean {
  if (other.load >= other.capacity || other.roomSince > agent.given) return false
  if (routing === 'round-robin') return other.given < agent.given
  if (other.touched > agent.given) return false
  if (routing === 'least-active') return other.load <= agent.load
  return routing === 'longest-idle' || other.capacity - other.load >= agent.capacity - agent.load
}

function unfairIn(routing: Routing, { capacities, steps }: { capacities: number[]; steps: (number | null)[] }): string | null {
  const ids = capacities.map((_, index) => `agent-${index}`)
  const world = groupWorld({
    queues: [{ id: 'general', routing, autoAccept: true, members: ids.map((id) => `agent:${id}`) }],
    agents: ids.map((id, index) => ({ id, capacity: capacities[index] ?? 1 })),
  })
  for (const id of ids) world.presence(id, 'online')
  const standing = new Map<string, Standing>(
    ids.map((id, index) => [id, { load: 0, capacity: capacities[index] ?? 1, given: 0, touched: 0, roomSince: 0 }]),
  )
  const holding: { sessionId: string; agentId: string }[] = []
  for (const [at, step] of steps.entries()) {
    const count = at + 1
    world.now += 1_000
    if (step === null) world.request()
    else {
      const [done] = holding.splice(step % Math.max(holding.length, 1), 1)
      if (done === undefined) continue
      const before = standing.get(done.agentId) as Standing
      if (before.load === before.capacity) before.roomSince = count
      before.load -= 1
      before.touched = count
      world.event('work.released', { sessionId: done.sessionId, request: 1 })
    }
    for (const { session, name, data } of world.told()) {
      if (name !== 'agent.assigned') continue
      const agentId = data['agentId'] as string
      const agent = standing.get(agentId) as Standing
      for (const [otherId, other] of standing) {
        if (otherId !== agentId && agent.given > 0 && isOwed(routing, agent, other))
          return `${agentId} was served twice, ${otherId} not at all`
      }
      holding.push({ sessionId: session as string, agentId })
      agent.load += 1
      agent.given = count
      agent.touched = count
    }
  }
  return null
}

for (const routing of ROUTING) {
  void test(`${routing} is fair over time`, async (t) => {
    fc.assert(
      fc.property(story, (given) => {
        const unfair = unfairIn(routing, given)
        if (unfair !== null) throw new Error(unfair)
      }),
      { numRuns: 60 },
    )
    t.pass()
  })
}

void test('equal agents who keep their work share it equally, whatever the model', async (t) => {
  for (const routing of ROUTING) {
    const ids = ['a', 'b', 'c', 'd']
    const world = groupWorld({
      queues: [{ id: 'general', routing, autoAccept: true, members: ids.map((id) => `agent:${id}`) }],
      agents: ids.map((id) => ({ id, capacity: 10 })),
    })
    for (const id of ids) world.presence(id, 'online')
    for (let count = 1; count <= 22; count += 1) {
      world.now += 1
      world.request()
      const loads = ids.map((id) => world.state().items.filter(({ state }) => state.kind === 'assigned' && state.agentId === id).length)
      t.ok(Math.max(...loads) - Math.min(...loads) <= 1, `${routing}: ${loads.join(' ')}`)
    }
  }
})
