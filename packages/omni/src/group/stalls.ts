// Pure. A place where work waits and none is taken for too long raises one alarm, until somebody takes some.
import { placeOf } from './group.ts'
import type { GroupTurn } from './turn.ts'

/** For work meant for one agent, which has no queue to say it. */
const STARVATION_MS = 5 * 60_000

/** Looks at the places about which something changed, or whose time has come. */
export function watchStalls(turn: GroupTurn): void {
  const { now } = turn
  for (const key of turn.look.places) {
    const { ready, offered } = placeOf(turn.group, key)
    const waiting = ready.size + offered.size
    const { stalls } = turn.group
    if (waiting === 0) {
      turn.set({ stalls: stalls.without(key) })
      turn.setMoment(`stall:${key}`, null)
      continue
    }
    const stall = stalls.get(key) ?? { place: key, since: now, alarmed: false }
    const at = stall.since + starvationAfter(turn, key)
    const isNew = !stall.alarmed && now >= at
    const alarmed = stall.alarmed || isNew
    turn.set({ stalls: stalls.with(key, { ...stall, alarmed }) })
    turn.setMoment(`stall:${key}`, alarmed ? null : at)
    const oldest = Math.min(ready.first()?.since ?? Infinity, offered.first()?.since ?? Infinity)
    if (isNew) turn.alarm('queue-starving', { place: key, waiting, oldest, since: stall.since })
  }
}

/** Somebody took work of this place. */
export function wasServed(turn: GroupTurn, key: string): void {
  const { stalls } = turn.group
  const stall = stalls.get(key)
  if (stall === undefined) return
  turn.set({ stalls: stalls.with(key, { ...stall, since: turn.now, alarmed: false }) })
  turn.look.places.add(key)
}

function starvationAfter({ config }: GroupTurn, key: string): number {
  return (key.startsWith('queue:') ? config.queues.get(key.slice('queue:'.length))?.starvationAfterMs : undefined) ?? STARVATION_MS
}
