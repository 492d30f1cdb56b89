// Baton as an operator runs it: processes of `baton start` with a configuration of their own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import { writeConfiguration } from './configuration.ts'
import type { Configuration } from './configuration.ts'

export interface Product {
  pids: number[]
  /** Of the process that takes the webhooks. */
  url: string
  /** Where the provider posts. */
  webhook: string
  /** From the start of its process until `/readyz` said so; of several, the slowest one's. */
  readyMs: number
  stop(): Promise<void>
}

export interface ProductOptions {
  directory: string
  databaseUrl: string
  /** The Graph API. */
  providerUrl: string
  secret: string
  configuration: Configuration
  /** The roles of each process; the first has `web`. */
  roles: string[]
  /** A directory for CPU profiles, written when the processes end. */
  profiles: string | null
}

/** Of the administrator. */
export const API_KEY = 'administrator-key-of-the-bench'
const MAIN = fileURLToPath(new URL('../apps/server/src/main.ts', import.meta.url))
/** What `pnpm start` gives to Node, the program behind it. */
const [, ...NODE_OPTIONS] = manifest.scripts.start.replace(/ \S+ start$/, '').split(' ')
const READY_MS = 60_000
const LOOK_AGAIN_MS = 10

export async function startProduct(options: ProductOptions): Promise<Product> {
  const configDir = join(options.directory, 'config')
  await writeConfiguration(configDir, options.configuration)
  const started: Started[] = []
  const stop = async () => {
    await Promise.all(started.map((one) => one.stop()))
  }
  try {
    // One after the other: the first migrates and publishes.
    for (const [index, roles] of options.roles.entries()) started.push(await startProcess(options, configDir, roles, index))
  } catch (error) {
    await stop()
    throw error
  }
  const url = started[0]?.url ?? ''
  return {
    pids: started.map(({ pid }) => pid),
    url,
    webhook: `${url}/webhooks/whatsapp`,
    readyMs: Math.max(...started.map(({ readyMs }) => readyMs)),
    stop,
  }
}

/** Publishes another configuration with the command line, as an operator does while processes run. */
export async function publishConfiguration(options: Pick<ProductOptions, 'directory' | 'databaseUrl' | 'configuration'>): Promise<void> {
  const configDir = join(options.directory, 'config')
  await writeConfiguration(configDir, options.configuration)
  const env = { PATH: process.env['PATH'], DATABASE_URL: options.databaseUrl, BATON_CONFIG_DIR: configDir }
  const child = spawn(process.execPath, [MAIN, 'config', 'apply'], { cwd: options.directory, stdio: ['ignore', 'ignore', 'pipe'], env })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`the configuration was not published:\n${said}`)
}

interface Started {
  pid: number
  url: string
  readyMs: number
  stop(): Promise<void>
}

async function startProcess(options: ProductOptions, configDir: string, roles: string, index: number): Promise<Started> {
  const log = join(options.directory, `baton-${index}.log`)
  const profiling = options.profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profiles}`]
  const began = performance.now()
  const child = spawn(process.execPath, [...NODE_OPTIONS, ...profiling, MAIN, 'start'], {
    cwd: options.directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: '0',
      NODE_ENV: 'production',
      DATABASE_URL: options.databaseUrl,
      BATON_DATA_DIR: join(options.directory, 'data'),
      BATON_CONFIG_DIR: configDir,
      BATON_API_KEY: API_KEY,
      BATON_ROLES: roles,
      BATON_EMULATOR: 'off',
      BATON_DRAIN_SECONDS: '0',
      WHATSAPP_BASE_URL: options.providerUrl,
      WHATSAPP_ACCESS_TOKEN: 'token-of-the-bench',
      WHATSAPP_APP_SECRET: options.secret,
    },
  })
  child.stderr.pipe(createWriteStream(log))
  const ended = once(child, 'exit')
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
  }
  const tooLong = setTimeout(() => child.kill('SIGKILL'), READY_MS)
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /ready at (\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    while (!(await fetch(`${url}/readyz`)).ok) await pause(LOOK_AGAIN_MS)
    clearTimeout(tooLong)
    child.stdout.resume()
    return { pid: child.pid ?? 0, url, readyMs: performance.now() - began, stop }
  }
  clearTimeout(tooLong)
  throw new Error(`Baton did not start:\n${(await readFile(log, 'utf8')).slice(-2_000)}`)
}
