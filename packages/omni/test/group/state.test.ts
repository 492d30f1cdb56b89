import { test } from 'tap'
import { readState } from '../../src/group/state.ts'

void test('a group of an older release is brought up to the newest', async (t) => {
  const { version, ...empty } = readState(null)
  t.same(readState({ ...empty, version: 1 }), { ...empty, version })
})

void test('a group of a newer release is left to it', async (t) => {
  t.throws(() => readState({ ...readState(null), version: 99 }), { code: 'newer-release' })
})
