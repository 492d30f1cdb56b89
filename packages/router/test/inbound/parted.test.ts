// A state in parts: what a turn reads and writes of it, by several processes, through failures.
import t from 'tap'
import { sql } from 'kysely'
import type { ActorLogic, Part } from '../../src/contract/index.ts'
import { NewerRelease } from '../../src/contract/index.ts'
import { createStateReader } from '../../src/inbound/parted.ts'
import { testDatabase } from '../../testing/index.ts'
import { drain, emptyTurn, toyReceiver, toyWorker } from './toy.ts'

const GROUP = { kind: 'routing-group', key: 'group/default' } as const
interface State {
  counts: ReadonlyMap<string, number>
  last: string
}

/** Counts words: each is a part; the head has the one that was said last. `reads`: how many parts each read had. `lasts`: which word that was,
 * at each turn. */
function wordCounter() {
  const reads: string[] = []
  const lasts: string[] = []
  const withParts = (counts: State['counts'], parts: readonly Part[]): State['counts'] => {
    const next = new Map(counts)
    for (const { name, value } of parts) {
      if (value === null) next.delete(name)
      else next.set(name, value as number)
    }
    return next
  }
  const logic: ActorLogic & { parts: NonNullable<ActorLogic['parts']> } = {
    kind: 'routing-group',
    parts: {
      read(head, parts) {
        const { version = 1, last = '' } = (head ?? {}) as { version?: number; last?: string }
        if (version === 2) throw new NewerRelease('a counter', 2, 1)
        reads.push(`all ${parts.length}`)
        return { counts: withParts(new Map(), parts), last }
      },
      refresh(state, head, changed) {
        reads.push(String(changed.length))
        return { counts: withParts((state as State).counts, changed), last: (head as State).last }
      },
      head: (state) => ({ version: 1, last: (state as State).last }),
    },
    step(stored, { event }) {
      const { word, how = 'count' } = event as { word: string; how?: 'count' | 'forget' | 'mention' }
      const { counts, last } = stored.state as State
      const value = how === 'forget' ? null : (counts.get(word) ?? 0) + 1
      const parts = how === 'mention' ? [] : [{ name: word, value }]
      lasts.push(last)
      return { ...emptyTurn(stored), summary: null, state: { counts: withParts(counts, parts), last: word }, parts }
    },
  }
  return { logic, reads, lasts }
}

async function world(t: Parameters<typeof testDatabase>[0], processes: number) {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database)
  const counters = Array.from({ length: processes }, () => wordCounter())
  const workers = counters.map(({ logic }) => toyWorker(database, { logics: [logic] }))
  const say = async (process: number, ...words: string[]) => {
    for (const word of words) await receiver.submit(GROUP, { type: 'x', word })
    await drain(workers[process] as (typeof workers)[number])
  }
  const stored = async () => {
    const rows = await database.db.selectFrom('actor_part').select(['name', 'value']).orderBy('name').execute()
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
  }
  const readsOf = (process: number) => counters[process]?.reads.splice(0)
  const lastsOf = (process: number) => counters[process]?.lasts
  return { database, receiver, say, stored, readsOf, lastsOf }
}

await t.test('a turn writes the parts it changed; another process reads those, and nobody what they know', async (t) => {
  const { database, say, stored, readsOf, receiver } = await world(t, 2)
  await say(0, 'a', 'b', 'a')
  t.same(await stored(), { a: 2, b: 1 })
  t.match(await database.db.selectFrom('actor').select('state').executeTakeFirstOrThrow(), { state: { version: 1, last: 'a' } })
  await say(0, 'c')
  t.same(readsOf(0), ['all 0'], 'what it wrote itself is not read')
  await say(1, 'a')
  t.same(readsOf(1), ['all 3'])
  await say(0, 'a', 'b')
  t.same(readsOf(0), ['1'])
  await receiver.submit(GROUP, { type: 'x', word: 'c', how: 'forget' })
  await say(1, 'd')
  t.same(await stored(), { a: 4, b: 2, d: 1 })
  t.same(readsOf(1), ['2'])
  await say(0, 'c')
  t.same(await stored(), { a: 4, b: 2, c: 1, d: 1 }, 'what another forgot is forgotten here')
})

await t.test('what another process changed in the head alone is known too', async (t) => {
  const { say, receiver, lastsOf } = await world(t, 2)
  await say(0, 'a')
  await receiver.submit(GROUP, { type: 'x', word: 'b', how: 'mention' })
  await say(1)
  await say(0, 'c')
  t.same(lastsOf(0), ['', 'b'])
})

await t.test('a transaction that was rolled back leaves nothing in memory', async (t) => {
  const { database, say, stored, readsOf } = await world(t, 1)
  await say(0, 'a')
  await sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'at the commit'; end $$`.execute(
    database.db,
  )
  await sql`create constraint trigger refuse after update on actor_part deferrable initially deferred
    for each row execute function refuse()`.execute(database.db)
  await t.rejects(say(0, 'a'), { cause: { message: 'at the commit' } })
  t.same(await stored(), { a: 1 })
  await sql`drop trigger refuse on actor_part`.execute(database.db)
  await say(0)
  t.same(await stored(), { a: 2 })
  t.same(readsOf(0), ['all 0'], 'what was committed before is still known')
})

await t.test('a database that has lost the newest transactions, and gone on, is read anew', async (t) => {
  const { database, say, stored, readsOf } = await world(t, 2)
  await say(0, 'a', 'b')
  const { db } = database
  const before = await db.selectFrom('actor').select(['state', 'revisions']).executeTakeFirstOrThrow()
  await say(0, 'b', 'c')
  await sql`update actor set state = ${JSON.stringify(before.state)}, revisions = ${JSON.stringify(before.revisions)}`.execute(db)
  await sql`delete from actor_part where name = 'c'`.execute(db)
  await sql`update actor_part set value = '1' where name = 'b'`.execute(db)
  await say(1, 'd')
  readsOf(0)
  await say(0, 'b')
  t.same(readsOf(0), ['all 3'])
  t.same(await stored(), { a: 1, b: 2, d: 1 })
})

await t.test('a state of a newer release is left to it', async (t) => {
  const { database, say, receiver } = await world(t, 1)
  await say(0, 'a')
  await sql`update actor set state = '{"version":2}', revisions = '[{"id":"newer","parts":[]}]'`.execute(database.db)
  await receiver.submit(GROUP, { type: 'x', word: 'a' })
  const { logic } = wordCounter()
  await drain(toyWorker(database, { logics: [logic] }))
  t.match(await database.db.selectFrom('inbox').select('tries').execute(), [{ tries: 0 }])
})

await t.test('two workers at once apply each event once, on what the other left', async (t) => {
  const database = await testDatabase(t, { max: 12 })
  const receiver = toyReceiver(database)
  const words = Array.from({ length: 60 }, (_, index) => `w${index % 7}`)
  const workers = [1, 2].map(() => toyWorker(database, { logics: [wordCounter().logic], batchSize: 2, sweepMs: 5 }))
  for (const worker of workers) worker.start()
  const outcomes = await Promise.all(words.map((word) => receiver.submit(GROUP, { type: 'x', word }).then(() => word)))
  const read = createStateReader(database.db, wordCounter().logic.parts)
  const sum = async () => [...((await read('routing-group', GROUP.key)) as State).counts.values()].reduce((a, b) => a + b, 0)
  while ((await sum()) < outcomes.length) await new Promise((resolve) => setTimeout(resolve, 5))
  await Promise.all(workers.map((worker) => worker.stop()))
  t.same(await sum(), 60)
})
