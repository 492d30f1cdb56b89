// Three processes on one PostgreSQL, as operators run them, and what is done to them in mid-load. The promise: nothing lost, nothing
// doubled, nothing out of order. `pnpm chaos` does the same, and more, for longer.
import t from 'tap'
import type { Test } from 'tap'
import { rowsFirst } from './faults/control.ts'
import { storm } from './faults/storm.ts'
import { rollingRestart } from './faults/restart.ts'
import { startPostgres } from './postgres.ts'
import { play, SHORT } from './stage.ts'
import type { Fault, Run } from './stage.ts'
import { brokenPromises, rowOf } from './table.ts'

// About 100 s; a machine that is busy with other tests may take several times that.
t.setTimeout(900_000)

const MESSAGES = SHORT.customers * SHORT.rounds * (SHORT.words + 2)
const postgres = await startPostgres()
t.teardown(postgres.stop)

async function held(t: Test, fault: Fault): Promise<Run> {
  const run = await play(fault, SHORT, { postgres, processes: 3, ageOrphans: true })
  const { verdict, senderErrors, errors } = run
  t.strictSame(brokenPromises(verdict), [])
  t.equal(verdict.messages.acknowledged, MESSAGES, 'every message was acknowledged')
  t.ok(verdict.messages.heard >= MESSAGES + verdict.repeated - verdict.unconfirmed, 'and answered')
  t.ok(run.twice > 0, 'some were delivered twice')
  t.strictSame(run.notes, [])
  const { messages, underWay, repeated, unconfirmed } = verdict
  t.comment(JSON.stringify({ ...messages, underWay, repeated, unconfirmed, senderErrors: [...senderErrors] }))
  if (errors.length > 0)
    t.comment(
      errors
        .slice(0, 5)
        .map((line) => line.slice(0, 200))
        .join('\n'),
    )
  return run
}

await t.test('rolling restart: every webhook is answered 200, everything under way is recorded', async (t) => {
  const { verdict, errors } = await held(t, rollingRestart)
  t.match(verdict, { repeated: 0, unconfirmed: 0 })
  t.strictSame(errors, [])
})

await t.test(
  'one thing after the other: PostgreSQL killed, a pause inside a transaction, connections reset, every process killed',
  async (t) => {
    const { verdict } = await held(t, storm)
    t.match(verdict, { repeated: 0 }, 'what may have been sent is told of or settled by its statuses')
  },
)

await t.test('negative control: processes that claim rows of the inbox instead of conversations are found out', async (t) => {
  const run = await play(rowsFirst, SHORT, { postgres, processes: 3, ageOrphans: true })
  const { asWanted, problems } = rowOf(rowsFirst, [run])
  t.ok(asWanted, 'promises were broken, and it was noticed')
  t.comment(`${problems.length} problems: ${problems[0]}`)
})
