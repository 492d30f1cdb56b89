// Loops on a real database, held up by a lock on their table.
import type { CircuitState } from '@baton/omni'
import { createTimers, systemClock } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import { sql } from 'kysely'
import t from 'tap'
import { createReadiness } from '../src/readiness.ts'

const settings = () => ({ version: 7 }) as never
const log = { debug() {}, info() {}, warn() {}, error() {} }

await t.test('a loop that does not come round makes the process not ready, and is named; others are not', async (t) => {
  const { db } = await testDatabase(t)
  let age: number | null = 10
  let leaving = false
  let circuits: CircuitState[] = [{ bot: 'ok', state: 'closed', failures: 2, openUntil: null }]
  const ready = createReadiness({
    db,
    settings,
    loops: { worker: { pulse: () => age }, timers: { pulse: () => 5 }, sender: null },
    circuits: () => circuits,
    isLeaving: () => leaving,
  })
  t.strictSame(await ready(), [
    { name: 'database', ok: true },
    { name: 'configuration', ok: true, detail: 'version 7' },
    { name: 'worker', ok: true, detail: 'last beat 10 ms ago' },
    { name: 'timers', ok: true, detail: 'last beat 5 ms ago' },
  ])
  age = 60_000
  const [, , worker, timers] = await ready()
  t.strictSame(
    [worker, timers],
    [
      { name: 'worker', ok: false, detail: 'stuck: last beat 60000 ms ago' },
      { name: 'timers', ok: true, detail: 'last beat 5 ms ago' },
    ],
  )
  circuits = [{ bot: 'faq', state: 'open', failures: 5, openUntil: 0 }]
  t.strictSame((await ready()).at(-1), {
    name: 'bot:faq',
    ok: true,
    detail: 'circuit open after 5 failures in a row; it is called again from 1970-01-01T00:00:00.000Z on',
  })
  leaving = true
  t.match((await ready()).at(-1), { name: 'running', ok: false })
  age = null
  t.match((await ready())[2], { name: 'worker', ok: false, detail: 'is not running' })
})

await t.test(
  'a loop that waits in the database falls behind, and comes round again; an idle one does not, nor one without a database',
  async (t) => {
    const database = await testDatabase(t)
    const timers = createTimers({ database, clock: systemClock, log, onFired() {}, everyMs: 10 })
    t.equal(timers.pulse(), null)
    timers.start()
    t.teardown(() => timers.stop())
    const until = async (isSo: (age: number) => boolean) => {
      while (!isSo(timers.pulse() ?? Infinity)) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await until((age) => age < 200)
    await database.db.transaction().execute(async (trx) => {
      await sql`lock table timer in access exclusive mode`.execute(trx)
      await until((age) => age > 400)
    })
    await until((age) => age < 200)
    await database.db.schema.alterTable('timer').renameTo('gone').execute() // every look fails
    for (let turn = 0; turn < 3; turn += 1) {
      await until((age) => age > 5)
      await until((age) => age <= 5)
    }
    await timers.stop()
    t.equal(timers.pulse(), null)
  },
)
