// Owns the states in parts that this process has in memory, so that a turn reads only what others have changed since its last one.
// R1: a state is used only when the revision it has is among those that are stored: it is what was stored then, and all that changed
// since is read again.
import type { ActorRef, PartedState } from '../contract/actor.ts'
import { findHead, readParts, readSomeParts } from '../store/parts.ts'
import type { Revision } from '../store/tables.ts'
import { changedSince } from './revisions.ts'

type Executor = Parameters<typeof readParts>[0]

/** What an actor's row says: the head of its state, and its revisions (null: it is stored whole). */
export interface StoredHead extends ActorRef {
  state: unknown
  revisions: Revision[] | null
}

export interface PartedStates {
  /** Reads what is missing, and gives how the state as it is stored is made of it. That throws `NewerRelease`. */
  load(executor: Executor, stored: StoredHead, logic: PartedState): Promise<() => unknown>
  /** It is stored with this revision. */
  keep(actorId: string, revision: string, state: unknown): void
}

export function createPartedStates(): PartedStates {
  const states = new Map<string, { revision: string; state: unknown }>()
  return {
    async load(executor, stored, logic) {
      const { id, state: head, revisions } = stored
      const newest = revisions?.[0]?.id
      if (revisions === null || newest === undefined) return () => logic.read(head, [])
      const known = states.get(id)
      const names = known === undefined ? null : changedSince(revisions, known.revision)
      const parts = names === null ? await readParts(executor, stored) : await readSomeParts(executor, stored, names)
      return () => {
        if (known?.revision === newest) return known.state
        const state = known === undefined || names === null ? logic.read(head, parts) : logic.refresh(known.state, head, parts)
        states.set(id, { revision: newest, state })
        return state
      }
    },
    keep: (actorId, revision, state) => void states.set(actorId, { revision, state }),
  }
}

/** Reads such states for people: a look is not a snapshot, so a part may be newer than the head; the next look sees both. */
export function createStateReader(db: Executor, logic: PartedState): (kind: 'routing-group', key: string) => Promise<unknown> {
  const states = createPartedStates()
  return async (kind, key) => {
    const stored = await findHead(db, kind, key)
    return stored === null ? null : (await states.load(db, stored, logic))()
  }
}
