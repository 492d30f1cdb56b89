// Pure. Pieces of work come and go: requested, taken without an offer, cancelled or released.
import { z } from 'zod'
import type { Outcome } from '@baton/router'
import { isThere } from '../config/presence.ts'
import { parts } from '../config/targets.ts'
import { serviceTarget } from '../config/schemas.ts'
import { serves } from './availability.ts'
import { sendElsewhere } from './drain.ts'
import { receiveAt } from './hindrance.ts'
import { giveTo, isAvailableWithRoom, remove } from './offers.ts'
import type { Item } from './state.ts'
import type { GroupTurn } from './turn.ts'
import { DONE, refused, touch } from './turn.ts'
import { beginWrapUp } from './wrap-up.ts'

const about = z.object({ sessionId: z.string(), request: z.int() })
const dropped = z.object({ ...about.shape, wrapUp: z.boolean().default(false) })
const origin = z.object({
  ...about.shape,
  conversationId: z.string(),
  number: z.string(),
  contact: z.object({ id: z.string(), name: z.string().nullable(), phone: z.string().nullable() }),
  reason: z.string(),
  note: z.string().nullable().default(null),
})
const requested = z.object({
  ...origin.shape,
  target: serviceTarget,
  prefer: z.string().nullable().default(null),
  returnTo: z.object({ agentId: z.string(), waitMs: z.number() }).nullable().default(null),
  since: z.number(),
  mayDivert: z.boolean().default(true),
  direct: z.object({ queueId: z.string().nullable() }).optional(),
  callback: z.boolean().default(false),
  skills: z.array(z.string()).default([]),
  language: z.string().nullable().default(null),
})
const taken = z.object({ ...origin.shape, agentId: z.string(), queueId: z.string().nullable().default(null) })

/** `work.requested`. What cannot be served is answered at once: `work.failed`, or `work.diverted` where a queue is drained, or is closed
 * or has nobody and says so. `direct`: an agent who is there has it at once, whatever they have already, as work of that queue. `callback`:
 * the customer was promised to be called back before. */
export function requestWork(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = requested.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { target, prefer, returnTo, since, mayDivert, direct, callback, skills, language } = parsed.data
  if (!supersede(turn, parsed.data)) return DONE
  const { kind, id } = parts(target)
  const place: Item['place'] = kind === 'agent' ? { kind, id } : { kind: 'queue', id }
  const item: Item = {
    ...itemOf(parsed.data, place),
    ...preference(turn, prefer, returnTo),
    since,
    waitingFrom: since,
    mayDivert,
    callback,
    skills,
    language,
  }
  if (kind === 'agent') return requestAgent(turn, item, direct)
  const queue = kind === 'queue' ? turn.config.queues.get(id) : undefined
  if (queue === undefined) {
    turn.tell(item, 'work.failed', { reason: 'no-queue' })
    return DONE
  }
  if (sendElsewhere(turn, item)) return DONE
  const received = receiveAt(turn, item, queue)
  if (received === null) return DONE
  turn.put(received)
  // The agent who had the customer before needs no offer; without room the item waits like any other, but goes to them first.
  if (prefer !== null && isAvailableWithRoom(turn, prefer, item)) giveTo(turn, received, prefer)
  return DONE
}

/** Who had the customer in this session goes before who had them in an earlier one. */
function preference({ now }: GroupTurn, prefer: string | null, returnTo: { agentId: string; waitMs: number } | null) {
  if (prefer !== null || returnTo === null) return { prefer, reservedUntil: null }
  return { prefer: returnTo.agentId, reservedUntil: returnTo.waitMs > 0 ? now + returnTo.waitMs : null }
}

function requestAgent(turn: GroupTurn, item: Item, direct: { queueId: string | null } | undefined): Outcome {
  const agentId = item.place.id
  const entry = turn.agent(agentId)
  if (!turn.config.agents.has(agentId)) turn.tell(item, 'work.failed', { reason: 'unknown-agent' })
  else if (direct !== undefined && isThere(entry.presence)) {
    const { queueId } = direct
    const place: Item['place'] = queueId !== null && turn.config.queues.has(queueId) ? { kind: 'queue', id: queueId } : item.place
    giveTo(turn, turn.put({ ...item, place }), agentId)
  } else if (!serves(entry, item, turn.config)) turn.tell(item, 'work.failed', { reason: 'agent-offline' })
  else turn.put(item)
  return DONE
}

/** `work.taken`: an agent has it already, by their own choice, so capacity does not stand in the way. It counts from now on. If the
 * agent is not there, the conversation is told so. */
export function takeWork(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = taken.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  if (!supersede(turn, parsed.data)) return DONE
  const { agentId, queueId } = parsed.data
  const item = itemOf(parsed.data, queueId === null ? { kind: 'agent', id: agentId } : { kind: 'queue', id: queueId })
  turn.put({ ...item, since: turn.now, state: { kind: 'assigned', agentId, at: turn.now } })
  touch(turn, agentId)
  turn.dropWrapUp(agentId, item.sessionId) // they are at it again
  // Taking work does not make them present: their absence counts from here.
  const { presence } = turn.agent(agentId)
  if (!isThere(presence)) turn.tell(item, 'agent.presence', { agentId, status: presence, since: turn.now, taken: true })
  return DONE
}

/** `work.cancelled`, `work.released {wrapUp?}`: nobody needs it any more, or the agent is done with it. `wrapUp`: for good. */
export function dropWork(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = dropped.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { sessionId, request, wrapUp } = parsed.data
  const item = turn.group.items.get(sessionId)
  if (item === undefined || item.request > request) return DONE
  if (item.state.kind === 'assigned') {
    touch(turn, item.state.agentId)
    if (wrapUp) beginWrapUp(turn, item, item.state.agentId)
  }
  remove(turn, item)
  return DONE
}

/** Removes the older request of the session; false when this one is a repetition, or older than the one that is known. */
function supersede(turn: GroupTurn, { sessionId, request }: { sessionId: string; request: number }): boolean {
  const old = turn.group.items.get(sessionId)
  if (old === undefined) return true
  if (old.request >= request) return false
  remove(turn, old)
  return true
}

function itemOf(data: z.infer<typeof origin>, place: Item['place']): Item {
  const { sessionId, request, conversationId, number, contact, reason, note } = data
  return {
    sessionId,
    request,
    version: 0,
    conversationId,
    number,
    place,
    prefer: null,
    reservedUntil: null,
    since: 0,
    waitingFrom: 0,
    skills: [],
    language: null,
    overdue: false,
    untilOpen: false,
    callback: false,
    mayDivert: false,
    passed: [],
    contact: { id: contact.id, name: contact.name, phone: contact.phone },
    reason,
    note,
    state: { kind: 'queued' },
  }
}
