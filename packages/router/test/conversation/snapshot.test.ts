import t from 'tap'
import { loadState, UPGRADES } from '../../src/conversation/snapshot.ts'
import { conversationState, initialState } from '../../src/conversation/state.ts'

t.test('a stored state reads back as it was', async (t) => {
  t.same(loadState(JSON.parse(JSON.stringify(initialState()))), initialState())
})

t.test('a state of an older version is brought up to the newest', async (t) => {
  const { freeEntryUntil: _, unread: __, ...old } = initialState()
  const loaded = loadState({ ...old, version: 0 })
  t.same(loaded, initialState())
  t.ok(conversationState.safeParse(loaded).success)
})

t.test('there is an upgrade from every older version', async (t) => {
  t.same(
    Object.keys(UPGRADES).map(Number),
    Array.from({ length: initialState().version }, (_, index) => index),
  )
})

t.test("a newer release's state is refused, not overwritten", async (t) => {
  t.throws(() => loadState({ version: 99 }), { code: 'newer-release', message: /version 99 cannot be read/ })
  t.throws(() => loadState({ version: 'x' }), { code: undefined, message: /version x cannot be read/ })
})
