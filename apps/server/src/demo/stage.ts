// Owns what the demonstration plays on: a Baton of its own with a clock that can be moved, a WhatsApp emulator, a FAQ bot, and
// desks for agents. Customers write through the emulator's signed webhooks, everybody else through the HTTP API.
// R1 `close` leaves no process, port or file behind, nor does a stage that cannot be set.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Emulator } from '@baton/adapters/emulator'
import { movableClock } from '@baton/router'
import pino from 'pino'
import type { Logger } from 'pino'
import { request } from 'undici'
import { startBaton } from '../compose.ts'
import type { Baton } from '../baton.ts'
import { createClosing } from '../process/closing.ts'
import type { Closing } from '../process/closing.ts'
import { DEMO_SECRETS } from '../whatsapp/emulation.ts'
import { NUMBERS, writeDemoConfiguration } from './demo-configuration.ts'
import type { NumberName } from './demo-configuration.ts'

const API_KEY = 'demonstration-administrator-key'
const PATIENCE_MS = 15_000

export interface ApiAnswer {
  status: number
  body: Record<string, unknown> & { code?: string }
}

export interface Stage {
  baton: Baton
  emulator: Emulator
  /** Calls the API as an administrator, or as an agent. */
  api(method: 'GET' | 'POST' | 'PUT', path: string, body?: object, agent?: string): Promise<ApiAnswer>
  /** Moves the clock of Baton and of the emulator; what is due then happens by itself. */
  advance(ms: number): Promise<void>
  now(): number
  phoneNumberId(number: NumberName): string
  /** What the FAQ bot answers from now on. */
  botAnswers(answer: BotAnswer): void
  /** Asks again until the answer fits; the last answer is in the error when it never does. */
  until<T>(what: string, look: () => Promise<T>, fits: (found: T) => boolean): Promise<T>
  close(): Promise<void>
}

export type BotAnswer = { messages: string[]; handOff?: object } | { status: number }

export async function setStage(options: StageOptions): Promise<Stage> {
  const log = pino({ level: process.env['BATON_DEMO_LOG'] ?? 'silent' }, pino.destination({ dest: 2, sync: true }))
  const closing = createClosing(log)
  try {
    return { ...(await build(options, log, closing)), close: closing.close }
  } catch (error) {
    await closing.close() // R1
    throw error
  }
}

interface StageOptions {
  configDir: string
  databaseUrl: string | null
}

async function build(options: StageOptions, log: Logger, closing: Closing): Promise<Omit<Stage, 'close'>> {
  const directory = await mkdtemp(path.join(tmpdir(), 'baton-demo-'))
  closing.push(() => rm(directory, { recursive: true, force: true }))
  const clock = movableClock()
  let answer: BotAnswer = { messages: ['FAQ bot: we are open from 9 to 5. Anything else?'] }
  const bot = await listen((turn) => {
    void turn
    return 'status' in answer ? { status: answer.status, body: '' } : { status: 200, body: JSON.stringify(answer) }
  })
  closing.push(() => void bot.server.close())
  const configDir = path.join(directory, 'config')
  await writeDemoConfiguration(options.configDir, configDir, `${bot.url}/turn`, 'http://127.0.0.1:1/turn')
  const started = await startBaton({
    clock,
    log,
    database: options.databaseUrl === null ? { directory: path.join(directory, 'postgres') } : { url: options.databaseUrl },
    configDir,
    host: '127.0.0.1',
    port: 0,
    roles: ['web', 'worker', 'sender'],
    apiKey: API_KEY,
    sources: { env: { ...DEMO_SECRETS, FAQ_BOT_SECRET: 'demo-bot-secret' }, readFile: () => '' },
    emulator: () => ({ kind: 'on', variables: (url) => ({ WHATSAPP_BASE_URL: url }) }),
  })
  if (started.kind !== 'started') throw new Error(`the demonstration cannot start: ${JSON.stringify(started, null, 1)}`)
  const { baton } = started
  closing.push(() => baton.close())
  const emulator = baton.emulator as Emulator

  async function api(method: 'GET' | 'POST' | 'PUT', route: string, body?: object, agent?: string): Promise<ApiAnswer> {
    const { statusCode, body: stream } = await request(`${baton.url}/api/v1${route}`, {
      method,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(agent === undefined ? {} : { 'baton-agent': agent }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await stream.text()
    return { status: statusCode, body: text === '' ? {} : (JSON.parse(text) as ApiAnswer['body']) }
  }

  async function until<T>(what: string, look: () => Promise<T>, fits: (found: T) => boolean): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const found = await look()
      if (fits(found)) return found
      if (performance.now() > deadline) throw new Error(`expected ${what}; found ${JSON.stringify(found).slice(0, 1500)}`)
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  return {
    baton,
    emulator,
    api,
    async advance(ms) {
      await emulator.settled(PATIENCE_MS)
      clock.advance(ms)
    },
    now: () => clock.now(),
    phoneNumberId: (number) => NUMBERS[number],
    botAnswers(next) {
      answer = next
    },
    until,
  }
}

type Handler = (body: string) => { status: number; body: string }

/** A bot is an HTTP server: this is all of one. */
function listen(handle: Handler): Promise<{ server: Server; url: string }> {
  const server = createServer((incoming, outgoing) => {
    let text = ''
    incoming.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    incoming.on('end', () => {
      const { status, body } = handle(text)
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ server, url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` })
    })
  })
}
