// What processes and their children have used, from /proc; null where there is none (macOS).
import { readdir, readFile } from 'node:fs/promises'

/** The kernel counts in hundredths of a second on every Linux that Node runs on (USER_HZ). */
const TICK_MS = 10

export interface Usage {
  /** CPU time in the processes and in children they have waited for, milliseconds. */
  cpuMs: number
  /** Memory that is theirs, and once what they share, MB. */
  megabytes: number
}

interface Process {
  pid: number
  parent: number
  ticks: number
}

/** The usage of these processes and everything below them. */
export async function usageOf(roots: number[]): Promise<Usage | null> {
  const all = await processes()
  if (all === null) return null
  const found = new Map<number, Process>()
  for (let more = all.filter(({ pid }) => roots.includes(pid)); more.length > 0;) {
    for (const process of more) found.set(process.pid, process)
    more = all.filter(({ pid, parent }) => found.has(parent) && !found.has(pid))
  }
  const memory = await Promise.all([...found.keys()].map(memoryOf))
  const ticks = [...found.values()].reduce((sum, process) => sum + process.ticks, 0)
  const own = memory.reduce((sum, { anonymous }) => sum + anonymous, 0)
  const shared = Math.max(...memory.map(({ file }) => file)) + Math.max(...memory.map(({ shared: pages }) => pages))
  return { cpuMs: ticks * TICK_MS, megabytes: (own + shared) / 1_024 }
}

async function processes(): Promise<Process[] | null> {
  const names = await readdir('/proc').catch(() => null)
  if (names === null) return null
  const read = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess))
  return read.filter((process) => process !== null)
}

async function readProcess(pid: string): Promise<Process | null> {
  // It may have ended since it was listed.
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // The name in parentheses may hold anything; behind it: state, parent, … and as fields 12 to 15 the four times.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { pid: Number(pid), parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) }
}

/** In kB. What the kernel counts as it goes: to have each page looked at (`smaps_rollup`) holds up PostgreSQL, whose twenty processes share
 * a gigabyte, for as long as every hundredth message of ten seconds is written. */
async function memoryOf(pid: number): Promise<{ anonymous: number; file: number; shared: number }> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const figure = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { anonymous: figure('RssAnon'), file: figure('RssFile'), shared: figure('RssShmem') }
}
