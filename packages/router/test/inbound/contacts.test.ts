import fc from 'fast-check'
import t from 'tap'
import type { ChannelUpdate, Identity } from '../../src/contract/index.ts'
import { linkAliases } from '../../src/store/contacts.ts'
import { testDatabase } from '../../testing/index.ts'
import { drain, said, seenByKey, toyLogic, toyReceiver, toyWorker } from './toy.ts'

type Db = Awaited<ReturnType<typeof testDatabase>>
type Row = { slot: number; id: string; key: string }

let count = 0
async function say(database: Db, from: Identity): Promise<string> {
  const id = `x${(count += 1)}`
  const receiver = toyReceiver(database)
  await receiver.receive('whatsapp', [said(id, from)])
  return id
}

async function merged(database: Db): Promise<{ loser: string; into: string }[]> {
  const rows = await database.db.selectFrom('inbox').select(['actor_id', 'event']).execute()
  return rows.flatMap(({ actor_id: loser, event }) => {
    const { type, into } = event as { type: string; into: string }
    return type === 'conversation.merged' ? [{ loser, into }] : []
  })
}

async function leadTo(database: Db): Promise<Record<string, string>> {
  const rows = await database.db.selectFrom('alias').selectAll().orderBy('kind').orderBy('value').execute()
  const keys = await database.db.selectFrom('actor').select(['id', 'key']).execute()
  return Object.fromEntries(rows.map((row) => [row.value, keys.find(({ id }) => id === row.actor_id)?.key ?? 'nobody']))
}

await t.test('the second name of a contact is learnt from a message that carries both', async (t) => {
  const database = await testDatabase(t)
  await say(database, { phone: '1' })
  await say(database, { phone: '1', userId: 'US.1' })
  await say(database, { userId: 'US.1' })
  t.strictSame(await leadTo(database), { '1': 'main/phone:1', 'US.1': 'main/phone:1' })
})

await t.test('two conversations of one person become one: the older wins, the other is told, its names lead to the winner', async (t) => {
  const database = await testDatabase(t)
  const first = await say(database, { phone: '1' })
  const second = await say(database, { userId: 'US.1' })
  const both = await say(database, { phone: '1', userId: 'US.1' })
  t.strictSame(await leadTo(database), { '1': 'main/phone:1', 'US.1': 'main/phone:1' })
  const [event] = await merged(database)
  const actors = await database.db.selectFrom('actor').select(['id', 'key']).orderBy('key').execute()
  t.strictSame(event, { loser: actors[1]?.id, into: actors[0]?.id })
  await drain(toyWorker(database))
  t.strictSame(await seenByKey(database), { 'main/phone:1': [first, both], 'main/user:US.1': [second, 'conversation.merged'] })
})

await t.test('the conversation with an open service session wins over an older one', async (t) => {
  const database = await testDatabase(t)
  await say(database, { phone: '1' })
  await say(database, { userId: 'US.1' })
  const inService = toyLogic((turn, _event, stored) => {
    if (turn.summary !== null && stored.key === 'main/user:US.1') turn.summary.serviceStatus = 'waiting'
  })
  await drain(toyWorker(database, { logics: [inService] }))
  await say(database, { phone: '1', userId: 'US.1' })
  t.strictSame(await leadTo(database), { '1': 'main/user:US.1', 'US.1': 'main/user:US.1' })
})

