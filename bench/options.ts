// Pure. What the command line asks for.
import { parseArgs } from 'node:util'

export const MODES = ['keyword', 'mixed', 'step'] as const
export type Mode = (typeof MODES)[number]

export interface Options {
  mode: Mode
  /** Of each run. */
  seconds: number
  /** Messages per second; null: the highest that is held is searched for. */
  rate: number | null
  /** Customers who write again and again; null: each message is of a new one. */
  customers: number | null
  processes: number
  /** Where the CPU profiles of Baton's processes go; null: none are made. */
  profiles: string | null
}

export const USAGE = `pnpm bench [keyword|mixed|step] [--seconds n] [--rate n] [--customers n] [--processes 1|2] [--profile directory]

  keyword   a new customer writes a keyword and is given one text (default)
  mixed     the same, and three statuses for each reply; one number, 1,000 messages a second unless --rate says otherwise
  step      one conversation in memory: read, decide, write

  --seconds    of each run [10]
  --rate       measure this rate, instead of looking for the highest that is held
  --customers  so many write again and again (a conversation may send 45 messages at once, then one in 6 s)
  --processes  2: one for the web, one for worker and sender [1]
  --profile    write a CPU profile of each process of Baton there`

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
        processes: { type: 'string' },
        profile: { type: 'string' },
      },
    })
    const mode = MODES.find((name) => name === (positionals[0] ?? 'keyword'))
    if (mode === undefined || positionals.length > 1) return { kind: 'misuse', message: `no mode "${positionals.join(' ')}"` }
    const processes = count('processes', values.processes) ?? 1
    if (processes > 2) return { kind: 'misuse', message: '--processes is 1 or 2' }
    const options = {
      mode,
      seconds: count('seconds', values.seconds) ?? 10,
      rate: count('rate', values.rate) ?? (mode === 'mixed' ? 1_000 : null),
      customers: count('customers', values.customers),
      processes,
      profiles: values.profile ?? null,
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
