// Pure. How queues stand now, as the routing group knows it, with what only a clock can tell.
import type { OmniConfig } from '../config/settings.ts'
import { isServing, queueLines } from '../group/agent-board.ts'
import type { QueueLine } from '../group/agent-board.ts'
import { loadOf } from '../group/group.ts'
import { asGroup } from '../group/parts.ts'
import { isOpen } from '../hours/opening-hours.ts'

/** One queue. `waiting` customers have nobody and were offered to nobody, `offered` ones wait for an agent's yes, `active` ones are with
 * an agent. `free`: members who may be offered its work and have capacity left. */
export interface LiveQueue extends Omit<QueueLine, 'assigned' | 'drained' | 'engine'> {
  open: boolean
  active: number
  free: number
}

/** All configured queues. `state`: as for the other readers of the group. */
export function liveQueues(state: unknown, config: OmniConfig, now: number): LiveQueue[] {
  const group = asGroup(state)
  return queueLines(group, config).map(({ assigned, drained: _drained, engine: _engine, ...line }) => {
    const { hours = null, members = [] } = config.queues.get(line.id) ?? {}
    const there = members.filter((member) => isServing(group.agents.get(member), line.id, config))
    return {
      ...line,
      open: hours === null || isOpen(hours, now),
      active: assigned,
      free: there.filter((member) => loadOf(group, member, config) < (config.agents.get(member)?.capacity ?? 0)).length,
    }
  })
}
