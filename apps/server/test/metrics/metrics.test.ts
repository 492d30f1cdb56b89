import t from 'tap'
import { createMetrics } from '../../src/metrics/metrics.ts'

t.test('a lost database takes only its own figures with it', async (t) => {
  let gone = false
  const metrics = createMetrics({
    waiting: async () => {
      if (gone) throw new Error('connection refused')
      return { inbox: 3, outbox: 4 }
    },
    haltedNumbers: async () => 1,
  })
  metrics.turns([{ kind: 'conversation', rule: 'consent', alarms: ['x'], blockedKeyword: true }])
  const up = (await metrics.expose()).body
  for (const line of [
    'baton_database_up 1',
    'baton_waiting_rows{table="inbox"} 3',
    'baton_halted_numbers 1',
    'baton_blocked_keywords_total 1',
  ])
    t.match(up, line)
  gone = true
  const down = (await metrics.expose()).body
  t.match(down, 'baton_database_up 0')
  t.match(down, 'baton_turns_total{kind="conversation",rule="consent"} 1')
})
