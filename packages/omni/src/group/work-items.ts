// Pure. What waits in queues that a routing engine elsewhere gives out, as such an engine reads it.
import { opensAt } from '../hours/opening-hours.ts'
import type { OmniConfig, QueueSettings } from '../config/settings.ts'
import { fenceOf } from './external.ts'
import { ageOf, byAge, isOffered, placeOf } from './group.ts'
import type { Group } from './group.ts'
import { standingNeeds, weightOf } from './needs.ts'
import { asGroup } from './parts.ts'
import type { Item } from './state.ts'

/** A customer who waits for an agent. Times are epoch milliseconds. */
export interface WorkItem {
  /** Of the service session. */
  id: string
  /** Opaque; another whenever anything about the item has changed. */
  version: string
  queueId: string
  /** Null: nobody is being asked. */
  offer: { id: string; agentId: string; expiresAt: number } | null
  conversationId: string
  number: string
  contact: Item['contact']
  reason: string
  note: string | null
  /** Of its queue; lower goes first. */
  priority: number
  /** Units of capacity it takes. */
  weight: number
  /** What the agent has to be able to do, until then: skills, and `language:<code>`. `until` null: for good. */
  needs: { name: string; until: number | null }[]
  /** The customer's; null: not known. */
  language: string | null
  /** The agent the customer had before. */
  preferredAgentId: string | null
  /** Who declined it or let an offer of it time out; they are not asked again before `until`. */
  passed: { agentId: string; until: number }[]
  /** The customer was promised to be called back. */
  callback: boolean
  /** The age of the work. */
  since: number
  /** It came, or was left, out of hours, and is not given out before its queue opens. `opensAt` null: no opening is in sight. */
  closed: { opensAt: number | null } | null
}

/** Enough of an item to see which it is and whether it has changed; `read` gives all of it. */
export interface WorkItemRef extends Pick<WorkItem, 'id' | 'version' | 'queueId' | 'since'> {
  read(now: number): WorkItem
}

/** All that waits or is offered in queues with `routing: external`, the oldest first. `state` is that of the actor `group/default` (as
 * `createRoutingGroup().parts` reads it), or null before its first event. */
export function workItems(state: unknown, config: OmniConfig): WorkItemRef[] {
  const group = asGroup(state)
  return [...config.queues.values()]
    .flatMap((queue) => (queue.engine === null ? [] : waitingIn(group, queue).map((item) => ({ item, queue }))))
    .toSorted((a, b) => byAge(ageOf(a.item), ageOf(b.item)))
    .map(({ item, queue }) => ({
      id: item.sessionId,
      version: fenceOf(item),
      queueId: queue.id,
      since: item.since,
      read: (now) => workItem(config, item, queue, now),
    }))
}

function waitingIn(group: Group, { id }: QueueSettings): Item[] {
  const { ready, later, offered } = placeOf(group, `queue:${id}`)
  return [...ready, ...later, ...offered]
}

function workItem(config: OmniConfig, item: Item, queue: QueueSettings, now: number): WorkItem {
  const { sessionId, conversationId, number, contact, reason, note, language, prefer, passed, callback, since, untilOpen } = item
  return {
    id: sessionId,
    version: fenceOf(item),
    queueId: queue.id,
    offer: isOffered(item) ? { id: item.state.offerId, agentId: item.state.agentId, expiresAt: item.state.expiresAt } : null,
    conversationId,
    number,
    contact,
    reason,
    note,
    priority: queue.priority,
    weight: weightOf(item, config),
    needs: standingNeeds(item, queue, now).map(({ need, until }) => ({ name: need, until })),
    language,
    preferredAgentId: prefer,
    passed,
    callback,
    since,
    closed: untilOpen ? { opensAt: queue.hours === null ? null : opensAt(queue.hours, now) } : null,
  }
}
