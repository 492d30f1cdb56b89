// A process: customers who write. Open loop: when a message is due does not depend on how the last one fared, and its time counts
// from the moment it was due, so a system that stalls cannot hide behind a client that waits (no coordinated omission).
import { answerCalls } from './child.ts'
import { micros } from './clock.ts'
import { createPoster } from './poster.ts'
import { messageWebhook, sign } from './webhook.ts'

export interface LoadPlan {
  url: string
  secret: string
  phoneNumberIds: string[]
  /** Messages per second. */
  rate: number
  count: number
  /** Two digits: every run has customers of its own. */
  run: string
  /** So many customers write again and again; null: every message is of a new one. */
  customers: number | null
  /** With customers who return: every so-manyth message is of a new one; null: none is. */
  newcomers: number | null
}

/** One entry a message, microseconds. */
export interface LoadResult {
  due: Float64Array
  /** When the answer was there. */
  answered: Float64Array
  status: Uint16Array
  /** How late each message was handed to its connection: above a few milliseconds the generator itself is short of CPU. */
  lag: Float64Array
}

/** What came since the last `take`. */
export interface LoadWindow {
  /** Messages that have been due so far. */
  due: number
  /** Which messages were answered, when (microseconds), and with which status. */
  answers: { index: Uint32Array; at: Float64Array; status: Uint16Array }
  /** Of the messages that became due. */
  lag: Float64Array
  /** Every message was answered. */
  done: boolean
}

interface Watch {
  due(index: number, due: number, lag: number): void
  answered(index: number, at: number, status: number): void
  /** All were answered. */
  done(): void
}

const TICK_MS = 1

/** The customer of a message, and the number it writes to. */
export function customerOf(
  plan: Pick<LoadPlan, 'run' | 'customers' | 'newcomers' | 'phoneNumberIds'>,
  index: number,
): { digits: string; phoneNumberId: string } {
  const customer = customerIndex(plan, index)
  const digits = `${prefixOf(plan)}${String(customer).padStart(7, '0')}`
  return { digits, phoneNumberId: plan.phoneNumberIds[customer % plan.phoneNumberIds.length] as string }
}

/** What the digits of a run's customers begin with. */
export function prefixOf({ run }: Pick<LoadPlan, 'run'>): string {
  return `1555${run}`
}

function customerIndex({ customers, newcomers }: Pick<LoadPlan, 'customers' | 'newcomers'>, index: number): number {
  if (customers === null) return index
  if (newcomers === null) return index % customers
  const came = Math.floor(index / newcomers)
  return index % newcomers === newcomers - 1 ? customers + came : (index - came) % customers
}

/** When a message is due, microseconds; the first one at `started`. */
export function dueOf(started: number, rate: number, index: number): number {
  return started + (index * 1_000_000) / rate
}

/** Sends everything at its time. Gives back when the first message is due. */
function openLoop(plan: LoadPlan, watch: Watch): number {
  const { count, rate } = plan
  const poster = createPoster(plan.url)
  const started = micros() + 50_000
  let next = 0
  let answered = 0
  const timer = setInterval(() => {
    const now = micros()
    for (; next < count && dueOf(started, rate, next) <= now; next += 1) send(next)
    if (next === count) clearInterval(timer)
  }, TICK_MS)

  function send(index: number): void {
    const { digits, phoneNumberId } = customerOf(plan, index)
    const id = `wamid.${plan.run}.${String(index).padStart(9, '0')}`
    const body = messageWebhook({ phoneNumberId, digits, id, text: 'coupon', seconds: Math.floor(Date.now() / 1_000) })
    poster.post(body, sign(body, plan.secret), (status) => {
      watch.answered(index, micros(), status)
      answered += 1
      if (answered < count) return
      poster.close()
      watch.done()
    })
    const due = dueOf(started, rate, index)
    watch.due(index, due, micros() - due)
  }
  return started
}

function runToEnd(plan: LoadPlan): Promise<LoadResult> {
  const { count } = plan
  const result: LoadResult = {
    due: new Float64Array(count),
    answered: new Float64Array(count),
    status: new Uint16Array(count),
    lag: new Float64Array(count),
  }
  return new Promise((resolve) => {
    openLoop(plan, {
      due(index, due, lag) {
        result.due[index] = due
        result.lag[index] = lag
      },
      answered(index, at, status) {
        result.answered[index] = at
        result.status[index] = status
      },
      done: () => resolve(result),
    })
  })
}

let due = 0
let done = false
let lags: number[] = []
let answers: { index: number; at: number; status: number }[] = []

/** The same without an end in sight: what has happened is asked for by `take`, so nothing piles up here. */
function start(plan: LoadPlan): number {
  due = 0
  done = false
  return openLoop(plan, {
    due(index, _, lag) {
      due = index + 1
      lags.push(lag)
    },
    answered: (index, at, status) => answers.push({ index, at, status }),
    done: () => (done = true),
  })
}

function take(): LoadWindow {
  const taken = { answers, lags }
  answers = []
  lags = []
  return {
    due,
    answers: {
      index: Uint32Array.from(taken.answers, ({ index }) => index),
      at: Float64Array.from(taken.answers, ({ at }) => at),
      status: Uint16Array.from(taken.answers, ({ status }) => status),
    },
    lag: Float64Array.from(taken.lags),
    done,
  }
}

if (process.send !== undefined) answerCalls({ run: runToEnd, start, take })
