// Owns what has to be told to the webhook URL.
// R1 An update is posted until it is answered 200, or its tries are used up; a try repeats the same bytes.
// R2 With a concurrency of 1, updates leave in the order they were pushed; only a retry falls behind.
// R3 Nothing is posted to a URL that has not passed the handshake.

import { randomUUID } from 'node:crypto'
import { Agent, request } from 'undici'
import { boundedList } from './bounded-list.ts'
import { encode, envelope, numberOf, sign } from './envelope.ts'
import type { Change } from './envelope.ts'
import type { Events } from './events.ts'
import type { Faults, FaultSubject } from './faults.ts'
import type { Settings } from './options.ts'
import type { Schedule } from './schedule.ts'

/** One webhook body and what became of it. `no-url`: dropped, as nobody was subscribed. `dropped`: by order of a fault. */
export interface Delivery {
  id: number
  at: number
  state: 'waiting' | 'delivered' | 'given-up' | 'no-url' | 'dropped'
  /** The bytes as they went, which the signature covers. */
  body: string
  signature: string
  /** `status` is null when there was no answer. */
  attempts: { at: number; status: number | null; reason?: string }[]
}

export type HandshakeResult = { kind: 'verified' } | { kind: 'refused'; reason: string }

export interface Webhooks {
  push(change: Change, subject: FaultSubject): void
  /** Posts any body, signed with another secret if told (a wrong signature, for one). */
  inject(body: string | object, secret?: string): void
  /** Sets where webhooks go, if the URL passes the handshake; else the old one stays. Null: nowhere. */
  setUrl(url: string | null): Promise<HandshakeResult>
  url(): string | null
  deliveries(): Delivery[]
  /** Updates and bodies that have not been answered yet; retries that wait count in the schedule. */
  pending(): number
  stop(): Promise<void>
}

interface Queued {
  change: Change
  copies: number
}

