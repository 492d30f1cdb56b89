// What Baton and PostgreSQL spent their time on.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { number, table } from './figures.ts'
import type { Postgres } from './postgres.ts'

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

const MOST = 30

/** The functions that had the CPU themselves, of the newest profile in a directory. */
export async function topFunctions(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.cpuprofile')).toSorted()
  const newest = names.at(-1)
  if (newest === undefined) return 'no CPU profile was written'
  const profile = JSON.parse(await readFile(join(directory, newest), 'utf8')) as CpuProfile
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map<string, number>()
  for (const [index, id] of profile.samples.entries()) {
    const name = frames.get(id) ?? '?'
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0))
  }
  const busy = [...times].filter(([name]) => !name.startsWith('(idle)')).toSorted(([, a], [, b]) => b - a)
  const all = busy.reduce((sum, [, time]) => sum + time, 0)
  const rows = busy.slice(0, MOST).map(([name, time]) => [number((time / all) * 100, 1), name])
  return `${newest}\n${table([['%', 'function'], ...rows])}`
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^.*\/node_modules\/(?!\.pnpm)/, '').replace(/^file:\/\/.*?\/(packages|apps)\//, '$1/')
  return `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`
}

/** The statements that took PostgreSQL's time since `startStatements`. */
export async function topStatements(postgres: Postgres): Promise<string> {
  const found = await postgres.query<{ calls: number; rows: number; plan: number; exec: number; query: string }>(
    `select calls::float8 as calls, rows::float8 as rows, total_plan_time as plan, total_exec_time as exec, regexp_replace(query, '\\s+', ' ', 'g') as query
     from public.pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = 'product'
     order by total_plan_time + total_exec_time desc limit ${MOST}`,
  )
  const rows = found.map(({ calls, rows: touched, plan, exec, query }) => [
    number(plan + exec),
    number(plan),
    number(calls),
    number(touched / calls, 1),
    query.slice(0, 110),
  ])
  return table([['ms', 'of it planning', 'calls', 'rows each', 'statement'], ...rows])
}

/** Counts from now on. */
export async function startStatements(postgres: Postgres): Promise<void> {
  await postgres.query('create extension if not exists pg_stat_statements schema public')
  await postgres.query('select public.pg_stat_statements_reset()')
}
