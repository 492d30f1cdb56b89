// Owns everything an emulator knows. One emulator has one.

import { boundedList } from './bounded-list.ts'
import type { BoundedList } from './bounded-list.ts'
import { fullBucket, takeToken } from './bucket.ts'
import type { Bucket, BucketRule } from './bucket.ts'
import { createChats } from './chats.ts'
import type { Chat, Chats } from './chats.ts'
import { createCustomers, digitsOf } from './customers.ts'
import type { Customers } from './customers.ts'
import { EmulatorError } from './errors.ts'
import { createEvents } from './events.ts'
import type { Events } from './events.ts'
import { createFaults } from './faults.ts'
import type { Faults, FaultSubject } from './faults.ts'
import { createIds } from './ids.ts'
import type { Ids } from './ids.ts'
import { createMediaStore } from './media.ts'
import type { MediaStore } from './media.ts'
import { settingsFrom } from './options.ts'
import type { EmulatorNumber, EmulatorOptions, Settings } from './options.ts'
import type { RequestRecord } from './requests.ts'
import { Schedule } from './schedule.ts'
import { createTemplates } from './templates.ts'
import type { Templates } from './templates.ts'
import { createWebhooks } from './webhooks.ts'
import type { Webhooks } from './webhooks.ts'

export interface World {
  settings: Settings
  ids: Ids
  customers: Customers
  chats: Chats
  templates: Templates
  media: MediaStore
  faults: Faults
  events: Events
  schedule: Schedule
  webhooks: Webhooks
  requests: BoundedList<RequestRecord>
  /** How many requests have been recorded, the dropped ones too. */
  requestCount: number
  /** Where media links in webhooks point; null until known. */
  publicUrl: string | null
  now(): number
  /** Runs something after so many milliseconds of the clock, divided by the speed. */
  after(ms: number, run: () => void): void
  /** By phone number id or display number. */
  number(reference: string): EmulatorNumber | undefined
  needNumber(reference: string): EmulatorNumber
  /** Takes one message of a number's throughput. False when there is none left. */
  takeThroughput(number: EmulatorNumber): boolean
  /** Service messages this number sent this month before this one. */
  countService(number: EmulatorNumber, at: number): number
  /** Waits until nothing is due, scheduled or under way. Real milliseconds; throws `emulator-wait-timed-out`. */
  settled(timeoutMs: number): Promise<void>
}

export function createWorld(options: EmulatorOptions): World {
  const settings = settingsFrom(options)
  const ids = createIds(settings.seed)
  const idle = createIdle(() => schedule.size + webhooks.pending())
  const schedule = new Schedule(settings.clock, idle.look)
  const events = createEvents(() => settings.clock.now(), settings.keep.events)
  const faults = createFaults(options.faults ?? [])
  const chats = createChats(settings.keep)
  const customers = createCustomers(settings.keep.customers, (customer) => chats.forget(customer))
  const webhooks = createWebhooks(settings, options.webhookUrl ?? null, { schedule, events, faults, onIdle: idle.look })
  const throughput = new Map<string, Bucket>()
  const serviceCounts = new Map<string, { month: string; count: number }>()

  function number(reference: string): EmulatorNumber | undefined {
    const digits = digitsOf(reference)
    return settings.numbers.find(
      (known) => known.phoneNumberId === reference || (digits !== '' && digitsOf(known.displayNumber) === digits),
    )
  }

  for (const customer of options.customers ?? []) customers.create(customer)
  return {
    settings,
    ids,
    customers,
    chats,
    templates: createTemplates(options.templates ?? [], [...new Set(settings.numbers.map((known) => known.businessAccountId))]),
    media: createMediaStore(settings.clock, ids, settings.seed, settings.keep.mediaBytes),
    faults,
    events,
    schedule,
    webhooks,
    requests: boundedList(settings.keep.requests),
    requestCount: 0,
    publicUrl: options.publicUrl ?? null,
    now: () => settings.clock.now(),
    after: (ms, run) => schedule.after(ms / settings.speed, run),
    number,
    needNumber(reference) {
      const known = number(reference)
      if (!known) throw new EmulatorError('emulator-unknown-number', `No business number "${reference}"`)
      return known
    },
    takeThroughput(of) {
      const rate = of.messagesPerSecond ?? 80
      const rule: BucketRule = { capacity: rate, refillMs: 1000 / rate }
      const now = settings.clock.now()
      const left = takeToken(throughput.get(of.phoneNumberId) ?? fullBucket(rule, now), rule, now)
      if (left) throughput.set(of.phoneNumberId, left)
      return left !== null
    },
    countService(of, at) {
      const month = new Date(at).toISOString().slice(0, 7)
      const known = serviceCounts.get(of.phoneNumberId)
      const count = known?.month === month ? known.count : 0
      serviceCounts.set(of.phoneNumberId, { month, count: count + 1 })
      return count
    },
    settled: idle.settled,
  }
}

/** What faults can match about a chat. */
export function subjectOf(chat: Chat, more: Omit<FaultSubject, 'number' | 'customer'>): FaultSubject {
  const { key, userId, phone } = chat.customer
  return { number: chat.number.phoneNumberId, customer: [key, userId, ...(phone === null ? [] : [phone])], ...more }
}

function createIdle(busy: () => number): { look: () => void; settled: (timeoutMs: number) => Promise<void> } {
  const waiters = new Set<() => void>()
  return {
    look() {
      if (busy() === 0) for (const resolve of waiters) resolve()
    },
    async settled(timeoutMs) {
      if (busy() === 0) return
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(done)
          reject(new EmulatorError('emulator-wait-timed-out', `${busy()} statuses or webhooks were still pending after ${timeoutMs} ms`))
        }, timeoutMs)
        function done(): void {
          clearTimeout(timer)
          waiters.delete(done)
          resolve()
        }
        waiters.add(done)
      })
    },
  }
}
