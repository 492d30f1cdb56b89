// Waits until nothing waits any more: no event, no send, no timer that is due.
import { setTimeout as pause } from 'node:timers/promises'
import type { ChaosDatabase } from './postgres.ts'
import type { Stage } from './stage.ts'

const LOOK_MS = 250
const SETTLED_MS = 300_000
/** Leases that have not changed for so many looks, while no process waits for the provider, are nobody's. */
const ORPHANED_LOOKS = 8

/** Resolves when all is quiet, or given up. `ageOrphans`: see `StageOptions`. */
export async function quiet({ database, provider, processes }: Stage, ageOrphans: boolean, givenUp: () => boolean): Promise<void> {
  let before = ''
  let same = 0
  while (!givenUp()) {
    const [found] = await database.query<{ waiting: number }>(
      `select (select count(*) from inbox)::integer + (select count(*) from outbox)::integer
         + (select count(*) from timer where at <= now())::integer as waiting`,
    )
    if (found?.waiting === 0) {
      await provider.emulator.settled(SETTLED_MS)
      return
    }
    await pause(LOOK_MS)
    const now = JSON.stringify(await openSends(database))
    const busy = processes.some(({ links }) => links.provider.asking() > 0)
    same = now === before && !busy ? same + 1 : 0
    before = now
    if (!ageOrphans || same === 0) continue
    // Every status has arrived; what is still uncertain was not sent.
    await provider.emulator.settled(SETTLED_MS)
    await database.query(`update outbox set available_at = now() where status = 'maybe-sent' and lease_until is null`)
    if (same < ORPHANED_LOOKS) continue
    await database.query(`update outbox set lease_until = now() where status in ('leased', 'sending')`)
    same = 0
  }
}

interface OpenSend {
  id: string
  messageId: string | null
  status: string
  token: string | null
}

export async function openSends(database: ChaosDatabase): Promise<OpenSend[]> {
  return database.query<OpenSend>(
    `select id, payload ->> 'messageId' as "messageId", status, lease_token as token from outbox
     where status in ('leased', 'sending', 'maybe-sent') order by id`,
  )
}
