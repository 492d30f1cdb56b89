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
  /** Sends to people who are none of the load's. */
  others: Received['sends']
  /** Of the status webhooks; null when there were none. */
  statuses: { count: number; refused: number; ack: Spread } | null
  /** How late the load was itself, p99 in milliseconds. */
  lag: number
  /** CPU milliseconds a message, and megabytes afterwards; null where they cannot be read. */
  cpu: { app: number; postgres: number } | null
  memory: { app: number; postgres: number } | null
}

export interface Measured {
  plan: LoadPlan
  load: LoadResult
  received: Received
  /** Was there nothing beside the load, so that nobody else may be sent anything? */
  alone: boolean
  app: { before: Usage | null; after: Usage | null }
  postgres: { before: Usage | null; after: Usage | null }
}

export function outcomeOf({ plan, load, received, alone, app, postgres }: Measured): Outcome {
  const dues = new Map<string, number[]>()
  let refused = 0
  const acks: number[] = []
  for (let index = 0; index < plan.count; index += 1) {
    const due = load.due[index] as number
    if (load.status[index] === 200) acks.push(((load.answered[index] as number) - due) / 1_000)
    else refused += 1
    const { digits } = customerOf(plan, index)
    if (load.status[index] === 200) dues.set(digits, [...(dues.get(digits) ?? []), due])
  }
  const { own = [], others = [] } = Object.groupBy(received.sends, ({ digits }) => (digits.startsWith(prefixOf(plan)) ? 'own' : 'others'))
  const { replies, lost, doubled } = compareReplies(dues, alone ? received.sends : own)
  const { due, answered } = received.statuses
  return {
    rate: plan.rate,
    seconds: plan.count / plan.rate,
    messages: plan.count,
    refused,
    lost,
    doubled,
    ack: spread(acks),
    reply: spread(replies),
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
    cpu: each(app, postgres, (before, after) => (after.cpuMs - before.cpuMs) / (plan.count + others.length)),
    memory: each(app, postgres, (_, after) => after.megabytes),
  }
}

/** A customer's replies, in order, belong to the customer's messages, in order. `dues` are those of acknowledged messages. */
export function compareReplies(
  dues: ReadonlyMap<string, readonly number[]>,
  sends: Received['sends'],
): { replies: number[]; lost: number; doubled: number } {
  const replies: number[] = []
  const once = new Map<string, Received['sends'][number]>()
  for (const send of sends) if (!once.has(send.callbackData)) once.set(send.callbackData, send)
  const byCustomer = Map.groupBy(once.values(), ({ digits }) => digits)
  let lost = 0
  let doubled = sends.length - once.size
  for (const [digits, own] of byCustomer) doubled += Math.max(0, own.length - (dues.get(digits)?.length ?? 0))
  for (const [digits, own] of dues) {
    const arrivals = (byCustomer.get(digits) ?? []).map(({ at }) => at).toSorted((a, b) => a - b)
    lost += Math.max(0, own.length - arrivals.length)
    for (const [index, at] of arrivals.slice(0, own.length).entries()) replies.push((at - (own[index] as number)) / 1_000)
  }
  return { replies, lost, doubled }
}

function each(
  app: Measured['app'],
  postgres: Measured['postgres'],
  figure: (before: Usage, after: Usage) => number,
): { app: number; postgres: number } | null {
  if (app.before === null || app.after === null || postgres.before === null || postgres.after === null) return null
  return { app: figure(app.before, app.after), postgres: figure(postgres.before, postgres.after) }
}

/** The rate was held: every webhook acknowledged, nothing lost or doubled, and of a hundred replies 99 within a second. */
export function isSustained({ refused, lost, doubled, reply, statuses }: Outcome): boolean {
  return refused === 0 && lost === 0 && doubled === 0 && reply.p99 < 1_000 && (statuses?.refused ?? 0) === 0
}
