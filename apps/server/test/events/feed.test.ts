// One reader for all followers: what goes wrong for one of them costs the others nothing.
import t from 'tap'
import { formatPosition, parsePosition } from '../../src/events/changes.ts'
import type { Change } from '../../src/events/changes.ts'
import { createFeed } from '../../src/events/feed.ts'
import type { Delivery, Follower } from '../../src/events/feed.ts'
import { AT, fakeParts, messageRecord } from '../http/fake-parts.ts'
import type { FakeParts } from '../http/fake-parts.ts'

/** A second later than the one before. */
function change(parts: FakeParts, text: string): void {
  const turnMs = AT.getTime() + (parts.changes.all.length + 1) * 1_000
  const row = messageRecord({ id: `ms_${text}`, content: { kind: 'text', text } })
  const message: Change = { key: text, kind: 'message', created: true, row }
  parts.changes.all.push({ ...message, at: { turnMs, messageUs: turnMs * 1_000 } })
}

/** Keeps the texts that it hears of. */
function listener(): Follower & { heard: unknown[] } {
  const heard: unknown[] = []
  const texts = (deliveries: Delivery[]) =>
    deliveries.filter(({ event }) => event === 'message.created').map(({ json }) => (JSON.parse(json) as { text: string }).text)
  return { agentId: null, supervises: false, routes: false, heard, deliver: (deliveries) => void heard.push(...texts(deliveries)) }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2))
}

await t.test('what could not be replayed to one follower is no reason to begin anew for the others', async (t) => {
  const parts = fakeParts()
  const feed = createFeed({ ...parts.deps, pauseMs: 1, sweepMs: 60_000 })
  t.teardown(() => feed.close())
  const first = listener()
  await feed.follow(first, null)
  parts.next.error = new Error('gone')
  await t.rejects(feed.follow(listener(), { turnMs: 0, messageUs: 0 }), { message: 'gone' })
  parts.next.error = null
  change(parts, 'one')
  await feed.follow(listener(), null)
  change(parts, 'two')
  parts.changes.hint()
  await until(() => first.heard.includes('two'))
  t.strictSame(first.heard, ['one', 'two'])
})

await t.test('a feed that could not begin begins with the next follower', async (t) => {
  const parts = fakeParts()
  const feed = createFeed({ ...parts.deps, pauseMs: 1, sweepMs: 60_000 })
  t.teardown(() => feed.close())
  parts.next.error = new Error('gone')
  const both = await Promise.allSettled([feed.follow(listener(), null), feed.follow(listener(), null)])
  t.strictSame(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  parts.next.error = null
  const next = listener()
  await feed.follow(next, null)
  change(parts, 'one')
  parts.changes.hint()
  await until(() => next.heard.length > 0)
  t.strictSame(next.heard, ['one'])
})

await t.test('every page of a look asks for decisions from where the look began', async (t) => {
  const parts = fakeParts()
  const asked: unknown[] = []
  parts.deps.changes.read = (from, _isNew, decidedFromMs) => {
    asked.push([from.turnMs, decidedFromMs])
    return Promise.resolve({ changes: [], reached: { turnMs: from.turnMs + 500, messageUs: 0 }, more: asked.length < 3 })
  }
  const feed = createFeed(parts.deps)
  t.teardown(() => feed.close())
  await feed.follow(listener(), null)
  const began = AT.getTime() - 3_000
  t.strictSame(asked, [
    [began, began],
    [began + 500, began],
    [began + 1_000, began],
  ])
})

await t.test('an id of the stream is one that the database can look up', async (t) => {
  const position = { turnMs: AT.getTime(), messageUs: AT.getTime() * 1_000 }
  t.strictSame(parsePosition(formatPosition(position)), position)
  for (const turnMs of [8.64e15 + 1, 8.64e15, Date.UTC(10_000, 0, 1)])
    t.equal(parsePosition(formatPosition({ ...position, turnMs })), null, String(turnMs))
})
