// Conversations in which a journey lets time pass, stored by the thousand. Their state is what the product's own step makes of the
// event that started them; only the way into the tables is shorter. Transcript and decisions, which no timer looks at, are left out.
import { createJourneysEngine } from '@baton/journeys'
import { conversationKey, createConversationLogic, formatId, newUuid, slotOf } from '@baton/router'
import type { Settings } from '@baton/router'
import type pg from 'pg'
import type { Configuration } from './configuration.ts'

export interface WaitingRun {
  digits: string
  /** When its timer is due, epoch milliseconds. */
  due: number
}

const DAY = 86_400_000
const WAIT_DAYS = 30
/** Waits, then sends one template. */
export const LATER: Configuration['journeys'][number] = {
  journey: 'later',
  name: 'Later',
  entry: { event: 'basket.left' },
  start: 'think',
  steps: {
    think: { wait: { for: `${WAIT_DAYS}d` }, goto: 'remind' },
    remind: { send: { template: { name: 'reminder', language: 'en' } }, goto: 'done' },
    done: { end: 'reminded' },
  },
}
const BATCH = 1_000

export async function storeWaiting(pool: pg.Pool, settings: Settings, runs: readonly WaitingRun[]): Promise<void> {
  const logic = createConversationLogic({ engines: [createJourneysEngine()] })
  const numbers = [...settings.numbers.keys()]
  for (let from = 0; from < runs.length; from += BATCH) {
    const rows = runs.slice(from, from + BATCH).map((run, index) => rowsOf(run, numbers[index % numbers.length] as string))
    await insert(pool, rows)
  }
  // Plans that know nothing of so many new rows would be measured otherwise, until PostgreSQL notices them by itself.
  if (runs.length >= BATCH) await pool.query('analyze actor, alias, timer')

  function rowsOf({ digits, due }: WaitingRun, numberId: string) {
    const key = conversationKey(numberId, { phone: digits })
    const slot = slotOf(key)
    const began = due - WAIT_DAYS * DAY
    const actor = { slot, id: formatId('cv', slot, newUuid(began)), kind: 'conversation' as const, key, numberId, state: null }
    const by = { kind: 'api' as const, id: 'bench' }
    const event = { type: 'engine.event' as const, side: 'marketing' as const, name: 'basket.left', data: {}, by }
    const inbox = { id: formatId('ev', slot, newUuid(began)), at: began, receivedAt: began, event }
    const { state, summary, timers } = logic.step(actor, inbox, began, settings)
    if (!timers.set.some(({ at }) => at === due)) throw new Error(`the journey of ${digits} does not wait until ${due}`)
    return {
      actor: {
        ...actor,
        state,
        number_id: numberId,
        owner: summary?.owner,
        participant: summary?.participant,
        phone: digits,
        at: iso(began),
      },
      alias: { slot, number_id: numberId, kind: 'phone', value: digits, actor_slot: slot, actor_id: actor.id },
      timers: timers.set.map(({ name, at }) => ({ slot, actor_id: actor.id, name, at: iso(at) })),
    }
  }
}

type Rows = { actor: object; alias: object; timers: object[] }

/** The alias of a name has the slot of its text, which is the key of a conversation made for it. */
async function insert(pool: pg.Pool, rows: readonly Rows[]): Promise<void> {
  await pool.query(
    `insert into actor (slot, id, kind, key, number_id, state, owner, participant, phone, created_at, updated_at)
     select slot, id, kind, key, number_id, state, owner, participant, phone, at, at from json_to_recordset($1) as r(slot smallint, id text,
       kind text, key text, number_id text, state json, owner text, participant jsonb, phone text, at timestamptz)`,
    [JSON.stringify(rows.map(({ actor }) => actor))],
  )
  await pool.query(`insert into alias select * from json_populate_recordset(null::alias, $1)`, [
    JSON.stringify(rows.map(({ alias }) => alias)),
  ])
  await pool.query(`insert into timer select * from json_populate_recordset(null::timer, $1)`, [
    JSON.stringify(rows.flatMap(({ timers }) => timers)),
  ])
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
