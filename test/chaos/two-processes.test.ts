// Two processes on one PostgreSQL, as operators run them, and what is done to them in mid-load. The promise: nothing lost, nothing
// doubled, nothing out of order. `pnpm chaos` does the same for longer.
import t from 'tap'
import type { Test } from 'tap'
import { breakSessions, killBoth, killOne, none, terminateOne } from './faults.ts'
import { play, SHORT } from './stage.ts'
import type { Fault, Run } from './stage.ts'

// About 40 s; a machine that is busy with other tests may take several times that.
t.setTimeout(400_000)

const MESSAGES = SHORT.customers * SHORT.rounds * (SHORT.words + 2)

async function held(t: Test, fault: Fault): Promise<Run> {
  const run = await play(t, fault, SHORT, { ageOrphans: true })
  const { verdict, troubles, errors } = run
  t.strictSame(
    { lost: verdict.lost, doubled: verdict.doubled, outOfOrder: verdict.outOfOrder, timers: verdict.timers, other: verdict.other },
    { lost: [], doubled: [], outOfOrder: [], timers: [], other: [] },
  )
  t.equal(verdict.messages.acknowledged, MESSAGES, 'every message was acknowledged')
  t.equal(verdict.messages.heard, MESSAGES + verdict.repeated - verdict.unconfirmed, 'and answered')
  t.ok(run.twice > 0, 'some were delivered twice')
  t.strictSame(run.notes, [])
  t.comment(JSON.stringify({ ...verdict.messages, repeated: verdict.repeated, unconfirmed: verdict.unconfirmed, troubles: [...troubles] }))
  if (errors.length > 0) t.comment(errors.slice(0, 5).join('\n'))
  return run
}

await t.test('two processes work the same conversations', async (t) => {
  const { verdict, errors, troubles } = await held(t, none)
  t.strictSame(errors, [])
  t.equal(troubles.size, 0, 'every webhook was answered 200')
  t.match(verdict, { repeated: 0, unconfirmed: 0 })
})

await t.test('kill -9 of one in mid-load: the other goes on, and statuses tell what became of the sends under way', async (t) => {
  const { verdict } = await held(t, killOne)
  t.match(verdict, { repeated: 0 }, 'what the provider had accepted is not sent again')
})

await t.test('kill -9 of both: they go on where they were; marketing that may have been sent is told of, not repeated', async (t) => {
  const { verdict } = await held(t, killBoth)
  t.match(verdict, { repeated: 0 })
})

await t.test('SIGTERM of one: everything that was accepted is stored, everything under way is recorded', async (t) => {
  const { verdict, troubles, errors, swallowed } = await held(t, terminateOne)
  t.match(verdict, { repeated: 0, unconfirmed: 0 })
  // An idle connection that is closed while a request is on its way breaks it; nobody has read that request then.
  t.strictSame(
    [...troubles.keys()].filter((trouble) => trouble !== 'refused' && trouble !== 'broken'),
    [],
  )
  t.equal(swallowed, 0, 'nothing was stored without saying so')
  t.strictSame(errors, [])
})

await t.test('PostgreSQL ends every session, three times: the work waits for it', async (t) => {
  await held(t, breakSessions)
})
