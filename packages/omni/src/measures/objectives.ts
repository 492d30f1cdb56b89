// Pure. What a queue is to keep for each customer: an agent within one time, an answer within another. It is warned of at a share of the
// time and missed at its end. Each is said once; a warning that would come together with the miss is left out.
import type { QueueSettings } from '../config/settings.ts'
import { afterOpenTime } from '../hours/open-time.ts'
import type { Leg, Objective } from './leg.ts'

const NAMES = ['wait', 'response'] as const
type Name = (typeof NAMES)[number]
/** What is to be said now. */
export type Told = Partial<Record<Name, 'warning' | 'miss'>>

/** What is to be kept for whoever comes to this queue now. */
export function objectivesOf(queue: QueueSettings | undefined, now: number): Pick<Leg, Name> {
  const level = queue?.serviceLevel ?? null
  if (queue === undefined || level === null) return { wait: null, response: null }
  const within = (ms: number | null): Objective | null => {
    if (ms === null) return null
    const dueAt = afterOpenTime(queue.hours, now, ms)
    const warnAt = afterOpenTime(queue.hours, now, ms * level.warnAt)
    return dueAt === null || warnAt === null ? null : { warnAt, dueAt, told: 'nothing' }
  }
  return { wait: within(level.waitMs), response: within(level.firstResponseMs) }
}

/** What there is to say of a leg as it stands at `now`, and the leg that remembers it was said. */
export function look(leg: Leg, now: number): { leg: Leg; told: Told } {
  let next = leg
  const told: Told = {}
  for (const name of NAMES) {
    const objective = leg[name]
    const news = objective === null ? null : newsOf(objective, metAt(leg, name), now)
    if (objective === null || news === null) continue
    told[name] = news
    next = { ...next, [name]: { ...objective, told: news } }
  }
  return { leg: next, told }
}

/** When there may be something to say of it next; null: never. */
export function nextLook(leg: Leg): number | null {
  const moments = NAMES.flatMap((name) => {
    const objective = leg[name]
    if (objective === null || objective.told === 'miss' || metAt(leg, name) !== null) return []
    return objective.told === 'nothing' ? objective.warnAt : objective.dueAt
  })
  return moments.length === 0 ? null : Math.min(...moments)
}

/** Whether it was kept for a leg that is over at `end`; null: there was nothing to keep. */
export function isKept(leg: Leg, name: Name, end: number): boolean | null {
  const objective = leg[name]
  return objective === null ? null : (metAt(leg, name) ?? end) < objective.dueAt
}

function newsOf({ warnAt, dueAt, told }: Objective, met: number | null, now: number): 'warning' | 'miss' | null {
  if (told !== 'miss' && (met ?? now) >= dueAt) return 'miss'
  return told === 'nothing' && met === null && now >= warnAt ? 'warning' : null
}

function metAt(leg: Leg, name: Name): number | null {
  return name === 'wait' ? leg.takenAt : leg.firstResponseAt
}
