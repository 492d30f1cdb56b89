import fc from 'fast-check'
import t from 'tap'
import { createAliasCache } from '../../src/inbound/alias-cache.ts'
import { createGroupCommit } from '../../src/inbound/group-commit.ts'

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

await t.test('every item gets its own result or its own error, in batches that keep the order', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.constantFrom('good', 'bad', 'hopeless'), { maxLength: 5 }), { maxLength: 12 }), async (calls) => {
      const written: number[] = []
      const group = createGroupCommit<{ n: number; kind: string }, string>({
        limit: 1_000,
        batch: 4,
        spacingMs: 0,
        async write(items) {
          await tick()
          if (items.some(({ kind }) => kind !== 'good')) throw new Error('refused')
          written.push(...items.map(({ n }) => n))
          return items.map(({ n }) => `stored ${n}`)
        },
        async refused({ n, kind }) {
          if (kind === 'hopeless') throw new Error(`failed ${n}`)
          return `aside ${n}`
        },
      })
      let n = 0
      const wanted: string[] = []
      const promises = calls.flatMap((kinds) => {
        const items = kinds.map((kind) => ({ n: (n += 1), kind }))
        wanted.push(...items.map((item) => `${item.kind === 'good' ? 'stored' : item.kind === 'bad' ? 'aside' : 'failed'} ${item.n}`))
        return group.add(items) ?? []
      })
      const results = await Promise.all(promises.map((promise) => promise.catch((error: Error) => error.message)))
      t.strictSame(results, wanted)
      t.strictSame(
        written,
        written.toSorted((a, b) => a - b),
      )
      await group.idle()
      t.equal(group.size(), 0)
    }),
    { numRuns: 60 },
  )
})

await t.test('what comes too soon after a write began waits for company; what comes later does not', async (t) => {
  const batches: number[][] = []
  const group = createGroupCommit<number, void>({
    limit: 10,
    batch: 10,
    spacingMs: 500,
    async write(items) {
      batches.push(items)
      return items.map(() => undefined)
    },
    refused: () => Promise.reject(new Error('asked about an item')),
  })
  await group.add([1])?.[0]
  const second = group.add([2])
  await tick()
  const third = group.add([3])
  t.equal(group.size(), 2)
  await Promise.all([...(second ?? []), ...(third ?? [])])
  t.strictSame(batches, [[1], [2, 3]])
  await group.idle()
})

await t.test('a lost database fails the whole batch at once: nothing is tried alone, nothing is set aside', async (t) => {
  let writes = 0
  const group = createGroupCommit<number, void>({
    limit: 10,
    batch: 10,
    spacingMs: 0,
    async write() {
      writes += 1
      throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
    },
    refused: () => Promise.reject(new Error('asked about an item')),
  })
  const results = await Promise.allSettled(group.add([1, 2, 3]) ?? [])
  t.strictSame(
    results.map((result) => result.status === 'rejected' && (result.reason as Error).message),
    ['gone', 'gone', 'gone'],
  )
  t.equal(writes, 1)
})

await t.test('never more than the limit waits, but for one call larger than it', async (t) => {
  const group = createGroupCommit<number, void>({ limit: 3, batch: 2, spacingMs: 0, write: async () => [], refused: async () => {} })
  t.ok(group.add([1, 2, 3, 4, 5]))
  t.equal(group.add([6]), null)
  t.equal(group.hasRoom(0), false)
  await group.idle()
  t.ok(group.add([6, 7]))
  t.ok(group.add([8]))
  t.equal(group.add([9]), null)
  await group.idle()
})

await t.test('the alias cache forgets the least recently used, and what is too old', (t) => {
  let now = 0
  const cache = createAliasCache(2, 10, () => now)
  const actor = { slot: 1, id: 'cv_1_x' }
  for (const name of ['a', 'b']) cache.set(name, actor)
  t.same(cache.get('a'), actor)
  cache.set('c', actor)
  t.strictSame([cache.get('a') !== undefined, cache.get('b'), cache.get('c') !== undefined], [true, undefined, true])
  now = 10
  t.strictSame([cache.get('a'), cache.get('c')], [undefined, undefined])
  cache.set('d', actor)
  cache.delete('d')
  t.equal(cache.get('d'), undefined)
  t.end()
})