await t.test(
  'a conversation that was merged is not merged again by a name that leads to it: nothing is passed round for ever',
  async (t) => {
    for (const hears of ['not yet', 'has heard']) {
      const database = await testDatabase(t)
      await say(database, { phone: '1' })
      await say(database, { userId: 'US.1' })
      const logic = toyLogic((turn, event, stored) => {
        if (turn.summary !== null && stored.key === 'main/user:US.1') turn.summary.serviceStatus = 'waiting'
        if (event.type === 'conversation.merged')
          turn.state = { ...(turn.state as object), mergedInto: (event as unknown as { into: string }).into }
      })
      await drain(toyWorker(database, { logics: [logic] }))
      await say(database, { phone: '1', userId: 'US.1' })
      const [first] = await merged(database)
      if (hears === 'has heard') await drain(toyWorker(database, { logics: [logic] }))
      const former = await database.db
        .selectFrom('actor')
        .select(['slot', 'id'])
        .where('key', '=', 'main/phone:1')
        .executeTakeFirstOrThrow()
      t.equal(first?.loser, former.id)
      // The answer to a send of it, which was under way.
      const late = { numberId: 'main', kind: 'phone', value: '01' } as const
      await database.transact((trx) => linkAliases(trx, [{ name: late, actor: former }]))
      await say(database, { phone: '01', userId: 'US.1' })
      t.strictSame(await leadTo(database), { '1': 'main/user:US.1', '01': 'main/user:US.1', 'US.1': 'main/user:US.1' }, hears)
      t.strictSame(await merged(database), hears === 'not yet' ? [first] : [])
      t.equal((await database.db.selectFrom('actor').select('id').execute()).length, 2)
    }
  },
)

await t.test('the names of a conversation that was merged twice lead to the end', async (t) => {
  const database = await testDatabase(t)
  for (const phone of ['1', '2', '3']) await say(database, { phone })
  const rows = await database.db.selectFrom('actor').select(['slot', 'id', 'key']).orderBy('key').execute()
  const [one, two, three] = rows as [Row, Row, Row]
  const merge = ({ slot, id }: Row, into: string) =>
    database.db
      .updateTable('actor')
      .set({ state: JSON.stringify({ mergedInto: into }) })
      .where('slot', '=', slot)
      .where('id', '=', id)
      .execute()
  await merge(one, two.id)
  await merge(two, three.id)
  await toyReceiver(database).receive('whatsapp', [
    { kind: 'identity', account: 'acc', identity: { phone: '1' }, previous: { phone: '2' }, providerId: 's1', at: 0, text: 'changed' },
  ])
  t.match(await leadTo(database), { '1': three.key })
  t.strictSame(await merged(database), [])
})

await t.test('many processes that see both names at once merge once, and in one direction', async (t) => {
  const database = await testDatabase(t, { max: 20 })
  for (let n = 0; n < 10; n += 1) {
    await say(database, { phone: `${n}` })
    await say(database, { userId: `US.${n}` })
  }
  await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      toyReceiver(database).receive('whatsapp', [said(`both-${n}`, { phone: `${n % 10}`, userId: `US.${n % 10}` })]),
    ),
  )
  const events = await merged(database)
  t.equal(events.length, 10)
  t.equal(new Set(events.flatMap(({ loser, into }) => [loser, into])).size, 20, 'nobody is both winner and loser')
})

await t.test('a phone number that was given to somebody else moves to them, and shows them nothing of its former holder', async (t) => {
  const database = await testDatabase(t)
  await say(database, { phone: '1', userId: 'US.1' })
  await say(database, { phone: '1', userId: 'US.2' })
  t.strictSame(await leadTo(database), { '1': 'main/user:US.2', 'US.1': 'main/user:US.1', 'US.2': 'main/user:US.2' })
  await say(database, { phone: '9', userId: 'US.1' })
  t.match(await leadTo(database), { '9': 'main/user:US.1' })
  t.strictSame(await merged(database), [])
})

