// Owns one Baton process, started as operators start it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SECRETS } from './configuration.ts'
import { createLink } from './link.ts'
import type { Link } from './link.ts'

const main = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url))

export interface BatonProcess {
  /** `a`, `b`, …; its sessions at the database are called `baton-a`, `baton-b`, … */
  name: string
  /** The network to the provider and to the database. */
  links: { provider: Link; database: Link }
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
  /** Kills it and takes its links down. */
  close(): Promise<void>
}

export interface ProcessOptions {
  /** The path of PostgreSQL's Unix socket, and the database. */
  socket: string
  database: string
  /** The provider's port. */
  provider: number
  configDir: string
}

export async function createProcess(name: string, options: ProcessOptions): Promise<BatonProcess> {
  const links = {
    provider: await createLink(() => ({ host: '127.0.0.1', port: options.provider })),
    database: await createLink(() => ({ path: options.socket })),
  }
  let child: ChildProcess | null = null
  let url: string | null = null
  const errors: string[] = []
  const log: string[] = []

  function onLog(line: string): void {
    log.push(line)
    if (log.length > 40) log.shift()
    if (Number(/^\{"level":(\d+)/.exec(line)?.[1]) >= 50) errors.push(line)
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const ending = child
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return null
    const ended = once(ending, 'exit')
    ending.kill(signal)
    const [code] = (await ended) as [number | null]
    return code
  }

  return {
    name,
    links,
    url: () => url,
    async start() {
      const started = spawn(process.execPath, [main, 'start'], {
        env: {
          PATH: process.env['PATH'] ?? '',
          // Half of what a start costs.
          NODE_COMPILE_CACHE: path.join(tmpdir(), 'baton-chaos-compiled'),
          PORT: '0',
          DATABASE_URL: `postgres://postgres@127.0.0.1:${links.database.port}/${options.database}?application_name=baton-${name}`,
          BATON_CONFIG_DIR: options.configDir,
          BATON_DATA_DIR: `${options.configDir}/data`,
          BATON_EMULATOR: 'off',
          BATON_API_KEY: 'key-of-chaos',
          WHATSAPP_BASE_URL: `http://127.0.0.1:${links.provider.port}`,
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
    end,
    errors: () => errors,
    tail: () => log,
    async close() {
      await end('SIGKILL')
      await Promise.all([links.provider.close(), links.database.close()])
    },
  }
}
