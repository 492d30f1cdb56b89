import { sql } from 'kysely'
import type { Transaction } from 'kysely'
import t from 'tap'
import { formatId, newUuid, slotOf } from '@baton/router'
import type { SendOutcome } from '@baton/router'
import { createDirectSend } from '../../src/outbound/direct-send.ts'
import type { Sender } from '../../src/outbound/sender.ts'
import type { OutboxRow } from '../../src/store/outbox.ts'
import { run } from '../../src/store/statement.ts'
import { insertOutbox, leavingOf } from '../../src/store/turns.ts'
import type { Tables } from '../../src/store/tables.ts'
import type { OutboxWrite, SendBatch } from '../../src/store/turns.ts'
import { later, stage } from './stage.ts'
import type { Stage } from './stage.ts'

/** Never looks for rows by itself. */
const BLIND = { limits: { pollMs: 3_600_000, sweepMs: 3_600_000 } }

/** What a turn stores of the sends of one transaction. */
async function turn(s: Stage, sender: Sender, wishes: { actor: string; text: string; number?: string }[], fails = false): Promise<void> {
  const batch = sender.openSendBatch()
  const rows = wishes.map((wish) => rowOf(s, wish))
  try {
    await s.transact(async (trx) => {
      for (const { slot, actor_id: actor, payload } of rows) {
        const { messageId, content } = payload as { messageId: string; content: object }
        await sql`
          insert into message (slot, id, actor_id, direction, content, author_kind, author_id, purpose, session_kind, status, at)
          values (${slot}, ${messageId}, ${actor}, 'out', ${JSON.stringify(content)}::jsonb, 'journey', 'coupon', 'service', 'utility', 'queued',
            ${new Date(s.clock.now())})`.execute(trx)
      }
      batch.stored(await store(s, trx, rows, batch))
      t.notOk(
        s.provider.texts().some((text) => wishes.some((wish) => wish.text === text)),
        'nothing leaves before the commit',
      )
      if (fails) throw new Error('the turn fails')
    })
    batch.end(true)
  } catch {
    batch.end(false)
  }
}

/** Gives the rows that may leave. */
async function store(s: Stage, trx: Transaction<Tables>, rows: OutboxWrite[], batch: SendBatch): Promise<Set<string>> {
  const [inserted] = await run(trx, insertOutbox(rows, batch.take(rows), s.clock.now()))
  return leavingOf(inserted)
}

function rowOf(s: Stage, { actor, text, number = 'main' }: { actor: string; text: string; number?: string }): OutboxWrite {
  const slot = slotOf(actor)
  const payload = {
    messageId: formatId('ms', slot, newUuid(Date.now())),
    numberId: number,
    to: { phone: '15550002222' },
    content: { kind: 'text', text },
    purpose: 'service',
    author: { kind: 'journey', id: 'coupon' },
  }
  const id = formatId('ob', slot, newUuid(s.clock.now()))
  return {
    slot,
    id,
    actor_id: actor,
    kind: 'message',
    target: '',
    number_id: number,
    purpose: 'service',
    lane: 'interactive',
    expires_at: null,
    payload,
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2))
}

async function started(over: Parameters<Stage['sender']>[0] = {}): Promise<{ s: Stage; sender: Sender }> {
  const s = await stage()
  const sender = s.sender({ ...over, limits: { ...BLIND.limits, ...over.limits } })
  sender.start()
  t.teardown(() => sender.stop())
  // A number's first message asks for the tokens that those after it find.
  await turn(s, sender, [{ actor: 'first', text: 'first' }])
  await until(async () => (await s.outbox()).length === 0)
  s.provider.sent.length = 0
  return { s, sender }
}

await t.test('what a turn sends leaves at its commit without being looked for, stored as under way from the start', async (t) => {
  const answer = later<void>()
  const { s, sender } = await started()
  s.provider.answer(async ({ messageId }) => {
    await answer.promise
    return { kind: 'accepted', providerId: messageId }
  })
  await turn(s, sender, [{ actor: 'one', text: 'a' }])
  await until(() => s.provider.sent.length === 1)
  t.match(await s.outbox(), [{ status: 'sending', tries: 1 }])
  answer.resolve()
  await until(async () => (await s.outbox()).length === 0)
  t.equal((await s.message(s.provider.sent[0]?.messageId ?? '')).status, 'accepted')
  await sender.stop()
})

await t.test('a turn that fails sends nothing, and gives its places back', async (t) => {
  const { s, sender } = await started({ limits: { concurrency: 2 } })
  for (let n = 0; n < 5; n += 1) await turn(s, sender, [{ actor: 'one', text: 'never' }], true)
  await turn(s, sender, [{ actor: 'one', text: 'now' }])
  await until(async () => (await s.outbox()).length === 0)
  t.strictSame(s.provider.texts(), ['now'])
  await sender.stop()
})

await t.test('a turn that fails takes nothing of the rates of number and pair', async (t) => {
  const { s, sender } = await started({ limits: { perSecond: 80, pair: { burst: 1, everyMs: 3_600_000 } } })
  for (let n = 0; n < 12; n += 1) await turn(s, sender, [{ actor: 'one', text: 'never' }], true)
  const answer = later<SendOutcome>()
  s.provider.answer(() => answer.promise)
  await turn(s, sender, [{ actor: 'one', text: 'now' }])
  t.match(await s.outbox(), [{ status: 'sending' }], 'it was let go at once')
  answer.resolve({ kind: 'accepted', providerId: 'w' })
  await until(async () => (await s.outbox()).length === 0)
  await sender.stop()
})

