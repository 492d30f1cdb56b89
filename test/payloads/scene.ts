// The whole product for one test: an empty database, a provider and a running Baton at the time of the samples, and the words to
// ask what became of a webhook. Nothing is waited for by the clock: `settle` returns when no work is left.
// Owns the database of this process: its scenes have it one after the other, and each finds it empty.
import { setTimeout as pause } from 'node:timers/promises'
import { movableClock, openDatabase } from '@baton/router'
import type { DatabaseAddress } from '@baton/router'
import { testDatabase } from '@baton/router/testing'
import type { TestDatabase } from '@baton/router/testing'
import { startBaton } from '@baton/server'
import type { Baton, BatonOptions } from '@baton/server'
import root from 'tap'
import type { Test } from 'tap'
import { SECRETS, writeConfiguration } from './configuration.ts'
import type { Door } from './configuration.ts'
import { startGraphApi } from './graph-api.ts'
import type { GraphApi, Json } from './graph-api.ts'
import { readSample, signatureOf } from './samples.ts'

/** The time in most samples: 20 November 2026, 12:00 UTC, epoch milliseconds. */
const AT = 1_795_176_000_000
export const HOUR = 3_600_000
const KEY = 'key-of-the-payloads'
/** Longer ago than Baton takes to start: what it was sent at AT came in time. */
const SINCE_MS = 30_000

export type Answer = { status: number; headers: Headers; body: Json & { items: Json[] } }

export interface Scene {
  baton: Baton
  graph: GraphApi
  clock: { advance(ms: number): void }
  /** What was logged as an error: in most tests nothing may be. */
  errors: string[]
  /** Posts a sample, exact bytes and signature, and waits until all it led to is done. */
  post(file: string): Promise<number>
  /** Posts any bytes with any headers; waits for nothing. */
  postBytes(body: Uint8Array, headers?: Record<string, string>): Promise<Answer>
  call(method: string, path: string, body?: object): Promise<Answer>
  /** What the API answers as it comes. */
  bytesOf(path: string): Promise<Buffer>
  conversations(query?: string): Promise<Json[]>
  messages(conversation: Json): Promise<Json[]>
  /** Resolves when the inbox is worked and everything that may leave has left. */
  settle(): Promise<void>
  /** Resolves when the condition holds; a process may need a moment to see what another statement has stored. */
  until(condition: () => boolean): Promise<void>
  sql(text: string, ...values: unknown[]): Promise<Json[]>
  /** How many rows each table has, and a fingerprint of all that is in them; but for the rate, which is taken ahead of sends. */
  rows(): Promise<Record<string, string>>
}

export interface SceneOptions {
  door?: Door
  /** What the provider lists; null: it may not be asked. Nothing unless given. */
  templates?: Json[] | null
  /** Another database than one of its own on the server that tests share. */
  database?: DatabaseAddress
}

export async function startScene(t: Test, options: SceneOptions = {}): Promise<Scene> {
  await previous?.()
  const { pool, address } = options.database === undefined ? await emptied() : opened(t, options.database)
  const configuration = await writeConfiguration(options.door ?? 'cloud')
  t.teardown(() => configuration.remove())
  const graph = await startGraphApi(options.templates === undefined ? [] : options.templates)
  t.teardown(() => graph.close())
  const clock = movableClock()
  clock.advance(AT + SINCE_MS - Date.now())
  const errors: string[] = []
  const env = { ...SECRETS, PAYLOADS_BASE_URL: graph.url }
  const started = await startBaton({
    clock,
    log: errorLog(errors),
    database: address,
    configDir: configuration.directory,
    host: '127.0.0.1',
    port: 0,
    roles: ['web', 'worker', 'sender'],
    apiKey: KEY,
    sources: {
      env,
      readFile: () => {
        throw new Error('no files')
      },
    },
  })
  if (started.kind !== 'started') throw new Error(JSON.stringify(started))
  const { baton } = started
  previous = () => baton.close()
  t.teardown(previous)

  async function postBytes(body: Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
    return answerOf(
      await fetch(`${baton.url}/webhooks/whatsapp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: new Uint8Array(body),
      }),
    )
  }

  async function call(method: string, path: string, body?: object): Promise<Answer> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const headers = { authorization: `Bearer ${KEY}`, ...type }
    return answerOf(await fetch(baton.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }))
  }

  async function sql(text: string, ...values: unknown[]): Promise<Json[]> {
    return (await pool.query<Json>(text, values)).rows
  }

  async function settle(): Promise<void> {
    for (;;) {
      const [left] = await sql(UNFINISHED)
      if (left?.['rows'] === '0') return
      await pause(10)
    }
  }

  return {
    baton,
    graph,
    clock,
    errors,
    postBytes,
    call,
    async bytesOf(path) {
      const answer = await fetch(baton.url + path, { headers: { authorization: `Bearer ${KEY}` } })
      return Buffer.from(await answer.arrayBuffer())
    },
    settle,
    async until(condition) {
      while (!condition()) await pause(10)
    },
    sql,
    async post(file) {
      const { status } = await postBytes(readSample(file), signatureOf(file))
      await settle()
      return status
    },
    conversations: async (query = '') => (await call('GET', `/api/v1/conversations?limit=100${query}`)).body.items,
    messages: async ({ id }) => (await call('GET', `/api/v1/conversations/${String(id)}/messages?limit=100`)).body.items,
    async rows() {
      const tables = await sql(`select tablename as name from pg_tables where schemaname = 'baton' and tablename <> 'send_rate'`)
      const each = tables.map(({ name }) => `select '${String(name)}' as name, ${FINGERPRINT} as rows from ${String(name)} t`)
      const found = await sql(`${each.join(' union all ')} order by name`)
      return Object.fromEntries(found.map(({ name, rows }) => [name, rows]))
    },
  }
}

let previous: (() => Promise<void>) | null = null
let ours: Promise<TestDatabase> | null = null

async function emptied(): Promise<TestDatabase> {
  ours ??= testDatabase(root)
  const database = await ours
  const { rows } = await database.pool.query<{ names: string }>(
    `select string_agg(tablename, ', ') as names from pg_tables where schemaname = 'baton' and tablename <> 'migration'`,
  )
  await database.pool.query(`truncate ${String(rows[0]?.names)}`)
  return database
}

function opened(t: Test, address: DatabaseAddress) {
  const database = openDatabase({ ...address, applicationName: 'baton-test' })
  t.teardown(() => database.close())
  return { pool: database.pool, address }
}

const FINGERPRINT = `count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '')`

/** What is still to be done, statuses of what has become known among it: sends of a halted number stay where they are. */
const UNFINISHED = `select (
  (select count(*) from inbox) +
  (select count(*) from outbox o where o.status <> 'maybe-sent'
    and not exists (select from number_state s where s.number_id = o.number_id and s.halted_at is not null)) +
  (select count(*) from parked_status p join provider_message m on m.slot = p.slot and m.provider_id = p.provider_id)
)::text as rows`

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const body: unknown = text === '' ? {} : JSON.parse(text)
  return { status: response.status, headers: response.headers, body: body as Answer['body'] }
}

/** A log that keeps the errors. It has all that is called of the real one. */
function errorLog(errors: string[]): BatonOptions['log'] {
  const nothing = () => {}
  const log = {
    level: 'error',
    trace: nothing,
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (detail: { err?: unknown }, text: string) =>
      void errors.push(`${text}: ${detail.err instanceof Error ? detail.err.message : ''}`),
    fatal: nothing,
    silent: nothing,
    child: () => log,
  }
  return log as unknown as BatonOptions['log']
}
