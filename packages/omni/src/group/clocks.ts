// Pure. When time alone changes something for the routing group: a cool-down or a patience ends, less is asked, a queue opens or closes, a
// lease runs out, a wrap-up ends, an engine has been silent for too long, a queue begins to starve.
import { nextChange } from '../hours/opening-hours.ts'
import type { QueueSettings } from '../config/settings.ts'
import { placeOf, wrapUpsOf } from './group.ts'
import { patienceEnds, queueOf } from './hindrance.ts'
import { nextRelaxation } from './needs.ts'
import { dueMoments } from './outlook.ts'
import type { Item } from './state.ts'
import type { GroupTurn } from './turn.ts'

export const TICK = 'tick'

/** Notes when what was looked at in this turn is to be looked at next, and has the group woken at the first of all moments. */
export function setClocks(turn: GroupTurn): void {
  const { look, now } = turn
  for (const sessionId of look.items) {
    const item = turn.group.items.get(sessionId)
    turn.setMoment(`item:${sessionId}`, item === undefined ? null : firstAfter(now, momentsOf(turn, item)))
  }
  for (const id of look.agents) turn.setMoment(`lease:${id}`, firstAfter(now, [turn.group.agents.get(id)?.leaseUntil ?? null]))
  for (const id of look.agents)
    turn.setMoment(
      `wrapUp:${id}`,
      firstAfter(
        now,
        [...wrapUpsOf(turn.group, id)].map(({ until }) => until),
      ),
    )
  for (const { queueId, until } of turn.group.engines) turn.setMoment(`engine:${queueId}`, firstAfter(now, [until]))
  for (const key of look.places) {
    const queue = key.startsWith('queue:') ? turn.config.queues.get(key.slice('queue:'.length)) : undefined
    if (queue !== undefined && queue.hours !== null) turn.setMoment(`hours:${queue.id}`, nextOpeningOrClosing(turn, queue))
  }
  const next = turn.group.outlook.agenda.first()?.[0]
  // Lazy: a tick that comes too early looks again and sets the next one.
  const { tickAt } = turn.group
  if (next === undefined || (tickAt !== null && tickAt <= next)) return
  turn.set({ tickAt: next })
  turn.setTimer(TICK, next)
}

/** Looks at whatever a moment has come for. A lease is ended by the tick alone. */
export function lookAtDue(turn: GroupTurn): void {
  const { look } = turn
  for (const about of dueMoments(turn.group.outlook, turn.now)) {
    turn.setMoment(about, null)
    const id = about.slice(about.indexOf(':') + 1)
    if (about.startsWith('item:')) look.items.add(id)
    if (about.startsWith('wrapUp:')) look.agents.add(id)
    if (about.startsWith('stall:')) look.places.add(id)
    if (!about.startsWith('hours:')) continue
    look.queues.add(id)
    look.places.add(`queue:${id}`)
  }
}

function momentsOf(turn: GroupTurn, item: Item): (number | null)[] {
  if (item.state.kind !== 'queued') return []
  const queue = queueOf(turn, item)
  const passes = item.passed.map(({ until }) => until)
  return item.untilOpen
    ? passes
    : [
        ...passes,
        item.reservedUntil,
        item.overdue ? null : patienceEnds(item, queue),
        queue === undefined ? null : nextRelaxation(item, queue, turn.now),
      ]
}

/** Null while no work waits in it: then nobody needs to know. */
function nextOpeningOrClosing({ group, now }: GroupTurn, { id, hours }: QueueSettings): number | null {
  const { ready, later } = placeOf(group, `queue:${id}`)
  if (hours === null || ready.size + later.size === 0) return null
  const known = group.outlook.moments.get(`hours:${id}`)
  return known ?? nextChange(hours, now)
}

function firstAfter(now: number, moments: (number | null)[]): number | null {
  return moments.reduce((first, at) => (at === null || at <= now || (first !== null && first <= at) ? first : at), null)
}