await t.test('messages of one conversation leave in the order of their turns, also when the first is still under way', async (t) => {
  const answer = later<void>()
  const { s, sender } = await started()
  s.provider.answer(
    async () => {
      await answer.promise
      return { kind: 'accepted', providerId: 'w1' }
    },
    ({ messageId }) => ({ kind: 'accepted', providerId: messageId }),
  )
  await turn(s, sender, [
    { actor: 'one', text: '1' },
    { actor: 'one', text: '2' },
  ])
  await turn(s, sender, [
    { actor: 'one', text: '3' },
    { actor: 'two', text: 'other' },
  ])
  await until(() => s.provider.sent.length === 2)
  t.strictSame(s.provider.texts(), ['1', 'other'])
  answer.resolve()
  await until(async () => (await s.outbox()).length === 0)
  t.strictSame(
    s.provider.texts().filter((text) => text !== 'other'),
    ['1', '2', '3'],
  )
  await sender.stop()
})

await t.test('more than the sender has places for waits and follows by itself', async (t) => {
  const { s, sender } = await started({ limits: { concurrency: 3 } })
  await turn(
    s,
    sender,
    Array.from({ length: 20 }, (_, n) => ({ actor: `c${n}`, text: `${n}` })),
  )
  await until(async () => (await s.outbox()).length === 0)
  t.equal(new Set(s.provider.texts()).size, 20)
  t.equal(s.provider.sent.length, 20, 'each once')
  await sender.stop()
})

await t.test('who waits behind a row of another process is forgotten in time, and not before', async (t) => {
  const s = await stage()
  const none = () => {}
  const directSend = createDirectSend({ clock: s.clock, admit: () => none, leaseUntil: () => 0, carry: none, stays: none, left: none })
  const left = rowOf(s, { actor: 'one', text: 'left' })
  const done = { actorId: 'one', kind: 'message', target: '' } as OutboxRow
  for (const [sweeps, awaited] of [
    [0, true],
    [1, true],
    [2, false],
  ] as const) {
    const batch = directSend.openSendBatch()
    batch.take([left])
    batch.stored(new Set())
    batch.end(true)
    for (let n = 0; n < sweeps; n += 1) directSend.forgetOld()
    t.equal(directSend.wasAwaited(done), awaited, `after ${sweeps} sweeps`)
    t.equal(directSend.wasAwaited(done), false)
  }
})

await t.test('commands of one actor leave in order to each target, and one that cannot be told keeps back no other', async (t) => {
  const told: string[] = []
  const busy = Promise.withResolvers<void>()
  const { s, sender } = await started({
    submit: async (_to, event) => {
      const { name } = event as { name: string }
      if (name === 'a1') await busy.promise
      told.push(name)
    },
  })
  const command = (target: string, name: string): OutboxWrite => {
    const slot = slotOf('group')
    const payload = { to: { kind: 'conversation', key: target }, event: { type: 'x', name }, dedupe: name }
    const id = formatId('ob', slot, newUuid(s.clock.now()))
    const none = { number_id: null, purpose: null, expires_at: null }
    return { slot, id, actor_id: 'group', kind: 'command', target: `conversation/${target}`, ...none, lane: 'interactive', payload }
  }
  for (const names of [
    ['a1', 'a2', 'b1'],
    ['b2', 'c1'],
  ]) {
    const batch = sender.openSendBatch()
    const rows = names.map((name) => command(name.slice(0, 1), name))
    await s.transact(async (trx) => batch.stored(await store(s, trx, rows, batch)))
    batch.end(true)
    await until(() => told.includes(names.at(-1) as string))
  }
  await until(() => told.length === 3)
  t.same(told.toSorted(), ['b1', 'b2', 'c1'])
  busy.resolve()
  await until(() => told.length === 5)
  t.same(told.slice(3), ['a1', 'a2'])
})

await t.test('a number that is halted or waits sends nothing', async (t) => {
  const { s, sender } = await started()
  await sql`insert into number_state (number_id, halted_at, updated_at) values ('main', now(), now())`.execute(s.db)
  await sql`insert into number_state (number_id, wait_until, updated_at)
    values ('slow', ${new Date(s.clock.now() + 60_000)}, now())`.execute(s.db)
  await turn(s, sender, [
    { actor: 'one', text: 'halted' },
    { actor: 'two', text: 'waits', number: 'slow' },
    { actor: 'three', text: 'goes', number: 'free' },
  ])
  await until(async () => (await s.outbox()).length === 2)
  t.strictSame(s.provider.texts(), ['goes'])
  t.match(await s.outbox(), [{ status: 'ready', tries: 0 }, { status: 'ready' }])
  await sender.stop()
})

await t.test('a sender that is stopped takes nothing: the rows wait for another', async (t) => {
  const { s, sender } = await started()
  await sender.stop()
  await turn(s, sender, [{ actor: 'one', text: 'later' }])
  t.match(await s.outbox(), [{ status: 'ready', tries: 0 }])
  const other = s.sender()
  await other.runOnce()
  t.strictSame(s.provider.texts(), ['later'])
})
