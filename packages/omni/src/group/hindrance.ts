// Pure. Work that nobody is to take now: its queue is closed, has no member online, is full, or has let it wait for too long. The queue
// says what becomes of it.
import { isOpen, nextChange, opensAt } from '../hours/opening-hours.ts'
import type { Hindrance, Policy, QueueSettings } from '../config/settings.ts'
import { remove } from './offers.ts'
import type { Item } from './state.ts'
import type { GroupTurn } from './turn.ts'

/** Why work has to wait, as it is told to the conversation. `opensAt`: epoch milliseconds, null when the queue is open or never opens. */
export interface Held {
  why: Hindrance
  callback: boolean
  opensAt: number | null
}

/** Applies what a queue says to work that arrives; false: it was sent elsewhere. */
export function receiveAt(turn: GroupTurn, item: Item, queue: QueueSettings): boolean {
  const why = hindranceOf(turn, queue)
  return why === null || keep(turn, item, queue, why)
}

/** What time alone changes. What waited for the opening may be given out; what is left when the queue has closed and nobody is there any
 * more is held like what comes later (a queue that closes while members are online is served on); whoever waited longest goes elsewhere. */
export function followTime(turn: GroupTurn): void {
  const staffed = staffedQueues(turn)
  for (const item of turn.state.items.filter(({ state }) => state.kind === 'queued')) {
    const queue = queueOf(turn, item)
    if (queue === undefined) continue
    const closed = isClosed(turn, queue)
    if (!closed && item.untilOpen) {
      item.untilOpen = false
      item.waitingFrom = turn.now
    }
    const why = closed && !item.untilOpen && !staffed(queue) ? 'closed' : isOverdue(turn, item, queue) ? 'waited' : null
    if (why !== null && !keep(turn, item, queue, why)) remove(turn, item)
  }
}

/** What keeps this work from being given out, or null. */
export function heldOf(turn: GroupTurn, item: Item): Held | null {
  const queue = queueOf(turn, item)
  const why = turn.held.get(item)
  if (queue === undefined || why === undefined) return null
  const { callback } = item
  return { why, callback, opensAt: why === 'closed' && queue.hours !== null ? opensAt(queue.hours, turn.now) : null }
}

/** When a queue in which work waits opens, closes or loses patience next. */
export function timeChanges(turn: GroupTurn): number[] {
  const waiting = turn.state.items.filter(({ state }) => state.kind === 'queued')
  const queues = new Set(waiting.flatMap((item) => queueOf(turn, item) ?? []))
  return [
    ...[...queues].flatMap(({ hours }) => (hours === null ? [] : (nextChange(hours, turn.now) ?? []))),
    ...waiting.flatMap((item) => (item.untilOpen || item.overdue ? [] : (patienceEnds(item, queueOf(turn, item)) ?? []))),
  ]
}

function hindranceOf(turn: GroupTurn, queue: QueueSettings): Hindrance | null {
  if (isClosed(turn, queue)) return 'closed'
  if (!isStaffed(turn, queue)) return 'nobody-online'
  const waits = ({ place, state }: Item) => place.kind === 'queue' && place.id === queue.id && state.kind !== 'assigned'
  return queue.maxWaiting !== null && turn.state.items.filter(waits).length >= queue.maxWaiting.size ? 'full' : null
}

function keep(turn: GroupTurn, item: Item, queue: QueueSettings, why: Hindrance): boolean {
  const policy = policyOf(queue, why)
  if (policy.kind === 'divert' && item.mayDivert) {
    const opening = why === 'closed' && queue.hours !== null ? opensAt(queue.hours, turn.now) : null
    turn.tell(item, 'work.diverted', { queueId: queue.id, to: policy.to, why, opensAt: opening })
    return false
  }
  if (why === 'closed') item.untilOpen = true
  if (why === 'waited') item.overdue = true
  if (policy.kind === 'callback') item.callback = true
  turn.held.set(item, why)
  return true
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

function patienceEnds({ waitingFrom }: Item, queue: QueueSettings | undefined): number | null {
  return queue?.maxWait == null ? null : waitingFrom + queue.maxWait.afterMs
}

function isClosed({ now }: GroupTurn, { hours }: QueueSettings): boolean {
  return hours !== null && !isOpen(hours, now)
}

function isStaffed(turn: GroupTurn, queue: QueueSettings): boolean {
  return staffedQueues(turn)(queue)
}

/** Whether any member of a queue is online, as things stand now. */
function staffedQueues({ state }: GroupTurn): (queue: QueueSettings) => boolean {
  const online = new Set(state.agents.flatMap(({ id, presence }) => (presence === 'online' ? [id] : [])))
  const known = new Map<QueueSettings, boolean>()
  return (queue) => {
    const found = known.get(queue) ?? queue.members.some((member) => online.has(member))
    known.set(queue, found)
    return found
  }
}

function queueOf({ config }: GroupTurn, { place }: Item): QueueSettings | undefined {
  return place.kind === 'queue' ? config.queues.get(place.id) : undefined
}
