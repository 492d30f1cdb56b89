// Pure. A place where work waits and nobody takes the oldest for too long raises one alarm, until somebody does.
import { ageOf, byAge, keyOf, placeOf } from './group.ts'
import type { Item } from './state.ts'
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

/** Somebody took this work. Older work that it passed over goes on waiting for somebody, or what nobody can take would never be noticed where
 * the rest is served all the time. */
export function wasServed(turn: GroupTurn, item: Item): void {
  const key = keyOf(item)
  const { stalls } = turn.group
  const stall = stalls.get(key)
  if (stall === undefined) return
  const passedOver = oldestBefore(turn, key, item)
  const since = passedOver === undefined ? turn.now : Math.max(stall.since, passedOver.waitingFrom)
  const alarmed = stall.alarmed && passedOver !== undefined && since === stall.since
  turn.set({ stalls: stalls.with(key, { ...stall, since, alarmed }) })
  turn.look.places.add(key)
}

/** The oldest work of a place, if it is older than this. */
function oldestBefore({ group }: GroupTurn, key: string, item: Item): Item | undefined {
  const { ready, offered } = placeOf(group, key)
  const first = [ready.first(), offered.first()].filter((each) => each !== undefined).toSorted((a, b) => byAge(ageOf(a), ageOf(b)))[0]
  return first !== undefined && byAge(ageOf(first), ageOf(item)) < 0 ? first : undefined
}

function starvationAfter({ config }: GroupTurn, key: string): number {
  return (key.startsWith('queue:') ? config.queues.get(key.slice('queue:'.length))?.starvationAfterMs : undefined) ?? STARVATION_MS
}
