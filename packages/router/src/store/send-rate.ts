// The rate at which a number may send, common to all processes: they take tokens out of one row a number, a chunk at a time.
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { timestamp } from './recordset.ts'
import type { Tables } from './tables.ts'

/** How far ahead of time tokens are given out, so that processes that take turns lose none. */
const AHEAD_MS = 100
/** Nobody takes more than that at once; what is given out further ahead was so by a clock that was set back since. */
const NONSENSE_MS = 120_000

/** Takes `tokens` of a number that sends `perSecond`, all or none: gives how many may be used. In the long run no more than
 * `perSecond` are given to all processes together. `now` epoch milliseconds. */
export async function reserveSends(db: Kysely<Tables>, numberId: string, tokens: number, perSecond: number, now: number): Promise<number> {
  const taken = `${(tokens / perSecond) * 1_000} milliseconds`
  const ahead = timestamp(now + AHEAD_MS)
  const { rows } = await sql`
    insert into send_rate as s (number_id, given_until) values (${numberId}, ${timestamp(now)}::timestamptz + ${taken}::interval)
    on conflict (number_id) do update
      set given_until = case when s.given_until <= ${ahead}::timestamptz then greatest(s.given_until, ${timestamp(now)}::timestamptz)
        else ${timestamp(now)}::timestamptz end + ${taken}::interval
      where s.given_until <= ${ahead}::timestamptz or s.given_until > ${timestamp(now + NONSENSE_MS)}::timestamptz
    returning 1`.execute(db)
  return rows.length === 0 ? 0 : tokens
}
