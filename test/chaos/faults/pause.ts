// SIGSTOP: a process stands still, as on a machine that swaps or is moved, then goes on as if nothing had been.
import { setTimeout as pause } from 'node:timers/promises'
import type { BatonProcess } from '../process.ts'
import type { Fault, Stage } from '../stage.ts'

/** Longer than a lease holds: a call's 20 s and the lease's 30 s. */
const BEYOND_LEASES_MS = 60_000
const UNDER_WAY = 3

async function beyondLeases(stage: Stage): Promise<void> {
  const [victim] = stage.processes as [BatonProcess]
  await stage.share(0.2)
  victim.links.provider.hold('answers')
  await stage.until('sends were under way', () => victim.links.provider.held() >= UNDER_WAY)
  victim.signal('SIGSTOP')
  await stage.noteUnderWay()
  victim.links.provider.release()
  await pause(BEYOND_LEASES_MS)
  victim.signal('SIGCONT')
}

/** Stops it again and again until one of its sessions is found idle inside a transaction that holds a conversation. */
export async function stopInTransaction(stage: Stage, victim: BatonProcess): Promise<void> {
  for (;;) {
    victim.signal('SIGSTOP')
    await pause(30) // a statement that was under way ends; the process does not learn of it
    const found = await stage.database.query(
      `select from pg_stat_activity s where application_name = $1 and state = 'idle in transaction'
         and exists (select from pg_locks l join pg_class c on c.oid = l.relation where l.pid = s.pid and c.relname = 'actor' and l.mode = 'RowShareLock')`,
      [`baton-${victim.name}`],
    )
    if (found.length > 0) return
    victim.signal('SIGCONT')
    await pause(Math.random() * 20)
  }
}

/** `ms`: PostgreSQL ends sessions that are idle inside a transaction after 30 s. */
function insideTransaction(ms: number): (stage: Stage) => Promise<void> {
  return async (stage) => {
    const [victim] = stage.processes as [BatonProcess]
    await stage.share(0.2)
    await stopInTransaction(stage, victim)
    await stage.noteUnderWay()
    await pause(ms)
    victim.signal('SIGCONT')
  }
}

export const pauseBeyondLeases: Fault = {
  name: 'pause',
  what: 'SIGSTOP of one for 60 s, longer than its leases',
  play: beyondLeases,
}

export const pauseInTransaction: Fault = {
  name: 'pause-in-transaction',
  what: 'SIGSTOP of one inside a turn’s transaction, for 60 s',
  play: insideTransaction(BEYOND_LEASES_MS),
}

/** Shorter than the session's limit: the transaction is committed late. */
export const pauseBriefly: Fault = {
  name: 'pause-briefly',
  what: 'SIGSTOP of one inside a turn’s transaction, for 2 s',
  play: insideTransaction(2_000),
}
