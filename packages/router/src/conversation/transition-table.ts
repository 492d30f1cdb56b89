// Pure. A statechart written out as a table: for each state of each region, what may be done about each event, in the order in
// which XState tries it. Working that order out is most of what a call of XState's `transition()` costs, and it is the same
// every time; so it is read once from XState's own machine, and the guards of that machine are asked.
//
// A table can stand for a machine of parallel regions in which only transitions act. One that says more (entry and exit
// actions, `always`, `after`, wildcards, targets in another region, computed params, …) is refused when it is read.
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** Where a region stands: a state, or a state and where it stands within. */
export type RegionValue = string | { readonly [state: string]: RegionValue }

/** One transition: taken when its guard holds, and then no other of its region is. */
export interface Move<E, A> {
  /** Null: always taken. */
  guard: ((args: { event: E }) => boolean) | null
  /** Where the region stands afterwards; null: where it stood. */
  target: RegionValue | null
  actions: readonly A[]
}

/** By type of event, the moves in the order in which they are tried. */
export type Moves<E, A> = ReadonlyMap<string, readonly Move<E, A>[]>

/** Regions in the machine's order; for each, by the path of the innermost state, its moves. */
export type TransitionTable<R, E, A> = ReadonlyMap<R, ReadonlyMap<string, Moves<E, A>>>

/** Writes a machine out. `R` its regions, `E` its events, `A` its actions: XState does not say their types of a machine that is
 * read. Throws, naming the state, where the machine says what a table cannot. */
export function transitionTable<R extends string, E, A>(machine: AnyStateMachine): TransitionTable<R, E, A> {
  const { root } = machine
  if (machine.config.context !== undefined) throw cannot(root, 'states without context')
  if (root.type !== 'parallel' || root.transitions.size > 0) throw cannot(root, 'regions and nothing beside them')
  return new Map(
    childrenOf(root).map((region) => {
      if (region.type !== 'compound') throw cannot(region, 'a region with states')
      return [region.key as R, new Map(leavesOf(region).map((leaf) => [pathWithin(region, leaf), movesOf<E, A>(leaf, region)]))]
    }),
  )
}

/** The path of the innermost state, e.g. `none`, `service.open.waiting`. */
export function pathOf(value: RegionValue): string {
  if (typeof value === 'string') return value
  for (const state in value) return `${state}.${pathOf(value[state] as RegionValue)}`
  throw new Error('a region that stands nowhere')
}

/** Where a region stands when it is at a path. */
export function valueAt(path: string): RegionValue {
  const [first, ...inner] = path.split('.') as [string, ...string[]]
  return inner.length === 0 ? first : Object.freeze({ [first]: valueAt(inner.join('.')) })
}

/** What a state and the states around it say of each event, the innermost first. */
function movesOf<E, A>(leaf: AnyStateNode, region: AnyStateNode): Map<string, Move<E, A>[]> {
  const moves = new Map<string, Move<E, A>[]>()
  for (let node: AnyStateNode | undefined = leaf; node !== undefined && node !== region.parent; node = node.parent) {
    onlyTransitions(node)
    for (const [type, transitions] of node.transitions) {
      const own = transitions.map((transition) => moveOf<E, A>(transition, region))
      moves.set(type, [...(moves.get(type) ?? []), ...own])
    }
  }
  return moves
}

function moveOf<E, A>(transition: AnyTransitionDefinition, region: AnyStateNode): Move<E, A> {
  const { source, guard, target, actions } = transition
  const read = typeof guard === 'string' ? source.machine.implementations.guards[guard] : undefined
  if (guard !== undefined && typeof read !== 'function') throw cannot(source, `a named guard on ${transition.eventType}`)
  if (target !== undefined && target.length !== 1) throw cannot(source, `one target on ${transition.eventType}`)
  return {
    guard: (read as Move<E, A>['guard'] | undefined) ?? null,
    target: target === undefined ? null : valueAt(pathWithin(region, landing(target[0] as AnyStateNode))),
    actions: Object.freeze(actions.map((action) => actionOf(source, action) as A)),
  }
}

/** `params` stands in an action also where it has none, as in what XState hands over. */
function actionOf(source: AnyStateNode, action: unknown): object {
  const { type, params } = action as { type?: unknown; params?: unknown }
  if (typeof type !== 'string' || typeof params === 'function') throw cannot(source, 'named actions with fixed params')
  return Object.freeze({ type, params: Object.freeze(params) })
}

/** The innermost state that is entered with a state. */
function landing(node: AnyStateNode): AnyStateNode {
  for (let at = node; ;) {
    if (at.type === 'atomic') return at
    const { target, actions } = at.initial
    if (at.type !== 'compound' || target.length !== 1 || actions.length > 0) throw cannot(at, 'one initial state')
    at = target[0] as AnyStateNode
  }
}

function pathWithin(region: AnyStateNode, node: AnyStateNode): string {
  const above = region.path.length
  if (node.path.length <= above || node.path[above - 1] !== region.key) throw cannot(node, `targets within ${region.key}`)
  return node.path.slice(above).join('.')
}

function leavesOf(node: AnyStateNode): AnyStateNode[] {
  if (node.type === 'atomic') return [node]
  if (node.type !== 'compound') throw cannot(node, 'plain states')
  return childrenOf(node).flatMap(leavesOf)
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states)
}

function onlyTransitions(node: AnyStateNode): void {
  const { entry, exit, invoke, always } = node
  if (entry.length > 0 || exit.length > 0 || invoke.length > 0 || (always?.length ?? 0) > 0) throw cannot(node, 'transitions on events')
  const odd = [...node.transitions.keys()].find((type) => type.includes('*') || type.startsWith('xstate.'))
  if (odd !== undefined) throw cannot(node, `events by their name, not ${odd},`)
}

function cannot(node: AnyStateNode, only: string): Error {
  return new Error(`${node.id}: a transition table knows ${only} only`)
}
