import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t from 'tap'
import type { Sources } from '../../src/metrics/gauges.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import type { Metrics } from '../../src/metrics/metrics.ts'
import { strandedEvents, waitingRows } from '../../src/store/waiting.ts'

function asking(whom: Partial<Sources>): Metrics {
  const metrics = createMetrics()
  metrics.ask(whom)
  return metrics
}

await t.test('a lost database takes only its own figures with it', async (t) => {
  let gone = false
  const metrics = asking({
    async waiting() {
      if (gone) throw new Error('connection refused')
      return [{ table: 'inbox', kind: 'event', lane: 'interactive', numberId: null, rows: 3, oldest: 1.5 }]
    },
    stranded: async () => 2,
    numbers: async () => ({ configured: ['main'], halted: 1 }),
    queues: async () => ({
      at: 10_000,
      queues: [
        { id: 'general', name: 'General', open: true, waiting: 4, offered: 1, active: 2, oldestSince: 4_000, online: 3, free: 0 },
        { id: 'night', name: 'Night', open: false, waiting: 0, offered: 0, active: 0, oldestSince: null, online: 0, free: 0 },
      ],
    }),
    process: () => ({
      pool: { totalCount: 5, idleCount: 2, waitingCount: 7 },
      intake: 9,
      loops: { worker: 250, sender: null },
      circuits: [
        { bot: 'faq', state: 'open', failures: 5, openUntil: 1 },
        { bot: 'tea', state: 'closed', failures: 0, openUntil: null },
      ],
    }),
  })
  metrics.turns([
    {
      kind: 'conversation',
      rule: 'consent',
      alarms: ['x'],
      blockedKeyword: true,
      serviceLevels: [{ queue: 'general', objective: 'wait', event: 'missed' }],
    },
  ])
  metrics.stored('events', 20, 5)
  metrics.stepped('conversation', 2)
  const up = (await metrics.expose()).body
  for (const line of [
    'baton_database_up 1',
    'baton_waiting_rows{table="inbox",kind="event",lane="interactive"} 3',
    'baton_waiting_seconds{table="inbox",kind="event",lane="interactive"} 1.5',
    'baton_number_lag_seconds{number="main"} 0',
    'baton_stranded_events 2',
    'baton_halted_numbers 1',
    'baton_database_connections{state="used"} 3',
    'baton_database_pool_waiting 7',
    'baton_intake_waiting 9',
    'baton_intake_batch_updates_bucket{le="20",intake="events"} 1',
    'baton_loop_age_seconds{loop="worker"} 0.25',
    'baton_bot_circuit{bot="faq"} 2',
    'baton_bot_circuit{bot="tea"} 0',
    'baton_step_seconds_total{kind="conversation"} 0.002',
    'baton_turn_batch_events_count 1',
    'baton_blocked_keywords_total 1',
    'baton_service_level_events_total{queue="general",objective="wait",event="missed"} 1',
    'baton_queue_customers{queue="general",state="waiting"} 4',
    'baton_queue_oldest_wait_seconds{queue="general"} 6',
    'baton_queue_oldest_wait_seconds{queue="night"} 0',
    'baton_queue_agents{queue="general",state="free"} 0',
  ])
    t.match(up, line)
  t.notMatch(up, 'loop="sender"')
  gone = true
  const down = (await metrics.expose()).body
  t.match(down, 'baton_database_up 0')
  t.match(down, 'baton_turns_total{kind="conversation",rule="consent"} 1')
})

await t.test('a database that hangs is told of in time, and what it still owes is not asked for again', async (t) => {
  let asked = 0
  let answer = (_rows: number) => {}
  const hanging = () => {
    asked += 1
    return new Promise<number>((resolve) => (answer = resolve))
  }
  const numbers = { configured: ['main'], halted: 1 }
  const hung = asking({ stranded: hanging, numbers: () => new Promise(() => {}) })
  const locked = asking({ stranded: hanging, numbers: async () => numbers })
  const before = performance.now()
  const [all, one] = await Promise.all([hung.expose(), locked.expose()])
  t.ok(performance.now() - before < 8_000, 'before Prometheus gives up')
  t.match(all.body, 'baton_database_up 0')
  t.match(one.body, 'baton_database_up 1', 'a lock on one table is no lost database')
  t.match(one.body, 'baton_halted_numbers 1')
  const again = locked.expose()
  answer(7)
  t.match((await again).body, 'baton_stranded_events 7', 'what was asked for earlier may still come')
  t.equal(asked, 2, 'once each')
})

await t.test(
  'what waits is counted by kind and lane, its age by what is due; a number has its own, unless it is not configured',
  async (t) => {
    const { db } = await testDatabase(t)
    const now = Date.UTC(2026, 10, 26)
    const at = (seconds: number) => new Date(now - seconds * 1_000)
    await sql`insert into inbox (slot, id, actor_id, at, received_at, available_at, event)
    values (1, 'a', 'gone', ${at(9)}, ${at(9)}, ${at(9)}, '{}'), (1, 'b', 'gone', ${at(9)}, ${at(9)}, ${at(-60)}, '{}')`.execute(db)
    const send = (id: string, number: string, lane: number, age: number, kind = 'message') =>
      sql`insert into outbox (slot, id, actor_id, kind, number_id, lane, payload, available_at)
      values (1, ${id}, 'x', ${kind}, ${number}, ${lane}, '{}', ${at(age)})`.execute(db)
    await send('1', 'main', 0, 5)
    await send('2', 'main', 1, 30)
    await send('3', 'old', 1, 40)
    await send('4', 'main', 0, 3, 'read')
    const { body } = await asking({
      waiting: () => waitingRows(db, now),
      stranded: () => strandedEvents(db),
      numbers: async () => ({ configured: ['main', 'promo'], halted: 0 }),
    }).expose()
    const lines = body.split('\n').filter((line) => /^baton_(waiting|number_lag|stranded)/.test(line))
    t.strictSame(lines.toSorted(), [
      'baton_number_lag_seconds{number="main"} 30',
      'baton_number_lag_seconds{number="promo"} 0',
      'baton_stranded_events 2',
      'baton_waiting_rows{table="inbox",kind="event",lane="interactive"} 2',
      'baton_waiting_rows{table="outbox",kind="message",lane="bulk"} 2',
      'baton_waiting_rows{table="outbox",kind="message",lane="interactive"} 1',
      'baton_waiting_rows{table="outbox",kind="read",lane="interactive"} 1',
      'baton_waiting_seconds{table="inbox",kind="event",lane="interactive"} 9',
      'baton_waiting_seconds{table="outbox",kind="message",lane="bulk"} 40',
      'baton_waiting_seconds{table="outbox",kind="message",lane="interactive"} 5',
      'baton_waiting_seconds{table="outbox",kind="read",lane="interactive"} 3',
    ])
  },
)
