// Pure. The routing group: one actor that knows who is there and gives out the work of all conversations. See state.ts for R1–R3.
// R4 every event ends with a round of matching, so work never waits while somebody could have it. Each step after the event itself is about
// what the turn has to look at (turn.ts), and leaves no more to do about anything else.
// R5 whatever waits has a timer: its offer's, or the tick at which a cool-down ends, its queue opens or closes, a lease runs out, a
// wrap-up ends, the routing engine of its queue has been silent for too long, or a starving queue raises an alarm.
import type { ActorLogic, Author, Outcome } from '@baton/router'
import { lookAtDue, setClocks, TICK } from './clocks.ts'
import { drainQueue, dropDrains, undrainQueue } from './drain.ts'
import { dropEngines, endEngines, hearEngine, routeWork } from './external.ts'
import { isOffered } from './group.ts'
import { followTime, heldOf } from './hindrance.ts'
import { acceptOffer, declineOffer, fail, match, offerDue, remove, withdraw } from './offers.ts'
import { asGroup, groupParts } from './parts.ts'
import { askPlace, expectedWait, positionOf } from './position.ts'
import { changePresence, endLeases, keepStatuses, renewPresence } from './presence.ts'
import { watchStalls } from './stalls.ts'
import { ROUTING_GROUP } from './state.ts'
import type { Item } from './state.ts'
import type { GroupTurn } from './turn.ts'
import { beginTurn, DONE, refused } from './turn.ts'
import { dropWork, requestWork, takeWork } from './work.ts'
import { endWrapUps, extendWrapUp, finishWrapUp } from './wrap-up.ts'

type Handler = (turn: GroupTurn, data: Record<string, unknown>, by: Author | null) => Outcome

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['work.requested', requestWork],
  ['work.taken', takeWork],
  ['work.cancelled', dropWork],
  ['work.released', dropWork],
  ['work.asked', askPlace],
  ['presence.changed', changePresence],
  ['presence.renewed', renewPresence],
  ['offer.accepted', acceptOffer],
  ['offer.declined', declineOffer],
  ['wrapUp.extended', extendWrapUp],
  ['wrapUp.ended', finishWrapUp],
  ['queue.drained', drainQueue],
  ['queue.undrained', undrainQueue],
  ['engine.heard', hearEngine],
  ['work.routed', routeWork],
])

/** Actor `ROUTING_GROUP`: queues, presence, capacity, offers. Its configuration is that of the engine `omni`. */
export function createRoutingGroup(): ActorLogic {
  return {
    kind: ROUTING_GROUP.kind,
    parts: groupParts,
    step(stored, inbox, now, settings) {
      const turn = beginTurn(stored, inbox, now, settings, asGroup(stored.state))
      const event = readEvent(inbox.event)
      const before = queuedRequest(turn, event)
      lookAtDue(turn)
      const outcome = apply(turn, event)
      reconcile(turn)
      endWrapUps(turn)
      followTime(turn)
      match(turn)
      tellWaiting(turn, before, event)
      watchStalls(turn)
      setClocks(turn)
      return turn.finish(outcome)
    },
  }
}

function apply(turn: GroupTurn, { type, name, data, due, by }: GroupEvent): Outcome {
  if (type === 'timer.fired') {
    if (name === TICK) {
      turn.set({ tickAt: null })
      endLeases(turn, due ?? turn.now)
      endEngines(turn, due ?? turn.now)
    }
    return name.startsWith('offer:') ? offerDue(turn, name.slice('offer:'.length)) : DONE
  }
  const handler = type === 'engine.event' ? HANDLERS.get(name) : undefined
  return handler === undefined ? refused('unknown-event', name === '' ? type : name) : handler(turn, data, by)
}

interface GroupEvent {
  type: string
  name: string
  data: Record<string, unknown>
  due: number | null
  /** Who asked for it; null for what Baton's own parts say. */
  by: Author | null
}

function readEvent(event: unknown): GroupEvent {
  const { type, name, data, due, by } = (event ?? {}) as Partial<Record<keyof GroupEvent, unknown>>
  const isRecord = typeof data === 'object' && data !== null && !Array.isArray(data)
  return {
    type: typeof type === 'string' ? type : '',
    name: typeof name === 'string' ? name : '',
    data: isRecord ? (data as Record<string, unknown>) : {},
    due: typeof due === 'number' ? due : null,
    by: isAuthor(by) ? by : null,
  }
}

function isAuthor(by: unknown): by is Author {
  return typeof by === 'object' && by !== null && 'kind' in by && 'id' in by
}

/** A newly published configuration may have taken an agent, a queue or a status away, or the service app of a number. */
function reconcile(turn: GroupTurn): void {
  keepStatuses(turn)
  dropDrains(turn)
  dropEngines(turn)
  const { agents, queues } = turn.config
  for (const sessionId of turn.look.items) {
    const item = turn.group.items.get(sessionId)
    if (item === undefined) continue
    const { place } = item
    if (item.state.kind === 'assigned') {
      if (agents.has(item.state.agentId) && turn.isServed(item.number)) continue
      remove(turn, item)
      turn.tell(item, 'agent.lost', { agentId: item.state.agentId })
      continue
    }
    if (!turn.isServed(item.number)) {
      fail(turn, item, 'not-served')
      continue
    }
    const members = place.kind === 'agent' ? [place.id] : queues.get(place.id)?.members
    if (members === undefined || (place.kind === 'agent' && !agents.has(place.id))) fail(turn, item, 'no-queue')
    else if (isOffered(item) && !(members.includes(item.state.agentId) && agents.has(item.state.agentId))) withdraw(turn, item)
  }
}

/** The request of the session that the event is about, if it waited already; null: it did not. */
function queuedRequest({ group }: GroupTurn, { data: { sessionId } }: GroupEvent): number | null {
  const item = typeof sessionId === 'string' ? group.items.get(sessionId) : undefined
  return item?.state.kind === 'queued' ? item.request : null
}

/** Work that came with this event and could not be offered at once, and what is held from now on, learns its position and why it waits. */
function tellWaiting(turn: GroupTurn, before: number | null, { name, data }: GroupEvent): void {
  const isNew = (item: Item) => name === 'work.requested' && item.sessionId === data['sessionId'] && item.request !== before
  for (const sessionId of turn.look.items) {
    const item = turn.group.items.get(sessionId)
    if (item?.state.kind !== 'queued' || item.place.kind !== 'queue' || !(isNew(item) || turn.held.has(sessionId))) continue
    const position = positionOf(turn, item)
    const isSaid = turn.config.queues.get(item.place.id)?.positionMessage != null
    const waitMs = isSaid ? expectedWait(turn, item.place.id, position) : null
    turn.tell(item, 'work.queued', { queueId: item.place.id, position, held: heldOf(turn, item), waitMs })
  }
}
