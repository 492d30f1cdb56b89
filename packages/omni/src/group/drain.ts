// Pure. A queue that is drained gets nothing new: what comes goes elsewhere, what waits is moved there too or served to the end, until
// somebody ends it. Work that came back because nobody else could take it is let in all the same: no customer is left with nobody.
import { z } from 'zod'
import type { Author, Outcome } from '@baton/router'
import { isKnown } from '../config/targets.ts'
import { placeOf } from './group.ts'
import { remove } from './offers.ts'
import type { Drain, Item } from './state.ts'
import { mayNotSupervise } from './supervisors.ts'
import type { GroupTurn } from './turn.ts'
import { DONE, refused } from './turn.ts'

const order = z.object({
  queueId: z.string(),
  to: z.templateLiteral([z.enum(['queue', 'bot']), ':', z.string().regex(/^[a-z0-9-]+$/)]),
  waiting: z.enum(['keep', 'move']),
})
const about = order.pick({ queueId: true })

/** `queue.drained {queueId, to, waiting}`; of one that is drained already `to` is changed. Refused: `unknown-queue`, `unknown-target`,
 * `queue-drained` when `to` is drained itself, or is this queue. */
export function drainQueue(turn: GroupTurn, data: Record<string, unknown>, by: Author | null): Outcome {
  const parsed = order.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { queueId, to, waiting } = parsed.data
  const refusal = mayNotSupervise(turn, by)
  if (refusal !== null) return refusal
  if (!turn.config.queues.has(queueId)) return refused('unknown-queue', queueId)
  if (!isKnown(to, turn.config)) return refused('unknown-target', to)
  if (to === `queue:${queueId}` || [...turn.group.drains].some((drain) => to === `queue:${drain.queueId}`))
    return refused('queue-drained', to)
  const since = drainOf(turn, queueId)?.since ?? turn.now
  turn.set({ drains: turn.group.drains.with(queueId, { queueId, to, since }) })
  const moved = waiting === 'move' ? waitingIn(turn, queueId) : []
  for (const item of moved) {
    remove(turn, item)
    tellElsewhere(turn, item, to)
  }
  turn.record('queue.drained', by, { queueId, to, waiting, moved: moved.length })
  return { kind: 'done', data: { queueId, moved: moved.length } }
}

/** `queue.undrained {queueId}`: what comes stays again. */
export function undrainQueue(turn: GroupTurn, data: Record<string, unknown>, by: Author | null): Outcome {
  const parsed = about.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { queueId } = parsed.data
  const refusal = mayNotSupervise(turn, by)
  if (refusal !== null) return refusal
  if (!turn.config.queues.has(queueId)) return refused('unknown-queue', queueId)
  if (drainOf(turn, queueId) === undefined) return refused('queue-not-drained', queueId)
  turn.set({ drains: turn.group.drains.without(queueId) })
  turn.record('queue.undrained', by, { queueId })
  return DONE
}

/** Sends work elsewhere that comes to a drained queue; false: it may stay. */
export function sendElsewhere(turn: GroupTurn, item: Item): boolean {
  const drain = item.place.kind === 'queue' && item.mayDivert ? drainOf(turn, item.place.id) : undefined
  if (drain === undefined) return false
  tellElsewhere(turn, item, drain.to)
  return true
}

/** A queue that is not configured any more is not drained either. */
export function dropDrains(turn: GroupTurn): void {
  for (const { queueId } of turn.group.drains)
    if (!turn.config.queues.has(queueId)) turn.set({ drains: turn.group.drains.without(queueId) })
}

function drainOf({ group }: GroupTurn, queueId: string): Drain | undefined {
  return group.drains.get(queueId)
}

/** The conversation goes there, and comes back here only when nobody else can take it. */
function tellElsewhere(turn: GroupTurn, item: Item, to: string): void {
  turn.tell(item, 'work.diverted', { queueId: item.place.id, to, why: 'drained', opensAt: null })
}

/** Not accepted yet, whether or not it is offered. */
function waitingIn({ group }: GroupTurn, queueId: string): Item[] {
  const { ready, later, offered } = placeOf(group, `queue:${queueId}`)
  return [...offered, ...ready, ...later].toSorted((a, b) => a.since - b.since)
}
