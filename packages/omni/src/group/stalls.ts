// Pure. A place where work waits and nobody takes the oldest for too long raises one alarm, until somebody does.
import { ageOf, byAge, keyOf, placeOf } from './group.ts'
import type { Item, Stall } from './state.ts'
import type { GroupTurn } from './turn.ts'

/** For work meant for one agent, which has no queue to say it. */
const STARVATION_MS = 5 * 60_000

/** Looks at the places about which something changed, or whose time has come. */
export function watchStalls(turn: GroupTurn): void {
  const { now } = turn
  for (const key of turn.look.places) {
    const { stalls } = turn.group
    const oldest = oldestAt(turn, key)
    if (oldest === undefined) {
      turn.set({ stalls: stalls.without(key) })
      turn.setMoment(`stall:${key}`, null)
      continue
    }
    const after = starvationAfter(turn, key)
    const stall = stallOf(stalls.get(key) ?? { place: key, since: now, alarmed: false }, oldest, after)
    const isNew = !stall.alarmed && now >= stall.since + after
    const alarmed = stall.alarmed || isNew
    turn.set({ stalls: stalls.with(key, { ...stall, alarmed }) })
    turn.setMoment(`stall:${key}`, alarmed ? null : stall.since + after)
    if (!isNew) continue
    const { ready, offered } = placeOf(turn.group, key)
    turn.alarm('queue-starving', { place: key, waiting: ready.size + offered.size, oldest: oldest.since, since: stall.since })
  }
}

/** The oldest that waits now may have come after the one that the stall began with. An alarm stands for all who waited when it was raised. */
function stallOf(known: Stall, { waitingFrom }: Item, after: number): Stall {
  if (waitingFrom <= known.since || (known.alarmed && waitingFrom <= known.since + after)) return known
  return { ...known, since: waitingFrom, alarmed: false }
}

/** Somebody took this work. If it passed over older work, which nobody can take, nothing has changed for that. */
export function wasServed(turn: GroupTurn, item: Item): void {
  const key = keyOf(item)
  const { stalls } = turn.group
  const stall = stalls.get(key)
  const oldest = oldestAt(turn, key)
  if (stall === undefined || (oldest !== undefined && byAge(ageOf(oldest), ageOf(item)) < 0)) return
  turn.set({ stalls: stalls.with(key, { ...stall, since: turn.now, alarmed: false }) })
}

/** The oldest work of a place that waits to be given out, or for the answer to an offer. */
function oldestAt({ group }: GroupTurn, key: string): Item | undefined {
  const { ready, offered } = placeOf(group, key)
  const [first, other] = [ready.first(), offered.first()]
  return first === undefined || (other !== undefined && byAge(ageOf(other), ageOf(first)) < 0) ? other : first
}

function starvationAfter({ config }: GroupTurn, key: string): number {
  return (key.startsWith('queue:') ? config.queues.get(key.slice('queue:'.length))?.starvationAfterMs : undefined) ?? STARVATION_MS
}
