// Pure. Work is pushed to agents as offers, which they accept, decline or let time out.
import { z } from 'zod'
import type { Outcome } from '@baton/router'
import { assign } from './assign.ts'
import { serves } from './availability.ts'
import { isOffered, loadOf, offerOf } from './group.ts'
import { weightOf } from './needs.ts'
import { nowInLine } from './position.ts'
import { wasServed } from './stalls.ts'
import type { Item, Offered } from './state.ts'
import type { GroupTurn } from './turn.ts'
import { DONE, refused, touch } from './turn.ts'

/** An agent who passed on a piece of work is not asked again about it before this. */
const COOL_DOWN_MS = 30_000
/** How long an agent may think about work that is meant for them alone, because it has no queue that says so. */
const OFFER_TIMEOUT_MS = 30_000

const answer = z.object({ offerId: z.string(), agentId: z.string() })
const decline = z.object({ reason: z.string().max(500).optional() })

/** `offer.accepted`. Refused: `offer-gone` when it was withdrawn, timed out or answered before, `offer-not-yours`. */
export function acceptOffer(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const open = openOffer(turn, data)
  if (open.kind === 'refused') return open
  const { item } = open
  const { offerId, agentId } = item.state
  turn.cancelTimer(timerOf(offerId))
  giveTo(turn, item, agentId, offerId)
  return { kind: 'done', data: { offerId, conversationId: item.conversationId, sessionId: item.sessionId } }
}

/** `offer.declined`; a reason is told to whoever takes the work. */
export function declineOffer(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const open = openOffer(turn, data)
  if (open.kind === 'refused') return open
  const parsed = decline.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { offerId, agentId } = open.item.state
  const { reason } = parsed.data
  if (reason !== undefined) turn.tell(open.item, 'offer.declined', { agentId, reason })
  passOn(turn, open.item, 'declined')
  return { kind: 'done', data: { offerId } }
}

/** The timer of an offer: it fires early when clocks differ, and late after a stop; both are fine. */
export function offerDue(turn: GroupTurn, offerId: string): Outcome {
  const item = offerOf(turn.group, offerId)
  if (item === undefined) return DONE
  if (item.state.expiresAt > turn.now) turn.setTimer(timerOf(offerId), item.state.expiresAt)
  else passOn(turn, item, 'no-answer')
  return DONE
}

/** Offers whatever can be offered now, or gives it where nobody is asked. */
export function match(turn: GroupTurn): void {
  for (const { item, agentId } of assign(turn.group, turn.look, turn.now)) propose(turn, item, agentId)
}

/** Offers the agent the work, or gives it to them where nobody is asked. Returns the work as it is then. */
export function propose(turn: GroupTurn, item: Item, agentId: string): Item {
  const queue = item.place.kind === 'queue' ? turn.config.queues.get(item.place.id) : undefined
  if (queue !== undefined) turn.set({ served: turn.group.served.with(queue.id, { queueId: queue.id, agentId }) })
  return queue?.autoAccept === true ? giveTo(turn, item, agentId) : offer(turn, item, agentId, queue?.offerTimeoutMs ?? OFFER_TIMEOUT_MS)
}

function offer(turn: GroupTurn, item: Item, agentId: string, timeoutMs: number): Item {
  const expiresAt = turn.now + timeoutMs
  const offerId = turn.newOfferId()
  turn.setTimer(timerOf(offerId), expiresAt)
  return turn.put({ ...item, state: { kind: 'offered', offerId, agentId, at: turn.now, expiresAt } })
}

/** The agent has the work. */
export function giveTo(turn: GroupTurn, item: Item, agentId: string, offerId: string | null = null): Item {
  const given = turn.put({ ...item, state: { kind: 'assigned', agentId, at: turn.now } })
  touch(turn, agentId)
  turn.dropWrapUp(agentId, item.sessionId) // they are at it again
  wasServed(turn, item)
  const queueId = item.place.kind === 'queue' ? item.place.id : null
  turn.tell(item, 'agent.assigned', { agentId, agentName: turn.config.agents.get(agentId)?.name ?? agentId, offerId, queueId })
  return given
}

/** Whether this agent could have this work without an offer. */
export function isAvailableWithRoom({ group, config }: GroupTurn, agentId: string, item: Item): boolean {
  const settings = config.agents.get(agentId)
  const entry = group.agents.get(agentId)
  const isAvailable = entry !== undefined && serves(entry, item, config)
  return settings !== undefined && isAvailable && loadOf(group, agentId, config) + weightOf(item, config) <= settings.capacity
}

/** The item is forgotten; an open offer of it with it. */
export function remove(turn: GroupTurn, item: Item): void {
  if (isOffered(item)) turn.cancelTimer(timerOf(item.state.offerId))
  turn.drop(item)
}

/** Nobody here can take it: the conversation looks for its next target. */
export function fail(turn: GroupTurn, item: Item, reason: string): void {
  remove(turn, item)
  turn.tell(item, 'work.failed', { reason })
}

/** Back into the queue with its age; the agent to whom it was offered may be asked again at once. */
export function withdraw(turn: GroupTurn, item: Offered): Item {
  turn.cancelTimer(timerOf(item.state.offerId))
  nowInLine(turn, item)
  return turn.put({ ...item, state: { kind: 'queued' } })
}

function passOn(turn: GroupTurn, item: Offered, reason: 'declined' | 'no-answer'): void {
  const { agentId } = item.state
  if (item.place.kind === 'agent') return fail(turn, item, reason)
  const passed = [...item.passed.filter((pass) => pass.agentId !== agentId), { agentId, until: turn.now + COOL_DOWN_MS }]
  turn.put({ ...withdraw(turn, item), passed })
}

function openOffer(turn: GroupTurn, data: Record<string, unknown>): { kind: 'ok'; item: Offered } | Extract<Outcome, { kind: 'refused' }> {
  const parsed = answer.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const item = offerOf(turn.group, parsed.data.offerId)
  if (item === undefined) return refused('offer-gone')
  return item.state.agentId === parsed.data.agentId ? { kind: 'ok', item } : refused('offer-not-yours')
}

function timerOf(offerId: string): string {
  return `offer:${offerId}`
}
