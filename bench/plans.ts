// Pure. Days to simulate: one that theory knows, and one as a service team has it.
import { chance, exponential } from './day.ts'
import type { DayPlan } from './day.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** One queue, equal agents with one conversation at a time, who are given work without being asked: what Erlang-C is about. */
export function oneSkill({ agents, conversations, load, seed }: { agents: number; conversations: number; load: number; seed: number }) {
  const handling = 4 * MINUTE
  const between = handling / (agents * load)
  const random = chance(seed)
  let at = 0
  const arrivals = Array.from({ length: conversations }, () => ({ at: (at += exponential(random, between)), queue: 'only' }))
  const ids = Array.from({ length: agents }, (_, index) => `a${index}`)
  const plan: DayPlan = {
    queues: {
      queues: [{ id: 'only', autoAccept: true, starvationAfter: '1d', members: ids.map((id) => `agent:${id}`) }],
      agents: ids.map((id) => ({ id, capacity: 1 })),
    },
    seed: seed + 1,
    arrivals,
    handling: (chanced) => exponential(chanced, handling),
  }
  return { plan, agents, between, handling }
}

/** Queues of different priority, routing and weight in the crowd; agents in two or three of them; a morning and an evening peak. `wrapUp`: of
 * every other queue. */
export function wholeDay(size: { agents: number; queues: number; conversations: number; seed: number; wrapUp?: string }): DayPlan {
  const random = chance(size.seed)
  const routing = ['least-active', 'most-available', 'round-robin', 'longest-idle'] as const
  const agents = Array.from({ length: size.agents }, (_, index) => index)
  const arrivals = Array.from({ length: size.conversations }, () => {
    const queue = `q${Math.floor(size.queues * random() ** 1.5)}`
    return { at: momentOfDay(random), queue }
  })
  return {
    queues: {
      queues: Array.from({ length: size.queues }, (_, queue) => ({
        id: `q${queue}`,
        routing: routing[queue % routing.length] ?? 'least-active',
        priority: 50 + (queue % 3),
        ...(size.wrapUp === undefined || queue % 2 === 1 ? {} : { wrapUp: size.wrapUp }),
        // The first queues have most of the customers, and most of the agents are in one of them.
        members: agents.filter((index) => index % size.queues === queue || index % 3 === queue % 3).map((index) => `agent:a${index}`),
      })),
      agents: agents.map((index) => ({ id: `a${index}`, capacity: 2 + (index % 2) })),
    },
    seed: size.seed + 1,
    arrivals: arrivals.toSorted((a, b) => a.at - b.at),
    handling: (chanced) => MINUTE + exponential(chanced, 4 * MINUTE),
    answer(chanced) {
      const kind = chanced()
      return { after: exponential(chanced, 4_000), answer: kind < 0.03 ? 'none' : kind < 0.06 ? 'decline' : 'accept' }
    },
  }
}

/** Most write around eleven and around seven; few at night. */
function momentOfDay(random: () => number): number {
  for (;;) {
    const at = random()
    const hour = at * 24
    const crowd = 0.1 + Math.exp(-(((hour - 11) / 3) ** 2)) + 0.8 * Math.exp(-(((hour - 19) / 2) ** 2))
    if (random() * 1.1 < crowd) return at * DAY
  }
}
