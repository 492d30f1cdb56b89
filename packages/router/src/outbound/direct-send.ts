// Owns what the worker of this process gives the sender before it is stored: such rows are stored as under way, with our lease, and
// leave as soon as the turn is committed. No claim has to look for them, and no second write has to mark them.
// R1: what a row needs to leave is taken before it is stored and given back if it does not leave. R2: nothing leaves before the
// commit. R3: of one conversation, kind and target only the oldest row leaves; whoever waits behind it is looked for when it is done.
// R4: whoever waits behind a row of another process is forgotten after a while: it costs them the time until the next look.
import type { Clock } from '../contract/clock.ts'
import { newUuid } from '../contract/ids.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { OutboxWrite, SendBatch } from '../store/turns.ts'

export interface DirectSend {
  openSendBatch(): SendBatch
  /** This row is done: was another left behind it, or for want of a place? */
  wasAwaited(row: OutboxRow): boolean
  /** Forgets what has been left since before the last call. */
  forgetOld(): void
}

export interface DirectSendDeps {
  clock: Clock
  /** Takes a place for the row, to be given back once; null: it may not leave now. */
  admit(row: OutboxRow): (() => void) | null
  /** When the lease of a row that leaves now ends, epoch milliseconds. */
  leaseUntil(row: OutboxRow): number
  /** Carries a row out that is stored as ours; gives `place` back. */
  carry(row: OutboxRow, leaseUntil: number, place: () => void): void
  /** An admitted row does not leave: gives back what it took, `place` too. */
  stays(row: OutboxRow, place: () => void): void
  /** Rows were stored that wait for a claim. */
  left(): void
}

interface Admitted {
  row: OutboxRow
  until: number
  place: () => void
}

export function createDirectSend(deps: DirectSendDeps): DirectSend {
  /** Queues with rows that wait behind one under way, and those of the time before. */
  let awaiting = new Set<string>()
  let longAwaiting = new Set<string>()
  let full = false

  function openSendBatch(): SendBatch {
    const admitted = new Map<string, Admitted>()
    let leaving: ReadonlySet<string> = new Set()
    let rows: OutboxWrite[] = []
    return {
      take(offered) {
        rows = offered
        const token = newUuid(deps.clock.now())
        const seen = new Set<string>()
        for (const each of offered) {
          const queue = queueOf(each.actor_id, each)
          if (seen.has(queue)) continue // R3
          seen.add(queue)
          const row = asClaimed(each, token)
          const place = deps.admit(row)
          if (place === null) full = true
          else admitted.set(row.id, { row, until: deps.leaseUntil(row), place }) // R1
        }
        return new Map([...admitted].map(([id, { until }]) => [id, { token, until }]))
      },
      stored(ids) {
        leaving = ids
      },
      end(committed) {
        for (const [id, { row, until, place }] of admitted) {
          if (committed && leaving.has(id)) deps.carry(row, until, place) // R2
          else deps.stays(row, place) // R1
        }
        const left = committed ? rows.filter(({ id }) => !leaving.has(id)) : []
        for (const row of left) awaiting.add(queueOf(row.actor_id, row))
        if (left.length > 0) deps.left()
      },
    }
  }

  return {
    openSendBatch,
    wasAwaited(row) {
      const queue = queueOf(row.actorId, row)
      const [lately, before] = [awaiting.delete(queue), longAwaiting.delete(queue)]
      const awaited = lately || before || full
      full = false
      return awaited
    },
    forgetOld() {
      longAwaiting = awaiting // R4
      awaiting = new Set()
    },
  }
}

/** Whose rows leave one after the other. */
function queueOf(actorId: string, { kind, target }: Pick<OutboxRow, 'kind' | 'target'>): string {
  return `${actorId} ${kind} ${target}`
}

/** A new row as a claim would give it. */
function asClaimed(row: OutboxWrite, token: string): OutboxRow {
  return {
    slot: row.slot,
    id: row.id,
    actorId: row.actor_id,
    kind: row.kind,
    target: row.target,
    numberId: row.number_id,
    purpose: row.purpose as OutboxRow['purpose'],
    lane: row.lane,
    payload: row.payload,
    tries: 0,
    expiresAt: row.expires_at,
    token,
    uncertain: false,
  }
}
