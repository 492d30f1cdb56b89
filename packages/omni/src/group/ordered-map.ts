// Pure. A map that is never changed: `with` and `without` give another one, which shares all but the path to what differs. Its keys are
// in order, and how many come before one is known. A weight-balanced tree (Adams; parameters 3 and 2).

export type Compare<K> = (a: K, b: K) => number

interface Node<K, V> {
  readonly key: K
  readonly value: V
  readonly size: number
  readonly left: Tree<K, V>
  readonly right: Tree<K, V>
}
type Tree<K, V> = Node<K, V> | null

/** A class although it has no life of its own: thousands a second are made, and closures for each would cost more than the tree. */
export class OrderedMap<K, V> implements Iterable<V> {
  readonly #compare: Compare<K>
  readonly #root: Tree<K, V>

  constructor(compare: Compare<K>, root: Tree<K, V> = null) {
    this.#compare = compare
    this.#root = root
  }

  get size(): number {
    return sizeOf(this.#root)
  }

  get(key: K): V | undefined {
    for (let at = this.#root; at !== null;) {
      const order = this.#compare(key, at.key)
      if (order === 0) return at.value
      at = order < 0 ? at.left : at.right
    }
    return undefined
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  with(key: K, value: V): OrderedMap<K, V> {
    return new OrderedMap(this.#compare, inserted(this.#root, key, value, this.#compare))
  }

  without(key: K): OrderedMap<K, V> {
    const root = removed(this.#root, key, this.#compare)
    return root === this.#root ? this : new OrderedMap(this.#compare, root)
  }

  /** What the least key has. */
  first(): V | undefined {
    return this.#root === null ? undefined : leastOf(this.#root).value
  }

  /** How many keys come before this one, whether it is there or not. */
  rank(key: K): number {
    let before = 0
    for (let at = this.#root; at !== null;) {
      const order = this.#compare(key, at.key)
      if (order > 0) before += sizeOf(at.left) + 1
      else if (order === 0) return before + sizeOf(at.left)
      at = order < 0 ? at.left : at.right
    }
    return before
  }

  /** The values in the order of their keys. */
  *[Symbol.iterator](): Generator<V> {
    const path: Node<K, V>[] = []
    for (let at = this.#root; at !== null || path.length > 0; at = at.right) {
      for (; at !== null; at = at.left) path.push(at)
      at = path.pop() as Node<K, V>
      yield at.value
    }
  }
}

export function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function sizeOf(tree: Tree<unknown, unknown>): number {
  return tree === null ? 0 : tree.size
}

function leastOf<K, V>(tree: Node<K, V>): Node<K, V> {
  return tree.left === null ? tree : leastOf(tree.left)
}

function inserted<K, V>(tree: Tree<K, V>, key: K, value: V, compare: Compare<K>): Node<K, V> {
  if (tree === null) return node(key, value, null, null)
  const order = compare(key, tree.key)
  if (order === 0) return { ...tree, key, value }
  return order < 0
    ? balanced(tree.key, tree.value, inserted(tree.left, key, value, compare), tree.right)
    : balanced(tree.key, tree.value, tree.left, inserted(tree.right, key, value, compare))
}

/** The same tree when the key is not in it. */
function removed<K, V>(tree: Tree<K, V>, key: K, compare: Compare<K>): Tree<K, V> {
  if (tree === null) return null
  const order = compare(key, tree.key)
  if (order === 0) return joined(tree.left, tree.right)
  const side = order < 0 ? tree.left : tree.right
  const without = removed(side, key, compare)
  if (without === side) return tree
  return order < 0 ? balanced(tree.key, tree.value, without, tree.right) : balanced(tree.key, tree.value, tree.left, without)
}

/** Two neighbours as one tree. */
function joined<K, V>(left: Tree<K, V>, right: Tree<K, V>): Tree<K, V> {
  if (left === null) return right
  if (right === null) return left
  const { key, value } = leastOf(right)
  return balanced(key, value, left, withoutLeast(right))
}

function withoutLeast<K, V>(tree: Node<K, V>): Tree<K, V> {
  return tree.left === null ? tree.right : balanced(tree.key, tree.value, withoutLeast(tree.left), tree.right)
}

function node<K, V>(key: K, value: V, left: Tree<K, V>, right: Tree<K, V>): Node<K, V> {
  return { key, value, size: sizeOf(left) + sizeOf(right) + 1, left, right }
}

/** Neither side has more than three times as many as the other. They differ from such a tree by one insertion or removal. */
function balanced<K, V>(key: K, value: V, left: Tree<K, V>, right: Tree<K, V>): Node<K, V> {
  const [less, more] = [sizeOf(left), sizeOf(right)]
  if (less + more > 1 && right !== null && more > 3 * less) {
    const { left: inner, right: outer } = right
    if (inner === null || sizeOf(inner) < 2 * sizeOf(outer)) return node(right.key, right.value, node(key, value, left, inner), outer)
    return node(inner.key, inner.value, node(key, value, left, inner.left), node(right.key, right.value, inner.right, outer))
  }
  if (less + more > 1 && left !== null && less > 3 * more) {
    const { left: outer, right: inner } = left
    if (inner === null || sizeOf(inner) < 2 * sizeOf(outer)) return node(left.key, left.value, outer, node(key, value, inner, right))
    return node(inner.key, inner.value, node(left.key, left.value, outer, inner.left), node(key, value, inner.right, right))
  }
  return node(key, value, left, right)
}
