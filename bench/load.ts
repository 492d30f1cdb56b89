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

const TICK_MS = 1

/** The customer of a message, and the number it writes to. */
export function customerOf(
  plan: Pick<LoadPlan, 'run' | 'customers' | 'phoneNumberIds'>,
  index: number,
): { digits: string; phoneNumberId: string } {
  const customer = plan.customers === null ? index : index % plan.customers
  const digits = `1555${plan.run}${String(customer).padStart(7, '0')}`
  return { digits, phoneNumberId: plan.phoneNumberIds[customer % plan.phoneNumberIds.length] as string }
}

function run(plan: LoadPlan): Promise<LoadResult> {
  const { count } = plan
  const poster = createPoster(plan.url)
  const result: LoadResult = {
    due: new Float64Array(count),
    answered: new Float64Array(count),
    status: new Uint16Array(count),
    lag: new Float64Array(count),
  }
  const started = micros() + 50_000
  const gap = 1_000_000 / plan.rate
  let next = 0
  let answered = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = micros()
      for (; next < count && started + next * gap <= now; next += 1) send(next)
      if (next === count) clearInterval(timer)
    }, TICK_MS)

    function send(index: number): void {
      const due = started + index * gap
      const { digits, phoneNumberId } = customerOf(plan, index)
      const id = `wamid.${plan.run}.${String(index).padStart(9, '0')}`
      const body = messageWebhook({ phoneNumberId, digits, id, text: 'coupon', seconds: Math.floor(Date.now() / 1_000) })
      result.due[index] = due
      poster.post(body, sign(body, plan.secret), (status) => {
        result.answered[index] = micros()
        result.status[index] = status
        answered += 1
        if (answered < count) return
        poster.close()
        resolve(result)
      })
      result.lag[index] = micros() - due
    }
  })
}

if (process.send !== undefined) answerCalls({ run })
