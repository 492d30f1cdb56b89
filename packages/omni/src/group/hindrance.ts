// Pure. Work that nobody is to take now: its queue is closed, has no member online, is full, or has let it wait for too long. The queue
// says what becomes of it.
import { isOpen, opensAt } from '../hours/opening-hours.ts'
import type { Hindrance, Policy, QueueSettings } from '../config/settings.ts'
import { servesQueue } from './availability.ts'
import { placeOf } from './group.ts'
import { remove } from './offers.ts'
import { nowInLine } from './position.ts'
import type { Item } from './state.ts'
import type { GroupTurn } from './turn.ts'

/** Why work has to wait, as it is told to the conversation. `opensAt`: epoch milliseconds, null when the queue is open or never opens. */
export interface Held {
  why: Hindrance
  callback: boolean
  opensAt: number | null
}

/** Applies the rules of a queue to work that arrives. Gives the item as it waits there; null: it was sent elsewhere. */
export function receiveAt(turn: GroupTurn, item: Item, queue: QueueSettings): Item | null {
  const why = hindranceOf(turn, queue)
  return why === null ? item : keep(turn, item, queue, why)
}

/** What time alone changes. When a queue opens, what waited for that may be given out. When it has closed and its last member has gone, what
 * still waits is held like work that comes later; while members are online they serve on. What has waited for `maxWait` goes elsewhere. */
export function followTime(turn: GroupTurn): void {
  const known = new Map<QueueSettings, Standing>()
  const standingOf = (queue: QueueSettings): Standing => {
    const found = known.get(queue) ?? standing(turn, queue)
    known.set(queue, found)
    return found
  }
  for (const sessionId of new Set([...turn.look.items, ...concernedIn(turn, standingOf)])) {
    const item = turn.group.items.get(sessionId)
    const queue = item === undefined ? undefined : queueOf(turn, item)
    if (item?.state.kind === 'queued' && queue !== undefined) follow(turn, item, queue, standingOf(queue))
  }
}

interface Standing {
  isClosed: boolean
  /** It is closed, and no member is online to serve on. */
  isLeft: boolean
}

function standing(turn: GroupTurn, queue: QueueSettings): Standing {
  const isShut = isClosed(turn, queue)
  return { isClosed: isShut, isLeft: isShut && !isStaffed(turn, queue) }
}

/** Sessions that wait in a queue that may have opened, closed, or been left by its last member. */
function concernedIn(turn: GroupTurn, standingOf: (queue: QueueSettings) => Standing): string[] {
  return [...turn.look.queues].flatMap((id) => {
    const queue = turn.config.queues.get(id)
    const { ready, later } = placeOf(turn.group, `queue:${id}`)
    if (queue === undefined || ready.size + later.size === 0) return []
    const { isClosed: isShut, isLeft } = standingOf(queue)
    return [...(isLeft ? ready : isShut ? [] : later)].map(({ sessionId }) => sessionId)
  })
}

function follow(turn: GroupTurn, waiting: Item, queue: QueueSettings, { isClosed: isShut, isLeft }: Standing): void {
  const isOpened = !isShut && waiting.untilOpen
  const item = isOpened ? turn.put({ ...waiting, untilOpen: false, waitingFrom: turn.now }) : waiting
  if (isOpened) nowInLine(turn, item)
  const why = isLeft && !item.untilOpen ? 'closed' : isOverdue(turn, item, queue) ? 'waited' : null
  if (why === null) return
  const kept = keep(turn, item, queue, why)
  if (kept === null) remove(turn, item)
  else turn.put(kept)
}

/** What keeps this work from being given out, or null. */
export function heldOf(turn: GroupTurn, item: Item): Held | null {
  const queue = queueOf(turn, item)
  const why = turn.held.get(item.sessionId)
  if (queue === undefined || why === undefined || why === null) return null
  const { callback } = item
  return { why, callback, opensAt: why === 'closed' && queue.hours !== null ? opensAt(queue.hours, turn.now) : null }
}

function hindranceOf(turn: GroupTurn, queue: QueueSettings): Hindrance | null {
  if (isClosed(turn, queue)) return 'closed'
  if (!isStaffed(turn, queue)) return 'nobody-online'
  const { ready, later, offered } = placeOf(turn.group, `queue:${queue.id}`)
  return queue.maxWaiting !== null && ready.size + later.size + offered.size >= queue.maxWaiting.size ? 'full' : null
}

/** The item as it waits on; null: it was sent elsewhere. */
function keep(turn: GroupTurn, item: Item, queue: QueueSettings, why: Hindrance): Item | null {
  const policy = policyOf(queue, why)
  if (policy.kind === 'divert' && item.mayDivert) {
    const opening = why === 'closed' && queue.hours !== null ? opensAt(queue.hours, turn.now) : null
    turn.tell(item, 'work.diverted', { queueId: queue.id, to: policy.to, why, opensAt: opening })
    return null
  }
  turn.held.set(item.sessionId, why)
  return {
    ...item,
    untilOpen: item.untilOpen || why === 'closed',
    overdue: item.overdue || why === 'waited',
    callback: item.callback || policy.kind === 'callback',
  }
}

const WAIT: Policy = { kind: 'wait' }
function policyOf(queue: QueueSettings, why: Hindrance): Policy {
  const { whenClosed, whenNobodyOnline, maxWaiting, maxWait } = queue
  return { closed: whenClosed, 'nobody-online': whenNobodyOnline, full: maxWaiting?.otherwise ?? WAIT, waited: maxWait?.otherwise ?? WAIT }[
    why
  ]
}

function isOverdue({ now }: GroupTurn, item: Item, queue: QueueSettings): boolean {
  const ends = patienceEnds(item, queue)
  return !item.untilOpen && !item.overdue && ends !== null && now >= ends
}

/** When whoever waits is to go elsewhere; null: never. */
export function patienceEnds({ waitingFrom }: Item, queue: QueueSettings | undefined): number | null {
  return queue?.maxWait == null ? null : waitingFrom + queue.maxWait.afterMs
}

function isClosed({ now }: GroupTurn, { hours }: QueueSettings): boolean {
  return hours !== null && !isOpen(hours, now)
}

/** Whether any member may be offered its work, as things stand now. */
function isStaffed({ group, config }: GroupTurn, { id, members }: QueueSettings): boolean {
  return members.some((member) => {
    const entry = group.agents.get(member)
    return entry !== undefined && servesQueue(entry, id, config)
  })
}

export function queueOf({ config }: GroupTurn, { place }: Item): QueueSettings | undefined {
  return place.kind === 'queue' ? config.queues.get(place.id) : undefined
}
