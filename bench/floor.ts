// The floor: the least a router on PostgreSQL has to make durable. One message's row, its conversation's and its reply's in one
// transaction, the mark that the reply was sent in a second; 16 clients, no network but the database's socket.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from '@baton/router'
import { startChild } from './child.ts'
import type { Postgres } from './postgres.ts'

export interface Floor {
  /** `pgbench`, or our own client where that is not installed. */
  client: string
  /** Messages per second. */
  measure(seconds: number): Promise<number>
  close(): Promise<void>
}

export const FLOOR_DATABASE = 'floor'
export const FLOOR_CLIENTS = 16

const TABLES = `
  create table message (id bigint primary key, conversation_id bigint not null, content jsonb not null, at timestamptz not null);
  create table conversation (id bigint primary key, state jsonb not null, updated_at timestamptz not null);
  create table outbox (id bigint primary key, payload jsonb not null, status text not null)`

/** `:id` is the message. */
export const FLOOR_STATEMENTS = [
  'begin',
  `insert into message values (:id, :id, '{"kind":"text","text":"coupon"}', now())`,
  `insert into conversation values (:id, '{"owner":"marketing","replyWindow":"open"}', now())
    on conflict (id) do update set state = excluded.state, updated_at = excluded.updated_at`,
  `insert into outbox values (:id, '{"kind":"text","text":"Your code: SAVE10"}', 'ready')`,
  'commit',
  `update outbox set status = 'sent' where id = :id`,
]

export async function prepareFloor(postgres: Postgres, directory: string): Promise<Floor> {
  await postgres.create(FLOOR_DATABASE)
  const { pool, close } = openDatabase({ host: postgres.host, user: postgres.user, database: FLOOR_DATABASE, max: 1 })
  // The product's connections look into the schema `baton` only.
  await pool.query(`create schema baton; ${TABLES}`)
  const floor = (await hasPgbench()) ? await usePgbench(postgres, directory) : useOwnClient(postgres)
  return {
    client: floor.client,
    async measure(seconds) {
      const rate = await floor.measure(seconds)
      // Vacuuming what it left behind would be counted as the next run's.
      await pool.query('truncate message, conversation, outbox')
      return rate
    },
    async close() {
      await floor.close()
      await close()
    },
  }
}

async function usePgbench(postgres: Postgres, directory: string): Promise<Floor> {
  const script = join(directory, 'floor.sql')
  const lines = FLOOR_STATEMENTS.map((statement) => `${statement.replaceAll(/\s+/g, ' ')};\n`)
  await writeFile(script, `\\set id random(1, 9000000000000000000)\n${lines.join('')}`)
  return {
    client: 'pgbench',
    async measure(seconds) {
      const { code, output } = await pgbench(
        ['-n', '-M', 'prepared', '-c', String(FLOOR_CLIENTS), '-j', '2', '-T', String(seconds), '-f', script],
        { PGHOST: postgres.host, PGUSER: postgres.user, PGDATABASE: FLOOR_DATABASE, PGOPTIONS: '-c search_path=baton' },
      )
      const found = /tps = ([\d.]+)/.exec(output)?.[1]
      if (code !== 0 || found === undefined) throw new Error(`pgbench failed: ${output}`)
      return Number(found)
    },
    close: () => Promise.resolve(),
  }
}

function useOwnClient(postgres: Postgres): Floor {
  const child = startChild('./floor-client.ts')
  return {
    client: 'node client',
    measure: (seconds) => child.call('measure', { host: postgres.host, user: postgres.user, seconds }),
    close: () => child.stop(),
  }
}

async function hasPgbench(): Promise<boolean> {
  return pgbench(['--version'], {}).then(
    ({ code }) => code === 0,
    () => false,
  )
}

async function pgbench(args: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  const child = spawn('pgbench', args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}
