import { test } from 'tap'
import * as fc from 'fast-check'
import { changedSince, withRevision } from '../../src/inbound/revisions.ts'
import type { Revision } from '../../src/store/tables.ts'

const written = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd').map(String), { maxLength: 300 }), { maxLength: 30 })

void test('whoever knows a revision learns what changed after it, or that they have to read everything', async (t) => {
  fc.assert(
    fc.property(written, (all) => {
      let known: Revision[] = []
      return all.every((parts, at) => {
        known = withRevision(known, { id: `r${at}`, parts })
        return all.slice(0, at + 1).every((_, from) => {
          const names = changedSince(known, `r${from}`)
          const expected = new Set(all.slice(from + 1, at + 1).flat())
          return names === null ? from < at : JSON.stringify(names.toSorted()) === JSON.stringify([...expected].toSorted())
        })
      })
    }),
  )
  t.equal(changedSince(withRevision([], { id: 'r1', parts: [] }), 'lost'), null)
})

void test('what is kept is bounded, and one transaction however large does not hide the ones after it', async (t) => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `part:${index}`)
  let known = withRevision([], { id: 'large', parts: names(16_000) })
  t.same(changedSince(known, 'large'), [])
  for (let at = 0; at < 1_000; at += 1) known = withRevision(known, { id: `r${at}`, parts: names(3) })
  t.ok(known.flatMap(({ parts }) => parts).length < 510)
  t.same(changedSince(known, 'r900'), names(3))
  t.equal(changedSince(known, 'large'), null)
})
