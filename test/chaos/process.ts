// Owns one Baton process, started as operators start it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Change } from './change-list.ts'
import { SECRETS } from './configuration.ts'
import { createLink } from './link.ts'
import type { Link } from './link.ts'

const main = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url))
const preload = new URL('changes.ts', import.meta.url).href

export interface BatonProcess {
  /** `a`, `b`, …; its sessions at the database are called `baton-a`, `baton-b`, … */
  name: string
  /** The network to the provider and to the database. */
  links: { provider: Link; database: Link }
  /** Null while it is not running. */
  url(): string | null
  start(): Promise<void>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Sets its clock so many milliseconds away from the true time; resolves when it has taken that up. */
  setClock(offset: number): Promise<void>
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
  changes: readonly Change[]
}

const CLOCK_MS = 500

export async function createProcess(name: string, options: ProcessOptions): Promise<BatonProcess> {
  const links = {
    provider: await createLink(() => ({ host: '127.0.0.1', port: options.provider })),
    database: await createLink(() => ({ path: options.socket })),
  }
  const clock = `${options.configDir}/clock-${name}`
  await writeFile(clock, '0')
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

  const killAtExit = (): void => void child?.kill('SIGKILL')
  process.on('exit', killAtExit)

  return {
    name,
    links,
    url: () => url,
    async start() {
      const started = spawn(process.execPath, ['--import', preload, main, 'start'], {
        env: {
          PATH: process.env['PATH'] ?? '',
          // Half of what a start costs.
          NODE_COMPILE_CACHE: path.join(tmpdir(), 'baton-chaos-compiled'),
          PORT: '0',
          DATABASE_URL: `postgres://postgres@127.0.0.1:${links.database.port}/${options.database}?application_name=baton-${name}`,
          BATON_CONFIG_DIR: options.configDir,
          BATON_DATA_DIR: `${options.configDir}/data`,
          BATON_EMULATOR: 'off',
          BATON_DRAIN_SECONDS: '2',
          BATON_API_KEY: 'administrator-key-of-chaos',
          CHAOS_CHANGES: options.changes.join(','),
          CHAOS_CLOCK: clock,
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
    async setClock(offset) {
      await writeFile(clock, String(offset))
      await pause(CLOCK_MS)
    },
    end,
    errors: () => errors,
    tail: () => log,
    async close() {
      await end('SIGKILL')
      process.off('exit', killAtExit)
      await Promise.all([links.provider.close(), links.database.close()])
    },
  }
}
