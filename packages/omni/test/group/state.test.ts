import { test } from 'tap'
import { readGroup } from '../../src/group/state.ts'

void test('a group of an older release is brought up to the newest', async (t) => {
  const { version, ...empty } = readGroup(null)
  t.same(readGroup({ ...empty, version: 1 }), { ...empty, version })
})

void test('a group of a newer release is left to it', async (t) => {
  t.throws(() => readGroup({ ...readGroup(null), version: 99 }), { code: 'newer-release' })
})
