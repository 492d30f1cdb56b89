// What is done to PostgreSQL.
import { setTimeout as pause } from 'node:timers/promises'
import type { Fault, Stage } from '../stage.ts'

/** PostgreSQL ends every session of the processes, three times. */
async function endSessions(stage: Stage): Promise<void> {
  for (const part of [0.2, 0.4, 0.6]) {
    await stage.share(part)
    const ended = await stage.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'baton-%'`,
    )
    if (ended.length === 0) stage.note('there was no session to end')
    await stage.noteUnderWay()
  }
}

export async function killServer(stage: Stage): Promise<void> {
  await stage.postgres.kill()
  await pause(1_000)
  await stage.postgres.restart()
  await stage.noteUnderWay()
}

async function killTwice(stage: Stage): Promise<void> {
  for (const part of [0.2, 0.5]) {
    await stage.share(part)
    await killServer(stage)
  }
}

export const databaseSessions: Fault = { name: 'database-sessions', what: 'PostgreSQL ends all sessions, 3 times', play: endSessions }

export const databaseKill: Fault = { name: 'database-kill', what: 'kill -9 of PostgreSQL, all its processes, twice', play: killTwice }

/** The disk fills up to its last byte; a while later there is room again. What PostgreSQL could not write it has not acknowledged; when
 * it could not write its log either it has ended itself, and is started again. */
async function fillDisk(stage: Stage): Promise<void> {
  await stage.share(0.2)
  await stage.postgres.fillDisk()
  await stage.noteUnderWay()
  await pause(8_000)
  await stage.postgres.freeDisk()
  await stage.postgres.restart()
  await stage.noteUnderWay()
}

export const diskFull: Fault = { name: 'disk-full', what: 'PostgreSQL’s disk is full for 8 s', play: fillDisk, diskMb: 256 }