await t.test('whoever changes names keeps the conversation; the number left behind is free', async (t) => {
  const database = await testDatabase(t)
  await say(database, { phone: '1' })
  const receiver = toyReceiver(database)
  await receiver.receive('whatsapp', [
    { kind: 'identity', account: 'acc', identity: { phone: '2' }, previous: { phone: '1' }, providerId: 's1', at: 0, text: 'changed' },
  ])
  await receiver.receive('whatsapp', [said('after', { phone: '2' }), said('stranger', { phone: '1' })])
  await say(database, { phone: '1' })
  const leads = await leadTo(database)
  t.equal(leads['2'], 'main/phone:1')
  t.match(leads['1'], /^main\/phone:1#/, 'the next holder has a conversation of their own')
  t.equal((await database.db.selectFrom('actor').select('id').execute()).length, 2)
})

await t.test('whoever gets a new user id leaves the phone number behind, also when the new one is not said', async (t) => {
  const database = await testDatabase(t)
  await say(database, { phone: '1', userId: 'US.1' })
  const receiver = toyReceiver(database)
  const names = { identity: { userId: 'US.2' }, previous: { userId: 'US.1' } }
  await receiver.receive('whatsapp', [{ kind: 'identity', account: 'acc', ...names, providerId: 's1', at: 0, text: 'changed' }])
  t.strictSame(await leadTo(database), { 'US.1': 'main/user:US.1', 'US.2': 'main/user:US.1' })
  await receiver.receive('whatsapp', [said('stranger', { phone: '1' })])
  t.match(await leadTo(database), { '1': 'main/phone:1' }, 'a stranger who has the number now is nobody we know')
})

await t.test('a change of names to somebody already known merges the two', async (t) => {
  const database = await testDatabase(t)
  await say(database, { phone: '1' })
  await say(database, { phone: '2' })
  await toyReceiver(database).receive('whatsapp', [
    { kind: 'identity', account: 'acc', identity: { phone: '2' }, previous: { phone: '1' }, providerId: 's1', at: 0, text: 'changed' },
  ])
  t.strictSame(await leadTo(database), { '2': 'main/phone:1' })
  t.equal((await merged(database)).length, 1)
})

await t.test(
  'a conversation that ends by a change of names hears of the change first: its open sends leave the old number, too',
  async (t) => {
    const database = await testDatabase(t)
    const logic = toyLogic((turn, event, stored) => {
      if (turn.summary === null) return
      if (stored.key === 'main/user:US.2') turn.summary.serviceStatus = 'waiting'
      if (event.type !== 'contact.identified') return
      const { identity, previous } = event as unknown as { identity: Identity; previous?: Identity }
      turn.readdress = true
      turn.summary.contact = { phone: null, userId: `${previous?.userId} is ${identity.userId}`, name: null }
    })
    const worker = toyWorker(database, { logics: [logic] })
    const before = await say(database, { userId: 'US.1', phone: '1' })
    const since = await say(database, { userId: 'US.2' })
    await drain(worker)
    const names = { identity: { userId: 'US.2' }, previous: { userId: 'US.1' } }
    // The provider's clock may be ahead of ours.
    const at = Date.now() + 60_000
    await toyReceiver(database).receive('whatsapp', [{ kind: 'identity', account: 'acc', ...names, providerId: 's1', at, text: 'changed' }])
    t.strictSame(await leadTo(database), { 'US.1': 'main/user:US.2', 'US.2': 'main/user:US.2' })
    await drain(worker)
    t.strictSame(await seenByKey(database), {
      'main/user:US.1': [before, 'contact.identified', 'conversation.merged'],
      'main/user:US.2': [since, 'contact.identified', 's1'],
    })
    const rows = await database.db.selectFrom('outbox').select('payload').execute()
    const sends = rows.map(({ payload }) => payload as { content: { text: string }; to: Identity })
    t.strictSame(sends.find(({ content }) => content.text === `you said ${before}`)?.to, { userId: 'US.1 is US.2' })
  },
)

await t.test('a repeated change of names changes nothing, whatever has changed since', async (t) => {
  const database = await testDatabase(t)
  await say(database, { phone: '1' })
  const change = (providerId: string, from: string, to: string): ChannelUpdate => {
    return { kind: 'identity', account: 'acc', identity: { phone: to }, previous: { phone: from }, providerId, at: 0, text: 'changed' }
  }
  const [there, back] = [change('s1', '1', '2'), change('s2', '2', '1')]
  await toyReceiver(database).receive('whatsapp', [there])
  await toyReceiver(database).receive('whatsapp', [back])
  t.match(await toyReceiver(database).receive('whatsapp', [there]), { events: 0, duplicates: 1 })
  t.strictSame(await leadTo(database), { '1': 'main/phone:1' })
  t.match(await toyReceiver(database).receive('whatsapp', [there, said('m', { phone: '1' }), there]), { events: 1, duplicates: 2 })
  t.equal((await database.db.selectFrom('actor').select('id').execute()).length, 1, 'the customer is still known')
  const again = [change('s3', '1', '2'), change('s4', '2', '1')]
  t.match(await toyReceiver(database).receive('whatsapp', [...again, ...again]), { events: 4, duplicates: 2 })
  t.strictSame(await leadTo(database), { '1': 'main/phone:1' }, 'in one call too')
})

await t.test('a repeated message does not take a phone number back from whom it was given to', async (t) => {
  const database = await testDatabase(t)
  const update = said('m1', { phone: '1', userId: 'US.1' })
  await toyReceiver(database).receive('whatsapp', [update])
  await say(database, { phone: '1', userId: 'US.2' })
  const before = await leadTo(database)
  t.match(await toyReceiver(database).receive('whatsapp', [update]), { events: 0, duplicates: 1 })
  t.strictSame(await leadTo(database), before)
})

await t.test('one contact on two numbers has two conversations', async (t) => {
  const database = await testDatabase(t)
  const receiver = toyReceiver(database, { numberOf: (account) => account })
  const update = said('m1', { phone: '1' })
  t.match(
    await receiver.receive('whatsapp', [
      { ...update, account: 'a' },
      { ...update, account: 'b' },
    ] as (typeof update)[]),
    { events: 2 },
  )
  t.equal((await database.db.selectFrom('actor').select('id').execute()).length, 2)
})

function pick<T>(all: T[], n: number): T {
  return all[n % all.length] as T
}

const person = fc.record({ n: fc.nat(5), names: fc.constantFrom('user', 'phone', 'both') })

await t.test(
  'whatever names people show, in whatever order and process, each ends with one conversation and no message is lost',
  async (t) => {
    for (const [run, wishes] of fc.sample(fc.array(person, { minLength: 80, maxLength: 80 }), { numRuns: 4, seed: 7 }).entries()) {
      const database = await testDatabase(t, { max: 20 })
      const receivers = Array.from({ length: 8 }, () => toyReceiver(database))
      const updates = wishes.map(({ n, names }, index) => {
        const user = names === 'phone' ? {} : { userId: `US.${n}` }
        return said(`${run}-${index}`, { ...user, ...(names === 'user' ? {} : { phone: `${n}` }) })
      })
      const all = [...updates, ...[0, 1, 2, 3, 4, 5].map((n) => said(`${run}-last-${n}`, { userId: `US.${n}`, phone: `${n}` }))]
      const received = await Promise.all(all.map((update, index) => pick(receivers, index).receive('whatsapp', [update])))
      t.ok(received.every((each) => each.kind === 'stored' && each.events === 1))
      const leads = await leadTo(database)
      for (let n = 0; n < 6; n += 1) t.equal(leads[`US.${n}`], leads[`${n}`])
      t.equal(new Set(Object.values(leads)).size, 6)
      const events = await merged(database)
      const losers = new Set(events.map(({ loser }) => loser))
      t.equal(losers.size, events.length, 'each was merged once')
      const into = new Map(events.map((event) => [event.loser, event.into]))
      for (const loser of losers) {
        let steps = 0
        for (let at: string | undefined = loser; at !== undefined && steps <= losers.size + 1; steps += 1) at = into.get(at)
        t.ok(steps <= losers.size + 1, 'and its way ends')
      }
    }
  },
)

await t.test(
  'when phone numbers wander between people at random, every message still finds a conversation of its own user id',
  async (t) => {
    const database = await testDatabase(t, { max: 20 })
    const receivers = Array.from({ length: 6 }, () => toyReceiver(database))
    const pairs = fc.sample(fc.record({ user: fc.nat(5), phone: fc.nat(5) }), { numRuns: 120, seed: 11 })
    const results = await Promise.all(
      pairs.map(({ user, phone }, n) =>
        pick(receivers, n).receive('whatsapp', [said(`w${n}`, { userId: `US.${user}`, phone: `${phone}` })]),
      ),
    )
    t.ok(results.every((each) => each.kind === 'stored' && each.events === 1))
    const rows = await database.db.selectFrom('inbox').select(['actor_id', 'event']).execute()
    const owners = new Map<string, Set<string>>()
    for (const { actor_id: actor, event } of rows) {
      const { from } = event as { from?: Identity }
      if (from?.userId !== undefined) owners.set(actor, (owners.get(actor) ?? new Set()).add(from.userId))
    }
    for (const [actor, users] of owners) t.equal(users.size, 1, `${actor} belongs to one person`)
  },
)
