// What is done to the processes in mid-load. Each is a story that says what it does; the checks are the same for all.
import { setTimeout as pause } from 'node:timers/promises'
import type { BatonProcess } from './process.ts'
import type { Fault, Stage } from './stage.ts'

/** Sends that must be under way when a process is killed, or the kill proves little. */
const UNDER_WAY = 3

export const none: Fault = async () => {}

/** The provider has accepted sends that the process does not know of when it dies; the other one learns of them by their statuses. */
export async function killOne(stage: Stage): Promise<void> {
  const [victim] = stage.processes
  const [door] = stage.provider.doors
  await stage.share(0.3)
  stage.provider.holdStatuses()
  door.hold('answers')
  await stage.until('sends were under way', () => door.held() >= UNDER_WAY)
  await victim.end('SIGKILL')
  await stage.noteUnderWay()
  door.release()
  stage.provider.releaseStatuses()
  await stage.share(0.6)
  await victim.start()
}

/** One process dies before the provider heard it, the other before it heard the provider. */
export async function killBoth(stage: Stage): Promise<void> {
  const [one, other] = stage.provider.doors
  await stage.share(0.3)
  stage.provider.holdStatuses()
  one.hold('requests')
  other.hold('answers')
  await stage.until('sends were under way', () => one.held() >= UNDER_WAY && other.held() >= UNDER_WAY)
  await Promise.all(stage.processes.map((each) => each.end('SIGKILL')))
  await stage.noteUnderWay()
  for (const door of stage.provider.doors) door.release()
  stage.provider.releaseStatuses()
  await Promise.all(stage.processes.map((each) => each.start()))
}

/** A deployment: one process is told to end, and comes back. */
export async function terminateOne(stage: Stage): Promise<void> {
  const [victim] = stage.processes
  await stage.share(0.3)
  const code = await victim.end('SIGTERM')
  if (code !== 0) stage.note(`it ended with code ${code}, not 0`)
  await stage.share(0.6)
  await victim.start()
}

/** PostgreSQL ends every session of ours, three times. */
export async function breakSessions(stage: Stage): Promise<void> {
  for (const part of [0.2, 0.4, 0.6]) {
    await stage.share(part)
    const { rows } = await stage.database.pool.query<{ ended: boolean }>(
      `select pg_terminate_backend(pid) as ended from pg_stat_activity where datname = current_database() and application_name = 'baton'`,
    )
    if (rows.length === 0) stage.note('there was no session to end')
    await stage.noteUnderWay()
  }
}

/** A process stands still for longer than its leases hold (50 s: a call's 20 s and a lease's 30 s), then goes on as if nothing was. */
export async function standStill(stage: Stage): Promise<void> {
  const [victim] = stage.processes
  const [door] = stage.provider.doors
  await stage.share(0.2)
  door.hold('answers')
  await stage.until('sends were under way', () => door.held() >= UNDER_WAY)
  victim.signal('SIGSTOP')
  await stage.noteUnderWay()
  door.release()
  await pause(60_000)
  victim.signal('SIGCONT')
}

/** One process after the other dies at any moment, and comes back. */
export async function killAgain(stage: Stage): Promise<void> {
  const times = 8
  for (let time = 0; time < times; time += 1) {
    await stage.share((time + 0.5) / (times + 1))
    const victim = stage.processes[time % 2] as BatonProcess
    await victim.end('SIGKILL')
    await stage.noteUnderWay()
    await victim.start()
  }
}
