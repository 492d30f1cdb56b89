// Pure. What came of one run, from what the load, the provider and /proc say.
import { spread } from './figures.ts'
import type { Spread } from './figures.ts'
import { customerOf, prefixOf } from './load.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import type { Received } from './provider.ts'
import type { Usage } from './usage.ts'

export interface Outcome {
  rate: number
  seconds: number
  messages: number
  /** Answered with anything but 200, or not at all. */
  refused: number
  /** Acknowledged and not replied to. */
  lost: number
  /** Replies too many: a second request for one of our messages, or a second message to one customer's one. */
  doubled: number
  /** From the moment the webhook was due, milliseconds. */
  ack: Spread
  /** To the arrival of the reply at the provider. */
  reply: Spread
  /** The same without the first second, in which a load begins from nothing at once. */
  steady: { ack: Spread; reply: Spread }
  /** Sends to people who are none of the load's. */
  others: Received['sends']
  /** Of the status webhooks; null when there were none. */
  statuses: { count: number; refused: number; ack: Spread } | null
  /** How late the load was itself, p99 in milliseconds. */
  lag: number
  /** CPU milliseconds a message, `load` of the customers and the Graph API; and megabytes afterwards. Null where they cannot be read. */
  cpu: { app: number; postgres: number; load: number } | null
  memory: { app: number; postgres: number } | null
}

export interface Measured {
  plan: LoadPlan
  load: LoadResult
  received: Received
  /** Was there nothing beside the load, so that nobody else may be sent anything? */
  alone: boolean
  /** Null where there is no /proc. */
  usage: { before: Usages; after: Usages } | null
}

/** `load`: the processes of the customers and of the Graph API. */
export type Usages = Record<'app' | 'postgres' | 'load', Usage>

/** A message's time, and when it was due, microseconds. */
interface Timed {
  due: number
  ms: number
}

const BEGINNING_US = 1_000_000

export function outcomeOf({ plan, load, received, alone, usage }: Measured): Outcome {
  const dues = new Map<string, number[]>()
  let refused = 0
  const acks: Timed[] = []
  for (let index = 0; index < plan.count; index += 1) {
    const due = load.due[index] as number
    if (load.status[index] === 200) acks.push({ due, ms: ((load.answered[index] as number) - due) / 1_000 })
    else refused += 1
    const { digits } = customerOf(plan, index)
    if (load.status[index] === 200) dues.set(digits, [...(dues.get(digits) ?? []), due])
  }
  const { own = [], others = [] } = Object.groupBy(received.sends, ({ digits }) => (digits.startsWith(prefixOf(plan)) ? 'own' : 'others'))
  const { replies, lost, doubled } = compareReplies(dues, alone ? received.sends : own)
  const { due, answered } = received.statuses
  const steady = (load.due[0] as number) + BEGINNING_US
  return {
    rate: plan.rate,
    seconds: plan.count / plan.rate,
    messages: plan.count,
    refused,
    lost,
    doubled,
    ack: spreadOf(acks),
    reply: spreadOf(replies),
    steady: { ack: spreadOf(acks, steady), reply: spreadOf(replies, steady) },
    others,
    statuses:
      due.length === 0
        ? null
        : {
            count: due.length,
            refused: received.statuses.refused,
            ack: spread([...due].map((at, index) => ((answered[index] as number) - at) / 1_000)),
          },
    lag: spread([...load.lag].map((micros) => micros / 1_000)).p99,
    cpu: usage === null ? null : cpuOf(usage, plan.count + others.length),
    memory: usage === null ? null : { app: usage.after.app.megabytes, postgres: usage.after.postgres.megabytes },
  }
}

/** Of what was due from then on. */
function spreadOf(times: readonly Timed[], from = 0): Spread {
  return spread(times.filter(({ due }) => due >= from).map(({ ms }) => ms))
}

/** A customer's replies, in order, belong to the customer's messages, in order. `dues` are those of acknowledged messages. */
export function compareReplies(
  dues: ReadonlyMap<string, readonly number[]>,
  sends: Received['sends'],
): { replies: Timed[]; lost: number; doubled: number } {
  const replies: Timed[] = []
  const once = new Map<string, Received['sends'][number]>()
  for (const send of sends) if (!once.has(send.callbackData)) once.set(send.callbackData, send)
  const byCustomer = Map.groupBy(once.values(), ({ digits }) => digits)
  let lost = 0
  let doubled = sends.length - once.size
  for (const [digits, own] of byCustomer) doubled += Math.max(0, own.length - (dues.get(digits)?.length ?? 0))
  for (const [digits, own] of dues) {
    const arrivals = (byCustomer.get(digits) ?? []).map(({ at }) => at).toSorted((a, b) => a - b)
    lost += Math.max(0, own.length - arrivals.length)
    for (const [index, due] of own.slice(0, arrivals.length).entries())
      replies.push({ due, ms: ((arrivals[index] as number) - due) / 1_000 })
  }
  return { replies, lost, doubled }
}

function cpuOf({ before, after }: { before: Usages; after: Usages }, messages: number): NonNullable<Outcome['cpu']> {
  const of = (which: keyof Usages) => (after[which].cpuMs - before[which].cpuMs) / messages
  return { app: of('app'), postgres: of('postgres'), load: of('load') }
}

/** The rate was held: every webhook acknowledged, nothing lost or doubled, and of a hundred replies 99 within a second. */
export function isSustained({ refused, lost, doubled, reply, statuses }: Outcome): boolean {
  return refused === 0 && lost === 0 && doubled === 0 && reply.p99 < 1_000 && (statuses?.refused ?? 0) === 0
}
