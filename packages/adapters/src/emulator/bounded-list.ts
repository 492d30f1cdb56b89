/** A list that keeps the newest `cap` entries. `onDrop` is told what went. */
export interface BoundedList<T> {
  push(item: T): void
  /** Oldest first. */
  all(): T[]
  findLast(test: (item: T) => boolean): T | undefined
}

export function boundedList<T>(cap: number, onDrop?: (item: T) => void): BoundedList<T> {
  // Cut in batches, so that a full list does not move every entry at every push.
  const slack = Math.max(16, Math.ceil(cap / 4))
  let items: T[] = []
  return {
    push(item) {
      items.push(item)
      if (items.length < cap + slack) return
      const dropped = items.slice(0, items.length - cap)
      items = items.slice(-cap)
      if (onDrop) for (const gone of dropped) onDrop(gone)
    },
    all: () => items.slice(-cap),
    findLast: (test) => items.findLast(test),
  }
}
