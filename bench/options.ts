// Pure. What the command line asks for.
import { parseArgs } from 'node:util'

export const MODES = ['keyword', 'mixed', 'campaign', 'timers', 'cold-start', 'live-edit', 'soak', 'step', 'group', 'day'] as const
export type Mode = (typeof MODES)[number]

export interface Options {
  mode: Mode
  /** Of each run. */
  seconds: number
  /** Messages per second; null: the mode's own, of `keyword` the highest that is held, which is searched for. */
  rate: number | null
  /** Customers who write again and again; null: the mode's own, of `keyword` and `mixed` each message is of a new one. */
  customers: number | null
  /** Of a campaign, waiting, at a live edit, or in the full database; null: the mode's own. */
  contacts: number | null
  processes: number
  /** Where the CPU profiles of Baton's processes go; null: none are made. */
  profiles: string | null
  /** Of a soak. */
  minutes: number
  /** Where a soak's samples go, as JSON lines, and beside them the plot. */
  out: string
}

export const USAGE = `pnpm bench [mode] [--seconds n] [--rate n] [--customers n] [--contacts n] [--processes 1|2] [--profile directory]
                  [--minutes n] [--out file]

  keyword     a new customer writes a keyword and is given one text (default)
  mixed       the same, and three statuses for each reply; one number, 1,000 messages a second
  campaign    a campaign of 1,500 contacts on a number of 80 messages a second, to which customers write 20
  timers      100,000 journey runs that wait, some of which come due while customers write 50 messages a second
  cold-start  from the start of the process to the first reply, with an empty database and with 100,000 conversations
  live-edit   a journey is published anew while 1,000 runs of it wait, and they are brought over
  soak        150 messages a second for an hour: do memory, tables and latency stay as they are?
  step        one conversation in memory: read, decide, write
  group       the routing group in memory: 200 agents and 1,000 who wait, 2,000 and 10,000; with --processes 2 on a database, at
              two processes of which one is killed: 10,000 who wait (--contacts), and a fifth as many agents
  day         a day of 200 agents, 12 queues and 50,000 conversations in virtual time; a single-skill queue beside Erlang-C

  --seconds    of each run [10]
  --rate       what customers write; of keyword: measure this rate, instead of looking for the highest that is held
  --customers  so many write again and again (a conversation may send 45 messages at once, then one in 6 s); of a soak [10,000]
  --contacts   of a campaign, waiting, or in the full database
  --processes  2: one for the web, one for worker and sender [1]
  --profile    write a CPU profile of each process of Baton there
  --minutes    of a soak [60]
  --out        a soak's samples, as JSON lines; the plot is written beside them [soak.jsonl]`

export type Read = { kind: 'options'; options: Options } | { kind: 'misuse'; message: string }

export function readOptions(args: string[]): Read {
  try {
    const { values, positionals } = parseArgs({
      args: args.filter((arg) => arg !== '--'),
      allowPositionals: true,
      options: {
        seconds: { type: 'string' },
        rate: { type: 'string' },
        customers: { type: 'string' },
        contacts: { type: 'string' },
        processes: { type: 'string' },
        profile: { type: 'string' },
        minutes: { type: 'string' },
        out: { type: 'string' },
      },
    })
    const mode = MODES.find((name) => name === (positionals[0] ?? 'keyword'))
    if (mode === undefined || positionals.length > 1) return { kind: 'misuse', message: `no mode "${positionals.join(' ')}"` }
    if (mode === 'soak' && values.seconds !== undefined) return { kind: 'misuse', message: 'a soak takes --minutes, not --seconds' }
    if (mode !== 'soak' && values.minutes !== undefined) return { kind: 'misuse', message: '--minutes is of a soak' }
    const processes = count('processes', values.processes) ?? 1
    if (processes > 2) return { kind: 'misuse', message: '--processes is 1 or 2' }
    const options = {
      mode,
      seconds: count('seconds', values.seconds) ?? 10,
      rate: count('rate', values.rate),
      customers: count('customers', values.customers),
      contacts: count('contacts', values.contacts),
      processes,
      profiles: values.profile ?? null,
      minutes: count('minutes', values.minutes) ?? 60,
      out: values.out ?? 'soak.jsonl',
    }
    return { kind: 'options', options }
  } catch (error) {
    return { kind: 'misuse', message: error instanceof Error ? error.message : String(error) }
  }
}

function count(name: string, text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} is "${text}": expected a whole number from 1 on`)
  return Number(text)
}
