// Pure. The routing group: one actor that knows who is there and gives out the work of all conversations. See state.ts for R1–R3.
// R4 every event ends with a round of matching, so work never waits while somebody could have it.
// R5 whatever waits has a timer: its offer's, or the tick at which a cool-down ends, its queue opens or closes, a lease runs out, or a
// starving queue raises an alarm.
import type { ActorLogic, Outcome } from '@baton/router'
import { inOrder } from './assign.ts'
import { followTime, heldOf, timeChanges } from './hindrance.ts'
import { nextRelaxation } from './needs.ts'
import { acceptOffer, declineOffer, fail, match, offerDue, remove, withdraw } from './offers.ts'
import { changePresence, endLeases, leaseEnds, renewPresence } from './presence.ts'
import type { Item } from './state.ts'
import { isOffered, readGroup } from './state.ts'
import type { GroupTurn } from './turn.ts'
import { beginTurn, DONE, refused } from './turn.ts'
import { dropWork, requestWork, takeWork } from './work.ts'

/** For work meant for one agent, which has no queue to say it. */
const STARVATION_MS = 5 * 60_000
const TICK = 'tick'

type Handler = (turn: GroupTurn, data: Record<string, unknown>) => Outcome

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['work.requested', requestWork],
  ['work.taken', takeWork],
  ['work.cancelled', dropWork],
  ['work.released', dropWork],
  ['presence.changed', changePresence],
  ['presence.renewed', renewPresence],
  ['offer.accepted', acceptOffer],
  ['offer.declined', declineOffer],
])

/** Actor `group/default`: queues, presence, capacity, offers. Its configuration is that of the engine `omni`. */
export function createRoutingGroup(): ActorLogic {
  return {
    kind: 'routing-group',
    step(stored, event, now, settings) {
      const state = readGroup(stored.state)
      const turn = beginTurn(stored, event, now, settings, state)
      const queuedBefore = new Set(state.items.filter((item) => item.state.kind === 'queued').map(keyOf))
      const outcome = apply(turn, event.event)
      reconcile(turn)
      followTime(turn)
      match(turn)
      tellWaiting(turn, queuedBefore, event.event)
      watchStalls(turn)
      tick(turn)
      return turn.finish(outcome)
    },
  }
}

function apply(turn: GroupTurn, event: unknown): Outcome {
  const { type, name, data, due } = readEvent(event)
  if (type === 'timer.fired') {
    if (name === TICK) {
      turn.state.tickAt = null
      endLeases(turn, due ?? turn.now)
    }
    return name.startsWith('offer:') ? offerDue(turn, name.slice('offer:'.length)) : DONE
  }
  const handler = type === 'engine.event' ? HANDLERS.get(name) : undefined
  return handler === undefined ? refused('unknown-event', name === '' ? type : name) : handler(turn, data)
}

function readEvent(event: unknown): { type: string; name: string; data: Record<string, unknown>; due: number | null } {
  const { type, name, data, due } = (event ?? {}) as { type?: unknown; name?: unknown; data?: unknown; due?: unknown }
  const isRecord = typeof data === 'object' && data !== null && !Array.isArray(data)
  return {
    type: typeof type === 'string' ? type : '',
    name: typeof name === 'string' ? name : '',
    data: isRecord ? (data as Record<string, unknown>) : {},
    due: typeof due === 'number' ? due : null,
  }
}

/** A newly published configuration may have taken an agent or a queue away, or the service app of a number. */
function reconcile(turn: GroupTurn): void {
  const { agents, queues } = turn.config
  for (const item of turn.state.items) {
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

/** Work that came with this event and could not be offered at once, and what is held from now on, learns its position and why it waits. */
function tellWaiting(turn: GroupTurn, before: ReadonlySet<string>, event: unknown): void {
  const { name, data } = readEvent(event)
  if (name !== 'work.requested' && turn.held.size === 0) return
  const order = inOrder(turn.state.items, turn.config)
  const isNew = (item: Item) => name === 'work.requested' && item.sessionId === data['sessionId'] && !before.has(keyOf(item))
  order.forEach((item, index) => {
    if (item.place.kind !== 'queue' || !(isNew(item) || turn.held.has(item))) return
    const ahead = order.slice(0, index).filter((other) => placeOf(other) === placeOf(item)).length
    turn.tell(item, 'work.queued', { queueId: item.place.id, position: ahead + 1, held: heldOf(turn, item) })
  })
}

/** A place where work waits and none is taken for too long raises one alarm, until somebody takes some. */
function watchStalls(turn: GroupTurn): void {
  const { state, now } = turn
  const waiting = Map.groupBy(
    state.items.filter((item) => item.state.kind !== 'assigned' && !item.untilOpen),
    placeOf,
  )
  state.stalls = [...waiting.keys()].map(
    (place) => state.stalls.find((stall) => stall.place === place) ?? { place, since: now, alarmed: false },
  )
  for (const stall of state.stalls) {
    if (stall.alarmed || now < stall.since + starvationAfter(turn, stall.place)) continue
    stall.alarmed = true
    const items = waiting.get(stall.place) ?? []
    const oldest = Math.min(...items.map((item) => item.since))
    turn.alarm('queue-starving', { place: stall.place, waiting: items.length, oldest, since: stall.since })
  }
}

function starvationAfter(turn: GroupTurn, place: string): number {
  return (place.startsWith('queue:') ? turn.config.queues.get(place.slice('queue:'.length))?.starvationAfterMs : undefined) ?? STARVATION_MS
}

/** Wakes the group when time alone changes something. */
function tick(turn: GroupTurn): void {
  const { state, now } = turn
  const moments = [
    ...state.items.flatMap((item) => (item.state.kind === 'queued' ? item.passed.map((pass) => pass.until) : [])),
    ...leaseEnds(turn),
    ...timeChanges(turn),
    ...relaxations(turn),
    ...state.stalls.flatMap((stall) => (stall.alarmed ? [] : [stall.since + starvationAfter(turn, stall.place)])),
  ].filter((at) => at > now)
  const next = moments.length === 0 ? null : moments.reduce((a, b) => Math.min(a, b))
  // Lazy: a tick that comes too early looks again and sets the next one.
  if (next === null || (state.tickAt !== null && state.tickAt <= next)) return
  state.tickAt = next
  turn.setTimer(TICK, next)
}

/** When somebody else may take what waits. */
function relaxations({ state, config, now }: GroupTurn): number[] {
  return state.items.flatMap((item) => {
    if (item.state.kind !== 'queued' || item.untilOpen || item.place.kind !== 'queue') return []
    return nextRelaxation(item, config.queues.get(item.place.id), now) ?? []
  })
}

function placeOf({ place }: Item): string {
  return `${place.kind}:${place.id}`
}

function keyOf({ sessionId, request }: Item): string {
  return `${sessionId}#${request}`
}
