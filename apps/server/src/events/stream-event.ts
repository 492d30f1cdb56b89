// Pure. What followers of the stream are told of a change.
import { parseId } from '@baton/router'
import { conversationView } from '../http/conversation-schema.ts'
import { decisionView } from '../http/conversations.ts'
import { messageView } from '../http/message-schema.ts'
import { actView } from '../http/supervision-schema.ts'
import type { DecisionRecord } from '../store/records.ts'
import type { Change } from './changes.ts'

/** `agentId`: only for this agent and administrators. `supervision`: for whoever may see all agents, beside them. Neither: for everybody.
 * `routing`: for routing engines, who hear of nothing else; `only`: and for nobody but them. */
export interface StreamEvent {
  event: StreamEventName
  data: unknown
  agentId?: string
  supervision?: true
  routing?: 'too' | 'only'
}
export type StreamEventName =
  | 'conversation.updated'
  | 'message.created'
  | 'message.status'
  | 'decision.made'
  | 'service-level.warned'
  | 'service-level.missed'
  | 'offer.created'
  | 'offer.closed'
  | 'offers.current'
  | 'agent.updated'
  | 'agents.current'
  | 'queue.updated'
  | 'queues.current'
  | 'supervision.acted'
  | 'work-items.current'
  | 'work-item.updated'
  | 'work-item.closed'
  | 'stream.reset'

/** A status the conversation gives; all others come from the provider. */
const FIRST_STATUSES = new Set(['received', 'noted', 'refused', 'held', 'queued'])

/** The events of a change; offers, work items, agents and queues are told by comparison, not here. A message that was written a moment ago
 * and has a status already is both: followers take `message.created` as "here it is", whether or not they know it. */
export function eventsOf(change: Change, now: number): StreamEvent[] {
  switch (change.kind) {
    case 'conversation':
      return [{ event: 'conversation.updated', data: conversationView(change.row, now) }]
    case 'decision':
      if (parseId(change.row.actor_id)?.prefix === 'rg')
        return [{ event: 'supervision.acted', data: actView(change.row), supervision: true }]
      return [{ event: 'decision.made', data: decisionView(change.row) }, ...serviceLevelEvents(change.row)]
    case 'message': {
      const data = messageView(change.row)
      const first = FIRST_STATUSES.has(data.status)
      return [
        ...(first || change.created ? [{ event: 'message.created' as const, data }] : []),
        ...(first ? [] : [{ event: 'message.status' as const, data }]),
      ]
    }
    case 'group':
      return []
  }
}

/** A queue is about to miss, or has missed, what it is to keep for a customer: told beside the decision that says so. */
function serviceLevelEvents({ id, actor_id: conversationId, rule, inputs, at }: DecisionRecord): StreamEvent[] {
  const { also, service } = inputs as { also?: string[]; service?: Record<string, unknown> }
  if (service === undefined || (rule !== 'service-level' && also?.includes('service-level') !== true)) return []
  const data = { conversationId, decisionId: id, queue: service['queue'] ?? null, at: at.toISOString() }
  const told = (name: 'warning' | 'miss') => ['wait', 'response'].filter((objective) => service[objective] === name)
  const events: [StreamEventName, string[]][] = [
    ['service-level.warned', told('warning')],
    ['service-level.missed', told('miss')],
  ]
  return events.flatMap(([event, objectives]) => (objectives.length === 0 ? [] : [{ event, data: { ...data, objectives } }]))
}
