// Pure. Applies the waiting events of actors in order, each on the state the one before left behind.
import type { ActorKind, ActorLogic, Turn } from '../contract/actor.ts'
import type { InboxEvent } from '../contract/event.ts'
import type { Settings } from '../contract/settings.ts'
import type { ClaimedActor, InboxRow } from '../store/turns.ts'

/** One event and what it led to. */
export interface AppliedEvent {
  row: InboxRow
  event: InboxEvent<unknown>
  turn: Turn
}

/** What an actor's events led to. `failed`: the step threw at this event; those after it wait behind it. */
export interface AppliedActor {
  actor: ClaimedActor
  applied: AppliedEvent[]
  failed: { row: InboxRow; error: unknown } | null
}

/** `stateOf`: what a logic is given of an actor; it may throw like a step. */
export function applyEvents(
  actors: ClaimedActor[],
  rows: InboxRow[],
  logics: ReadonlyMap<ActorKind, ActorLogic>,
  now: number,
  settings: Settings,
  stateOf: (actor: ClaimedActor) => unknown,
): AppliedActor[] {
  const inboxes = Map.groupBy(rows, (row) => row.actorId)
  return actors.flatMap((actor) => {
    const waiting = inboxes.get(actor.id)
    return waiting === undefined ? [] : [applyTo(actor, waiting, logics.get(actor.kind), now, settings, () => stateOf(actor))]
  })
}

function applyTo(
  actor: ClaimedActor,
  rows: InboxRow[],
  logic: ActorLogic | undefined,
  now: number,
  settings: Settings,
  stored: () => unknown,
): AppliedActor {
  const applied: AppliedEvent[] = []
  let state: unknown
  for (const row of rows) {
    const event = { id: row.id, at: row.at, receivedAt: row.receivedAt, event: row.event }
    try {
      if (logic === undefined) throw new Error(`nothing is connected that works a ${actor.kind}`)
      if (applied.length === 0) state = stored()
      const turn = logic.step({ ...actor, state }, event, now, settings)
      state = turn.state
      applied.push({ row, event, turn })
    } catch (error) {
      return { actor, applied, failed: { row, error } }
    }
  }
  return { actor, applied, failed: null }
}
