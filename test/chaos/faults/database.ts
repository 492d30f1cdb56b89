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

/** Twice: with sends under way, so that their results have nowhere to go. */
async function killServer(stage: Stage): Promise<void> {
  for (const part of [0.2, 0.5]) {
    await stage.share(part)
    await stage.postgres.kill()
    await pause(1_000)
    await stage.postgres.restart()
    await stage.noteUnderWay()
  }
}

export const databaseSessions: Fault = { name: 'database-sessions', what: 'PostgreSQL ends all sessions, 3 times', play: endSessions }

export const databaseKill: Fault = { name: 'database-kill', what: 'kill -9 of PostgreSQL, all its processes, twice', play: killServer }
