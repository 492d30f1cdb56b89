// Owns who wants to know that something may have changed in the tables.
export interface Hints {
  call: () => void
  /** Answers how to stop. */
  on: (callback: () => void) => () => void
}

export function createHints(): Hints {
  const callbacks = new Set<() => void>()
  return {
    call() {
      for (const callback of callbacks) callback()
    },
    on(callback) {
      callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
  }
}
