// Owns how every agent and queue stood when this process last looked: what changed is told by comparing a routing group with its last state.
import type { AgentDesk } from '../deps.ts'
import { agentView, queueView } from '../http/agent-schema.ts'
import type { AgentView, QueueView } from '../http/agent-schema.ts'
import type { StreamEvent } from './stream-event.ts'

export interface BoardWatch {
  /** Reads a group anew, telling nobody. */
  take(groupKey: string, state: unknown): void
  /** How an agent stands; all of them for `all`. */
  agents(agentId: string): AgentView[]
  queues(): QueueView[]
  /** What a changed group means: agents and queues that stand otherwise than before. */
  compare(groupKey: string, state: unknown): StreamEvent[]
}

/** As it was told, by id. */
type Lines<View> = Map<string, { view: View; json: string }>

export function createBoardWatch(desk: Pick<AgentDesk, 'board'>): BoardWatch {
  const groups = new Map<string, { agents: Lines<AgentView>; queues: Lines<QueueView> }>()

  function read(state: unknown) {
    const { agents, queues } = desk.board(state)
    return { agents: linesOf(agents.map(agentView)), queues: linesOf(queues.map(queueView)) }
  }

  return {
    take(groupKey, state) {
      groups.set(groupKey, read(state))
    },
    agents(agentId) {
      const all = [...groups.values()].flatMap(({ agents }) => viewsOf(agents))
      return agentId === 'all' ? all : all.filter(({ id }) => id === agentId)
    },
    queues: () => [...groups.values()].flatMap(({ queues }) => viewsOf(queues)),
    compare(groupKey, state) {
      const before = groups.get(groupKey)
      const after = read(state)
      groups.set(groupKey, after)
      return [
        ...changed(before?.agents, after.agents).map((view) => ({
          event: 'agent.updated' as const,
          data: view,
          agentId: view.id,
          supervision: true as const,
        })),
        ...changed(before?.queues, after.queues).map((view) => ({
          event: 'queue.updated' as const,
          data: view,
          supervision: true as const,
        })),
      ]
    },
  }
}

function linesOf<View extends { id: string }>(views: View[]): Lines<View> {
  return new Map(views.map((view) => [view.id, { view, json: JSON.stringify(view) }]))
}

function viewsOf<View>(lines: Lines<View>): View[] {
  return [...lines.values()].map(({ view }) => view)
}

function changed<View>(before: Lines<View> | undefined, after: Lines<View>): View[] {
  return [...after].flatMap(([id, { view, json }]) => (before?.get(id)?.json === json ? [] : [view]))
}
