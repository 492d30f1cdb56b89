// Owns how every agent and queue stood when this process last looked: what changed is told by comparing the routing group with its last state.
import type { AgentLine, QueueLine } from '@baton/omni'
import type { AgentDesk } from '../deps.ts'
import { agentView, queueView } from '../http/agent-schema.ts'
import type { AgentView, QueueView } from '../http/agent-schema.ts'
import type { StreamEvent } from './stream-event.ts'

export interface BoardWatch {
  /** Reads the group anew, telling nobody. */
  take(state: unknown): void
  /** How an agent stands; all of them for `all`. */
  agents(agentId: string): AgentView[]
  queues(): QueueView[]
  /** What the changed group means: agents and queues that stand otherwise than before. */
  compare(state: unknown): StreamEvent[]
}

/** As it was told, by id. */
type Told<Line, View> = Map<string, { line: Line; view: View; json: string }>
interface Board {
  agents: Told<AgentLine, AgentView>
  queues: Told<QueueLine, QueueView>
}

export function createBoardWatch(desk: Pick<AgentDesk, 'board'>): BoardWatch {
  let known: Board = { agents: new Map(), queues: new Map() }

  function read(state: unknown): { before: Board; after: Board } {
    const before = known
    const { agents, queues } = desk.board(state)
    known = { agents: tellable(agents, agentView, before.agents), queues: tellable(queues, queueView, before.queues) }
    return { before, after: known }
  }

  return {
    take: (state) => void read(state),
    agents(agentId) {
      const all = viewsOf(known.agents)
      return agentId === 'all' ? all : all.filter(({ id }) => id === agentId)
    },
    queues: () => viewsOf(known.queues),
    compare(state) {
      const { before, after } = read(state)
      return [
        ...changed(before.agents, after.agents).map((view) => ({
          event: 'agent.updated' as const,
          data: view,
          agentId: view.id,
          supervision: true as const,
          routing: 'too' as const,
        })),
        ...changed(before.queues, after.queues).map((view) => ({
          event: 'queue.updated' as const,
          data: view,
          supervision: true as const,
        })),
      ]
    },
  }
}

/** A line that is the same object says what it said. */
function tellable<Line extends { id: string }, View>(
  lines: Line[],
  viewOf: (line: Line) => View,
  before?: Told<Line, View>,
): Told<Line, View> {
  return new Map(
    lines.map((line) => {
      const known = before?.get(line.id)
      if (known?.line === line) return [line.id, known]
      const view = viewOf(line)
      return [line.id, { line, view, json: JSON.stringify(view) }]
    }),
  )
}

function viewsOf<View>(told: Told<unknown, View>): View[] {
  return [...told.values()].map(({ view }) => view)
}

function changed<View>(before: Told<unknown, View> | undefined, after: Told<unknown, View>): View[] {
  return [...after].flatMap(([id, { view, json }]) => (before?.get(id)?.json === json ? [] : [view]))
}
