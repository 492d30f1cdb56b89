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
import type { GroupState, Item } from './state.ts'
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
      const before = queuedRequest(state, event.event)
      const outcome = apply(turn, event.event)
      reconcile(turn)
      followTime(turn)
      match(turn)
      tellWaiting(turn, before, event.event)
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

/** The request of the session that the event is about, if it waited already; null: it did not. */
function queuedRequest({ items }: GroupState, event: unknown): number | null {
  const { sessionId } = readEvent(event).data
  return items.find((item) => item.sessionId === sessionId && item.state.kind === 'queued')?.request ?? null
}

/** Work that came with this event and could not be offered at once, and what is held from now on, learns its position and why it waits. */
function tellWaiting(turn: GroupTurn, before: number | null, event: unknown): void {
  const { name, data } = readEvent(event)
  const isNew = (item: Item) => name === 'work.requested' && item.sessionId === data['sessionId'] && item.request !== before
  const told = turn.state.items.filter(
    (item) => item.state.kind === 'queued' && item.place.kind === 'queue' && (isNew(item) || turn.held.has(item)),
  )
  if (told.length === 0) return
  const positions = positionsIn(turn, new Set(told.map(({ place }) => place.id)))
  for (const item of told) {
    turn.tell(item, 'work.queued', { queueId: item.place.id, position: positions.get(item) ?? 1, held: heldOf(turn, item) })
  }
}

/** How many are served before each piece of work that waits in these queues, and it. */
function positionsIn({ state, config }: GroupTurn, queueIds: ReadonlySet<string>): Map<Item, number> {
  const counts = new Map<string, number>()
  const positions = new Map<Item, number>()
  const there = state.items.filter(({ place }) => place.kind === 'queue' && queueIds.has(place.id))
  for (const item of inOrder(there, config)) {
    const position = (counts.get(item.place.id) ?? 0) + 1
    counts.set(item.place.id, position)
    positions.set(item, position)
  }
  return positions
}

/** A place where work waits and none is taken for too long raises one alarm, until somebody takes some. */
function watchStalls(turn: GroupTurn): void {
  const { state, now } = turn
  const waiting = waitingByPlace(state.items)
  const known = new Map(state.stalls.map((stall) => [stall.place, stall]))
  state.stalls = [...waiting.keys()].map((place) => known.get(place) ?? { place, since: now, alarmed: false })
  for (const stall of state.stalls) {
    if (stall.alarmed || now < stall.since + starvationAfter(turn, stall.place)) continue
    stall.alarmed = true
    turn.alarm('queue-starving', { place: stall.place, ...waiting.get(stall.place), since: stall.since })
  }
}

interface Waiting {
  waiting: number
  /** Since when the oldest does. */
  oldest: number
}

function waitingByPlace(items: readonly Item[]): Map<string, Waiting> {
  // By kind and id, so that no text is made for each of thousands of items.
  const byKind = { queue: new Map<string, Waiting>(), agent: new Map<string, Waiting>() }
  for (const { place, state, untilOpen, since } of items) {
    if (state.kind === 'assigned' || untilOpen) continue
    const here = byKind[place.kind].get(place.id)
    if (here === undefined) byKind[place.kind].set(place.id, { waiting: 1, oldest: since })
    else {
      here.waiting += 1
      here.oldest = Math.min(here.oldest, since)
    }
  }
  const named = (kind: Item['place']['kind']) => [...byKind[kind]].map(([id, found]): [string, Waiting] => [`${kind}:${id}`, found])
  return new Map([...named('queue'), ...named('agent')])
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
