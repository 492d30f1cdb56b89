// Owns what is to happen later.
// R1 A task runs once, in the order of its due time, then of its entry; never inside the call that entered it.
// R2 Time is the clock's. A real timer only looks again: the clock may be moved, or stand still.

import type { Clock } from '@baton/router'

/** How long a real timer may sleep before the clock is looked at again, milliseconds. */
const LOOK_AGAIN_MS = 20

interface Task {
  due: number
  run: () => void
}

export class Schedule {
  readonly #clock: Clock
  readonly #onIdle: () => void
  #tasks: Task[] = []
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(clock: Clock, onIdle: () => void) {
    this.#clock = clock
    this.#onIdle = onIdle
  }

  get size(): number {
    return this.#tasks.length
  }

  at(due: number, run: () => void): void {
    if (this.#stopped) return
    let place = this.#tasks.length
    while (place > 0 && (this.#tasks[place - 1]?.due ?? 0) > due) place -= 1
    this.#tasks.splice(place, 0, { due, run })
    if (place === 0) this.#arm()
  }

  after(ms: number, run: () => void): void {
    this.at(this.#clock.now() + ms, run)
  }

  stop(): void {
    this.#stopped = true
    this.#tasks = []
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer)
    const first = this.#tasks[0]
    this.#timer = first ? setTimeout(() => this.#look(), Math.min(LOOK_AGAIN_MS, Math.max(0, first.due - this.#clock.now()))) : null
  }

  #look(): void {
    this.#timer = null
    const now = this.#clock.now()
    const first = this.#tasks.findIndex((task) => task.due > now)
    const due = this.#tasks.splice(0, first === -1 ? this.#tasks.length : first)
    for (const task of due) task.run()
    if (this.#stopped) return
    this.#arm()
    if (due.length > 0) this.#onIdle()
  }
}
