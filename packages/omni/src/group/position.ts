// Pure. What a customer who waits may be told: how many are before them, and about how long it will be.
import { z } from 'zod'
import type { Outcome } from '@baton/router'
import { ageOf, heldBy, keyOf, placeOf } from './group.ts'
import type { Item } from './state.ts'
import type { GroupTurn } from './turn.ts'
import { DONE, refused } from './turn.ts'

const about = z.object({ sessionId: z.string(), request: z.int() })

/** `work.asked`: a conversation that waits asks for its place; answered with `work.placed {position, waitMs}`, or not at all when it does not
 * wait any more. */
export function askPlace(turn: GroupTurn, data: Record<string, unknown>): Outcome {
  const parsed = about.safeParse(data)
  if (!parsed.success) return refused('malformed-event', z.prettifyError(parsed.error))
  const { sessionId, request } = parsed.data
  const item = turn.group.items.get(sessionId)
  if (item === undefined || item.request !== request || item.place.kind !== 'queue' || item.state.kind === 'assigned') return DONE
  const position = positionOf(turn, item)
  turn.tell(item, 'work.placed', { position, waitMs: expectedWait(turn, item.place.id, position) })
  return DONE
}

/** The item waits in line from this turn on. If its queue tells customers their place, this one is told at the end of the turn, unless they were
 * promised a callback or are offered to an agent by then. */
export function nowInLine(turn: GroupTurn, item: Item): void {
  const queue = item.place.kind === 'queue' ? turn.config.queues.get(item.place.id) : undefined
  if (queue !== undefined && queue.positionMessage !== null && !item.callback) turn.held.set(item.sessionId, null)
}

/** How many are served before it in its queue, and it. */
export function positionOf({ group }: Pick<GroupTurn, 'group'>, item: Item): number {
  const { ready, later } = placeOf(group, keyOf(item))
  return ready.rank(ageOf(item)) + later.rank(ageOf(item)) + 1
}

/** How long somebody at this position of a queue is expected to wait, milliseconds; null: nobody is served there, so it cannot be said. */
export function expectedWait({ group, config, now }: GroupTurn, queueId: string, position: number): number | null {
  const members = config.queues.get(queueId)?.members ?? []
  const taken = members.flatMap((id) =>
    [...heldBy(group, id)].flatMap(({ place, state: at }) =>
      place.kind === 'queue' && place.id === queueId && at.kind === 'assigned' ? [at.at] : [],
    ),
  )
  return waitAt(position, taken, now)
}

/** `taken`: when each conversation that is under way in the queue was taken, epoch milliseconds. At any moment conversations have on average
 * as long to go as they have lasted (their age and their residual life are alike), so the `position`th of them ends, and its agent is
 * free, after `position` times that average, divided by how many are under way. */
export function waitAt(position: number, taken: readonly number[], now: number): number | null {
  if (taken.length === 0) return null
  const lasted = taken.reduce((sum, at) => sum + (now - at), 0) / taken.length
  return (position * lasted) / taken.length
}
