// Owns what waits for routing engines, as far as this process has seen: what came, changed and went is told by comparing the routing group
// with its last state.
import type { WorkItemRef } from '@baton/omni'
import type { Clock } from '@baton/router'
import type { AgentDesk } from '../deps.ts'
import { workItemView } from '../http/work-item-schema.ts'
import type { WorkItemView } from '../http/work-item-schema.ts'
import type { StreamEvent } from './stream-event.ts'

export interface WorkWatch {
  /** Reads the group anew, telling nobody. */
  take(state: unknown): void
  current(): WorkItemView[]
  /** What the changed group means: items that came, changed and went. */
  compare(state: unknown): StreamEvent[]
}

export function createWorkWatch(desk: Pick<AgentDesk, 'workItems'>, clock: Clock): WorkWatch {
  let known = new Map<string, WorkItemRef>()

  const read = (state: unknown) => new Map(desk.workItems(state).map((item) => [item.id, item]))
  const view = (item: WorkItemRef) => workItemView(item.read(clock.now()))

  return {
    take(state) {
      known = read(state)
    },
    current: () => [...known.values()].map(view),
    compare(state) {
      const before = known
      const after = (known = read(state))
      const gone = [...before.values()].filter(({ id }) => !after.has(id))
      const news = [...after.values()].filter(({ id, version }) => before.get(id)?.version !== version)
      return [
        ...gone.map(({ id, queueId }) => toEvent('work-item.closed', { id, queueId })),
        ...news.map((item) => toEvent('work-item.updated', view(item))),
      ]
    },
  }
}

function toEvent(event: 'work-item.updated' | 'work-item.closed', data: unknown): StreamEvent {
  return { event, data, routing: 'only' }
}
