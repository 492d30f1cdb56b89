// Owns one Baton process, started as operators start it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SECRETS } from './configuration.ts'

const main = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url))

export interface BatonProcess {
  name: string
  /** Null while it is not running. */
  url(): string | null
  start(): Promise<void>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it with a signal; gives its exit code, null when the signal itself ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
  /** Log lines of level error and above, over all its lives. */
  errors(): string[]
  /** The last log lines, for whoever wants to know why. */
  tail(): string[]
}

export function createProcess(
  name: string,
  options: { databaseUrl: string; configDir: string; dataDir: string; provider: string },
): BatonProcess {
  let child: ChildProcess | null = null
  let url: string | null = null
  const errors: string[] = []
  const log: string[] = []

  function onLog(line: string): void {
    log.push(line)
    if (log.length > 40) log.shift()
    if (Number(/^\{"level":(\d+)/.exec(line)?.[1]) >= 50) errors.push(line)
  }

  return {
    name,
    url: () => url,
    async start() {
      const started = spawn(process.execPath, [main, 'start'], {
        env: {
          PATH: process.env['PATH'] ?? '',
          PORT: '0',
          DATABASE_URL: options.databaseUrl,
          BATON_CONFIG_DIR: options.configDir,
          BATON_DATA_DIR: options.dataDir,
          BATON_EMULATOR: 'off',
          BATON_API_KEY: 'key-of-chaos',
          WHATSAPP_BASE_URL: options.provider,
          WHATSAPP_ACCESS_TOKEN: SECRETS.accessToken,
          WHATSAPP_APP_SECRET: SECRETS.appSecret,
          WHATSAPP_VERIFY_TOKEN: SECRETS.verifyToken,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      createInterface({ input: started.stderr }).on('line', onLog)
      url = await new Promise<string>((resolve, reject) => {
        createInterface({ input: started.stdout }).on('line', (line) => {
          const ready = /^Baton is ready at (\S+)/.exec(line)?.[1]
          if (ready === undefined) onLog(line)
          else resolve(ready)
        })
        started.once('exit', (code, signal) => reject(new Error(`process ${name} ended (${code ?? signal}): ${log.join('\n')}`)))
      })
      started.removeAllListeners('exit').once('exit', () => {
        if (child === started) url = null
      })
    },
    signal: (signal) => child?.kill(signal),
    async end(signal) {
      const ending = child
      if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return null
      const ended = once(ending, 'exit')
      ending.kill(signal)
      const [code] = (await ended) as [number | null]
      return code
    },
    errors: () => errors,
    tail: () => log,
  }
}
