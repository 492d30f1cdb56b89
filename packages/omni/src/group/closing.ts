// Pure. Work that nobody can take now: its queue is closed, or has no member online. The queue's policy says what becomes of it.
import { isOpen, nextChange, opensAt } from '../hours/opening-hours.ts'
import type { QueueSettings } from '../config/settings.ts'
import { remove } from './offers.ts'
import type { Item } from './state.ts'
import { presenceOf } from './state.ts'
import type { GroupTurn } from './turn.ts'

/** Why work has to wait, as it is told to the conversation. `opensAt`: epoch milliseconds, null when the queue is open or never opens. */
export interface Held {
  why: 'closed' | 'nobody-online'
  callback: boolean
  opensAt: number | null
}

/** Applies the policy of a queue to work that arrives; false: it was sent elsewhere. */
export function receiveAt(turn: GroupTurn, item: Item, queue: QueueSettings): boolean {
  const why = isClosed(turn, queue) ? 'closed' : isStaffed(turn, queue) ? null : 'nobody-online'
  return why === null || keep(turn, item, queue, why)
}

/** Opens and closes: what waited for the opening may be given out; what is left when the queue has closed and nobody is there any more is
 * held like what comes later. A queue that closes while members are online is served on. */
export function followHours(turn: GroupTurn): void {
  for (const item of turn.state.items.filter(({ state }) => state.kind === 'queued')) {
    const queue = queueOf(turn, item)
    if (queue?.hours == null) {
      item.untilOpen = false
      continue
    }
    const closed = isClosed(turn, queue)
    if (!closed) item.untilOpen = false
    if (!closed || item.untilOpen || isStaffed(turn, queue)) continue
    if (keep(turn, item, queue, 'closed')) turn.held.add(item)
    else remove(turn, item)
  }
}

/** What keeps this work from being given out, or null. */
export function heldOf(turn: GroupTurn, item: Item): Held | null {
  const queue = queueOf(turn, item)
  if (queue === undefined) return null
  const { callback } = item
  if (item.untilOpen) return { why: 'closed', callback, opensAt: queue.hours === null ? null : opensAt(queue.hours, turn.now) }
  return isStaffed(turn, queue) ? null : { why: 'nobody-online', callback, opensAt: null }
}

/** When a queue in which work waits opens or closes next. */
export function hourChanges(turn: GroupTurn): number[] {
  const waiting = new Set(turn.state.items.flatMap((item) => (item.state.kind === 'queued' ? (queueOf(turn, item) ?? []) : [])))
  return [...waiting].flatMap(({ hours }) => (hours === null ? [] : (nextChange(hours, turn.now) ?? [])))
}

function keep(turn: GroupTurn, item: Item, queue: QueueSettings, why: Held['why']): boolean {
  const policy = why === 'closed' ? queue.whenClosed : queue.whenNobodyOnline
  if (policy.kind === 'divert' && item.mayDivert) {
    const opening = why === 'closed' && queue.hours !== null ? opensAt(queue.hours, turn.now) : null
    turn.tell(item, 'work.diverted', { queueId: queue.id, to: policy.to, why, opensAt: opening })
    return false
  }
  item.untilOpen = why === 'closed'
  if (policy.kind === 'callback') item.callback = true
  return true
}

function isClosed({ now }: GroupTurn, { hours }: QueueSettings): boolean {
  return hours !== null && !isOpen(hours, now)
}

function isStaffed({ state }: GroupTurn, { members }: QueueSettings): boolean {
  return members.some((member) => presenceOf(state, member) === 'online')
}

function queueOf({ config }: GroupTurn, { place }: Item): QueueSettings | undefined {
  return place.kind === 'queue' ? config.queues.get(place.id) : undefined
}