export function createWebhooks(
  settings: Settings,
  initialUrl: string | null,
  parts: { schedule: Schedule; events: Events; faults: Faults; onIdle: () => void },
): Webhooks {
  const { clock, log } = settings
  const { schedule, events, faults } = parts
  const agent = new Agent({ keepAliveTimeout: 5000, keepAliveMaxTimeout: 60_000 })
  const stopping = new AbortController()
  const kept = boundedList<Delivery>(settings.keep.webhooks)
  const inFlight = new Set<Promise<void>>()
  let target = { url: initialUrl, verified: false }
  let fresh: Queued[] = []
  let ready: Delivery[] = []
  let count = 0
  let pumping: NodeJS.Immediate | null = null

  function push(change: Change, subject: FaultSubject): void {
    if (faults.take(['drop-webhook'], subject)) {
      book([change], 'dropped')
      return
    }
    const delay = faults.take(['delay-webhook'], subject)
    const duplicate = faults.take(['duplicate-webhook'], subject)
    const queued = { change, copies: duplicate ? (duplicate.copies ?? 2) : 1 }
    if (delay) schedule.after(delay.ms / settings.speed, () => enqueue(queued))
    else enqueue(queued)
  }

  function enqueue(queued: Queued): void {
    fresh.push(queued)
    wake()
  }

  /** Waits for the end of this turn, so that what is due together leaves together. */
  function wake(): void {
    if (stopping.signal.aborted) return
    pumping ??= setImmediate(() => {
      pumping = null
      pump()
    })
  }

  function pump(): void {
    makeBatches()
    while (inFlight.size < settings.webhooks.concurrency) {
      const delivery = ready.shift()
      if (!delivery) break
      const work = attempt(delivery).finally(() => {
        inFlight.delete(work)
        if (stopping.signal.aborted) return
        pump()
        parts.onIdle()
      })
      inFlight.add(work)
    }
  }

  /** While all hands are busy, updates wait unbatched, so that the next body takes as many as it may. */
  function makeBatches(): void {
    while (fresh.length > 0 && ready.length < settings.webhooks.concurrency) {
      const [first] = fresh
      if (!first) return
      const secret = secretOf(first.change, settings)
      // Each app posts its own.
      const alone = fresh.findIndex((queued) => queued.copies > 1 || secretOf(queued.change, settings) !== secret)
      const size = first.copies > 1 ? 1 : Math.min(settings.webhooks.batch, alone === -1 ? Infinity : alone)
      const changes: [Change, ...Change[]] = [
        first.change,
        ...fresh
          .splice(0, size)
          .slice(1)
          .map((queued) => queued.change),
      ]
      const delivery = book(changes, target.url === null ? 'no-url' : 'waiting')
      if (target.url !== null) for (let copy = 0; copy < first.copies; copy += 1) ready.push(delivery)
    }
    if (fresh.length === 0 && ready.length === 0) parts.onIdle()
  }

  /** All of one app. */
  function book(changes: [Change, ...Change[]], state: Delivery['state']): Delivery {
    return keepDelivery(encode(envelope(changes, Math.floor(clock.now() / 1000))), secretOf(changes[0], settings), state)
  }

  function keepDelivery(bytes: Buffer, secret: string, state: Delivery['state']): Delivery {
    count += 1
    const delivery: Delivery = { id: count, at: clock.now(), state, body: bytes.toString(), signature: sign(bytes, secret), attempts: [] }
    kept.push(delivery)
    events.emit({ kind: 'webhook', id: delivery.id, state, attempts: 0 })
    return delivery
  }

  async function attempt(delivery: Delivery): Promise<void> {
    const result = await tryOnce(delivery)
    if (stopping.signal.aborted) return
    delivery.attempts.push({ at: clock.now(), ...result })
    if (result.status === 200) delivery.state = 'delivered'
    else if (delivery.state !== 'delivered') retryLater(delivery, result.reason ?? `answered ${result.status}`)
    events.emit({ kind: 'webhook', id: delivery.id, state: delivery.state, attempts: delivery.attempts.length })
  }

  function retryLater(delivery: Delivery, reason: string): void {
    const wait = settings.webhooks.retryAfterMs[delivery.attempts.length - 1]
    log.warn({ delivery: delivery.id, reason, tries: delivery.attempts.length }, 'the webhook was not taken')
    if (wait === undefined) {
      delivery.state = 'given-up'
      return
    }
    schedule.after(wait / settings.speed, () => {
      ready.push(delivery)
      wake()
    })
  }

  async function tryOnce(delivery: Delivery): Promise<{ status: number | null; reason?: string }> {
    const { url } = target
    if (url === null) return { status: null, reason: 'no webhook URL is set' }
    if (!target.verified) {
      const handshaken = await handshake(url)
      if (handshaken.kind === 'refused') return { status: null, reason: handshaken.reason }
      if (target.url === url) target = { url, verified: true }
    }
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'facebookexternalua', 'x-hub-signature-256': delivery.signature },
        body: Buffer.from(delivery.body, 'utf8'),
        dispatcher: agent,
        signal: inTime(),
      })
      await answer.body.dump()
      return { status: answer.statusCode }
    } catch (error) {
      return { status: null, reason: messageOf(error) }
    }
  }

  async function handshake(url: string): Promise<HandshakeResult> {
    const challenge = randomUUID().replaceAll('-', '')
    const asked = new URL(url)
    asked.searchParams.set('hub.mode', 'subscribe')
    asked.searchParams.set('hub.challenge', challenge)
    asked.searchParams.set('hub.verify_token', settings.verifyToken)
    try {
      const answer = await request(asked, { method: 'GET', dispatcher: agent, signal: inTime() })
      const text = await answer.body.text()
      if (answer.statusCode === 200 && text === challenge) return { kind: 'verified' }
      return { kind: 'refused', reason: `the handshake was answered ${answer.statusCode} without the challenge as its body` }
    } catch (error) {
      return { kind: 'refused', reason: `the handshake failed: ${messageOf(error)}` }
    }
  }

  function inTime(): AbortSignal {
    return AbortSignal.any([stopping.signal, AbortSignal.timeout(settings.webhooks.timeoutMs)])
  }

  return {
    push,
    inject(body, secret) {
      const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : encode(body)
      const delivery = keepDelivery(bytes, secret ?? settings.appSecret, target.url === null ? 'no-url' : 'waiting')
      if (target.url === null) return
      ready.push(delivery)
      wake()
    },
    async setUrl(url) {
      if (url === null) {
        target = { url: null, verified: false }
        return { kind: 'verified' }
      }
      const result = await handshake(url)
      if (result.kind === 'verified') target = { url, verified: true }
      return result
    },
    url: () => target.url,
    deliveries: () => kept.all(),
    pending: () => fresh.length + ready.length + inFlight.size,
    async stop() {
      if (pumping) clearImmediate(pumping)
      fresh = []
      ready = []
      stopping.abort()
      await Promise.all(inFlight)
      await agent.destroy()
    },
  }
}

/** The secret of the app of the number that a change speaks of or, where it names none, of the first of its business account. */
function secretOf({ businessAccountId, value }: Change, { numbers, appSecret }: Settings): string {
  const phoneNumberId = numberOf(value)
  const number =
    numbers.find((each) => each.phoneNumberId === phoneNumberId) ?? numbers.find((each) => each.businessAccountId === businessAccountId)
  return number?.appSecret ?? appSecret
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}
