export interface Repeated {
  /** Aborts a run under way and waits for it. */
  stop(): Promise<void>
}

/** Runs a task now, and again `everyMs` after each end of it. A failure is the task's own to tell. */
export function repeat(task: (signal: AbortSignal) => Promise<void>, everyMs: number): Repeated {
  let timer: NodeJS.Timeout | undefined
  const ending = new AbortController()
  async function run(): Promise<void> {
    await task(ending.signal)
    if (!ending.signal.aborted) timer = setTimeout(() => (running = run()), everyMs)
  }
  let running = run()
  return {
    async stop() {
      ending.abort()
      clearTimeout(timer)
      await running
    },
  }
}
