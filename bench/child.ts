// A process of our own that answers calls: the load and the provider must not share an event loop with what measures them, nor
// with each other.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child {
  pid: number
  /** Calls a function of the child's `answerCalls`. Rejects when it fails or the child ends. */
  call<R>(name: string, input?: unknown): Promise<R>
  stop(): Promise<void>
}

interface Call {
  id: number
  name: string
  input: unknown
}
interface Answer {
  id: number
  result?: unknown
  error?: string
}

export function startChild(file: string): Child {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = fork(path, { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let calls = 0
  child.on('message', (message) => {
    const { id, result, error } = message as unknown as Answer
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(`${file}: ${error}`))
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with code ${code}`))
    waiting.clear()
  })
  return {
    pid: child.pid ?? 0,
    call<R>(name: string, input?: unknown) {
      return new Promise<R>((resolve, reject) => {
        if (!child.connected) return reject(new Error(`${file} is not running`))
        const id = (calls += 1)
        waiting.set(id, { resolve: (result) => resolve(result as R), reject })
        child.send({ id, name, input } satisfies Call)
      })
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** The child's side. It ends when its parent lets go of it, or dies. */
export function answerCalls(functions: Record<string, (input: never) => unknown>): void {
  process.on('message', async ({ id, name, input }: Call) => {
    try {
      const result = await functions[name]?.(input as never)
      process.send?.({ id, result } satisfies Answer)
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Answer)
    }
  })
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches the whole group; the parent takes everything down in order.
  process.on('SIGINT', () => undefined)
}
