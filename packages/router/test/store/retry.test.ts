import { sql } from 'kysely'
import t from 'tap'
import { openDatabase } from '../../src/store/database.ts'
import { isDatabaseGone, isDatabaseTrouble, isInfrastructure, isTransient, withRetry } from '../../src/store/retry.ts'
import { testDatabase } from '../../testing/database.ts'

const coded = (code: string): Error => Object.assign(new Error(code), { code })

await t.test('a failure is the database’s own trouble, or the fault of what was to be stored', (t) => {
  for (const code of ['40P01', '40001']) t.strictSame([isTransient(coded(code)), isDatabaseGone(coded(code))], [true, false], code)
  for (const code of [
    '57P01',
    '57P02',
    '57P03',
    '08006',
    '08001',
    '53300',
    '25P03',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOENT',
    'ERR_STREAM_DESTROYED',
  ])
    t.strictSame([isTransient(coded(code)), isDatabaseGone(coded(code))], [true, true], code)
  for (const code of ['53100', '25006', '57014', '55P03', '42P01'])
    t.strictSame([isInfrastructure(coded(code)), isTransient(coded(code))], [true, false], code)
  // Answered 503: it comes again.
  for (const code of ['57P01', '08006', 'ECONNRESET', '40P01', '53100', '53200', '57014', '55P03', '25006', '58030'])
    t.equal(isDatabaseTrouble(coded(code)), true, code)
  for (const code of ['42P01', '42601', '23505', '22021', 'unknown-actor']) t.equal(isDatabaseTrouble(coded(code)), false, code)
  for (const message of [
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'timeout exceeded when trying to connect',
    'timeout expired',
  ])
    t.strictSame([isDatabaseGone(new Error(message)), isDatabaseGone(new Error('x', { cause: new Error(message) }))], [true, true], message)
  for (const code of ['22021', '22007', '23514', '23502', '21000', '54000']) t.equal(isInfrastructure(coded(code)), false, code)
  t.equal(isInfrastructure(new RangeError('Invalid time value')), false)
  t.equal(isInfrastructure(coded('unknown-actor')), false)
  t.equal(isInfrastructure(undefined), false)
  t.end()
})

await t.test('what the driver throws for a database that is not there is known', async (t) => {
  const nowhere = openDatabase({ host: '/nowhere' })
  const refused = openDatabase({ host: '127.0.0.1', port: 1, user: 'x' })
  for (const database of [nowhere, refused]) {
    const error: unknown = await database.pool.query('select 1').then(
      () => null,
      (reason: unknown) => reason,
    )
    t.equal(isDatabaseGone(error), true, String(error))
    await database.close()
  }
})

await t.test('a session that the server ends is known too, and the next statement works again', async (t) => {
  const { db, pool } = await testDatabase(t, { max: 1 })
  const error: unknown = await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db).then(
    () => null,
    (reason: unknown) => reason,
  )
  t.equal(isDatabaseGone(error), true, String(error))
  // The pool may hand out the dying connection once more before it notices.
  t.equal((await withRetry(() => pool.query('select 1'))).rowCount, 1)
})

await t.test('a deadlock is tried again and comes through', async (t) => {
  const { db } = await testDatabase(t)
  await sql`insert into number_state (number_id, updated_at) values ('a', now()), ('b', now())`.execute(db)
  let attempts = 0
  let bothHold = 0
  const lock = (first: string, second: string): Promise<void> =>
    withRetry(() => {
      attempts += 1
      return db.transaction().execute(async (trx) => {
        await sql`update number_state set updated_at = now() where number_id = ${first}`.execute(trx)
        bothHold += 1
        while (bothHold < 2) await new Promise((resolve) => setTimeout(resolve, 5))
        await sql`update number_state set updated_at = now() where number_id = ${second}`.execute(trx)
      })
    })
  await Promise.all([lock('a', 'b'), lock('b', 'a')])
  t.ok(attempts >= 3, 'one of them was told to try again')
})

await t.test('tries end; what is no use to repeat is not repeated', async (t) => {
  let attempts = 0
  const failing = (code: string) => async (): Promise<void> => {
    attempts += 1
    throw coded(code)
  }
  await t.rejects(withRetry(failing('40001'), { tries: 3, baseMs: 1 }), { code: '40001' })
  t.equal(attempts, 3)
  await t.rejects(withRetry(failing('23505')), { code: '23505' })
  t.equal(attempts, 4)
})
