import t from 'tap'
import { createMachine, setup } from 'xstate'
import type { AnyStateMachine } from 'xstate'
import { pathOf, transitionTable, valueAt } from '../../src/conversation/transition-table.ts'

const light = setup({ guards: { late: () => true }, actions: { note: () => {} } }).createMachine({
  type: 'parallel',
  states: {
    lamp: {
      initial: 'off',
      states: {
        off: { on: { press: 'on' } },
        on: {
          initial: 'bright',
          on: {
            press: [
              { guard: 'late', target: '.dim' },
              { target: 'off', actions: { type: 'note' } },
            ],
          },
          states: { bright: { on: { press: { guard: 'late' } } }, dim: {} },
        },
      },
    },
  },
})

t.test('a state tries its own transitions first, then those of the states around it, each in their order', async (t) => {
  const lamp = transitionTable(light).get('lamp')
  t.same([...(lamp?.keys() ?? [])], ['off', 'on.bright', 'on.dim'])
  const moves = lamp?.get('on.bright')?.get('press') ?? []
  t.same(
    moves.map(({ guard, target, actions }) => [guard !== null, target, actions]),
    [
      [true, null, []],
      [true, { on: 'dim' }, []],
      [false, 'off', [{ type: 'note', params: undefined }]],
    ],
  )
})

t.test('a state with states within is entered at its first', async (t) => {
  t.same(transitionTable(light).get('lamp')?.get('off')?.get('press')?.[0]?.target, { on: 'bright' })
})

t.test('what the table hands out cannot be changed', async (t) => {
  const actions = transitionTable(light).get('lamp')?.get('on.dim')?.get('press')?.[1]?.actions
  t.equal(actions?.length, 1)
  for (const shared of [actions, actions?.[0], valueAt('a.b')]) t.ok(Object.isFrozen(shared))
})

t.test('a path says where a region stands, and is read back', async (t) => {
  for (const path of ['none', 'service.ended', 'service.open.waiting']) t.equal(pathOf(valueAt(path)), path)
})

/** A machine of two regions, the first of which says something that a table has no place for. */
function saying(state: object, more: object = {}): AnyStateMachine {
  const states = { a: { initial: 'x', states: { x: state, y: {} } }, b: { initial: 'x', states: { x: {} } } }
  return createMachine({ id: 'odd', type: 'parallel', states, ...more } as object)
}

const REFUSED: Record<string, AnyStateMachine> = {
  'one region': createMachine({ id: 'odd', initial: 'x', states: { x: {} } }),
  'a region without states': createMachine({ id: 'odd', type: 'parallel', states: { a: {} } }),
  context: saying({}, { context: { count: 0 } }),
  'transitions beside the regions': saying({}, { on: { go: {} } }),
  'an entry action': saying({ entry: 'note' }),
  'an exit action': saying({ exit: 'note' }),
  'an eventless transition': saying({ always: { target: 'y' } }),
  'a delay': saying({ after: { 1000: 'y' } }),
  'an actor': saying({ invoke: { src: 'bot' } }),
  'a wildcard': saying({ on: { '*': 'y' } }),
  'a final state': saying({ type: 'final' }),
  'regions within a region': saying({ type: 'parallel', states: { p: {}, q: {} } }),
  'an unnamed guard': saying({ on: { go: { guard: () => true, target: 'y' } } }),
  'a guard that is nowhere': saying({ on: { go: { guard: 'nowhere', target: 'y' } } }),
  'two targets': saying({ on: { go: { target: ['#odd.a.y', '#odd.b.x'] } } }),
  'a target in another region': saying({ on: { go: '#odd.b.x' } }),
  'computed params': saying({ on: { go: { actions: { type: 'note', params: () => ({}) } } } }),
  'an unnamed action': saying({ on: { go: { actions: () => {} } } }),
}
for (const [what, machine] of Object.entries(REFUSED))
  t.test(`refused: ${what}`, async (t) => {
    t.throws(() => transitionTable(machine), /^odd.*: a transition table knows .+ only$/)
  })
t.test('the same machine without any of it is taken', async (t) => {
  t.equal(transitionTable(saying({ on: { go: 'y' } })).size, 2)
})
