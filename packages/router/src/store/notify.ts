// Wake-up calls between processes. They only save waiting: whoever listens also looks from time to time by itself.
import { sql } from 'kysely'
import pg from 'pg'
import type { Logger } from '../contract/log.ts'
import type { Database } from './database.ts'
import { jittered, pause } from './retry.ts'

/** On which workers without a sender of their own call the senders of other processes. */
export const OUTBOX_CHANNEL = 'baton_outbox'

export interface Notifier {
  /** Returns at once. Calls made while one is under way become one. Never inside a transaction: it would cost it half its speed. */
  notify(): void
  /** Resolves when nothing is under way. */
  close(): Promise<void>
}

/** `channel` is an SQL name. */
export function createNotifier({ db, origin }: Pick<Database, 'db' | 'origin'>, channel: string, log: Pick<Logger, 'debug'>): Notifier {
  let wanted = false
  let running: Promise<void> | null = null
  async function run(): Promise<void> {
    while (wanted) {
      wanted = false
      // A lost call costs the listener one sweep.
      await sql`select pg_notify(${channel}, ${origin})`
        .execute(db)
        .catch((error: unknown) => log.debug({ err: error }, 'a wake-up call was not made'))
    }
    running = null
  }
  return {
    notify() {
      wanted = true
      running ??= run()
    },
    async close() {
      await running
    },
  }
}

/** Calls back for the calls made through other pools, and after each new connection, as some may have been missed. Connects again
 * by itself. `close` ends it. */
export function listen(
  { connection, origin }: Pick<Database, 'connection' | 'origin'>,
  channel: string,
  callback: () => void,
  log: Pick<Logger, 'warn'>,
): { close(): Promise<void> } {
  const stopping = new AbortController()
  const done = keepListening()
  return {
    async close() {
      stopping.abort()
      await done
    },
  }

  async function keepListening(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        await listenOnce(() => (failures = 0))
      } catch (error) {
        failures += 1
        if (failures === 1) log.warn({ err: error, channel }, 'not listening for wake-up calls; trying again')
        await pause(jittered(Math.min(100 * 2 ** failures, 5_000)), stopping.signal)
      }
    }
  }

  async function listenOnce(connected: () => void): Promise<void> {
    const client = new pg.Client(connection)
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
    const end = (): void => resolve()
    client.on('error', reject)
    client.on('end', () => reject(new Error('the listening connection ended')))
    stopping.signal.addEventListener('abort', end)
    client.on('notification', (message) => {
      if (message.payload !== origin) callback() // our own calls come back to us too; we know already
    })
    try {
      await Promise.race([client.connect(), ended])
      await client.query(`listen ${channel}`)
      connected()
      callback()
      await ended
    } finally {
      stopping.signal.removeEventListener('abort', end) // or every connection that ever broke is kept
      // It may be broken already; then there is nothing to end.
      await client.end().catch(() => undefined)
    }
  }
}
